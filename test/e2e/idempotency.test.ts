import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { IdempotencyStore } from '../../apps/api/edge/idempotency-store.js';
import { MemoryLog, startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';
import { failures, ProbeModule, ProbeState } from '../support/probe.js';

/** Short, so that a test may see what comes after it. */
const leaseSeconds = 3;

describe('the same request, sent again', () => {
  let api: TestApi;
  let finance: string;
  let state: ProbeState;
  let owner: Client;
  let lastKey = 0;

  beforeAll(async () => {
    const lease = { IDEMPOTENCY_LEASE_SECONDS: `${leaseSeconds}` };
    api = await startTestApi(lease, { extraModules: [ProbeModule], logger: new MemoryLog() });
    finance = await api.token('finance');
    state = api.app.get(ProbeState, { strict: false });
    owner = new Client({ connectionString: api.database.migrationUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await api.close();
  });
  afterEach(() => {
    state.failure = undefined;
    state.gate = Promise.resolve();
  });

  const newKey = (): string => `key ${++lastKey}`;
  const send = (
    key: string,
    body: unknown = { name: 'a' },
    token = finance,
    address = '/v1/probes',
  ): Promise<ApiAnswer> => api.call('POST', address, { token, body, headers: { 'idempotency-key': key } });

  it('gets the stored answer, byte for byte, and does nothing', async () => {
    const key = newKey();
    const first = await send(key);
    const calls = state.calls;
    const again = await send(key);
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(state.calls).toBe(calls);
  });

  it('is the same with its fields in another order', async () => {
    const key = newKey();
    const first = await send(key, { name: 'a', tags: ['x'] });
    expect((await send(key, { tags: ['x'], name: 'a' })).text).toBe(first.text);
  });

  it('gets the stored answer without a body too', async () => {
    const key = newKey();
    const address = `/v1/probes/app_${'0'.repeat(32)}/quiet`;
    const calls = state.calls;
    expect([
      (await send(key, undefined, finance, address)).status,
      (await send(key, undefined, finance, address)).status,
    ]).toEqual([204, 204]);
    expect(state.calls).toBe(calls + 1);
  });

  it('is refused with 422 when the body is another', async () => {
    const key = newKey();
    await send(key);
    const { status, body } = await send(key, { name: 'b' });
    expect([status, body['code']]).toEqual([422, 'idempotency-key-reused']);
  });

  it('is another request at another address, and from another caller', async () => {
    const key = newKey();
    const calls = state.calls;
    await send(key);
    await send(key, { name: 'a' }, finance, '/v1/probes/public');
    await send(key, { name: 'a' }, await api.token('finance', { user: 'usr_other' }));
    expect(state.calls).toBe(calls + 3);
  });

  it('is done once when it comes many times at once; the others get 409', async () => {
    const key = newKey();
    const calls = state.calls;
    let open = (): void => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    const others: Promise<ApiAnswer>[] = [];
    const sent = Array.from({ length: 8 }, () => send(key));
    for (const one of sent) others.push(one);
    const refused = await firstRefused(others, 7);
    expect(new Set(refused.map(({ status, body }) => `${status} ${String(body['code'])}`))).toEqual(
      new Set(['409 request-in-progress']),
    );
    expect(refused.every(({ headers }) => headers.has('retry-after'))).toBe(true);
    open();
    const answers = await Promise.all(sent);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(state.calls).toBe(calls + 1);
  });

  it('is taken over when the process that held it has died', async () => {
    const key = newKey();
    let open = (): void => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    const calls = state.calls;
    const lost = send(key);
    await until(() => state.calls === calls + 1);
    expect((await send(key)).status).toBe(409);
    // A dead process renews nothing: its lease ends by itself.
    await owner.query(`update idempotency_keys set locked_until = now() - interval '1 second' where key = $1`, [key]);
    state.gate = Promise.resolve();
    const second = await send(key);
    expect([second.status, second.body['call']]).toEqual([201, calls + 2]);
    open();
    await lost;
    // The first one wakes up late: it must not replace what was answered since.
    expect((await send(key)).text).toBe(second.text);
  });

  it('is not taken over while its work lasts, however long: the lease is renewed until it ends', async () => {
    const key = newKey();
    let open = (): void => undefined;
    state.gate = new Promise((resolve) => (open = resolve));
    const calls = state.calls;
    const working = send(key);
    await until(() => state.calls === calls + 1);
    await sleep((leaseSeconds + 1) * 1_000);
    expect((await send(key)).status).toBe(409);
    open();
    expect((await working).status).toBe(201);
    expect(state.calls).toBe(calls + 1);
  });

  it('gets a stored refusal of the domain', async () => {
    const key = newKey();
    state.failure = failures.domain('illegal-transition');
    const first = await send(key);
    state.failure = undefined;
    const again = await send(key);
    expect([first.status, again.status, again.text]).toEqual([409, 409, first.text]);
    expect(again.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });

  it.each([
    ['a defect', () => failures.defect(), 500],
    ['an outage', () => failures.domain('unavailable'), 503],
    ['a lost connection', () => failures.database('57P01'), 503],
    ['work that goes on', () => failures.stillRunning('/v1/x'), 202],
  ])('is done anew after %s', async (_what, failure, status) => {
    const key = newKey();
    state.failure = failure();
    expect((await send(key)).status).toBe(status);
    state.failure = undefined;
    expect((await send(key)).status).toBe(201);
  });

  it('may be mended after 400, with the same key', async () => {
    const key = newKey();
    expect((await send(key, { name: '' })).status).toBe(400);
    expect((await send(key, { name: 'a' })).status).toBe(201);
  });

  it.each(['', 'x'.repeat(256), 'tab\there'])('is refused with 400 for the key %j', async (key) => {
    expect((await send(key)).status).toBe(400);
  });

  it('has the same update id and request key; without a key the update id is random and there is no request key', async () => {
    const key = newKey();
    state.failure = failures.defect();
    await send(key);
    state.failure = undefined;
    const first = await send(key);
    expect(first.body['updateId']).toMatch(/^[0-9a-f]{64}$/);
    expect(first.body['requestKey']).toBe(first.body['updateId']);
    const [one, other] = await Promise.all(
      [1, 2].map(() => api.call('POST', '/v1/probes', { token: finance, body: { name: 'a' } })),
    );
    expect(one!.body['updateId']).not.toBe(other!.body['updateId']);
    expect(one!.body['requestKey']).toBeUndefined();
  });

  it('leaves nothing readable in the database', async () => {
    const key = newKey();
    await send(key, { name: 'my-secret-name' });
    const { rows } = await owner.query(`select * from idempotency_keys where key = $1`, [key]);
    expect(rows).toHaveLength(1);
    const row = rows[0] as { answer: Buffer };
    expect(row.answer.toString('latin1')).not.toContain('my-secret-name');
    expect(JSON.stringify({ ...row, answer: '' })).not.toContain('my-secret-name');
  });

  it('is forgotten after 48 hours', async () => {
    const old = newKey();
    const young = newKey();
    await send(old);
    await send(young);
    await owner.query(`update idempotency_keys set created_at = now() - interval '49 hours' where key = $1`, [old]);
    expect(await api.app.get(IdempotencyStore).deleteOld()).toBe(1);
    const { rows } = await owner.query(`select key from idempotency_keys where key = any($1)`, [[old, young]]);
    expect(rows).toEqual([{ key: young }]);
  });
});

/** The first answers that aren't a success. */
async function firstRefused(sent: Promise<ApiAnswer>[], count: number): Promise<ApiAnswer[]> {
  const refused: ApiAnswer[] = [];
  await new Promise<void>((resolve) => {
    for (const one of sent) {
      void one.then((answer) => {
        if (answer.status !== 201) refused.push(answer);
        if (refused.length === count) resolve();
      });
    }
  });
  return refused;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
