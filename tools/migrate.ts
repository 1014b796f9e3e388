import { migrate, revertLast } from '../libs/database/index.js';

/**
 * `node dist/tools/migrate.js` brings the schema up to date as its owner (`DATABASE_MIGRATION_URL`) and grants the role
 * of `DATABASE_URL` what it needs; `--revert` takes the newest migration back.
 */
async function main(): Promise<void> {
  const ownerUrl = required('DATABASE_MIGRATION_URL');
  if (process.argv.includes('--revert')) {
    const name = await revertLast(ownerUrl);
    process.stdout.write(name ? `reverted ${name}\n` : 'nothing to revert\n');
    return;
  }
  const runningRole = decodeURIComponent(new URL(required('DATABASE_URL')).username);
  const done = await migrate(ownerUrl, runningRole);
  process.stdout.write(
    done.length === 0 ? 'the schema is up to date\n' : `${done.map((name) => `migrated ${name}`).join('\n')}\n`,
  );
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

main().catch((error: unknown) => {
  process.stderr.write(`migrating failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
