import { randomBytes, randomUUID } from 'node:crypto';
import type { Client, ScheduleHandle } from '@temporalio/client';
import { Keyring } from '../../libs/kernel/keyring.js';
import { payoutCollection } from '../../libs/orchestration/index.js';
import { connectTemporalClient, ensureSchedules, registerSearchAttributes } from '../../libs/temporal/index.js';
import { demoProgram } from '../support/demo-program.js';
import { deleteSchedules } from '../support/schedules.js';
import { temporalAddress } from '../support/servers.js';
import { until } from '../support/until.js';

describe('the Schedules of a program', () => {
  const document = demoProgram();
  let client: Client;
  let request: Parameters<typeof ensureSchedules>[1];
  let schedule: ScheduleHandle;

  beforeAll(async () => {
    const keyring = Keyring.parse(`test:${randomBytes(32).toString('base64')}`);
    client = await connectTemporalClient({ address: temporalAddress(), namespace: 'default', keyring });
    await registerSearchAttributes(client);
  });

  beforeEach(async () => {
    request = { programId: `prg_${randomUUID()}`, document, taskQueuePrefix: `schedules-${randomUUID()}-` };
    await ensureSchedules(client, request);
    schedule = client.schedule.getHandle(payoutCollection.scheduleId(request.programId));
  });

  afterEach(() => deleteSchedules(client, request.programId));
  afterAll(() => client.connection.close());

  /** The same client, but that something happens between its first look at this Schedule and what it does then. */
  function interrupted(act: () => Promise<void>): Client {
    let isFirst = true;
    const getHandle = (scheduleId: string): ScheduleHandle => {
      const handle = client.schedule.getHandle(scheduleId);
      if (scheduleId !== schedule.scheduleId) return handle;
      const describe = handle.describe.bind(handle);
      handle.describe = async () => {
        const description = await describe();
        if (isFirst) await act();
        isFirst = false;
        return description;
      };
      return handle;
    };
    const schedules = Object.create(client.schedule, { getHandle: { value: getHandle } }) as Client['schedule'];
    return Object.create(client, { schedule: { value: schedules } }) as Client;
  }

  async function paused(note: string): Promise<void> {
    await schedule.pause(note);
    // The server carries a pause out a moment after it has taken it.
    await until('the pause', async () => (await schedule.describe()).state.paused);
  }

  const inVienna = () => ({ ...request, document: { ...document, timeZone: 'Europe/Vienna' } });

  test('follow its document, and stay paused where a person paused them', async () => {
    await paused('a person paused it');
    await ensureSchedules(client, inVienna());
    const { state, spec, policies } = await schedule.describe();
    expect(state).toMatchObject({ paused: true, note: 'a person paused it' });
    expect(spec.timezone).toBe('Europe/Vienna');
    expect(policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 31 * 86_400_000 });
  });

  test('stay paused where a person pauses them while they are updated, and are updated all the same', async () => {
    const note = 'paused in the same moment';
    await ensureSchedules(
      interrupted(() => paused(note)),
      inVienna(),
    );
    const { state, spec } = await schedule.describe();
    expect(state).toMatchObject({ paused: true, note });
    expect(spec.timezone).toBe('Europe/Vienna');
  });

  test('go on where a person lets them go on while they are updated', async () => {
    await paused('for a while');
    const goOn = async (): Promise<void> => {
      await schedule.unpause('enough');
      await until('the end of the pause', async () => !(await schedule.describe()).state.paused);
    };
    await ensureSchedules(interrupted(goOn), inVienna());
    const { state, spec } = await schedule.describe();
    expect(state).toMatchObject({ paused: false, note: 'enough' });
    expect(spec.timezone).toBe('Europe/Vienna');
  });

  test('are made anew where somebody deletes them meanwhile', async () => {
    await ensureSchedules(
      interrupted(() => schedule.delete()),
      inVienna(),
    );
    expect((await schedule.describe()).spec.timezone).toBe('Europe/Vienna');
  });

  test('are updated by several at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ensureSchedules(client, inVienna())));
    expect((await schedule.describe()).spec.timezone).toBe('Europe/Vienna');
  });
});
