export { contractLanguage, documentTemplateVersion, type ContractStyle } from './domain/index.js';
export { DocumentStore, type DocumentKind, type KeptDocument, type StoredDocument } from './document-store.js';
export { DocumentsModule } from './documents.module.js';
export { renderContract, type ContractInput } from './contract-pdf.js';
export {
  contractText,
  type ContractParagraph,
  type ContractPart,
  type ContractSection,
  type ContractText,
} from './contract-text.js';
export { signatureFields, type SignerLine, type Signers } from './pdf/signature-areas.js';
export { renderBatchReport, type BatchReport, type BatchReportItem } from './batch-report-pdf.js';
export { renderSelfBillingPaper, type SelfBillingPaper } from './self-billing-pdf.js';
export { renderStatement, type StatementEntry, type StatementPaper, type StatementSection } from './statement-pdf.js';
export { renderRemittanceAdvice, type RemittanceAdvice, type RemittanceLine } from './remittance-pdf.js';
export { frameWidth, ink, page, PageWriter, type StructureNode } from './pdf/page-writer.js';
export type { TextStyle } from './pdf/text-layout.js';
export { renderRedline, type RedlineInput } from './redline-pdf.js';
export type { Amends } from './domain/index.js';
export { describeChanges, type DescribedChange } from './domain/index.js';
