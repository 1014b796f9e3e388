import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { EnvelopeStatisticsService, type StatisticsAnswer } from '../../../libs/contract-tracking/index.js';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { Caller, Endpoint, ZodQuery } from '../edge/index.js';
import { statisticsAnswer, statisticsColumns, statisticsQuery } from './contract-tracking.dto.js';

const readers: readonly Role[] = ['legal', 'partner_manager', 'admin', 'auditor'];
const yearMs = 365 * 86_400_000;

/** How contracts are signed, in figures. */
@Controller('v1/envelope-statistics')
export class EnvelopeStatisticsController {
  constructor(
    private readonly statistics: EnvelopeStatisticsService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read how long contracts take to be signed, how many are, and where signers drop off',
    description:
      'Of the envelopes sent in a period (the last 365 days where none is given): medians and 90th percentiles in ' +
      'milliseconds, between values where they fall between two; completion rate of those that ended; the last step ' +
      'before an envelope was declined, voided or expired, with the reasons given most often. `by=template` tells them ' +
      'apart by the version of the clause library and the template of terms, `by=month` by the month of sending in the ' +
      'program’s time zone.',
    roles: readers,
    response: statisticsAnswer,
    csv: statisticsColumns,
    errors: ['not-found'],
  })
  read(
    @ZodQuery(statisticsQuery) { programId, from, until, by }: z.infer<typeof statisticsQuery>,
    @Caller() caller: Principal,
  ): Promise<StatisticsAnswer> {
    if (programId !== undefined) requireProgram(caller, programId, readers);
    const end = until === undefined ? this.clock.now() : new Date(until);
    return this.statistics.read({
      programs: programId === undefined ? programsOf(caller, readers) : [programId],
      from: from === undefined ? new Date(end.getTime() - yearMs) : new Date(from),
      until: end,
      by,
    });
  }
}
