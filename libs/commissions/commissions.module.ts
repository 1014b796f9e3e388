import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/index.js';
import { PartnerTiersModule } from '../partners/index.js';
import { TrackingModule } from '../tracking/index.js';
import { CommissionsService } from './commissions.service.js';
import { Deliverables } from './deliverables.js';
import { ExchangeRates } from './exchange-rates.js';
import { Explanations } from './explanations.js';
import { LineBooking } from './line-booking.js';
import { PartnerFactsReader } from './partner-facts.js';
import { ScheduledBonuses } from './scheduled-bonuses.js';
import { TierReviews } from './tier-reviews.js';
import { TermsCache } from './terms-cache.js';
import { TermsSimulations } from './terms-simulations.js';
import { Vesting } from './vesting.js';

/** What partners earn. */
@Module({
  imports: [LedgerModule, PartnerTiersModule, TrackingModule],
  providers: [
    CommissionsService,
    Deliverables,
    ExchangeRates,
    Explanations,
    LineBooking,
    PartnerFactsReader,
    ScheduledBonuses,
    TermsCache,
    TierReviews,
    TermsSimulations,
    Vesting,
  ],
  exports: [CommissionsService, TermsSimulations],
})
export class CommissionsModule {}
