export { envelopeStates, type EnvelopeAction, type EnvelopeState } from './envelope-state.js';
export { brokenAt, chainStart, factHash, type ChainedFact, type EnvelopeFact } from './evidence-chain.js';
export { evidenceDocumentSchema, type EvidenceDocument, type EvidenceSigner } from './evidence-document.js';
