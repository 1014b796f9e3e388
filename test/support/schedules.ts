import type { Client } from '@temporalio/client';
import { scheduledProcesses } from '../../libs/temporal/index.js';
import { unlessGone } from './unless-gone.js';

/** Removes all Schedules of a program: they would go on starting workflows that nobody hosts any more. */
export async function deleteSchedules(client: Client, programId: string): Promise<void> {
  for (const process of scheduledProcesses) {
    await unlessGone(client.schedule.getHandle(process.scheduleId(programId)).delete());
  }
}
