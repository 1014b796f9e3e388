import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import {
  patientWork,
  systemActor,
  type AgreementCalendarActivities,
  type AgreementCalendarInput,
  type CalendarResult,
  type CalendarSlice,
} from '../../libs/orchestration/index.js';
import { cutOffOf } from '../scheduled-cut-off.js';

const { runCalendarSlice } = proxyActivities<AgreementCalendarActivities>(patientWork);

const nothing: CalendarResult = { ended: 0, renewed: 0, offered: 0, notices: 0, checkpoints: 0, failed: [] };
const maxNamed = 100;
/** Six events of the history each: a run of very many agreements goes on in a new one. */
const slicesPerRun = 100;

/** Does, slice by slice, what fell due in the lives of a program's agreements up to the cut-off. */
export async function agreementCalendar(input: AgreementCalendarInput): Promise<CalendarResult> {
  const { continued, ...given } = input;
  const run = { ...systemActor, ...given, cutOffMs: cutOffOf(input) };
  let { after, result } = continued ?? { after: undefined, result: nothing };
  for (let slices = 1; ; slices += 1) {
    const slice = await runCalendarSlice({ ...run, ...(after !== undefined && { after }) });
    result = added(result, slice);
    if (slice.next === null) return result;
    after = slice.next;
    if (slices === slicesPerRun)
      await continueAsNew<typeof agreementCalendar>({ ...run, continued: { after, result } });
  }
}

function added(result: CalendarResult, { done, failed }: CalendarSlice): CalendarResult {
  return {
    ended: result.ended + done.ended,
    renewed: result.renewed + done.renewed,
    offered: result.offered + done.offered,
    notices: result.notices + done.notices,
    checkpoints: result.checkpoints + done.checkpoints,
    failed: [...result.failed, ...failed].slice(0, maxNamed),
  };
}
