import { Client } from 'pg';
import { AuditLog } from '../../libs/audit/index.js';
import { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { Outbox } from '../../libs/outbox/index.js';
import { startTestApi, type TestApi } from '../support/api.js';

interface Facts {
  items: { subjectId: string; programId: string; actorId: string; requestId: string | null }[];
  next: string | null;
}
interface Feed {
  items: { type: string; programId: string; subjectId: string; data: object }[];
  next: string | null;
}

describe('what happened', () => {
  const [program, other] = [newId('prg'), newId('prg')];
  let api: TestApi;
  let database: Database;
  let auditor: string;

  beforeAll(async () => {
    api = await startTestApi();
    database = api.app.get(Database, { strict: false });
    auditor = await api.token('auditor');
    const audit = api.app.get(AuditLog, { strict: false });
    for (const [programId, subjectId] of [
      [program, 'one'],
      [program, 'two'],
      [other, 'three'],
    ] as const) {
      await database.inTransaction((tx) =>
        audit.record(tx, {
          programId,
          subjectId,
          actorId: 'usr_x',
          requestId: 'req_x',
          action: 'thing.move',
          fromState: 'a',
          toState: 'b',
        }),
      );
    }
  });
  afterAll(() => api.close());

  it('is read by auditors and admins, newest first, of their programs', async () => {
    const subjects = async (token: string, query = ''): Promise<string[]> =>
      (await api.call<Facts>('GET', `/v1/audit${query}`, { token })).body.items.map(({ subjectId }) => subjectId);
    expect(await subjects(auditor)).toEqual(['three', 'two', 'one']);
    expect(await subjects(auditor, `?program=${program}`)).toEqual(['two', 'one']);
    expect(await subjects(auditor, '?subject=one')).toEqual(['one']);
    expect(await subjects(await api.token('admin', { programId: program }))).toEqual(['two', 'one']);
    const stranger = await api.token('auditor', { programId: newId('prg') });
    expect(await subjects(stranger)).toEqual([]);
    expect((await api.call('GET', `/v1/audit?program=${program}`, { token: stranger })).status).toBe(404);
    expect((await api.call('GET', '/v1/audit', { token: await api.token('finance') })).status).toBe(403);
  });

  it('comes page by page and as CSV', async () => {
    const first = await api.call<Facts>('GET', '/v1/audit?limit=2', { token: auditor });
    const second = await api.call<Facts>('GET', `/v1/audit?limit=2&cursor=${first.body.next!}`, { token: auditor });
    expect([first.body.items.length, second.body.items.map(({ subjectId }) => subjectId), second.body.next]).toEqual([
      2,
      ['one'],
      null,
    ]);
    const csv = await api.call('GET', '/v1/audit?limit=1', { token: auditor, headers: { accept: 'text/csv' } });
    expect(csv.text).toMatch(/^id,programId,at,actorId,.*\r\naud_/);
  });

  it('is fed to machines in order, each event once, none passed over by a transaction that commits late', async () => {
    const outbox = api.app.get(Outbox, { strict: false });
    const announce = (programId: string, subjectId: string): Promise<void> =>
      database.inTransaction((tx) =>
        outbox.announce(tx, programId, { type: 'partner.active', subjectId, data: { a: 1 } }),
      );
    const token = await api.token('service', { programId: program });
    const feed = async (after: string | null): Promise<Feed> =>
      (await api.call<Feed>('GET', `/v1/domain-events${after ? `?after=${after}` : ''}`, { token })).body;

    await announce(program, 'first');
    await announce(other, 'not theirs');
    const slow = new Client({ connectionString: api.env.DATABASE_URL });
    await slow.connect();
    await slow.query('begin');
    await slow.query(
      `insert into outbox_messages (id, program_id, kind, subject_id, payload, created_at, available_at)
       values ($1, $2, 'domain_event', 'late', $3, now(), now())`,
      [newId('evt'), program, JSON.stringify({ type: 'partner.active', subjectId: 'late' })],
    );
    await announce(program, 'early');
    // Numbered behind the open transaction's event, so it isn't shown before that one is.
    const whileOpen = await feed(null);
    expect(whileOpen).toEqual({ items: [], next: null });
    await slow.query('commit');
    await slow.end();
    const all = await feed(null);
    expect(all.items.map(({ subjectId }) => subjectId)).toEqual(['first', 'late', 'early']);
    expect(all.items[0]).toMatchObject({ type: 'partner.active', programId: program, data: { a: 1 } });
    const rest = await feed(all.next);
    expect(rest).toEqual({ items: [], next: all.next });
    await announce(program, 'new');
    expect((await feed(rest.next)).items.map(({ subjectId }) => subjectId)).toEqual(['new']);
    expect((await api.call('GET', '/v1/domain-events?after=x', { token })).body).toMatchObject({
      errors: [{ pointer: '/after' }],
    });
  });
});
