import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger/index.js';
import { DisputeAnswers } from './dispute-answers.js';
import { DisputeDeadlines } from './dispute-deadlines.js';
import { DisputeList } from './dispute-list.js';
import { DisputesService } from './disputes.service.js';

const services = [DisputeAnswers, DisputeDeadlines, DisputeList, DisputesService];

/** Partners question what they have earned, and the company answers in time. */
@Module({ imports: [LedgerModule], providers: services, exports: services })
export class DisputesModule {}
