import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { EnvelopeState } from '../signatures/domain/envelope-state.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

export const signature = {
  type: 'signature',
  taskQueue: taskQueues.contracting,
  workflowId: (negotiationId: string) => `signature/${negotiationId}`,
} as const;

export interface SignatureInput {
  programId: string;
  applicationId: string;
  negotiationId: string;
  partnerId: string;
}

/** The act of signing: what was seen (by hash) and what was consented to. The evidence itself goes to the row. */
export interface SignInput extends Actor {
  envelopeId: string;
  documentHash: string;
  consentVersion: string;
  /** Names the evidence (address, user agent, typed name) that the API wrote down before it sent the update. */
  evidenceId: string;
}

export interface CountersignInput extends Actor {
  envelopeId: string;
  documentHash: string;
}

export interface EndEnvelopeInput extends Actor {
  envelopeId: string;
  reason: string;
}

export interface EnvelopeStatus {
  envelopeId: string;
  state: EnvelopeState;
  documentHash: string;
}

/** What the workflow needs to set its timers by, fixed when the envelope is sent. */
export interface SentEnvelope extends EnvelopeStatus {
  /** Epoch milliseconds. */
  expiresAtMs: number;
  remindEveryMs: number;
  maxReminders: number;
}

export const sign = defineUpdate<EnvelopeStatus, [SignInput]>('sign');
export const countersign = defineUpdate<EnvelopeStatus, [CountersignInput]>('countersign');
export const declineEnvelope = defineUpdate<EnvelopeStatus, [EndEnvelopeInput]>('declineEnvelope');
export const voidEnvelope = defineUpdate<EnvelopeStatus, [EndEnvelopeInput]>('voidEnvelope');
/** The parent says that the application ended: the row is voided already. */
export const envelopeClosed = defineSignal('envelopeClosed');

export interface SignatureActivities {
  /**
   * Renders the contract from the agreed terms, stores it by its hash, freezes and sends the envelope; idempotent. Null
   * where the application ended before.
   */
  sendEnvelope(input: SignatureInput): Promise<SentEnvelope | null>;
  recordSignature(input: SignInput): Promise<EnvelopeStatus>;
  recordCountersignature(input: CountersignInput): Promise<EnvelopeStatus>;
  recordDecline(input: EndEnvelopeInput): Promise<EnvelopeStatus>;
  recordVoid(input: EndEnvelopeInput): Promise<EnvelopeStatus>;
  /** Reminds whoever's turn it is; nothing once the envelope is closed. */
  remind(input: { envelopeId: string; number: number }): Promise<EnvelopeStatus>;
  /** Expires the envelope unless its last signature came first; returns the state that the row has now. */
  expireEnvelope(input: { envelopeId: string }): Promise<EnvelopeStatus>;
  readEnvelope(input: { envelopeId: string }): Promise<EnvelopeStatus>;
}
