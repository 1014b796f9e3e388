import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ApplicationStage, DecisionAction } from '../partners/domain/application-stage.js';
import type { Actor } from './actor.js';
import { taskQueues } from './task-queues.js';

/** One entity workflow per applicant and later partner: the single writer of its stage, by way of its activities. */
export const partnerOnboarding = {
  type: 'partnerOnboarding',
  taskQueue: taskQueues.contracting,
  workflowId: (applicationId: string) => `partner-onboarding/${applicationId}`,
} as const;

export interface PartnerOnboardingInput {
  programId: string;
  applicationId: string;
  /** Epoch milliseconds: after it an application that nobody decided expires. */
  decisionDueAtMs: number;
}

export interface DecideInput extends Actor {
  applicationId: string;
  action: DecisionAction;
  reason?: string;
  /** The program's own reference for the partner; unique in the program. Its application id stands in where absent. */
  partnerReference?: string;
  /** RFC 3339, in the past; rehearsals alone may give it (admin, first version only). */
  effectiveFrom?: string;
  /** The template of terms that the reviewer offers; without it the one for the partner's type, of an approval alone. */
  templateId?: string;
}

export interface WithdrawInput extends Actor {
  applicationId: string;
  reason?: string;
}

export interface ApplicationState {
  stage: ApplicationStage;
  /** Present once approved. */
  partnerId?: string;
  negotiationId?: string;
}

export const decide = defineUpdate<ApplicationState, [DecideInput]>('decide');
/** Withdrawal by the applicant, at any time before it signs. */
export const withdraw = defineUpdate<ApplicationState, [WithdrawInput]>('withdraw');
/** The row moved without this workflow's doing (a repair by an operator): read it again. */
export const refreshStage = defineSignal('refreshStage');

export interface PartnerOnboardingActivities {
  /** Moves the row by compare-and-set; approval makes the partner and opens the negotiation, all in one transaction. */
  recordDecision(input: DecideInput): Promise<ApplicationState>;
  /** Moves the application, its negotiation and its envelope together, or refuses once the partner has signed. */
  recordWithdrawal(input: WithdrawInput): Promise<ApplicationState>;
  /** Expires the application unless a decision came first; returns the state that the row has now. */
  expireUndecided(input: { applicationId: string }): Promise<ApplicationState>;
  /** What the row says now. */
  readApplication(input: { applicationId: string }): Promise<ApplicationState>;
  /** Ends an approved application whose negotiation or envelope came to nothing. */
  recordFailedContract(input: { applicationId: string; cause: string }): Promise<ApplicationState>;
  /** Makes the agreement version, the first tier and the active partner from an executed envelope. */
  activatePartner(input: { applicationId: string; envelopeId: string }): Promise<ApplicationState>;
  /** Opens the account at the rail that payouts go to; the same partner never gets two. */
  openPayoutAccount(input: { partnerId: string }): Promise<void>;
}
