import { Injectable } from '@nestjs/common';
import { AgreementCalendar } from '../libs/lifecycle/index.js';
import type { AgreementCalendarActivities, CalendarSliceInput } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class AgreementCalendarActivitiesImpl implements AgreementCalendarActivities {
  constructor(private readonly calendar: AgreementCalendar) {}

  runCalendarSlice = (input: CalendarSliceInput) => asActivityFailure(() => this.calendar.runSlice(input));
}
