import { Client } from 'pg';
import { Clock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';
import { ProbeModule } from '../support/probe.js';

/** A clock that stands until it is told otherwise. */
class SetClock extends Clock {
  constructor(private instant: Date) {
    super();
  }

  now(): Date {
    return this.instant;
  }

  set(instant: Date): void {
    this.instant = instant;
  }
}

const day = 24 * 3_600_000;

describe('API keys', () => {
  const start = new Date('2026-03-01T09:00:00.000Z');
  const clock = new SetClock(start);
  let api: TestApi;
  let admin: string;
  let owner: Client;

  beforeAll(async () => {
    api = await startTestApi({}, { clock, extraModules: [ProbeModule] });
    admin = await api.token('admin');
    owner = new Client({ connectionString: api.database.migrationUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await api.close();
  });
  afterEach(() => clock.set(start));

  const inDays = (days: number): string => new Date(start.getTime() + days * day).toISOString();
  const make = (body: object = {}, token = admin): Promise<ApiAnswer> =>
    api.call('POST', '/v1/api-keys', {
      token,
      body: { name: 'Shop', roles: ['service:probes.write', 'auditor'], expiresAt: inDays(30), ...body },
    });
  const works = async (secret: unknown): Promise<number> =>
    (await api.call('POST', '/v1/probes', { token: String(secret), body: { name: 'a' } })).status;

  it('are shown once, stored as a hash, and do what their scopes say', async () => {
    const { status, body } = await make();
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{32}$/) as string,
      programId: '*',
      name: 'Shop',
      roles: ['service:probes.write', 'auditor'],
      createdBy: 'usr_ada-admin',
      createdAt: start.toISOString(),
      expiresAt: inDays(30),
      revokedAt: null,
      secret: expect.stringMatching(/^pak_[A-Za-z0-9_-]{43}$/) as string,
    });
    const secret = body['secret'] as string;
    expect(await works(secret)).toBe(201);
    const me = await api.call('GET', '/v1/probes/me', { token: secret });
    expect(me.body['principal']).toMatchObject({ id: body['id'], kind: 'api_key' });
    const { rows } = await owner.query<{ secret_hash: string }>(`select * from api_keys where id = $1`, [body['id']]);
    expect(rows[0]!.secret_hash).toBe(sha256(secret));
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await api.call('GET', '/v1/api-keys', { token: admin })).text).not.toContain(secret);
  });

  it('are refused once they have expired', async () => {
    const { body } = await make({ expiresAt: inDays(1) });
    clock.set(new Date(start.getTime() + day - 1));
    expect(await works(body['secret'])).toBe(201);
    clock.set(new Date(start.getTime() + day));
    expect(await works(body['secret'])).toBe(401);
  });

  it('are refused from the moment of their revocation, which may be repeated', async () => {
    const { body } = await make();
    for (let times = 0; times < 2; times++) {
      expect((await api.call('DELETE', `/v1/api-keys/${String(body['id'])}`, { token: admin })).status).toBe(204);
    }
    expect(await works(body['secret'])).toBe(401);
    const facts = await owner.query(`select action, actor_id from audit_facts where subject_id = $1 order by id`, [
      body['id'],
    ]);
    expect(facts.rows).toEqual([
      { action: 'api-key.create', actor_id: 'usr_ada-admin' },
      { action: 'api-key.revoke', actor_id: 'usr_ada-admin' },
    ]);
  });

  it.each<[object, string]>([
    [{ roles: [] }, '/roles'],
    [{ roles: ['finance'] }, '/roles/0'],
    [{ roles: ['finance_approver'] }, '/roles/0'],
    [{ roles: ['admin'] }, '/roles/0'],
    [{ roles: ['service'] }, '/roles/0'],
    [{ roles: ['service:events'] }, '/roles/0'],
    [{ roles: ['service:events.read@x'] }, '/roles/0'],
    [{ programId: 'prg_1' }, '/programId'],
    [{ name: ' ' }, '/name'],
    [{ expiresAt: 'tomorrow' }, '/expiresAt'],
    [{ expiresAt: new Date(0).toISOString() }, '/expiresAt'],
    [{ expiresAt: new Date('2028-01-01').toISOString() }, '/expiresAt'],
  ])('are not made from %j', async (body, pointer) => {
    const answer = await make(body);
    expect([answer.status, (answer.body['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([400, pointer]);
  });

  it('of a program are for its admins alone', async () => {
    const [program, other] = [newId('prg'), newId('prg')];
    const itsAdmin = await api.token('admin', { programId: program });
    const othersAdmin = await api.token('admin', { programId: other });
    const made = await make({ programId: program }, itsAdmin);
    expect(made.status).toBe(201);
    const me = await api.call('GET', '/v1/probes/me', { token: String(made.body['secret']) });
    expect((me.body['principal'] as { roles: unknown[] }).roles).toContainEqual({
      role: 'auditor',
      programId: program,
    });
    expect((await make({ programId: program }, othersAdmin)).status).toBe(404);
    expect((await make({}, itsAdmin)).status).toBe(404);
    const address = `/v1/api-keys/${String(made.body['id'])}`;
    expect((await api.call('DELETE', address, { token: othersAdmin })).status).toBe(404);
    const seen = async (token: string): Promise<number> =>
      ((await api.call('GET', '/v1/api-keys', { token })).body['items'] as unknown[]).length;
    expect([await seen(itsAdmin), await seen(othersAdmin)]).toEqual([1, 0]);
    expect((await api.call('DELETE', address, { token: itsAdmin })).status).toBe(204);
  });

  it('are listed newest first, page by page, and as CSV', async () => {
    const program = newId('prg');
    const token = await api.token('auditor', { programId: program });
    for (const name of ['one', 'two', 'three']) await make({ programId: program, name });
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const address: string = `/v1/api-keys?limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await api.call<{ items: { name: string }[]; next: string | null }>('GET', address, { token });
      names.push(...body.items.map(({ name }) => name));
      cursor = body.next;
    }
    expect(names).toEqual(['three', 'two', 'one']);
    const csv = await api.call('GET', '/v1/api-keys', { token, headers: { accept: 'text/csv' } });
    expect(csv.text.split('\r\n')[1]).toContain(',three,');
    for (const bad of [
      'x',
      Buffer.from('["other","1"]').toString('base64url'),
      Buffer.from('["id desc","\\u0000"]').toString('base64url'),
    ]) {
      expect((await api.call('GET', `/v1/api-keys?cursor=${bad}`, { token })).body).toMatchObject({
        errors: [{ pointer: '/cursor' }],
      });
    }
  });
});
