import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EnvelopeState, Party } from '../signatures/domain/envelope-state.js';
import type { EnvelopeStep } from '../signatures/domain/envelope-step.js';
import type { EnvelopeTimer } from '../signatures/domain/envelope-timers.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

export const signature = {
  type: 'signature',
  taskQueue: taskQueues.contracting,
  workflowId: (negotiationId: string) => `signature/${negotiationId}`,
  /** The run that only waits for the time-stamp of a contract that is executed. */
  timestampWorkflowId: (negotiationId: string) => `signature/${negotiationId}/time-stamp`,
} as const;

export interface SignatureInput {
  programId: string;
  applicationId: string;
  negotiationId: string;
  partnerId: string;
  /** What the contract is for; absent: `initial`, which makes the partner. */
  purpose?: 'initial' | 'amendment';
  /** The agreement that an amendment changes. */
  agreementId?: string;
  /** The envelope that an earlier run has made. */
  envelopeId?: string;
  /** `timestamp`: the contract is executed, its time-stamp alone is missing. */
  task?: 'timestamp';
}

/** The act of signing: what was seen (by hash) and what was consented to. The evidence itself goes to the row. */
export interface SignInput extends Actor {
  envelopeId: string;
  /** Who signs; the partner's first signer where absent. */
  recipientId?: string;
  documentHash: string;
  consentVersion: string;
  /** Names the evidence (address, user agent, typed name) that was written down before the update was sent. */
  evidenceId: string;
  /** The session in which the signer proved who it is. */
  authProofId?: string;
}

export interface CountersignInput extends Actor {
  envelopeId: string;
  documentHash: string;
  /** The caller's roles in the program; absent: legal. */
  roles?: string[];
  evidenceId?: string;
}

export interface EndEnvelopeInput extends Actor {
  envelopeId: string;
  reason: string;
  /** Who declines; the partner's first signer where absent. */
  recipientId?: string;
}

/** A change of who acts. The person's name and address are in the row that `personId` names. */
export interface ChangeRecipientInput extends Actor {
  envelopeId: string;
  recipientId: string;
  personId: string;
  /** The title that the person signs with. */
  evidenceId: string;
  reason?: string;
}

export interface ExtendInput extends Actor {
  envelopeId: string;
  /** Epoch milliseconds. */
  expiresAtMs: number;
  reason: string;
}

export interface ResendInput extends Actor {
  envelopeId: string;
  recipientId: string;
}

/** Where an envelope stands, as its row says. Answers of earlier releases have the first three fields alone. */
export interface EnvelopeStatus {
  envelopeId: string;
  state: EnvelopeState;
  /** SHA-256 of what the partner is shown; null before it is rendered. */
  documentHash: string | null;
  /** Grows with each fact of the envelope: of two answers the one with the higher number is the newer. */
  revision?: number;
  awaiting?: Party | null;
  /** Ids of the recipients whose turn it is. */
  turn?: string[];
  /** SHA-256 of what those whose turn it is are shown. */
  shownHash?: string | null;
  /** Epoch milliseconds. */
  expiresAtMs?: number | null;
  /** Ids that nobody who countersigns may have. */
  partnerSide?: string[];
  /** What is to be done now by nobody in particular. */
  step?: EnvelopeStep;
  /** What happens by itself unless something else comes first. */
  next?: EnvelopeTimer;
  sealBlocked?: 'key_unavailable' | 'verification_failed';
  isTimestampPending?: boolean;
  alertEveryMs?: number;
}

/** What `envelopeStanding` answers. */
export interface EnvelopeStanding {
  state: EnvelopeState | 'unsent';
  turn: string[];
  nextTimer: EnvelopeTimer | null;
}

