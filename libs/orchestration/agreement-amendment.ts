import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AmendmentState } from '../agreements/domain/amendment-state.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

/** A change of an agreement in force, from its proposal to the new version, or to its end without one. */
export const agreementAmendment = {
  type: 'agreementAmendment',
  taskQueue: taskQueues.contracting,
  workflowId: (amendmentId: string) => `agreement-amendment/${amendmentId}`,
} as const;

export interface AgreementAmendmentInput {
  programId: string;
  amendmentId: string;
  agreementId: string;
  partnerId: string;
  /** The application that the partner came from: contracts and negotiations are kept with it. */
  applicationId: string;
}

export interface AmendmentRef {
  amendmentId: string;
}

/** Where an amendment stands, as its row says. */
export interface AmendmentStatus {
  state: AmendmentState;
  /** Rises with every change of the row, so that of two answers the later one is known. */
  revision: number;
  /** Present from the first round on. */
  negotiationId?: string;
  /** Epoch milliseconds: when the period of a notice is over. */
  noticeEndsAtMs?: number;
  /** Roles whose approval is waited for. */
  approvers?: string[];
}

/** A decision on what the company's people have to approve before the partner is told of it. */
export interface DecideAmendmentApprovalInput extends Actor, AmendmentRef {
  approvalId: string;
  /** `withdraw` is the proposer's own. */
  decision: 'approve' | 'reject' | 'withdraw';
  roles: string[];
  reason?: string;
}

/** The partner does not take a change of which it got notice: it wants to negotiate. */
export interface ObjectInput extends Actor, AmendmentRef {
  reason: string;
}

/** The company takes a notice of change back before its period is over. */
export interface WithdrawAmendmentInput extends Actor, AmendmentRef {
  reason?: string;
}

export const decideAmendmentApproval = defineUpdate<AmendmentStatus, [DecideAmendmentApprovalInput]>(
  'decideAmendmentApproval',
);
export const objectToChange = defineUpdate<AmendmentStatus, [ObjectInput]>('objectToChange');
export const withdrawAmendment = defineUpdate<AmendmentStatus, [WithdrawAmendmentInput]>('withdrawAmendment');
/** The agreement was ended or another proposal came first: the row is closed already. */
export const amendmentClosed = defineSignal('amendmentClosed');
/** Where the amendment stands; null before the row was first read. */
export const amendmentStanding = defineQuery<AmendmentStatus | null>('amendmentStanding');

export interface AgreementAmendmentActivities {
  readAmendment(input: AmendmentRef): Promise<AmendmentStatus>;
  /** With the last approval that was needed the amendment goes on: to a notice or to its first round. */
  recordAmendmentApproval(input: DecideAmendmentApprovalInput): Promise<AmendmentStatus>;
  /** Renders and stores what changes, tells the partner, and lets the period of notice begin. */
  giveNoticeOfChange(input: AmendmentRef): Promise<AmendmentStatus>;
  recordObjection(input: ObjectInput): Promise<AmendmentStatus>;
  recordAmendmentWithdrawal(input: WithdrawAmendmentInput): Promise<AmendmentStatus>;
  /** The negotiation has ended: the contract is made next, or the amendment ends with it. */
  followNegotiation(input: AmendmentRef): Promise<AmendmentStatus>;
  /** The contract is executed: its version is added. Or it came to nothing, and the amendment ends with it. */
  followSignature(input: AmendmentRef): Promise<AmendmentStatus>;
  /**
   * The period of notice is over: the version is added, unless the partner objected or the notice was taken back. `asOfMs`
   * (epoch milliseconds) is the instant that was waited for.
   */
  adoptNotice(input: AmendmentRef & { asOfMs?: number }): Promise<AmendmentStatus>;
}
