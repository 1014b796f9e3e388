import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { runCommand } from './commands.mjs';
import { ManagedProcess, type ProcessHost } from './managed-process.js';
import { canAccess, ownerOf, preparePostgresProgram, sharedFolder, type PostgresProgram } from './postgres-program.js';

const superuser = 'postgres';

/** What an embedded PostgreSQL is started with. */
export interface PostgresOptions {
  /** The folder the cluster lies in; made where it is missing. See {@link placeDataFolder} for root. */
  readonly dataFolder: string;
  readonly logFile: string;
  readonly port: number;
  readonly superuserPassword: string;
  /** False for tests alone: a power cut may then cost the data. */
  readonly durable: boolean;
  readonly host: ProcessHost;
}

/** A PostgreSQL server that runs. */
export interface RunningPostgres {
  readonly process: ManagedProcess;
  readonly version: string;
  /** The address of a database, as the superuser. */
  readonly adminUrl: (database: string) => string;
}

/** Starts a PostgreSQL server of our own on 127.0.0.1, making its cluster first where there is none. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const found = preparePostgresProgram();
  const dataFolder = path.resolve(options.dataFolder);
  if (!existsSync(path.join(dataFolder, 'PG_VERSION'))) await createCluster(found, dataFolder, options);
  // A cluster made by another user than root goes on under that user.
  const account = found.account ? ownerOf(dataFolder) : undefined;
  const adminUrl = (database: string): string =>
    postgresUrl({ user: superuser, password: options.superuserPassword, port: options.port, database });
  const server = new ManagedProcess(
    {
      name: 'postgres',
      command: found.postgres,
      args: ['-D', dataFolder, '-p', String(options.port), ...settings(options.durable)],
      environment: systemEnvironment(),
      folder: '/',
      account,
      logFile: options.logFile,
      isReady: () => answers(adminUrl('postgres')),
      readyWithinMs: 120_000,
      // PostgreSQL's fast shutdown ends sessions and writes everything down; its immediate one leaves that to the
      // next start, but still ends all processes, which a plain kill would not.
      stopSignal: 'SIGINT',
      killSignal: 'SIGQUIT',
      stopWithinMs: 30_000,
    },
    options.host,
    options.host.restarts,
  );
  await server.start();
  return { process: server, version: found.version, adminUrl };
}

/** The address of a database on 127.0.0.1. */
export function postgresUrl(at: { user: string; password: string; port: number; database: string }): string {
  return `postgresql://${at.user}:${encodeURIComponent(at.password)}@127.0.0.1:${at.port}/${at.database}`;
}

/**
 * Where the cluster of a home lies: in the home, unless we are root and PostgreSQL's account can't reach it there;
 * then in a shared folder, whose name the home keeps.
 */
export function placeDataFolder(home: string): string {
  const inside = path.join(home, 'postgres');
  const note = path.join(home, 'postgres-folder');
  if (existsSync(note)) return readFileSync(note, 'utf8').trim();
  const { account } = preparePostgresProgram();
  if (!account || existsSync(path.join(inside, 'PG_VERSION'))) return inside;
  if (canAccess(account, home, 'x')) return inside;
  const folder = path.join(sharedFolder(), 'data');
  mkdirSync(folder, { recursive: true });
  // Whatever the umask is, PostgreSQL's account must be able to pass through.
  [sharedFolder(), folder].forEach((passed) => chmodSync(passed, 0o755));
  const outside = path.join(folder, randomBytes(8).toString('hex'));
  writeFileSync(note, `${outside}\n`);
  return outside;
}

/** Removes a home with all it holds, its cluster outside of it included. Nothing may run on it. */
export function removeHome(home: string): void {
  const note = path.join(home, 'postgres-folder');
  if (existsSync(note)) rmSync(readFileSync(note, 'utf8').trim(), { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}

/** A role that may log in, and its password. */
export interface Role {
  readonly name: string;
  readonly password: string;
}

/**
 * Makes sure of the roles and of a database owned by the first of them. Running it again changes nothing but the
 * passwords, which follow the ones given.
 */
export async function prepareDatabase(
  adminUrl: string,
  database: string,
  roles: { owner: Role; running: Role },
): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const { name, password } of [roles.owner, roles.running]) {
      const known = await client.query('select 1 from pg_roles where rolname = $1', [name]);
      const verb = known.rowCount === 0 ? 'create' : 'alter';
      await client.query(`${verb} role ${escapeIdentifier(name)} with login password ${escapeLiteral(password)}`);
    }
    const known = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (known.rowCount === 0) {
      await client.query(
        `create database ${escapeIdentifier(database)} with owner ${escapeIdentifier(roles.owner.name)}`,
      );
    }
  } finally {
    await client.end();
  }
}

async function createCluster(
  { initdb, account }: PostgresProgram,
  dataFolder: string,
  options: PostgresOptions,
): Promise<void> {
  // Made beside and moved into place, so that a cluster is there whole or not at all.
  const partial = `${dataFolder}.new`;
  const passwordFile = `${dataFolder}.password`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${options.superuserPassword}\n`, { mode: 0o600 });
  if (account) [partial, passwordFile].forEach((file) => chownSync(file, account.uid, account.gid));
  const args = [
    `--pgdata=${partial}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(options.durable ? [] : ['--no-sync']),
  ];
  try {
    await runCommand(initdb, args, { account, cwd: '/', env: systemEnvironment() });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, dataFolder);
}

function settings(durable: boolean): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The details of an error may hold a person's data: they stay out of the log.
    log_error_verbosity: 'terse',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** PostgreSQL needs nothing of our environment; its own variables (PGDATA, PGPORT) would only lead it astray. */
function systemEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    // Not yet: it starts, or recovers.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
