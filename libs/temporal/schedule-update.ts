import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  ScheduleNotFoundError,
  type Client,
  type CompiledScheduleUpdateOptions,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import {
  encodeScheduleAction,
  encodeSchedulePolicies,
  encodeScheduleSpec,
} from '@temporalio/client/lib/schedule-helpers.js';
import { grpcCodeOf, grpcNotFound } from './grpc-code.js';

/** What a Schedule starts, when and how; whether it is paused is not ours to say. */
export type ScheduleSettings = Pick<CompiledScheduleUpdateOptions, 'spec' | 'action' | 'policies'>;

/** A server carries an update out in some milliseconds; after so many, something is wrong with it. */
const patienceMs = 30_000;

/**
 * Gives a Schedule that is there these settings, and keeps its state: paused or not, and why. The client's own `update` would
 * write the state that it read, and so undo what people do to the Schedule meanwhile. This one names what it has read,
 * whereupon the server drops it where that is no longer so; it says nothing of it, so it is looked whether the update was
 * carried out, and tried again. False where there is no such Schedule.
 */
export async function updateSchedule(client: Client, scheduleId: string, settings: ScheduleSettings): Promise<boolean> {
  const handle = client.schedule.getHandle(scheduleId);
  const untilMs = performance.now() + patienceMs;
  try {
    for (;;) {
      const before = await handle.describe();
      await sendUpdate(client, before, settings);
      const after = await nextChange(handle, before, untilMs);
      if (after.info.lastUpdatedAt?.getTime() !== before.info.lastUpdatedAt?.getTime()) return true;
    }
  } catch (error) {
    if (error instanceof ScheduleNotFoundError || grpcCodeOf(error) === grpcNotFound) return false;
    throw error;
  }
}

async function sendUpdate(
  client: Client,
  { scheduleId, raw }: ScheduleDescription,
  { spec, action, policies }: ScheduleSettings,
): Promise<void> {
  const { namespace, identity, loadedDataConverter } = client.options;
  await client.workflowService.updateSchedule({
    namespace,
    scheduleId,
    schedule: {
      spec: encodeScheduleSpec(spec),
      action: await encodeScheduleAction(loadedDataConverter, namespace, action, {}),
      policies: encodeSchedulePolicies(policies),
      state: raw.schedule?.state ?? {},
    },
    conflictToken: raw.conflictToken,
    identity,
    requestId: randomUUID(),
  });
}

/** The Schedule once anything has changed in it: an update was carried out, or what people did, before which it fell. */
async function nextChange(
  handle: ScheduleHandle,
  { scheduleId, raw }: ScheduleDescription,
  untilMs: number,
): Promise<ScheduleDescription> {
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    const now = await handle.describe();
    if (!isDeepStrictEqual(now.raw.conflictToken, raw.conflictToken)) return now;
    if (performance.now() > untilMs) throw new Error(`the Schedule ${scheduleId} does not follow its update`);
    await sleep(pauseMs);
  }
}
