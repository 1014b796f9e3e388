import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { databaseOf, dropDatabase, withDatabase } from '../../tools/embedded/databases.js';
import type { TestServers } from '../../tools/embedded/test-servers.js';

/** A database of a test's own. */
export interface TestDatabase {
  readonly name: string;
  /** As the role the product runs under. */
  readonly url: string;
  /** As the owner of the schema. */
  readonly migrationUrl: string;
  drop(): Promise<void>;
}

/** The address of the Temporal server of this run, `host:port`; each test file uses a task queue of its own. */
export function temporalAddress(): string {
  return testServers().temporalAddress;
}

/** Makes a database with the current schema and no rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase((template) => `template ${escapeIdentifier(template)}`);
}

/** Makes a database without a schema, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(() => '');
}

/** The address of a role that may make and drop databases. */
export function databaseAdminUrl(): string {
  return testServers().adminUrl;
}

async function createDatabase(from: (template: string) => string): Promise<TestDatabase> {
  const { adminUrl, templateMigrationUrl, templateUrl } = testServers();
  const name = `pactline_test_${randomBytes(6).toString('hex')}`;
  const owner = decodeURIComponent(new URL(templateMigrationUrl).username);
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const source = from(databaseOf(templateMigrationUrl));
    await client.query(`create database ${escapeIdentifier(name)} with owner ${escapeIdentifier(owner)} ${source}`);
  } finally {
    await client.end();
  }
  return {
    name,
    url: withDatabase(templateUrl, name),
    migrationUrl: withDatabase(templateMigrationUrl, name),
    drop: () => dropDatabase(adminUrl, name),
  };
}

function testServers(): TestServers {
  const text = process.env['PACTLINE_TEST_SERVERS'];
  if (!text) throw new Error('No servers: this test belongs into a folder that vitest.config.mjs gives servers to.');
  return JSON.parse(text) as TestServers;
}
