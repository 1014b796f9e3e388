import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { createEmptyDatabase, createTestDatabase, temporalAddress, type TestDatabase } from '../support/servers.js';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await client.end();
  }
}

describe('the servers of a test run', () => {
  const made: TestDatabase[] = [];
  afterAll(() => Promise.all(made.map((database) => database.drop())));

  async function database(make: () => Promise<TestDatabase>): Promise<TestDatabase> {
    const database = await make();
    made.push(database);
    return database;
  }

  it('give each test a database of its own, with the schema and without rows of others', async () => {
    const [one, other] = await Promise.all([database(createTestDatabase), database(createTestDatabase)]);
    await query(one.migrationUrl, 'create table only_here (id int)');
    const tables = (url: string): Promise<Record<string, unknown>[]> =>
      query(url, `select table_name from information_schema.tables where table_schema = 'public' order by 1`);
    expect(await tables(other.migrationUrl)).toContainEqual({ table_name: 'schema_migrations' });
    expect(await tables(other.migrationUrl)).not.toContainEqual({ table_name: 'only_here' });
  });

  it('give a role that the product runs under, which owns nothing', async () => {
    const { url } = await database(createTestDatabase);
    await expect(query(url, 'create table mine (id int)')).rejects.toThrow(/permission denied/);
    await expect(query(url, 'drop table programs')).rejects.toThrow(/must be owner/);
  });

  it('give an empty database for the migrations themselves', async () => {
    const { migrationUrl } = await database(createEmptyDatabase);
    expect(await query(migrationUrl, `select 1 from pg_tables where schemaname = 'public'`)).toEqual([]);
  });

  it('give a Temporal server that answers', async () => {
    const connection = await Connection.connect({ address: temporalAddress() });
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(namespaceInfo?.name).toBe('default');
    await connection.close();
  });
});
