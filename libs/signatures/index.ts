export * from './domain/index.js';
export { EnvelopeList, type EnvelopeView } from './envelope-list.js';
export { EnvelopeLog } from './envelope-log.js';
export { EnvelopeSender } from './envelope-sender.js';
export { EnvelopesService, type EnvelopeRow, type SigningEvidence } from './envelopes.service.js';
export { SignaturesModule } from './signatures.module.js';
