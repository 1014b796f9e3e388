import { DataSource } from 'typeorm';
import { migrate, revertLast } from '../../libs/database/index.js';
import { migrations } from '../../libs/database/migrations/index.js';
import { createEmptyDatabase, type TestDatabase } from '../support/servers.js';

/** Everything that a migration can make in the schema, each thing with its definition. */
const schemaQuery = `
  select 'column ' || c.relname || '.' || a.attname as name,
         format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') as definition
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S', 'p') and a.attnum > 0 and not a.attisdropped
  union all select 'constraint ' || conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
  union all select 'index ' || indexname, indexdef from pg_indexes where schemaname = 'public'
  union all select 'trigger ' || tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select 'function ' || p.oid::regprocedure, p.prosrc from pg_proc p
   where p.pronamespace = 'public'::regnamespace and not exists (select 1 from pg_depend e where e.objid = p.oid and e.deptype = 'e')
  union all select 'type ' || typname, typtype::text from pg_type t
   where typnamespace = 'public'::regnamespace and typtype in ('e', 'd') 
  union all select 'extension ' || extname, extversion from pg_extension
  order by 1, 2`;

type Thing = { name: string; definition: string };

describe('migrations', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(() => database.drop());

  async function withOwner<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
    const owner = new DataSource({ type: 'postgres', url: database.migrationUrl, synchronize: false });
    await owner.initialize();
    try {
      return await work(owner);
    } finally {
      await owner.destroy();
    }
  }

  test('each goes up, back down to what was before, and up again to the same', async () => {
    await withOwner(async (owner) => {
      const runner = owner.createQueryRunner();
      const schema = (): Promise<Thing[]> => owner.query<Thing[]>(schemaQuery);
      for (const Migration of migrations) {
        const migration = new Migration();
        const before = await schema();
        await migration.up(runner);
        const after = await schema();
        // More of it, or another body of a function.
        expect({ name: migration.name, schema: after }).not.toEqual({ name: migration.name, schema: before });
        await migration.down(runner);
        expect({ name: migration.name, schema: await schema() }).toEqual({ name: migration.name, schema: before });
        await migration.up(runner);
        expect({ name: migration.name, schema: await schema() }).toEqual({ name: migration.name, schema: after });
      }
      await runner.release();
    });
  });

  test('all run once, and are taken back one by one to an empty schema', async () => {
    const role = new URL(database.url).username;
    const names = migrations.map((Migration) => new Migration().name);
    expect(await migrate(database.migrationUrl, role)).toEqual(names);
    expect(await migrate(database.migrationUrl, role)).toEqual([]);
    for (const name of [...names].reverse()) expect(await revertLast(database.migrationUrl)).toBe(name);
    expect(await revertLast(database.migrationUrl)).toBeUndefined();
    const tables = await withOwner((owner) =>
      owner.query<{ tablename: string }[]>(`select tablename from pg_tables where schemaname = 'public'`),
    );
    expect(tables).toEqual([{ tablename: 'schema_migrations' }]);
  });

  test('the mails of an installation from before the log come into it, and go back', async () => {
    await withOwner(async (owner) => {
      const runner = owner.createQueryRunner();
      const named = new Map(migrations.map((Migration) => [new Migration().name, new Migration()]));
      const messages = named.get('Messages1760000000013')!;
      for (const migration of named.values()) {
        if (migration === messages) break;
        await migration.up(runner);
      }
      const mail = `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at, attempts, last_error, delivered_at)
        values ($1, 'prg_1', $2, 'app_1', $3, now(), now(), 1, $4, $5)`;
      const request = (to: object) => JSON.stringify({ template: 'application-received', subjectId: 'app_1', to });
      await owner.query(mail, ['evt_1', 'mail', request({ personId: 'per_1' }), null, new Date()]);
      await owner.query(mail, ['evt_2', 'mail', request({ role: 'legal' }), 'MailDeliveryError', new Date()]);
      await owner.query(mail, ['evt_3', 'mail', request({ role: 'legal' }), 'MailDeliveryError', null]);
      await owner.query(mail, [
        'evt_4',
        'domain_event',
        JSON.stringify({ type: 'a.b', subjectId: 'app_1' }),
        null,
        null,
      ]);
      await messages.up(runner);
      const log = await owner.query<object[]>(`select id, template, person_id, role, state from mails order by id`);
      expect(log).toEqual([
        { id: 'evt_1', template: 'application-received', person_id: 'per_1', role: null, state: 'sent' },
        { id: 'evt_2', template: 'application-received', person_id: null, role: 'legal', state: 'failed' },
        { id: 'evt_3', template: 'application-received', person_id: null, role: 'legal', state: 'queued' },
      ]);
      // Events of before find no webhook: there was none for them.
      const open = `select id from outbox_messages where kind = 'domain_event' and delivered_at is null`;
      expect(await owner.query<object[]>(open)).toEqual([]);
      await owner.query(mail, ['evt_5', 'mail_event', '{}', null, null]);
      await messages.down(runner);
      expect(await owner.query<object[]>(open)).toEqual([{ id: 'evt_4' }]);
      await expect(owner.query(mail, ['evt_6', 'mail_event', '{}', null, null])).rejects.toThrow(/check constraint/);
      await runner.release();
    });
  });

  test('the running role owns nothing and can change nothing that is append-only', async () => {
    await migrate(database.migrationUrl, new URL(database.url).username);
    const running = new DataSource({ type: 'postgres', url: database.url, synchronize: false });
    await running.initialize();
    try {
      const owned = await running.query<unknown[]>(`select 1 from pg_tables where tableowner = current_user`);
      expect(owned).toEqual([]);
      for (const statement of [
        `update ledger_entries set amount_minor = 1`,
        `delete from audit_facts`,
        `truncate ledger_transactions`,
        `drop table programs`,
        `create table loot (id text)`,
        `delete from schema_migrations`,
      ]) {
        await expect(running.query(statement)).rejects.toThrow(/permission denied|must be owner/);
      }
    } finally {
      await running.destroy();
    }
  });

  test('even the owner changes no row of the ledger, the audit or the events', async () => {
    await migrate(database.migrationUrl, new URL(database.url).username);
    await withOwner(async (owner) => {
      for (const table of ['ledger_entries', 'ledger_transactions', 'ledger_accounts', 'audit_facts', 'events']) {
        await expect(owner.query(`delete from ${table}`)).rejects.toThrow(/is append-only/);
      }
    });
  });
});
