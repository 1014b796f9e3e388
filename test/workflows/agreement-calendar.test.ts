import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Keyring } from '../../libs/kernel/keyring.js';
import {
  agreementCalendar,
  type AgreementCalendarActivities,
  type CalendarResult,
  type CalendarSliceInput,
} from '../../libs/orchestration/index.js';
import {
  connectTemporalClient,
  encryptingDataConverter,
  ensureSchedules,
  registerSearchAttributes,
} from '../../libs/temporal/index.js';
import { demoProgram } from '../support/demo-program.js';
import { deleteSchedules } from '../support/schedules.js';
import { quietTemporal } from '../support/quiet-temporal.js';
import { temporalAddress } from '../support/servers.js';

const taskQueuePrefix = `calendar-${randomUUID()}-`;
const taskQueue = `${taskQueuePrefix}${agreementCalendar.taskQueue}`;
const none = { ended: 0, renewed: 0, offered: 0, notices: 0, checkpoints: 0 };

/** What the activity was asked for by each program, and how many slices a program's agreements make. */
const asked: CalendarSliceInput[] = [];
const slices: Record<string, number> = {};
const activities: AgreementCalendarActivities = {
  runCalendarSlice: (input) => {
    asked.push(input);
    const number = Number(input.after ?? 0) + 1;
    const isLast = number >= (slices[input.programId] ?? 1);
    const failed = Array.from({ length: 60 }, (_, index) => `agr_${number}_${index}`);
    return Promise.resolve({
      done: { ...none, notices: number, renewed: 1 },
      failed,
      next: isLast ? null : String(number),
    });
  },
};

describe('the calendar’s workflow', () => {
  const keyring = Keyring.parse(`test:${randomBytes(32).toString('base64')}`);
  let client: Client;
  let connection: NativeConnection;
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    quietTemporal();
    client = await connectTemporalClient({ address: temporalAddress(), namespace: 'default', keyring });
    await registerSearchAttributes(client);
    connection = await NativeConnection.connect({ address: temporalAddress() });
    worker = await Worker.create({
      connection,
      taskQueue,
      activities,
      dataConverter: encryptingDataConverter(keyring),
      workflowBundle: { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) },
    });
    running = worker.run();
  });
  afterAll(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
  });

  const of = (programId: string): CalendarSliceInput[] => asked.filter((input) => input.programId === programId);

  it('goes through all slices in their order, with one cut-off, and adds up what was done', async () => {
    const programId = `prg_${randomUUID()}`;
    slices[programId] = 4;
    const result: CalendarResult = await client.workflow.execute(agreementCalendar.type, {
      workflowId: agreementCalendar.workflowId(programId, 5),
      taskQueue,
      args: [{ programId, cutOffMs: 5, actorId: 'usr_1', requestId: 'req_1' }],
    });
    const { failed, ...done } = result;
    expect(done).toEqual({ ...none, notices: 10, renewed: 4 });
    expect(failed).toHaveLength(100);
    expect(of(programId)).toEqual(
      [undefined, '1', '2', '3'].map((after) => ({
        ...{ programId, cutOffMs: 5, actorId: 'usr_1', requestId: 'req_1' },
        ...(after !== undefined && { after }),
      })),
    );
  });

  it('goes on in a new run before its history grows too long, and loses no slice and no count', async () => {
    const programId = `prg_${randomUUID()}`;
    slices[programId] = 104;
    const workflowId = agreementCalendar.workflowId(programId, 6);
    const handle = await client.workflow.start(agreementCalendar.type, {
      workflowId,
      taskQueue,
      args: [{ programId, cutOffMs: 6 }],
    });
    const result = (await handle.result()) as CalendarResult;
    expect(result.renewed).toBe(104);
    expect(of(programId).map(({ after }) => after)).toEqual([
      undefined,
      ...Array.from({ length: 103 }, (_, index) => String(index + 1)),
    ]);
    const first = await client.workflow.getHandle(workflowId, handle.firstExecutionRunId).fetchHistory();
    const last = await client.workflow.getHandle(workflowId).fetchHistory();
    for (const { events } of [first, last]) expect(events?.length).toBeLessThan(1_000);
    expect(last.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).not.toBe('');
  });

  it('looks up to the scheduled time on its Schedule, however late it runs', async () => {
    const programId = `prg_${randomUUID()}`;
    const document = {
      ...demoProgram(),
      timeZone: 'Asia/Jakarta',
      agreement: { calendar: { schedule: '30 6 1 3 *' } },
    };
    await ensureSchedules(client, { programId, document, taskQueuePrefix });
    const schedule = client.schedule.getHandle(agreementCalendar.scheduleId(programId));
    expect((await schedule.describe()).policies.overlap).toBe('BUFFER_ONE');
    await schedule.backfill({ start: new Date('2026-02-28T12:00:00Z'), end: new Date('2026-03-01T12:00:00Z') });
    for (const end = Date.now() + 30_000; of(programId).length === 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const cutOffMs = Date.parse('2026-02-28T23:30:00Z');
    expect(of(programId)).toEqual([{ programId, cutOffMs, actorId: 'system' }]);
    await deleteSchedules(client, programId);
  });

  it('needs a cut-off outside of a Schedule', async () => {
    const programId = `prg_${randomUUID()}`;
    const run = client.workflow.execute(agreementCalendar.type, {
      workflowId: agreementCalendar.workflowId(programId),
      taskQueue,
      args: [{ programId }],
    });
    await expect(run).rejects.toMatchObject({ cause: { type: 'malformed-request' } });
    expect(of(programId)).toEqual([]);
  });
});
