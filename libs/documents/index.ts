export { documentTemplateVersion } from './domain/index.js';
export { DocumentStore, type DocumentKind, type KeptDocument, type StoredDocument } from './document-store.js';
export { DocumentsModule } from './documents.module.js';
export { renderContract, type ContractInput } from './contract-pdf.js';
export { signatureFields, type SignerLine, type Signers } from './pdf/signature-areas.js';
export { renderRemittanceAdvice, type RemittanceAdvice, type RemittanceLine } from './remittance-pdf.js';
export { frameWidth, ink, page, PageWriter, type StructureNode } from './pdf/page-writer.js';
export type { TextStyle } from './pdf/text-layout.js';
