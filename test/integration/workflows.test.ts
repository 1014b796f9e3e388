import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { asActivityFailure } from '../../activities/activity-failure.js';
import { StillRunning } from '../../apps/api/edge/index.js';
import { Workflows, type UpdateOptions } from '../../apps/api/workflows.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { encryptingDataConverter, lazyTemporalClient } from '../../libs/temporal/index.js';
import { quietTemporal } from '../support/quiet-temporal.js';
import { temporalAddress } from '../support/servers.js';
import { finish, tryOut, type UpdatableActivities, type UpdateWish } from '../support/updatable.workflow.js';

const taskQueue = `updatable-${randomUUID()}`;
const errors = [{ pointer: '/rules/0', message: 'is more than 15' }];
const activities: UpdatableActivities = {
  fail: () => asActivityFailure(() => Promise.reject(new DomainError('outside-guardrails', 'no such kind', errors))),
};

describe('updates of workflows, as the API sends them', () => {
  const keyring = Keyring.parse(`test:${randomBytes(32).toString('base64')}`);
  let client: Client;
  let workflows: Workflows;
  let connection: NativeConnection;
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    quietTemporal();
    client = lazyTemporalClient({ address: temporalAddress(), namespace: 'default', keyring });
    workflows = new Workflows(client);
    connection = await NativeConnection.connect({ address: temporalAddress() });
    worker = await Worker.create({
      connection,
      taskQueue,
      activities,
      dataConverter: encryptingDataConverter(keyring),
      workflowsPath: fileURLToPath(new URL('../support/updatable.workflow.ts', import.meta.url)),
    });
    running = worker.run();
  });
  afterAll(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await workflows.onApplicationShutdown();
  });

  async function started(queue = taskQueue): Promise<string> {
    const workflowId = `updatable/${randomUUID()}`;
    await client.workflow.start('updatable', { workflowId, taskQueue: queue });
    return workflowId;
  }

  function update(
    workflowId: string,
    outcome: UpdateWish['outcome'],
    options: Partial<UpdateOptions> = {},
  ): Promise<string> {
    return workflows.update(
      workflowId,
      tryOut,
      { outcome },
      { updateId: randomUUID(), location: '/v1/things/1', ...options },
    );
  }

  it('answer with the outcome', async () => {
    expect(await update(await started(), 'answer')).toBe('answer 1');
  });

  it('have one outcome for one update id', async () => {
    const workflowId = await started();
    const options = { updateId: 'the same' };
    expect(await update(workflowId, 'answer', options)).toBe('answer 1');
    expect(await update(workflowId, 'answer', options)).toBe('answer 1');
    expect(await update(workflowId, 'answer')).toBe('answer 2');
  });

  it("are refused with the validator's code", async () => {
    await expect(update(await started(), 'refused')).rejects.toMatchObject({
      name: 'DomainError',
      code: 'illegal-transition',
      message: 'cannot approve while rejected',
    });
  });

  it("fail with the code and the pointers of an activity's domain error", async () => {
    await expect(update(await started(), 'activity-fails')).rejects.toMatchObject({
      name: 'DomainError',
      code: 'outside-guardrails',
      message: 'no such kind',
      errors,
    });
  });

  it('are a defect when they fail with what is none of our codes', async () => {
    const error: unknown = await update(await started(), 'strange-failure').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(DomainError);
  });

  it('say where to look when they were accepted and take long, and give the outcome to the same id later', async () => {
    const workflowId = await started();
    const updateId = randomUUID();
    const error: unknown = await update(workflowId, 'waits', { updateId, timeoutMs: 1_000 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StillRunning);
    expect((error as StillRunning).location).toBe('/v1/things/1');
    expect(await update(workflowId, 'waits', { updateId })).toBe('answer 1');
  });

  it('are unavailable while no worker looks at the workflow', async () => {
    const workflowId = await started(`nobody-${randomUUID()}`);
    await expect(update(workflowId, 'answer', { timeoutMs: 1_500 })).rejects.toMatchObject({ code: 'unavailable' });
    await client.workflow.getHandle(workflowId).terminate();
  });

  it.each(['illegal-transition', 'not-found'] as const)(
    'are %s once the workflow has ended, as the caller says',
    async (whenClosed) => {
      const workflowId = await started();
      await client.workflow.getHandle(workflowId).signal(finish);
      await client.workflow.getHandle(workflowId).result();
      await expect(update(workflowId, 'answer', { whenClosed })).rejects.toMatchObject({ code: whenClosed });
    },
  );

  it('wait for a workflow whose start is on its way, and are unavailable when it never comes', async () => {
    const workflowId = `updatable/${randomUUID()}`;
    const early = update(workflowId, 'answer');
    await client.workflow.start('updatable', { workflowId, taskQueue });
    expect(await early).toBe('answer 1');
    await expect(update(`updatable/${randomUUID()}`, 'answer', { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('are unavailable, as the whole, without Temporal', async () => {
    const alone = new Workflows(lazyTemporalClient({ address: '127.0.0.1:1', namespace: 'default', keyring }));
    await expect(alone.ready()).rejects.toMatchObject({ code: 'unavailable' });
    const options = { updateId: randomUUID(), location: '/', timeoutMs: 1_000 };
    await expect(alone.update('x', tryOut, { outcome: 'answer' }, options)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await alone.onApplicationShutdown();
    await workflows.ready();
  });
});
