import { Module, type DynamicModule } from '@nestjs/common';
import { ApplicantErasureActivitiesImpl } from '../../activities/applicant-erasure.activities.js';
import { CommissionVestingActivitiesImpl } from '../../activities/commission-vesting.activities.js';
import { NegotiationActivitiesImpl } from '../../activities/negotiation.activities.js';
import { PartnerOnboardingActivitiesImpl } from '../../activities/partner-onboarding.activities.js';
import { PayoutBatchActivitiesImpl } from '../../activities/payout-batch.activities.js';
import { PayoutCollectionActivitiesImpl } from '../../activities/payout-collection.activities.js';
import { SignatureActivitiesImpl } from '../../activities/signature.activities.js';
import { AgreementsModule } from '../../libs/agreements/index.js';
import { CommissionsModule } from '../../libs/commissions/index.js';
import type { Environment } from '../../libs/config/index.js';
import { NotificationsModule } from '../../libs/notifications/index.js';
import { OnboardingModule } from '../../libs/onboarding/index.js';
import type { TaskQueue } from '../../libs/orchestration/index.js';
import { PayoutsModule } from '../../libs/payouts/index.js';
import { PlatformModule } from '../../libs/platform/index.js';
import { ProgramsModule } from '../../libs/programs/index.js';
import { SignaturesModule } from '../../libs/signatures/index.js';

/** Which activity classes serve which queue: explicit, so that a test can hold it against the contracts. */
export const activityClasses = {
  contracting: [
    ApplicantErasureActivitiesImpl,
    PartnerOnboardingActivitiesImpl,
    NegotiationActivitiesImpl,
    SignatureActivitiesImpl,
  ],
  money: [CommissionVestingActivitiesImpl, PayoutCollectionActivitiesImpl, PayoutBatchActivitiesImpl],
} as const satisfies Record<TaskQueue, readonly unknown[]>;

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
        NotificationsModule,
        OnboardingModule,
        PayoutsModule,
        ProgramsModule,
        SignaturesModule,
      ],
      providers: [...activityClasses.contracting, ...activityClasses.money],
    };
  }
}
