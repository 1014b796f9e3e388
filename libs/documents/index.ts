export { documentTemplateVersion } from './domain/index.js';
export { DocumentStore, type DocumentKind, type StoredDocument } from './document-store.js';
export { DocumentsModule } from './documents.module.js';
export { renderContract, type ContractInput } from './contract-pdf.js';
export { signatureFields, type SignerLine, type Signers } from './pdf/signature-areas.js';
export { renderRemittanceAdvice, type RemittanceAdvice, type RemittanceLine } from './remittance-pdf.js';
export { renderRedline, type RedlineInput } from './redline-pdf.js';
export { describeChanges, type DescribedChange } from './domain/index.js';
