import { Module } from '@nestjs/common';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { LedgerModule } from '../ledger/index.js';
import { PayeeChecks } from './payee-checks.js';
import { PayeeKeys } from './payee-keys.js';
import { PayoutDestinations } from './payout-destinations.js';
import { PayoutDetailsService } from './payout-details.service.js';
import { TaxProfiles } from './tax-profiles.js';
import { Withholding } from './withholding.js';

const services = [PayeeChecks, PayoutDestinations, PayoutDetailsService, TaxProfiles, Withholding];

@Module({
  imports: [LedgerModule, PartnersModule, ProgramsModule],
  providers: [PayeeKeys, ...services],
  exports: services,
})
export class PayeesModule {}
