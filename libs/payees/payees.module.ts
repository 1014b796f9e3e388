import { Module } from '@nestjs/common';
import { PartnersModule } from '../partners/index.js';
import { ProgramsModule } from '../programs/index.js';
import { PayeeChecks } from './payee-checks.js';
import { PayeeKeys } from './payee-keys.js';
import { PayoutDestinations } from './payout-destinations.js';
import { PayoutDetailsService } from './payout-details.service.js';

const services = [PayeeChecks, PayoutDestinations, PayoutDetailsService];

@Module({ imports: [PartnersModule, ProgramsModule], providers: [PayeeKeys, ...services], exports: services })
export class PayeesModule {}
