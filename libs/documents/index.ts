export { DocumentStore, type DocumentKind, type StoredDocument } from './document-store.js';
export { DocumentsModule } from './documents.module.js';
export { renderContract, type ContractInput } from './contract-pdf.js';
export { renderRemittanceAdvice, type RemittanceAdvice, type RemittanceLine } from './remittance-pdf.js';
