import type { Client } from '@temporalio/client';
import type { ProgramsService } from '../../libs/programs/index.js';
import { ensureSchedules } from '../../libs/temporal/index.js';

/**
 * Brings a program's Schedules to what its current version says. The version that is written last must be the current one:
 * should it change meanwhile, the newer one is written too.
 */
export async function followProgram(
  { client, taskQueuePrefix, programs }: { client: Client; taskQueuePrefix: string; programs: ProgramsService },
  programId: string,
): Promise<void> {
  let written: number | undefined;
  for (
    let program = await programs.get(programId);
    program.version !== written;
    program = await programs.get(programId)
  ) {
    await ensureSchedules(client, { programId, document: program.document, taskQueuePrefix });
    written = program.version;
  }
}
