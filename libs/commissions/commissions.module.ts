import { Module } from '@nestjs/common';
import { AttributionModule } from '../attribution/index.js';
import { LedgerModule } from '../ledger/index.js';
import { PartnerTiersModule } from '../partners/index.js';
import { TrackingModule } from '../tracking/index.js';
import { CommissionsService } from './commissions.service.js';
import { CustomerHistories } from './customer-histories.js';
import { Deliverables } from './deliverables.js';
import { EventIntake } from './event-intake.js';
import { ExchangeRates } from './exchange-rates.js';
import { HeldLineMoney } from './holds/held-money.js';
import { HoldDecisions } from './holds/hold-decisions.js';
import { HoldList } from './holds/hold-list.js';
import { HoldReviews } from './holds/hold-reviews.js';
import { RuleHolds } from './holds/hold-rules.js';
import { LineHolds } from './holds/line-holds.js';
import { RiskRecords } from './holds/risk-records.js';
import { EventAttribution } from './event-attribution.js';
import { Explanations } from './explanations.js';
import { LineBooking } from './line-booking.js';
import { LockedFactsReader } from './locked-facts.js';
import { PartnerFactsReader } from './partner-facts.js';
import { ScheduledBonuses } from './scheduled-bonuses.js';
import { TierReviews } from './tier-reviews.js';
import { TermsCache } from './terms-cache.js';
import { TermsSimulations } from './terms-simulations.js';
import { Vesting } from './vesting.js';

/** What partners earn. */
@Module({
  imports: [AttributionModule, LedgerModule, PartnerTiersModule, TrackingModule],
  providers: [
    ...[
      CommissionsService,
      CustomerHistories,
      Deliverables,
      EventAttribution,
      EventIntake,
      ExchangeRates,
      Explanations,
      LineBooking,
    ],
    ...[LockedFactsReader, PartnerFactsReader],
    ...[ScheduledBonuses, TermsCache, TermsSimulations, TierReviews, Vesting],
    ...[HeldLineMoney, HoldDecisions, HoldList, HoldReviews, LineHolds, RiskRecords, RuleHolds],
  ],
  exports: [
    CommissionsService,
    EventIntake,
    ExchangeRates,
    HoldDecisions,
    HoldList,
    HoldReviews,
    LineHolds,
    RiskRecords,
    TermsSimulations,
  ],
})
export class CommissionsModule {}
