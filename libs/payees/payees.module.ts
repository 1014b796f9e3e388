import { Module } from '@nestjs/common';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { DocumentsModule } from '../documents/index.js';
import { LedgerModule } from '../ledger/index.js';
import { InformationReturns } from './information-returns.js';
import { FileScreeningList } from './file-screening-list.js';
import { KeyRotation } from './key-rotation.js';
import { PayeeChecks } from './payee-checks.js';
import { PayeeKeys } from './payee-keys.js';
import { PayoutDestinations } from './payout-destinations.js';
import { PayoutDetailsService } from './payout-details.service.js';
import { Screening } from './screening.service.js';
import { ScreeningList } from './screening-list.js';
import { SelfBilling } from './self-billing.js';
import { TaxProfiles } from './tax-profiles.js';
import { Withholding } from './withholding.js';

const services = [
  KeyRotation,
  Screening,
  PayeeChecks,
  PayoutDestinations,
  PayoutDetailsService,
  SelfBilling,
  InformationReturns,
  TaxProfiles,
  Withholding,
];

@Module({
  imports: [DocumentsModule, LedgerModule, PartnersModule, ProgramsModule],
  providers: [PayeeKeys, { provide: ScreeningList, useClass: FileScreeningList }, ...services],
  exports: services,
})
export class PayeesModule {}
