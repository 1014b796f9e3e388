import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { runCommand } from './commands.mjs';
import { databaseOf, dropDatabase, withDatabase } from './databases.js';
import { acquireFolder } from './folder-lock.mjs';
import type { ManagedProcess, ProcessHost } from './managed-process.js';
import { freePorts } from './ports.mjs';
import { postgresUrl, prepareDatabase, startPostgres } from './postgres.js';
import { roleNames } from './product-environment.js';
import { projectRoot } from './project.mjs';
import { startTemporal } from './temporal.js';
import { findTemporal } from './temporal-server.mjs';
import { makeTestFolder, sweepTestFolders } from './test-folders.mjs';

/** How the tests reach the servers of their run. */
export interface TestServers {
  /** A database from which others may be made, as a role that may make them. */
  readonly adminUrl: string;
  /** The migrated database that each test's own is copied from, as the owner of the schema. */
  readonly templateMigrationUrl: string;
  /** The same as the role the product runs under. */
  readonly templateUrl: string;
  readonly temporalAddress: string;
}

/** The servers of a test run, and how they are stopped. */
export interface StartedTestServers {
  readonly servers: TestServers;
  readonly stop: () => Promise<void>;
}

/**
 * Starts what all tests of one run share: a PostgreSQL with a migrated template database, and a Temporal server that
 * keeps nothing. Where the environment names servers, they are used: `TEMPORAL_ADDRESS`; for the database
 * `DATABASE_URL`, `DATABASE_MIGRATION_URL` and, unless the latter's role may make databases, `TEST_DATABASE_ADMIN_URL`.
 */
export async function startTestServers(say: (line: string) => void): Promise<StartedTestServers> {
  await sweepTestFolders(say);
  const folder = makeTestFolder();
  const lock = await acquireFolder(folder, { address: 'a test run', say });
  const started: ManagedProcess[] = [];
  const host: ProcessHost = { registry: lock, adopt: (managed) => void started.push(managed) };
  let dropTemplate = (): Promise<void> => Promise.resolve();
  const stop = async (): Promise<void> => {
    await dropTemplate();
    await Promise.all(started.map((managed) => managed.stop()));
    lock.release();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [databases, temporalAddress] = await Promise.all([
      makeDatabases(folder, host),
      process.env['TEMPORAL_ADDRESS'] ?? startTestTemporal(folder, host, say),
    ]);
    const { adminUrl, templateMigrationUrl } = databases;
    if (started.every(({ spec }) => spec.name !== 'postgres')) {
      dropTemplate = () => dropDatabase(adminUrl, databaseOf(templateMigrationUrl));
    }
    return { servers: { ...databases, temporalAddress }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startTestTemporal(folder: string, host: ProcessHost, say: (line: string) => void): Promise<string> {
  const [found, [port = 0]] = await Promise.all([findTemporal({ say }), freePorts(1)]);
  const logFile = path.join(folder, 'temporal.log');
  const { address } = await startTemporal({ executable: found.path, port, namespace: 'default', logFile, host });
  return address;
}

async function makeDatabases(folder: string, host: ProcessHost): Promise<Omit<TestServers, 'temporalAddress'>> {
  const template = `pactline_template_${randomBytes(4).toString('hex')}`;
  const urls = process.env['DATABASE_URL']
    ? await makeGivenTemplate(process.env['DATABASE_URL'], template)
    : await makeEmbeddedTemplate(folder, host, template);
  const environment = {
    ...process.env,
    DATABASE_MIGRATION_URL: urls.templateMigrationUrl,
    DATABASE_URL: urls.templateUrl,
  };
  const script = path.join(projectRoot, 'dist', 'tools', 'migrate.js');
  await runCommand(process.execPath, [script], { cwd: projectRoot, env: environment });
  return urls;
}

async function makeEmbeddedTemplate(
  folder: string,
  host: ProcessHost,
  template: string,
): Promise<Omit<TestServers, 'temporalAddress'>> {
  const [port = 0] = await freePorts(1);
  const password = randomBytes(16).toString('hex');
  const { adminUrl } = await startPostgres({
    dataFolder: path.join(folder, 'postgres'),
    logFile: path.join(folder, 'postgres.log'),
    port,
    superuserPassword: password,
    durable: false,
    host,
  });
  await prepareDatabase(adminUrl('postgres'), template, {
    owner: { name: roleNames.owner, password },
    running: { name: roleNames.running, password },
  });
  return {
    adminUrl: adminUrl('postgres'),
    templateMigrationUrl: postgresUrl({ user: roleNames.owner, password, port, database: template }),
    templateUrl: postgresUrl({ user: roleNames.running, password, port, database: template }),
  };
}

async function makeGivenTemplate(url: string, template: string): Promise<Omit<TestServers, 'temporalAddress'>> {
  const migrationUrl = process.env['DATABASE_MIGRATION_URL'];
  if (!migrationUrl) throw new Error('DATABASE_MIGRATION_URL is missing: it must be set where DATABASE_URL is.');
  const adminUrl = process.env['TEST_DATABASE_ADMIN_URL'] ?? migrationUrl;
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const owner = decodeURIComponent(new URL(migrationUrl).username);
    await client.query(`create database ${escapeIdentifier(template)} with owner ${escapeIdentifier(owner)}`);
  } finally {
    await client.end();
  }
  return {
    adminUrl,
    templateMigrationUrl: withDatabase(migrationUrl, template),
    templateUrl: withDatabase(url, template),
  };
}
