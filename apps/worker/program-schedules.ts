import type { Client } from '@temporalio/client';
import type { Program, ProgramsService } from '../../libs/programs/index.js';
import { ensureSchedules } from '../../libs/temporal/index.js';

/**
 * Brings the Schedules of a program that was just read to what its current version says. The version that is written last must
 * be the current one: should it change meanwhile, the newer one is written too.
 */
export async function followProgram(
  { client, taskQueuePrefix, programs }: { client: Client; taskQueuePrefix: string; programs: ProgramsService },
  read: Program,
): Promise<void> {
  const { id: programId } = read;
  let written: number | undefined;
  for (let program = read; program.version !== written; program = await programs.get(programId)) {
    await ensureSchedules(client, { programId, document: program.document, taskQueuePrefix });
    written = program.version;
  }
}
