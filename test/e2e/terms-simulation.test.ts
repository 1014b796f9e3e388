import type { Terms } from '../../libs/agreements/domain/index.js';
import type { ApiAnswer } from '../support/api.js';
import { ContractingWalk, type Approved, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { runSimulation } from '../support/simulate.js';

interface Cost {
  total: { amountMinor: number; currency: string };
  commissions: { amountMinor: number };
  reversals: { amountMinor: number };
  lines: number;
  withoutLine: Record<string, number>;
  byRule: { rule: string; lines: number; amount: { amountMinor: number } }[];
}

interface Simulation {
  id: string;
  state: string;
  number: number | null;
  code?: string;
  errors?: { pointer: string }[];
  result: {
    conversions: number;
    partners: number;
    proposed: Cost;
    baseline: Cost;
    difference: { amountMinor: number };
    booked?: { amountMinor: number };
    file?: { read: number; repeated: number; refused: number; refusals: { line: number; reason: string }[] };
  } | null;
}

const dayMs = 86_400_000;
const daysAgo = (days: number, ms = 0): string => new Date(Date.now() - days * dayMs + ms).toISOString();

describe('a simulation of terms', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let offer: Terms;
  let earner: Sent;
  let partner: Approved;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    offer = walk.document.terms;
    earner = await walk.activePartner();
    partner = await walk.approved();
  });
  afterAll(() => product.close());

  const withRates = (first: string, second: string): Terms => ({
    ...offer,
    commissions: offer.commissions.map((rule, index) => ({
      ...rule,
      reward: { kind: 'percent' as const, rate: index === 0 ? first : second },
    })),
  });
  const ask = (
    body: unknown,
    token = walk.tokens.manager,
    id = partner.negotiationId,
  ): Promise<ApiAnswer<Simulation>> => product.call('POST', `/v1/negotiations/${id}/simulation`, { token, body });
  const askFile = (
    raw: string | Buffer,
    { query = '', type = 'application/x-ndjson' } = {},
  ): Promise<ApiAnswer<Simulation>> =>
    product.call('POST', `/v1/negotiations/${partner.negotiationId}/simulation-file${query}`, {
      ...{ token: walk.tokens.manager, raw, headers: { 'content-type': type } },
    });
  /** What comes of a simulation that was asked for. */
  async function result(answer: ApiAnswer<Simulation>): Promise<NonNullable<Simulation['result']>> {
    expect([answer.status, answer.body.state]).toEqual([202, 'running']);
    const location = answer.headers.get('location') ?? '';
    const done = await product.until('the result', async () => {
      const simulation = await product.ok<Simulation>('GET', location, { token: walk.tokens.auditor });
      return simulation.state === 'running' ? undefined : simulation;
    });
    expect(done.state).toBe('done');
    return done.result!;
  }
  const report = async (events: Record<string, unknown>[]): Promise<void> => {
    const address = `/v1/events?programId=${walk.programId}`;
    await product.ok('POST', address, { token: walk.tokens.service, body: { events } });
  };
  const sale = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{
      id,
      type: 'sale',
      partner: earner.partnerId,
      amountMinor: 10_000,
      currency: 'USD',
      occurredAt: new Date().toISOString(),
    },
    ...more,
  });

  it('prices the events of the past months with the engine that prices live', async () => {
    await report([
      // Before the stretch, and before anything was agreed: it still makes its customer an existing one.
      sale('old', { occurredAt: daysAgo(70), customer: 'regular' }),
      sale('regular', { customer: 'regular' }),
      sale('new', { customer: 'stranger' }),
      sale('refunded', { customer: 'regular', amountMinor: 20_000 }),
      {
        id: 'refund',
        type: 'refund',
        refundOf: 'refunded',
        amountMinor: 5_000,
        occurredAt: new Date(Date.now() + 1).toISOString(),
      },
      sale('install', { type: 'install', amountMinor: 0 }),
    ]);
    const same = await result(await ask({ number: 1, months: 1 }));
    // 8 % of 100, 12.5 % of 100, 8 % of 200 less a quarter of it.
    expect(same.proposed).toMatchObject({
      ...{ total: { amountMinor: 800 + 1_250 + 1_600 - 400, currency: 'USD' }, lines: 4 },
      ...{ commissions: { amountMinor: 3_650 }, reversals: { amountMinor: -400 }, withoutLine: { no_rule: 1 } },
    });
    expect(same.booked).toEqual(same.proposed.total);
    expect([same.difference.amountMinor, same.conversions, same.partners]).toEqual([0, 4, 1]);
    const better = await result(await ask({ terms: withRates('20', '10'), months: 1 }));
    expect(better.proposed.total.amountMinor).toBe(1_000 + 2_000 + 2_000 - 500);
    expect(better.baseline).toEqual(same.proposed);
    expect(better.difference.amountMinor).toBe(4_500 - 3_250);
    expect(better.proposed.byRule).toContainEqual({
      rule: 'new-customers',
      lines: 1,
      amount: { amountMinor: 2_000, currency: 'USD' },
    });
    // With the months before, the old sale is one of the events, and new then.
    const longer = await result(await ask({ number: 1, months: 12 }));
    expect(longer.proposed.total.amountMinor).toBe(3_250 + 1_250);
    expect(longer.booked!.amountMinor).toBe(3_250);
  });

  it('is of the whole program, or of the partner alone', async () => {
    const own = await result(await ask({ number: 1, months: 120, events: 'partner' }));
    expect([own.conversions, own.partners, own.proposed.total.amountMinor]).toEqual([0, 0, 0]);
    const earners = await result(
      await ask({ number: 1, months: 120, events: 'partner' }, walk.tokens.legal, earner.negotiationId),
    );
    expect(earners.conversions).toBe(5);
  });

  it('stands with the round for the company, and is nowhere for the partner', async () => {
    const fresh = await walk.approved();
    const terms = withRates('20', '10');
    const asked = await result(await ask({ terms, months: 1 }, walk.tokens.manager, fresh.negotiationId));
    await walk.propose(fresh.negotiationId, { terms, answersHash: fresh.termsHash });
    const view = await product.ok<{ versions: { simulations?: unknown[] }[] }>(
      ...(['GET', `/v1/negotiations/${fresh.negotiationId}`, { token: walk.tokens.manager }] as const),
    );
    expect(view.versions.map(({ simulations }) => simulations)).toEqual([
      [],
      [expect.objectContaining({ state: 'done', total: asked.proposed.total, difference: asked.difference })],
    ]);
    const seen = await product.ok('GET', `/v1/negotiations/${fresh.negotiationId}`, { token: fresh.token });
    expect(JSON.stringify(seen)).not.toContain('simulation');
    for (const [method, path] of [
      ['POST', 'simulation'],
      ['GET', 'simulations'],
      ['POST', 'simulation-file'],
    ] as const) {
      const call = { token: fresh.token, ...(method === 'POST' && { body: {} }) };
      const answer = await product.call(method, `/v1/negotiations/${fresh.negotiationId}/${path}`, call);
      expect([403, 415]).toContain(answer.status);
      if (path !== 'simulation-file') expect(answer.status).toBe(403);
    }
    const list = await product.ok<{ items: Simulation[] }>(
      'GET',
      `/v1/negotiations/${fresh.negotiationId}/simulations`,
      { token: walk.tokens.auditor },
    );
    const elsewhere = `/v1/negotiations/${partner.negotiationId}/simulations/${list.items[0]!.id}`;
    expect((await product.call('GET', elsewhere, { token: walk.tokens.manager })).status).toBe(404);
  });

  it('goes through more events than a page holds', async () => {
    const events = Array.from({ length: 2_050 }, (_, index) =>
      sale(`many-${index}`, {
        occurredAt: daysAgo(100, Math.floor(index / 3)),
        amountMinor: 1_000,
        customer: `c-${index % 700}`,
      }),
    );
    for (let from = 0; from < events.length; from += 1_000) await report(events.slice(from, from + 1_000));
    const all = await result(await ask({ number: 1, months: 12 }));
    expect(all.conversions).toBe(2_050 + 5);
    // 700 customers are new once at 12.5 %, the other orders bring 8 %.
    expect(all.proposed.total.amountMinor).toBe(3_250 + 1_250 + 700 * 125 + 1_350 * 80);
  });

  describe('on a file', () => {
    const line = (event: Record<string, unknown>): string =>
      JSON.stringify({ partner: 'p', currency: 'USD', ...event });
    const events = [
      { id: '1', type: 'sale', occurredAt: '2025-01-01T00:00:00Z', amountMinor: 10_000, customer: 'a' },
      { id: '3', type: 'sale', occurredAt: '2025-01-03T00:00:00Z', amountMinor: 33_333, customer: 'a' },
      { id: '2', type: 'sale', occurredAt: '2025-01-02T00:00:00Z', amountMinor: 10_000, customer: 'a', partner: 'q' },
      { id: '4', type: 'refund', occurredAt: '2025-02-01T00:00:00Z', refundOf: '3', amountMinor: 11_111 },
      { id: '5', type: 'void', occurredAt: '2025-02-02T00:00:00Z', voidOf: '4' },
      { id: '6', type: 'install', occurredAt: '2025-02-02T00:00:00Z', amountMinor: 0, unknown: true },
    ];

    it('gives to the cent what the command line gives', async () => {
      const lines = [
        ...events.map(line),
        '',
        line(events[0]!),
        line({ ...events[0], amountMinor: 1 }),
        '{',
        line({ id: '9', type: 'refund', occurredAt: '2025-02-01T00:00:00Z', refundOf: 'x', amountMinor: 1 }),
      ];
      const found = await result(await askFile(lines.join('\n')));
      const command = await runSimulation({
        terms: offer,
        events: lines.filter((text) => text !== '' && text !== '{').map((text) => JSON.parse(text) as unknown),
      });
      const expected = command
        .lines!.map((each) => each as { amountMinor: number })
        .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
      expect(found.proposed.total.amountMinor).toBe(expected);
      expect(found.proposed.lines).toBe(command.lines!.length);
      expect(found.proposed.withoutLine).toEqual({ no_rule: 1, void_of_refund: 1 });
      expect(found.booked).toBeUndefined();
      expect(found.file).toEqual({
        ...{ read: 10, repeated: 1, refused: 3 },
        refusals: [
          { line: 9, reason: 'has the id of an earlier event and other content' },
          { line: 10, reason: 'is not JSON' },
          { line: 11, reason: 'takes back an event that the file has not' },
        ],
      });
      const [row] = await product.rows<{ file: unknown }>(
        `select file from terms_simulations where source = 'file' and state = 'done' limit 1`,
      );
      expect(row).toEqual({ file: null });
    });

    it('is refused where it is none', async () => {
      expect((await askFile('')).status).toBe(400);
      expect((await askFile(Buffer.from([0xff, 0xfe]))).status).toBe(400);
      expect((await askFile(line(events[0]!), { query: '?number=9' })).status).toBe(404);
      expect((await askFile(line(events[0]!), { type: 'text/csv' })).status).toBe(415);
      expect((await askFile('{}', { type: 'application/json' })).status).toBe(400);
      const tooLarge = await askFile(Buffer.alloc(16 * 1_048_576 + 1, 0x20));
      expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'payload-too-large']);
      const elsewhere = await product.call('POST', `/v1/negotiations/${partner.negotiationId}/simulation`, {
        ...{ token: walk.tokens.manager, raw: '{}', headers: { 'content-type': 'application/x-ndjson' } },
      });
      expect(elsewhere.status).toBe(415);
    });
  });

  it('is refused with pointers, and asked for once', async () => {
    const refused = async (body: unknown): Promise<unknown> => {
      const { status, body: problem } = await ask(body);
      return [status, problem.code, (problem.errors ?? []).map(({ pointer }) => pointer)];
    };
    expect(await refused({ months: 0 })).toEqual([400, 'malformed-request', ['/months']]);
    expect(await refused({ number: 1, terms: offer })).toEqual([400, 'malformed-request', ['/terms']]);
    expect(await refused({ number: 99 })).toEqual([404, 'not-found', []]);
    expect(await refused({ terms: { ...offer, currency: 'EUR' } })).toEqual([422, 'invalid-document', ['/currency']]);
    const call = { token: walk.tokens.manager, body: { months: 1 }, headers: { 'idempotency-key': 'one-simulation' } };
    const address = `/v1/negotiations/${partner.negotiationId}/simulation`;
    const [first, second] = [await product.call('POST', address, call), await product.call('POST', address, call)];
    expect([second.status, second.body, second.headers.get('location')]).toEqual([
      202,
      first.body,
      first.headers.get('location'),
    ]);
  });

  it('waits for a worker, and goes on where one was lost', async () => {
    await product.stopWorker();
    const asked = await ask({ months: 1 });
    expect(asked.body.state).toBe('running');
    await product.startWorker();
    expect((await result(asked)).conversions).toBe(4);
  });
});
