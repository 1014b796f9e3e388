import { Module } from '@nestjs/common';
import { PartnersModule } from '../../../libs/partners/index.js';
import { ReceivablesModule } from '../../../libs/receivables/index.js';
import { DebtsController } from './debts.controller.js';
import { WriteOffsController } from './write-offs.controller.js';

@Module({ imports: [PartnersModule, ReceivablesModule], controllers: [DebtsController, WriteOffsController] })
export class ReceivablesApiModule {}
