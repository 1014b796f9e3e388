import { Injectable } from '@nestjs/common';
import { IntakeService, PartnerOnboardingService } from '../libs/onboarding/index.js';
import type {
  AnswerInformationInput,
  DecideInput,
  PartnerOnboardingActivities,
  RequestInformationInput,
  VerifyInput,
  WithdrawInput,
} from '../libs/orchestration/index.js';
import { PayoutsService } from '../libs/payouts/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class PartnerOnboardingActivitiesImpl implements PartnerOnboardingActivities {
  constructor(
    private readonly intake: IntakeService,
    private readonly onboarding: PartnerOnboardingService,
    private readonly payouts: PayoutsService,
  ) {}

  recordVerification = (input: VerifyInput) => asActivityFailure(() => this.intake.verify(input));
  beginReview = (input: { applicationId: string }) => asActivityFailure(() => this.intake.begin(input.applicationId));
  recordDecision = (input: DecideInput) => asActivityFailure(() => this.onboarding.decide(input));
  recordWithdrawal = (input: WithdrawInput) => asActivityFailure(() => this.onboarding.withdraw(input));
  recordInformationRequest = (input: RequestInformationInput) =>
    asActivityFailure(() => this.intake.requestInformation(input));
  recordInformationAnswer = (input: AnswerInformationInput) =>
    asActivityFailure(() => this.intake.answerInformation(input));
  followDeadlines = (input: { applicationId: string; atMs: number }) =>
    asActivityFailure(() => this.intake.followDeadlines(input.applicationId, input.atMs));
  expireUndecided = (input: { applicationId: string }) =>
    asActivityFailure(() => this.onboarding.expireUndecided(input.applicationId));
  readApplication = (input: { applicationId: string }) =>
    asActivityFailure(() => this.onboarding.state(input.applicationId));
  recordFailedContract = (input: { applicationId: string; cause: string }) =>
    asActivityFailure(() => this.onboarding.lapse(input.applicationId, input.cause));
  activatePartner = (input: { applicationId: string; envelopeId: string }) =>
    asActivityFailure(() => this.onboarding.activate(input.applicationId, input.envelopeId));
  openPayoutAccount = (input: { partnerId: string }) => asActivityFailure(() => this.payouts.openPayoutAccount(input));
}
