import { request as httpRequest } from 'node:http';
import { newId } from '../../libs/kernel/ids.js';
import { MemoryLog, startTestApi, type TestApi } from '../support/api.js';
import { demoProgram } from '../support/demo-program.js';
import { failures, ProbeModule, ProbeState } from '../support/probe.js';

describe('problem documents', () => {
  let api: TestApi;
  let finance: string;
  let state: ProbeState;
  const log = new MemoryLog();

  beforeAll(async () => {
    api = await startTestApi({}, { extraModules: [ProbeModule], logger: log });
    finance = await api.token('finance');
    state = api.app.get(ProbeState, { strict: false });
  });
  afterAll(() => api.close());
  afterEach(() => {
    state.failure = undefined;
  });

  const post = (raw: string | Buffer, headers: Record<string, string> = {}) =>
    api.call('POST', '/v1/probes', { token: finance, raw, headers });

  it.each<[string, string | Buffer, string[]]>([
    ['text that is no JSON', '{"name":', []],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), []],
    ['a list in place of an object', '[]', ['']],
    ['null', 'null', ['']],
    ['nothing', '', ['/name']],
    ['a forbidden prototype', '{"name":"a","__proto__":{"x":1}}', []],
    ['a NUL in a value', '{"name":"a\\u0000b"}', ['/name']],
    ['a NUL in a field name', '{"name":"a","nested":{"x\\u0000":1}}', ['/nested']],
    ['half of a surrogate pair', '{"name":"\\ud800"}', ['/name']],
    ['a missing field', '{}', ['/name']],
    ['a wrong type', '{"name":5}', ['/name']],
    ['a text that is too long', JSON.stringify({ name: 'x'.repeat(21) }), ['/name']],
    ['an unknown field', '{"name":"a","other":1}', ['/other']],
    ['an unknown field inside', '{"name":"a","nested":{"x":1}}', ['/nested/x']],
    ['a fault at a name with / and ~', '{"name":"a","nested":{"a/b~c":"x"}}', ['/nested/a~1b~0c']],
    ['a fault in a list', '{"name":"a","tags":["ok","too long"]}', ['/tags/1']],
    ['a list that is too long', JSON.stringify({ name: 'a', tags: Array(1_001).fill('x') }), ['/tags']],
  ])('tell of %s as 400 with pointers', async (_what, raw, pointers) => {
    const calls = state.calls;
    const { status, headers, body } = await post(raw);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toMatchObject({
      type: 'urn:pactline:problem:malformed-request',
      status: 400,
      code: 'malformed-request',
    });
    expect((body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(pointers);
    expect(body['requestId']).toBe(headers.get('x-request-id'));
    expect(state.calls).toBe(calls);
  });

  it('never repeat what was sent', async () => {
    const { text } = await post('{"name": "my-secret-name" "');
    expect(text).not.toContain('my-secret-name');
  });

  it('tell of a body above 1 MiB as 413', async () => {
    const { status, body } = await post(JSON.stringify({ name: 'x'.repeat(1_048_576) }));
    expect([status, body['code']]).toEqual([413, 'payload-too-large']);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', 'nonsense'])(
    'tell of a body of type %s as 415',
    async (type) => {
      const { status, body } = await post('name=a', { 'content-type': type });
      expect([status, body['code']]).toEqual([415, 'unsupported-media-type']);
    },
  );

  it('take JSON with a charset and in any spelling of the type', async () => {
    expect((await post('{"name":"a"}', { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(201);
  });

  it('tell of an unknown address as 404, and of a wrong method as 405 with the right ones', async () => {
    expect((await api.call('GET', '/v1/nowhere?token=secret')).body).toMatchObject({ status: 404, code: 'not-found' });
    const wrong = await api.call('PUT', '/v1/probes', { body: {} });
    expect([wrong.status, wrong.body['code'], wrong.headers.get('allow')]).toEqual([405, 'method-not-allowed', 'POST']);
  });

  it('tell of an address that cannot be read as 400', async () => {
    expect((await rawGet(api.url, '/v1/%zz')).status).toBe(400);
    expect((await api.call('GET', '/v1/probes/list?limit=%00')).body).toMatchObject({
      code: 'malformed-request',
      errors: [{ pointer: '/limit' }],
    });
    expect((await api.call('POST', `/v1/probes/app_%00/quiet`, { token: finance })).body).toMatchObject({
      code: 'malformed-request',
    });
  });

  it.each(['0', '201', '-1', 'x', '1.5', '1&limit=2'])('tell of limit=%s as 400', async (limit) => {
    const { status, body } = await api.call('GET', `/v1/probes/list?limit=${limit}`);
    expect([status, body['errors']]).toEqual([400, [expect.objectContaining({ pointer: '/limit' })]]);
  });

  it('tell of an unknown field of the query as 400', async () => {
    expect((await api.call('GET', '/v1/probes/list?stage=x')).body).toMatchObject({ errors: [{ pointer: '/stage' }] });
  });

  it.each(['x', 'app_1', newId('prt'), `${newId('app')}0`, '..', 'x'.repeat(400)])(
    'tell of %s where an application is named as 404',
    async (id) => {
      const { status } = await api.call('POST', `/v1/probes/${encodeURIComponent(id)}/quiet`, { token: finance });
      expect(status).toBe(404);
    },
  );

  it('tell of every domain error by its code', async () => {
    state.failure = failures.domain('hash-mismatch');
    const { status, body } = await post('{"name":"a"}');
    expect([status, body['code'], body['detail']]).toEqual([412, 'hash-mismatch', 'as the test wants it']);
  });

  it('tell nothing of a defect but its id', async () => {
    state.failure = failures.defect();
    const { status, body, text } = await post('{"name":"a"}');
    expect([status, body['code']]).toEqual([500, 'internal']);
    expect(text).not.toContain('secret');
  });

  it.each([
    ['57P01', 503, 'unavailable'],
    ['08006', 503, 'unavailable'],
    ['53300', 503, 'unavailable'],
    ['ECONNREFUSED', 503, 'unavailable'],
    ['40001', 503, 'unavailable'],
    ['22021', 400, 'malformed-request'],
    ['22003', 400, 'malformed-request'],
    ['23505', 409, 'already-exists'],
    ['23514', 500, 'internal'],
  ])('tell of the database error %s as %i', async (sqlState, expected, code) => {
    state.failure = failures.database(sqlState);
    const { status, body, headers, text } = await post('{"name":"a"}');
    expect([status, body['code'], headers.has('retry-after')]).toEqual([expected, code, expected === 503]);
    expect(text).not.toContain('anna@example.com');
  });

  it('answer 202 with the address to poll for work that goes on', async () => {
    state.failure = failures.stillRunning('/v1/applications/x');
    const { status, headers, body } = await post('{"name":"a"}');
    expect([status, headers.get('location'), body]).toEqual([202, '/v1/applications/x', { state: 'running' }]);
  });

  it('carry a request id of ours, which no caller chooses', async () => {
    const { headers } = await api.call('GET', '/health/live', { headers: { 'x-request-id': 'req_chosen' } });
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('have the reason of a defect in the log, by the same id, without what the request or a row held', async () => {
    state.failure = failures.database('23514');
    const { headers } = await api.call('POST', '/v1/probes?secret=1', {
      token: finance,
      body: { name: 'my-secret-name' },
    });
    expect(log.text()).toContain(headers.get('x-request-id'));
    expect(log.text()).toContain('23514');
    for (const secret of ['anna@example.com', 'my-secret-name', 'secret=1', finance])
      expect(log.text()).not.toContain(secret);
  });

  it('forbid to keep answers, and to tell addresses further', async () => {
    const { headers } = await api.call('GET', '/health/live');
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
  });

  it('leave lists as CSV to those who ask, without formulas', async () => {
    const { headers, text } = await api.call('GET', '/v1/probes/list', { headers: { accept: 'text/csv' } });
    expect(headers.get('content-type')).toContain('text/csv');
    expect(headers.get('x-next-cursor')).toBe('more');
    expect(text).toBe(`id,amount.amountMinor,note\r\na,-5,'=1+1\r\nb,7,"said ""no"",\nthen left"\r\nc,,\r\n`);
    expect(
      (await api.call('GET', '/v1/probes/list', { headers: { accept: 'application/json, text/csv' } })).body,
    ).toMatchObject({
      limit: 50,
    });
  });
});

describe('health', () => {
  it('is alive without Temporal, and not ready', async () => {
    const api = await startTestApi({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    try {
      expect((await api.call('GET', '/health/live')).status).toBe(200);
      const { status, body, headers } = await api.call('GET', '/health/ready');
      expect([status, body['code'], headers.has('retry-after')]).toEqual([503, 'unavailable', true]);
    } finally {
      await api.close();
    }
  });

  it('of a run on request: without Temporal it may be asked for again, and is no defect', async () => {
    const api = await startTestApi({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    try {
      const admin = await api.token('admin');
      const made = await api.call('POST', '/v1/programs', { token: admin, body: demoProgram() });
      const run = { programId: made.body['id'], cutOff: '2026-01-01T00:00:00Z' };
      const { status, body } = await api.call('POST', '/v1/vesting-runs', { token: admin, body: run });
      expect([status, body['code']]).toEqual([503, 'unavailable']);
    } finally {
      await api.close();
    }
  });

  it('is ready with the database and Temporal', async () => {
    const api = await startTestApi();
    try {
      expect((await api.call('GET', '/health/ready')).body).toEqual({ status: 'ok' });
    } finally {
      await api.close();
    }
  });
});

/** `fetch` would correct the address before it leaves. */
function rawGet(url: string, path: string): Promise<{ status: number }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, path }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0 }));
    });
    outgoing.on('error', reject).end();
  });
}
