import { Module, type DynamicModule } from '@nestjs/common';
import { AgreementAmendmentActivitiesImpl } from '../../activities/agreement-amendment.activities.js';
import { AgreementCalendarActivitiesImpl } from '../../activities/agreement-calendar.activities.js';
import { ApplicantErasureActivitiesImpl } from '../../activities/applicant-erasure.activities.js';
import { CommissionReviewActivitiesImpl } from '../../activities/commission-review.activities.js';
import { CommissionVestingActivitiesImpl } from '../../activities/commission-vesting.activities.js';
import { NegotiationActivitiesImpl } from '../../activities/negotiation.activities.js';
import { PartnerOnboardingActivitiesImpl } from '../../activities/partner-onboarding.activities.js';
import { PayoutBatchActivitiesImpl } from '../../activities/payout-batch.activities.js';
import { PayoutCollectionActivitiesImpl } from '../../activities/payout-collection.activities.js';
import { SignatureActivitiesImpl } from '../../activities/signature.activities.js';
import { TermsSimulationActivitiesImpl } from '../../activities/terms-simulation.activities.js';
import { AgreementsModule } from '../../libs/agreements/index.js';
import { CommissionsModule } from '../../libs/commissions/index.js';
import type { Environment } from '../../libs/config/index.js';
import { DisputesModule } from '../../libs/disputes/index.js';
import { NotificationsModule, type MailOutcomeListener } from '../../libs/notifications/index.js';
import { LifecycleModule } from '../../libs/lifecycle/index.js';
import { OnboardingModule } from '../../libs/onboarding/index.js';
import type { TaskQueue } from '../../libs/orchestration/index.js';
import { PayoutsModule } from '../../libs/payouts/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { ProgramsModule } from '../../libs/programs/index.js';
import { SignaturesModule } from '../../libs/signatures/index.js';
import { WebhooksModule } from '../../libs/webhooks/index.js';
import { EnvelopeMailListener } from './envelope-mail-listener.js';

/** Which activity classes serve which queue: explicit, so that a test can hold it against the contracts. */
export const activityClasses = {
  contracting: [
    ApplicantErasureActivitiesImpl,
    PartnerOnboardingActivitiesImpl,
    NegotiationActivitiesImpl,
    SignatureActivitiesImpl,
    AgreementAmendmentActivitiesImpl,
    AgreementCalendarActivitiesImpl,
  ],
  money: [
    CommissionReviewActivitiesImpl,
    CommissionVestingActivitiesImpl,
    PayoutCollectionActivitiesImpl,
    PayoutBatchActivitiesImpl,
    TermsSimulationActivitiesImpl,
  ],
} as const satisfies Record<TaskQueue, readonly unknown[]>;

/** Who learns what becomes of mails (refused, bounced, sent): providers of the modules below. */
export const mailOutcomeListeners: readonly (new (...args: never[]) => MailOutcomeListener)[] = [EnvelopeMailListener];

/** What the worker process stands on: every capability whose services activities call. */
@Module({})
export class WorkerModule {
  static forRoot(env: Environment): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.forRoot(env),
        AgreementsModule,
        CommissionsModule,
        DisputesModule,
        LifecycleModule,
        NotificationsModule,
        OnboardingModule,
        PayoutsModule,
        ProgramsModule,
        SignaturesModule,
        WebhooksModule,
      ],
      providers: [...activityClasses.contracting, ...activityClasses.money, ...mailOutcomeListeners],
    };
  }
}
