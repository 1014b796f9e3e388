export * from './domain/index.js';
export { BuiltInProvider } from './built-in-provider.js';
export { ContractExecution, inForceFrom } from './contract-execution.js';
export { EnvelopeChanges } from './envelope-changes.js';
export { EnvelopeDeliveries, type DeliveryNote } from './envelope-deliveries.js';
export { EnvelopeDrafts } from './envelope-drafts.js';
export { EnvelopeList, type EnvelopeView, type ListedEnvelope, type RecipientView } from './envelope-list.js';
export type { EnvelopeFilter, EnvelopeSort } from './envelope-query.js';
export { EnvelopeLog } from './envelope-log.js';
export { newestDocument, partnerSide, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
export { EnvelopeSealer } from './envelope-sealer.js';
export { EnvelopeSender } from './envelope-sender.js';
export { EnvelopeTimers } from './envelope-timers.service.js';
export { EnvelopesService } from './envelopes.service.js';
export { LinkReplacements, type LinkReplacement } from './link-replacement.js';
export { NamedSigners, type NamedSigner, type SignerInput } from './named-signers.js';
export { ProviderInbox, type Origin, type ProviderReport, type SigningIntent } from './provider-inbox.js';
export { ProviderReports } from './provider-reports.js';
export { SignatureProvider, type ProviderEnvelope, type ProviderRecipient } from './signature-provider.js';
export { SignatureProviders } from './signature-providers.js';
export { SignaturesModule } from './signatures.module.js';
export { SignerAuthentication, type AuthenticationView, type SigningSession } from './signer-authentication.js';
export { SigningActs } from './signing-acts.js';
export { SigningLinks } from './signing-links.js';
export {
  SigningPages,
  type ReadContract,
  type SigningFace,
  type SigningParty,
  type SigningView,
} from './signing-pages.js';
