import { Module } from '@nestjs/common';
import { CommissionsModule } from '../../../libs/commissions/index.js';
import { ProgramsModule } from '../../../libs/programs/index.js';
import { ExchangeRatesController } from './exchange-rates.controller.js';

@Module({ imports: [CommissionsModule, ProgramsModule], controllers: [ExchangeRatesController] })
export class ExchangeRatesApiModule {}
