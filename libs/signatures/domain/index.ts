export {
  awaitedParty,
  envelopeStates,
  isAwaiting,
  type EnvelopeAction,
  type EnvelopeState,
  type Party,
} from './envelope-state.js';
export { brokenAt, chainStart, factHash, type ChainedFact, type EnvelopeFact } from './evidence-chain.js';
export {
  isSameTimer,
  nextTimer,
  type EnvelopeTimer,
  type TimedEnvelope,
  type TimedRecipient,
  type TimerKind,
  type TimerSettings,
} from './envelope-timers.js';
export {
  isLastToAct,
  isOpen,
  maskedAddress,
  recipientStates,
  turnOf,
  type AuthenticationMethod,
  type DeliveryState,
  type Place,
  type RecipientAction,
  type RecipientState,
  type SigningOrder,
} from './recipient.js';
export { markBytes, maxPathLength, maxPictureLength, type SigningMark } from './signing-mark.js';
export { nextStep, type EnvelopeStep, type SteppedEnvelope } from './envelope-step.js';
export { evidenceDocumentSchema, type EvidenceDocument, type EvidenceSigner } from './evidence-document.js';
export { signingProcess } from './signing-process.js';
export { actRefusal, type KnownEnvelope, type WantedAct } from './act-refusal.js';
export {
  openEnvelopeStates,
  progressAt,
  stallCauses,
  stallsOf,
  type Stall,
  type StallCause,
  type TrackedEnvelope,
  type TrackedRecipient,
} from './stalled-envelope.js';
