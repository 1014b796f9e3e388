import { startTestApi, type TestApi } from '../support/api.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { isSignedBy, WebhookReceiver, type Received } from '../support/webhook-receiver.js';

interface Made {
  id: string;
  secret: string;
  state: string;
}

interface Delivery {
  id: string;
  eventId: string;
  type: string;
  subjectId: string;
  state: string;
  attempts: number;
  status: number | null;
  code: string | null;
  sequence: number;
}

describe('webhooks of a company', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    receiver = await WebhookReceiver.start();
    product = await TestProduct.start({ WEBHOOK_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_DELAYS: '0,0,0,0,0,600' });
    walk = await ContractingWalk.open(product);
  });
  afterAll(async () => {
    await product.close();
    await receiver.close();
  });

  const make = (path: string, changes: Record<string, unknown> = {}, token = walk.tokens.admin): Promise<Made> =>
    product.ok('POST', '/v1/webhooks', {
      token,
      body: { programId: walk.programId, url: `${receiver.url}${path}`, ...changes },
    });
  const post = <Body = Record<string, unknown>>(address: string, body?: unknown, token = walk.tokens.admin) =>
    product.call<Body>('POST', address, { token, ...(body !== undefined && { body }) });
  const log = async (id: string, query = ''): Promise<Delivery[]> =>
    (
      await product.ok<{ items: Delivery[] }>('GET', `/v1/webhooks/${id}/deliveries${query}`, {
        token: walk.tokens.auditor,
      })
    ).items;
  const arrived = (path: string, count: number): Promise<Received[]> =>
    product.until(`${count} deliveries on ${path}`, () => {
      const received = receiver.on(path);
      return Promise.resolve(received.length >= count && received);
    });

  it('tell each step of a partner from application to active, signed, with all that is needed to act on it', async () => {
    const { secret } = await make('/steps');
    const partner = await walk.activePartner();
    const steps = await product.until('all steps', () => {
      const received = receiver.on('/steps');
      return Promise.resolve(received.some(({ payload }) => payload.type === 'partner.tier_recorded') && received);
    });
    await product.outboxEmpty();
    const bySequence = [...steps].sort(
      (one, other) => Number(one.payload.data['sequence']) - Number(other.payload.data['sequence']),
    );
    const types = bySequence.map(({ payload }) => payload.type);
    const envelopeStates = [
      ...['envelope.draft', 'envelope.frozen', 'envelope.sent', 'envelope.viewed', 'envelope.partner_signed'],
      ...['envelope.awaiting_countersign', 'envelope.countersigned', 'envelope.sealing', 'envelope.executed'],
    ];
    const expected = [
      'application.submitted',
      'application.approved',
      'partner.contracting',
      'negotiation.proposed',
      'negotiation.agreed',
      ...envelopeStates,
      'agreement.in_force',
      'partner.active',
    ];
    expect(types.filter((type) => expected.includes(type)).sort()).toEqual([...expected].sort());
    // Of one subject, a higher number is a later state.
    expect(types.filter((type) => envelopeStates.includes(type))).toEqual(envelopeStates);
    expect(steps.every((received) => isSignedBy(secret, received))).toBe(true);
    const executed = steps.find(({ payload }) => payload.type === 'envelope.executed');
    expect(executed?.payload.data).toMatchObject({
      eventId: executed?.headers['webhook-id'],
      programId: walk.programId,
      subjectId: partner.envelopeId,
      envelopeId: partner.envelopeId,
      negotiationId: partner.negotiationId,
      applicationId: partner.applicationId,
      partnerId: partner.partnerId,
      termsHash: partner.termsHash,
    });
    // Facts and ids, no people.
    const all = steps.map(({ body }) => body).join('\n');
    expect(all).not.toContain(partner.email);
    expect(all).not.toContain(partner.name);
  });

  it('are tried again after failures, as the log tells, and arrive under one id', async () => {
    const { id, secret } = await make('/shaky', { eventTypes: ['application.submitted'] });
    let failures = 3;
    receiver.behaviour = (response, { path }) =>
      void response.writeHead(path === '/shaky' && failures-- > 0 ? 502 : 200).end();
    const { applicationId } = await walk.apply();
    const received = await arrived('/shaky', 4);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received.every((one) => isSignedBy(secret, one))).toBe(true);
    const delivery = await product.until('the mark', async () => {
      const [row] = await log(id, `?subject=${applicationId}`);
      return row?.state === 'delivered' && row;
    });
    expect(delivery).toMatchObject({ type: 'application.submitted', attempts: 4, status: 200, code: null });
    const detail = await product.ok<{ log: { number: number; status: number }[]; payload: unknown }>(
      'GET',
      `/v1/webhooks/${id}/deliveries/${delivery.id}`,
      { token: walk.tokens.auditor },
    );
    expect(detail.log.map(({ number, status }) => [number, status])).toEqual([
      [4, 200],
      [3, 502],
      [2, 502],
      [1, 502],
    ]);
    expect(detail.payload).toEqual(received[0]?.payload);
    expect(await log(id, '?state=failed')).toEqual([]);
    expect(await log(id, '?type=envelope.sent')).toEqual([]);
  });

  it('go out once a worker is back, when none ran', async () => {
    await make('/later', { eventTypes: ['application.submitted'] });
    await product.stopWorker();
    await walk.applyUnverified();
    expect(receiver.on('/later')).toEqual([]);
    await product.startWorker();
    await arrived('/later', 1);
  });

  it('carry both signatures while a rotated secret is still good, and the new one alone afterwards', async () => {
    const { id, secret: before } = await make('/rotated', { eventTypes: ['application.submitted'] });
    const rotated = await post<Made>(`/v1/webhooks/${id}/secret`, { overlapHours: 1 });
    expect(rotated.status).toBe(201);
    expect(rotated.body.secret).not.toBe(before);
    await walk.apply();
    const [first] = await arrived('/rotated', 1);
    expect([before, rotated.body.secret].map((secret) => isSignedBy(secret, first!))).toEqual([true, true]);
    expect(String(first!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    await product.rows(`update webhook_endpoints set previous_secret_until = now() where id = $1`, id);
    await walk.apply();
    const [, second] = await arrived('/rotated', 2);
    expect([before, rotated.body.secret].map((secret) => isSignedBy(secret, second!))).toEqual([false, true]);
    // At rest there is neither; and no answer but the first shows one.
    const [kept] = await product.rows<{ text: string }>(
      `select encode(secret, 'escape') || encode(previous_secret, 'escape') as text from webhook_endpoints where id = $1`,
      id,
    );
    expect(kept?.text).not.toContain('whsec_');
    const shown = await product.call('GET', `/v1/webhooks/${id}`, { token: walk.tokens.admin });
    expect(shown.text).not.toContain('whsec_');
  });

  it('are replayed one by one and by a stretch of time, under the same webhook-id', async () => {
    const from = new Date().toISOString();
    const { id } = await make('/again', { eventTypes: ['application.submitted'] });
    await walk.apply();
    await walk.apply();
    const first = await arrived('/again', 2);
    const [delivery] = await product.until('both marks', async () => {
      const rows = await log(id, '?state=delivered');
      return rows.length === 2 && rows;
    });
    const replayed = await post(`/v1/webhooks/${id}/deliveries/${delivery!.id}/replay`);
    expect([replayed.status, replayed.body['state']]).toEqual([202, 'pending']);
    const third = (await arrived('/again', 3))[2];
    expect(third?.headers['webhook-id']).toBe(delivery!.eventId);
    const until = new Date(Date.now() + 1_000).toISOString();
    const all = await post(`/v1/webhooks/${id}/replay`, { from, until, types: ['application.*'] });
    expect([all.status, all.body]).toEqual([202, { events: 2 }]);
    const received = await arrived('/again', 5);
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set(first.map(({ headers }) => headers['webhook-id'])),
    );
    const wrong = await post(`/v1/webhooks/${id}/replay`, { from: until, until: from });
    expect([wrong.status, wrong.body['code']]).toEqual([422, 'invalid-document']);
  });

  it('are tested by an event of their own, which goes nowhere else', async () => {
    const { id, secret } = await make('/test');
    await make('/bystander');
    const answer = await post<{ eventId: string }>(`/v1/webhooks/${id}/test`);
    expect(answer.status).toBe(202);
    const [received] = await arrived('/test', 1);
    expect(received?.payload).toMatchObject({ type: 'webhook.test', data: { eventId: answer.body.eventId } });
    expect(isSignedBy(secret, received!)).toBe(true);
    expect(receiver.on('/bystander').filter(({ payload }) => payload.type === 'webhook.test')).toEqual([]);
  });

  it('are switched off and on, changed and deleted, each step on record', async () => {
    const { id } = await make('/switch', { eventTypes: ['application.submitted'] });
    const act = async (verb: string) => {
      const { status, body } = await post(`/v1/webhooks/${id}/${verb}`);
      return [status, body['state'] ?? body['code']];
    };
    expect(await act('disable')).toEqual([200, 'disabled']);
    expect(await act('disable')).toEqual([409, 'illegal-transition']);
    expect(await act('test')).toEqual([409, 'illegal-transition']);
    await walk.apply();
    expect(await act('enable')).toEqual([200, 'enabled']);
    expect(await act('enable')).toEqual([409, 'illegal-transition']);
    const token = walk.tokens.admin;
    const body = { url: `${receiver.url}/switched`, eventTypes: ['application.*'] };
    expect((await product.call('PATCH', `/v1/webhooks/${id}`, { token, body })).body).toMatchObject(body);
    await walk.apply();
    await arrived('/switched', 1);
    expect(receiver.on('/switch')).toEqual([]);
    expect((await product.call('DELETE', `/v1/webhooks/${id}`, { token })).status).toBe(204);
    expect((await product.call('GET', `/v1/webhooks/${id}`, { token })).status).toBe(404);
    expect(await walk.audit(id)).toEqual([
      'webhook.create >',
      'webhook.disable enabled>disabled',
      'webhook.enable disabled>enabled',
      'webhook.change >',
      'webhook.delete enabled>deleted',
    ]);
  });

  it('are managed by admins of their program and read by auditors', async () => {
    const { id } = await make('/roles');
    const other = await ContractingWalk.open(product);
    const get = async (token: string) => (await product.call('GET', `/v1/webhooks/${id}`, { token })).status;
    const stranger = await product.token('admin', { programId: other.programId });
    expect(await get(walk.tokens.auditor)).toBe(200);
    expect(await get(walk.tokens.manager)).toBe(403);
    expect(await get(stranger)).toBe(404);
    const everywhere = await post('/v1/webhooks', { url: `${receiver.url}/every` }, stranger);
    expect(everywhere.status).toBe(404);
    for (const address of ['disable', 'secret', 'test', `replay`]) {
      expect((await post(`/v1/webhooks/${id}/${address}`, {}, walk.tokens.auditor)).status).toBe(403);
    }
    const list = await product.ok<{ items: { id: string }[] }>('GET', '/v1/webhooks', { token: stranger });
    expect(list.items.map((one) => one.id)).not.toContain(id);
    const unknown = await post('/v1/webhooks', { url: receiver.url, eventTypes: ['made.up'] });
    expect([unknown.status, unknown.body['code']]).toEqual([400, 'malformed-request']);
    const nowhere = await post('/v1/webhooks', { url: receiver.url, programId: `prg_${'0'.repeat(32)}` });
    expect(nowhere.status).toBe(404);
  });

  it('come in types that anybody can look up, with an example each, also as OpenAPI has it', async () => {
    const { items } = await product.ok<{ items: { type: string; example: { type: string } }[] }>(
      'GET',
      '/v1/event-types',
    );
    expect(items.map(({ type }) => type)).toEqual(expect.arrayContaining(['envelope.executed', 'payout_item.settled']));
    expect(items.every(({ type, example }) => example.type === type)).toBe(true);
    const { webhooks } = await product.ok<{ webhooks: Record<string, unknown> }>('GET', '/openapi.json');
    expect(Object.keys(webhooks)).toEqual([...items.map(({ type }) => type), 'webhook.test']);
  });

  it('leave no secret in what the product writes', () => {
    expect(product.log.text).not.toContain('whsec_');
  });
});

