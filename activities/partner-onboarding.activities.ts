import { Injectable } from '@nestjs/common';
import { PartnerOnboardingService } from '../libs/onboarding/index.js';
import type { DecideInput, PartnerOnboardingActivities, WithdrawInput } from '../libs/orchestration/index.js';
import { PayoutsService } from '../libs/payouts/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class PartnerOnboardingActivitiesImpl implements PartnerOnboardingActivities {
  constructor(
    private readonly onboarding: PartnerOnboardingService,
    private readonly payouts: PayoutsService,
  ) {}

  recordDecision = (input: DecideInput) => asActivityFailure(() => this.onboarding.decide(input));
  recordWithdrawal = (input: WithdrawInput) => asActivityFailure(() => this.onboarding.withdraw(input));
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
