import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { CommissionsService, type DailyRate, type RecordedRates } from '../../../libs/commissions/index.js';
import { requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { ratePage, ratesBody, ratesQuery, recordedRates } from './exchange-rates.dto.js';

const readers: readonly Role[] = ['admin', 'partner_manager', 'finance', 'finance_approver', 'auditor', 'service'];
const tellers: readonly Role[] = ['finance', 'service'];

/** The rates by which a program converts events in other currencies than its own. */
@Controller('v1/programs')
export class ExchangeRatesController {
  constructor(
    private readonly programs: ProgramsService,
    private readonly commissions: CommissionsService,
  ) {}

  @Post(':id/exchange-rates')
  @Endpoint({
    summary: 'Tell exchange rates',
    description:
      'All of them are kept, or none. A day keeps its first rate: what was paid by it stays so. Events that waited for one are priced before the answer.',
    roles: tellers,
    response: recordedRates,
    errors: ['not-found', 'invalid-document', 'already-exists', 'payload-too-large'],
  })
  async record(
    @IdParam('id', 'prg') programId: string,
    @ZodBody(ratesBody) { rates }: z.infer<typeof ratesBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<RecordedRates> {
    requireProgram(caller, programId, tellers);
    await this.programs.get(programId);
    return this.commissions.recordRates(programId, rates, actor);
  }

  @Get(':id/exchange-rates')
  @Endpoint({
    summary: 'List exchange rates, the last told first',
    roles: readers,
    response: ratePage,
    errors: ['not-found'],
    csv: ['date', 'from', 'to', 'rate'],
  })
  async list(
    @IdParam('id', 'prg') programId: string,
    @ZodQuery(ratesQuery) query: z.infer<typeof ratesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<DailyRate>> {
    requireProgram(caller, programId, readers);
    await this.programs.get(programId);
    return this.commissions.exchangeRates(programId, query);
  }
}
