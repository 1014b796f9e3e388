import { Module } from '@nestjs/common';
import { PayoutsModule } from '../../../libs/payouts/index.js';
import { BankFilesController } from './bank-files.controller.js';
import { BankReportsController } from './bank-reports.controller.js';

@Module({ imports: [PayoutsModule], controllers: [BankFilesController, BankReportsController] })
export class BankFilesApiModule {}