describe('a webhook to a private network', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startTestApi();
    token = await api.token('admin');
  });
  afterAll(() => api.close());

  it.each([
    'http://127.0.0.1:8080/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://localhost:3000/',
    'http://10.1.2.3/',
    'http://192.168.0.10/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://224.0.0.1/',
    'http://0.0.0.0/',
    'http://[::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://metadata.google.internal/',
    'https://user:password@hooks.example.com/',
    'https://hooks.example.com:25/',
    'gopher://hooks.example.com/',
    'no address',
  ])('is refused: %s', async (url) => {
    const answer = await api.call<{ code: string; errors: { pointer: string }[] }>('POST', '/v1/webhooks', {
      token,
      body: { url },
    });
    expect([answer.status, answer.body.code, answer.body.errors.map(({ pointer }) => pointer)]).toEqual([
      422,
      'invalid-document',
      ['/url'],
    ]);
    expect(answer.text).not.toContain('password@');
  });

  it('is refused where one is changed to it', async () => {
    const body = { url: 'https://203.0.114.9/hooks' };
    const made = await api.call<{ id: string }>('POST', '/v1/webhooks', { token, body });
    expect(made.status).toBe(201);
    const changed = await api.call('PATCH', `/v1/webhooks/${made.body.id}`, {
      token,
      body: { url: 'http://127.0.0.1/' },
    });
    expect(changed.status).toBe(422);
  });

  it('needs https in production', async () => {
    const { env } = api;
    const production = { ...env, NODE_ENV: 'production' as const };
    const { TargetPolicy } = await import('../../libs/webhooks/target-policy.js');
    const policy = new TargetPolicy({ env: production });
    await expect(policy.check('http://203.0.114.9/')).rejects.toMatchObject({ code: 'invalid-document' });
    await expect(policy.check('https://203.0.114.9/')).resolves.toBeUndefined();
  });
});
