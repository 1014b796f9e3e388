import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { NegotiationState, Side } from '../agreements/domain/negotiation-state.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

export const negotiation = {
  type: 'negotiation',
  taskQueue: taskQueues.contracting,
  workflowId: (negotiationId: string) => `negotiation/${negotiationId}`,
} as const;

export interface NegotiationInput {
  programId: string;
  negotiationId: string;
  partnerId: string;
}

/** The document itself is stored before the update is sent: the history holds its hash. */
export interface ProposeInput extends Actor {
  negotiationId: string;
  side: Side;
  termsHash: string;
  /** The hash being answered: a proposal that answers an older version is refused with `hash-mismatch`. */
  answersHash: string;
  note?: string;
}

export interface AcceptInput extends Actor {
  negotiationId: string;
  side: Side;
  termsHash: string;
}

export interface WithdrawNegotiationInput extends Actor {
  negotiationId: string;
  side: Side;
  reason?: string;
}

export interface NegotiationStatus {
  state: NegotiationState;
  number: number;
  termsHash: string;
  /** The side that has the next word; absent once closed. */
  awaiting?: Side;
}

export const propose = defineUpdate<NegotiationStatus, [ProposeInput]>('propose');
export const accept = defineUpdate<NegotiationStatus, [AcceptInput]>('accept');
export const withdrawNegotiation = defineUpdate<NegotiationStatus, [WithdrawNegotiationInput]>('withdrawNegotiation');
/** The parent says that the application ended: the row is closed already. */
export const negotiationClosed = defineSignal('negotiationClosed');

export interface NegotiationActivities {
  recordProposal(input: ProposeInput): Promise<NegotiationStatus>;
  recordAcceptance(input: AcceptInput): Promise<NegotiationStatus>;
  recordNegotiationWithdrawal(input: WithdrawNegotiationInput): Promise<NegotiationStatus>;
  readNegotiation(input: { negotiationId: string }): Promise<NegotiationStatus>;
}
