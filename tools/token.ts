/**
 * `npm run token -- ROLE [--program prg_…] [--partner prt_…] [--user NAME] [--hours N]`: prints a bearer token of the
 * local issuer for a demo user of the product that runs.
 */
import { parseArgs } from 'node:util';
import { readEnvironment } from '../libs/config/index.js';
import { demoToken, demoUsers, type CompanyRole } from '../libs/identity/index.js';
import { isId } from '../libs/kernel/ids.js';
import { readRunning } from './embedded/running.js';

const usage = `npm run token -- ROLE [--program prg_…] [--user NAME] [--hours N]
npm run token -- partner --partner prt_… [--hours N]
Roles: ${Object.keys(demoUsers).join(', ')}, partner`;

const isCompanyRole = (text: string): text is CompanyRole => Object.hasOwn(demoUsers, text);

/** The token that the arguments ask for; throws with the usage for arguments that make no sense. */
async function tokenFor(args: string[]): Promise<string> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { program: text, partner: text, user: text, hours: text },
  });
  const [role = values.partner ? 'partner' : '', ...surplus] = positionals;
  const hours = Number(values.hours ?? 12);
  if (surplus.length > 0 || !(hours > 0 && hours <= 24 * 30)) throw new Error(usage);
  if (values.program !== undefined && !isId('prg', values.program))
    throw new Error(`--program must be prg_…\n${usage}`);
  const env = readEnvironment(readRunning().env);
  const options = {
    lifetimeSeconds: Math.round(hours * 3600),
    ...(values.user && { user: values.user }),
    ...(values.program && { programId: values.program }),
  };
  if (role === 'partner') {
    if (!values.partner || !isId('prt', values.partner)) throw new Error(`--partner must be prt_…\n${usage}`);
    return demoToken(env, { partnerId: values.partner }, options);
  }
  if (!isCompanyRole(role)) throw new Error(usage);
  return demoToken(env, role, options);
}

try {
  process.stdout.write(`${await tokenFor(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
