import { readFile } from 'node:fs/promises';
import { AuditLog } from '../libs/audit/index.js';
import { Database } from '../libs/database/index.js';
import { SystemClock } from '../libs/kernel/clock.js';
import { payoutRailNames } from '../libs/kernel/payout-rail-names.js';
import { systemActor } from '../libs/orchestration/actor.js';
import { Outbox } from '../libs/outbox/index.js';
import { ProgramsService } from '../libs/programs/index.js';

/**
 * `node dist/tools/seed.js [FILE]` makes the demo program, or the program that a file describes, when the database has
 * none; otherwise it changes nothing.
 */
async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is missing');
  const file = process.argv[2] ?? new URL('../libs/programs/demo-program.json', import.meta.url);
  const database = await Database.connect(url, 2);
  try {
    const clock = new SystemClock();
    // Which rails are configured is known to the processes that pay: here only the database is.
    const rails = { names: payoutRailNames };
    const programs = new ProgramsService(database, clock, new AuditLog(clock), new Outbox(clock), rails);
    const [existing] = await programs.list();
    const program = existing ?? (await programs.create(JSON.parse(await readFile(file, 'utf8')), systemActor));
    process.stdout.write(`${existing ? 'has' : 'made'} program ${program.id} (${program.document.name})\n`);
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`seeding failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