export const sign = defineUpdate<EnvelopeStatus, [SignInput]>('sign');
export const countersign = defineUpdate<EnvelopeStatus, [CountersignInput]>('countersign');
export const declineEnvelope = defineUpdate<EnvelopeStatus, [EndEnvelopeInput]>('declineEnvelope');
export const voidEnvelope = defineUpdate<EnvelopeStatus, [EndEnvelopeInput]>('voidEnvelope');
export const delegate = defineUpdate<EnvelopeStatus, [ChangeRecipientInput]>('delegate');
export const correctRecipient = defineUpdate<EnvelopeStatus, [ChangeRecipientInput]>('correctRecipient');
export const extendEnvelope = defineUpdate<EnvelopeStatus, [ExtendInput]>('extendEnvelope');
export const resendRequest = defineUpdate<EnvelopeStatus, [ResendInput]>('resendRequest');
export const retrySeal = defineUpdate<EnvelopeStatus, [EndEnvelopeInput]>('retrySeal');
/** Hints to look at the rows, which were written before: a mail arrived, came back, or the contract was looked at. */
export const delivered = defineSignal('delivered');
export const bounced = defineSignal('bounced');
export const viewed = defineSignal('viewed');
/** A provider's reports wait in the inbox. */
export const reported = defineSignal('reported');
/** The parent says that the application ended: the row is voided already. */
export const envelopeClosed = defineSignal('envelopeClosed');
export const envelopeStanding = defineQuery<EnvelopeStanding>('envelopeStanding');

export interface EnvelopeRef {
  envelopeId: string;
}

export interface SignatureActivities {
  /** Drafts, freezes and sends at once, for runs that began before envelopes had recipients. */
  sendEnvelope(input: SignatureInput): Promise<EnvelopeStatus | null>;
  /**
   * Makes the envelope and its recipients, or finds the one that was made; null where the contract may not be sent any more.
   */
  draftEnvelope(input: SignatureInput): Promise<EnvelopeStatus | null>;
  /** Renders the contract from the agreed terms, stores it by its hash and binds the envelope to it. */
  freezeEnvelope(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** Opens the envelope for signatures. Fails, to be tried again, while there is no key to seal with. */
  dispatchEnvelope(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** Has the provider ask those whose turn it is and who were not asked yet. */
  askSigners(input: EnvelopeRef): Promise<EnvelopeStatus>;
  recordSignature(input: SignInput): Promise<EnvelopeStatus>;
  recordCountersignature(input: CountersignInput): Promise<EnvelopeStatus>;
  recordDecline(input: EndEnvelopeInput): Promise<EnvelopeStatus>;
  recordVoid(input: EndEnvelopeInput): Promise<EnvelopeStatus>;
  recordDelegation(input: ChangeRecipientInput): Promise<EnvelopeStatus>;
  /** A new address keeps the envelope; a new name supersedes it. */
  recordCorrection(input: ChangeRecipientInput): Promise<EnvelopeStatus>;
  recordExtension(input: ExtendInput): Promise<EnvelopeStatus>;
  recordResend(input: ResendInput): Promise<EnvelopeStatus>;
  /** Takes an envelope out of quarantine, so that its seal is tried again. */
  recordSealRetry(input: EndEnvelopeInput): Promise<EnvelopeStatus>;
  /** Does what falls due (a reminder, a warning, an escalation, the expiry), if it is still the next thing to be done. */
  runTimer(input: EnvelopeRef & { timer: EnvelopeTimer }): Promise<EnvelopeStatus>;
  sealPartner(input: EnvelopeRef): Promise<EnvelopeStatus>;
  sealCompany(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** One attempt; without an answer the time-stamp is marked as pending. */
  timestampContract(input: EnvelopeRef): Promise<EnvelopeStatus>;
  certifyContract(input: EnvelopeRef): Promise<EnvelopeStatus>;
  executeContract(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** Adds the time-stamp to an executed contract and certifies it anew. Fails, to be tried again, without an answer. */
  completeTimestamp(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** Tells the provider that an envelope has ended without a contract. */
  closeWithProvider(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** Tells legal that a step does not come to its end. */
  alertStuckStep(input: EnvelopeRef & { step: EnvelopeStep }): Promise<EnvelopeStatus>;
  /** Carries out what a provider has reported. */
  applyReports(input: EnvelopeRef): Promise<EnvelopeStatus>;
  /** For runs that began before envelopes had recipients: they are handed over at their first reminder. */
  remind(input: { envelopeId: string; number: number }): Promise<EnvelopeStatus>;
  /** Expires the envelope unless its last signature came first; returns the state that the row has now. */
  expireEnvelope(input: EnvelopeRef): Promise<EnvelopeStatus>;
  readEnvelope(input: EnvelopeRef): Promise<EnvelopeStatus>;
}
