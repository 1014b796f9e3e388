export { DocumentStore, type DocumentKind, type StoredDocument } from './document-store.js';
export { DocumentsModule } from './documents.module.js';
