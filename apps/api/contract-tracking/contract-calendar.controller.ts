import { Controller, Get, Req, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import {
  ContractCalendar,
  eventOf,
  writeCalendar,
  type CalendarEntry,
  type CalendarRequest,
} from '../../../libs/contract-tracking/index.js';
import { programsOf, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { publicUrl, Settings, type Page } from '../../../libs/platform/index.js';
import { Caller, Endpoint, ZodQuery, type ApiRequest } from '../edge/index.js';
import { calendarPage, calendarQuery, feedQuery } from './contract-tracking.dto.js';

const readers: readonly Role[] = ['legal', 'partner_manager', 'admin', 'auditor', 'service'];
const dayMs = 86_400_000;
/** A calendar program shows what was a while ago, too. */
const feedDaysBack = 30;
const daysAhead = 365;
/** What a calendar program can be expected to take. */
const maxEvents = 10_000;
const calendarType = 'text/calendar';

/** What a legal team must not miss. */
@Controller('v1/contract-calendar')
export class ContractCalendarController {
  constructor(
    private readonly calendar: ContractCalendar,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read what comes up: renewals, last days to give notice, ends, expiries, decisions that are due',
    description:
      'As things stand, in the order of time: `from` is included, `until` is not (the next 365 days where they are ' +
      'absent, five years at most). With `Accept: text/calendar` the first 10,000 entries come as an iCalendar file.',
    roles: readers,
    response: calendarPage,
    csv: ['uid', 'kind', 'at', 'programId', 'partnerId', 'partnerReference', 'subjectId', 'detail'],
    errors: ['not-found'],
  })
  async page(
    @ZodQuery(calendarQuery) { limit, cursor, ...query }: z.infer<typeof calendarQuery>,
    @Caller() caller: Principal,
    @Req() request: ApiRequest,
  ): Promise<Page<CalendarEntry> | StreamableFile> {
    const wanted = this.requestOf(query, caller, 0);
    const { accept = '' } = request.headers;
    if (accept.includes(calendarType) && !accept.includes('text/csv')) return this.file(wanted);
    return this.calendar.page(wanted, limit, cursor);
  }

  @Get('feed.ics')
  @Endpoint({
    summary: 'The calendar as a file that calendar programs subscribe to',
    description:
      'From 30 days ago on, 365 days ahead. Calendar programs send no header, so the address may hold an API key as ' +
      '`token`: one whose only role is `service:contract-calendar.read`, which opens nothing else.',
    roles: readers,
    contentType: calendarType,
    takesKeyInAddress: true,
    errors: ['not-found'],
  })
  feed(@ZodQuery(feedQuery) query: z.infer<typeof feedQuery>, @Caller() caller: Principal): Promise<StreamableFile> {
    return this.file(this.requestOf(query, caller, feedDaysBack));
  }

  private requestOf(
    { programId, kind, from, until }: z.infer<typeof feedQuery>,
    caller: Principal,
    daysBack: number,
  ): CalendarRequest {
    if (programId !== undefined) requireProgram(caller, programId, readers);
    const now = this.clock.now().getTime();
    const begin = from === undefined ? new Date(now - daysBack * dayMs) : new Date(from);
    const aheadOf = from === undefined ? now : begin.getTime();
    return {
      programs: programId === undefined ? programsOf(caller, readers) : [programId],
      kinds: kind && [kind],
      from: begin,
      until: until === undefined ? new Date(aheadOf + daysAhead * dayMs) : new Date(until),
    };
  }

  private async file(request: CalendarRequest): Promise<StreamableFile> {
    const entries = (await this.calendar.entries(request)).slice(0, maxEvents);
    const { hostname } = new URL(publicUrl(this.settings.env));
    const text = writeCalendar({
      name: 'Contracts',
      madeAt: this.clock.now(),
      refreshEvery: 'PT1H',
      events: entries.map((entry) => eventOf(entry, hostname)),
    });
    const disposition = 'inline; filename="contracts.ics"';
    return new StreamableFile(Buffer.from(text), { type: `${calendarType}; charset=utf-8`, disposition });
  }
}
