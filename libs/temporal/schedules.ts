import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { agreementCalendar } from '../orchestration/agreement-calendar.js';
import { applicantErasure } from '../orchestration/applicant-erasure.js';
import { commissionReview } from '../orchestration/commission-review.js';
import { commissionVesting } from '../orchestration/commission-vesting.js';
import { payoutCollection } from '../orchestration/payout-collection.js';
import { searchAttributes } from '../orchestration/search-attributes.js';
import { updateSchedule } from './schedule-update.js';

/** What of a program its Schedules follow: five cron fields each, read in the program's zone. */
export interface ScheduledProgram {
  timeZone: string;
  vesting: { schedule: string };
  holds: { review: { schedule: string } };
  payout: { schedule: string };
  agreement: { calendar: { schedule: string } };
  review: { erasure: { schedule: string } };
}

/** The processes that each program has a Schedule for. */
export const scheduledProcesses = [
  commissionVesting,
  commissionReview,
  payoutCollection,
  agreementCalendar,
  applicantErasure,
] as const;

type ScheduledProcess = (typeof scheduledProcesses)[number];

export interface ScheduleRequest {
  programId: string;
  document: ScheduledProgram;
  /** Goes before the queue's name, as the workers' settings say. */
  taskQueuePrefix: string;
}

/**
 * How far back a Schedule takes up what an outage made it miss: a whole monthly period. More than one missed run of the
 * same Schedule is not made up for, since the last one collects what the others would have.
 */
const catchupWindow = '31 days';

/**
 * Makes or updates the Schedules of a program: vesting, collection, the calendar of agreements and the erasure of
 * applicants, reviews of commissions. Called whenever a worker starts and a program changes; a Schedule that people paused stays
 * paused, also where they do so in the same moment.
 */
export async function ensureSchedules(client: Client, request: ScheduleRequest): Promise<void> {
  const { vesting, payout, agreement, review, holds } = request.document;
  await ensureSchedule(client, request, commissionVesting, vesting.schedule);
  await ensureSchedule(client, request, commissionReview, holds.review.schedule);
  await ensureSchedule(client, request, payoutCollection, payout.schedule);
  await ensureSchedule(client, request, agreementCalendar, agreement.calendar.schedule);
  await ensureSchedule(client, request, applicantErasure, review.erasure.schedule);
}

async function ensureSchedule(
  client: Client,
  request: ScheduleRequest,
  process: ScheduledProcess,
  cron: string,
): Promise<void> {
  const scheduleId = process.scheduleId(request.programId);
  const options = optionsOf(request, process, cron);
  if (await updateSchedule(client, scheduleId, options)) return;
  try {
    await client.schedule.create({ scheduleId, ...options });
  } catch (error) {
    // Another process was faster, maybe with an older version of the program.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await updateSchedule(client, scheduleId, options);
  }
}

function optionsOf({ programId, document, taskQueuePrefix }: ScheduleRequest, process: ScheduledProcess, cron: string) {
  return {
    spec: { cronExpressions: [cron], timezone: document.timeZone },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow },
    action: {
      type: 'startWorkflow' as const,
      workflowType: process.type,
      // The server adds the scheduled time, which is the run's cut-off.
      workflowId: process.workflowId(programId),
      taskQueue: `${taskQueuePrefix}${process.taskQueue}`,
      args: [{ programId }],
      typedSearchAttributes: [{ key: searchAttributes.programId, value: programId }],
    },
  };
}
