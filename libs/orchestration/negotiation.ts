import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
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
  /** What the run before this one knew; absent in the first. */
  known?: NegotiationStatus;
}

/** A move of the company carries the mover's roles in the program: guardrails go by role. */
interface Move extends Actor {
  negotiationId: string;
  side: Side;
  roles?: string[];
}

/** The document itself is stored before the update is sent: the history holds its hash. */
export interface ProposeInput extends Move {
  termsHash: string;
  /** The hash being answered: a proposal that answers another version than the one on the table is refused. */
  answersHash: string;
  note?: string;
  /** How long the other side has, in elapsed time; the program's setting where absent. */
  answerWithin?: string;
}

export interface AcceptInput extends Move {
  termsHash: string;
}

/** Takes back one's own unanswered proposal. */
export interface RetractInput extends Move {
  termsHash: string;
}

export interface WithdrawNegotiationInput extends Move {
  reason?: string;
}

/** A decision on a move of the company that waits for internal approval. */
export interface DecideApprovalInput extends Actor {
  negotiationId: string;
  approvalId: string;
  /** `withdraw` is the proposer's own. */
  decision: 'approve' | 'reject' | 'withdraw';
  roles: string[];
  reason?: string;
}

export interface NegotiationStatus {
  state: NegotiationState;
  /** The version on the table. */
  number: number;
  termsHash: string;
  /** The side that has the next word; absent once closed. */
  awaiting?: Side;
  /** Rises with every change of the row, so that of two answers the later one is known. */
  revision?: number;
  /** Epoch milliseconds: when the round on the table expires unless it is answered. */
  dueAtMs?: number;
  /** Epoch milliseconds: when the row wants to be looked at again, for a reminder or the deadline. */
  wakeAtMs?: number;
  /** A move of the company that waits for the approval of these roles; the partner must never be told. */
  pending?: { approvalId: string; move: 'proposal' | 'acceptance'; roles: string[] };
}

export const propose = defineUpdate<NegotiationStatus, [ProposeInput]>('propose');
export const accept = defineUpdate<NegotiationStatus, [AcceptInput]>('accept');
export const retractProposal = defineUpdate<NegotiationStatus, [RetractInput]>('retractProposal');
export const withdrawNegotiation = defineUpdate<NegotiationStatus, [WithdrawNegotiationInput]>('withdrawNegotiation');
export const decideApproval = defineUpdate<NegotiationStatus, [DecideApprovalInput]>('decideApproval');
/** The row has changed without this workflow's doing (its application ended, an operator's repair): read it again. */
export const negotiationClosed = defineSignal('negotiationClosed');
/** What the workflow knows of its negotiation; null before it has looked at the row. */
export const negotiationStanding = defineQuery<NegotiationStatus | null>('negotiationStanding');

export interface NegotiationActivities {
  recordProposal(input: ProposeInput): Promise<NegotiationStatus>;
  recordAcceptance(input: AcceptInput): Promise<NegotiationStatus>;
  recordRetraction(input: RetractInput): Promise<NegotiationStatus>;
  recordNegotiationWithdrawal(input: WithdrawNegotiationInput): Promise<NegotiationStatus>;
  recordApprovalDecision(input: DecideApprovalInput): Promise<NegotiationStatus>;
  /** The instant has come: sends the reminder that is due, or ends the negotiation whose round nobody answered. */
  keepDeadline(input: { negotiationId: string; asOfMs: number }): Promise<NegotiationStatus>;
  readNegotiation(input: { negotiationId: string }): Promise<NegotiationStatus>;
}
