import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
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
  /** Epoch milliseconds: the deadline of the stage that it starts in. */
  decisionDueAtMs: number;
  /** What the row says at the start, and where a long run goes on anew; `in_review` where absent. */
  stage?: ApplicationStage;
  /** Epoch milliseconds: when the rows have something due next; `decisionDueAtMs` where absent. */
  dueAtMs?: number;
  revision?: number;
  /** Nobody has to verify anything: the review begins with the workflow. */
  beginsReview?: boolean;
  /** The run before was lost or broken off: the row says where to go on. */
  isResumed?: boolean;
}

/** Verification of the mail address: by whoever holds the link of the mail. */
export interface VerifyInput extends Actor {
  applicationId: string;
}

export interface DecideInput extends Actor {
  applicationId: string;
  action: DecisionAction;
  reason?: string;
  /** One of the program's reasons to reject. */
  reasonCode?: string;
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

/** A question to the applicant. Its text is stored before: the history holds the id alone. */
export interface RequestInformationInput extends Actor {
  applicationId: string;
  messageId: string;
  /** ISO 8601 elapsed time; as the program says where absent. */
  answerWithin?: string;
}

export interface AnswerInformationInput extends Actor {
  applicationId: string;
  requestId: string;
  messageId: string;
}

export interface ApplicationState {
  stage: ApplicationStage;
  /** Present once approved. */
  partnerId?: string;
  negotiationId?: string;
}

/** The state, and what the workflow needs beside it to wait for the right thing. */
export interface ApplicationProgress extends ApplicationState {
  /** Counts the row's changes: of two answers that overtook each other the higher one is the newer. */
  revision?: number;
  /** Epoch milliseconds: when something is due next; absent where nothing is. */
  dueAtMs?: number;
}

export const verifyEmail = defineUpdate<ApplicationState, [VerifyInput]>('verifyEmail');
export const decide = defineUpdate<ApplicationState, [DecideInput]>('decide');
/** Withdrawal by the applicant, at any time before it signs. */
export const withdraw = defineUpdate<ApplicationState, [WithdrawInput]>('withdraw');
export const requestInformation = defineUpdate<ApplicationState, [RequestInformationInput]>('requestInformation');
export const answerInformation = defineUpdate<ApplicationState, [AnswerInformationInput]>('answerInformation');
/** The row moved without this workflow's doing (a repair by an operator): read it again. */
export const refreshStage = defineSignal('refreshStage');
/** What the workflow knows of its application. */
export const applicationStanding = defineQuery<ApplicationProgress>('applicationStanding');

export interface PartnerOnboardingActivities {
  /** Marks the mail address as verified and begins the review; harmless on one that is verified. */
  recordVerification(input: VerifyInput): Promise<ApplicationProgress>;
  /** Begins the review of an application that needs no verification: rules, duplicates, reviewer, references. */
  beginReview(input: { applicationId: string }): Promise<ApplicationProgress>;
  /** Moves the row by compare-and-set; approval makes the partner and opens the negotiation, all in one transaction. */
  recordDecision(input: DecideInput): Promise<ApplicationProgress>;
  /** Moves the application, its negotiation and its envelope together, or refuses once the partner has signed. */
  recordWithdrawal(input: WithdrawInput): Promise<ApplicationProgress>;
  recordInformationRequest(input: RequestInformationInput): Promise<ApplicationProgress>;
  recordInformationAnswer(input: AnswerInformationInput): Promise<ApplicationProgress>;
  /** Does what is due at the instant, unless it was done: reminds, escalates, gives up waiting, expires. */
  followDeadlines(input: { applicationId: string; atMs: number }): Promise<ApplicationProgress>;
  /** Expires the application unless a decision came first; for workflows that began before reviews had reminders. */
  expireUndecided(input: { applicationId: string }): Promise<ApplicationProgress>;
  /** What the row says now. */
  readApplication(input: { applicationId: string }): Promise<ApplicationProgress>;
  /** Ends an approved application whose negotiation or envelope came to nothing. */
  recordFailedContract(input: { applicationId: string; cause: string }): Promise<ApplicationState>;
  /** Makes the agreement version, the first tier and the active partner from an executed envelope. */
  activatePartner(input: { applicationId: string; envelopeId: string }): Promise<ApplicationState>;
  /** Opens the account at the rail that payouts go to; the same partner never gets two. */
  openPayoutAccount(input: { partnerId: string }): Promise<void>;
}
