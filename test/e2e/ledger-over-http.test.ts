import { parse } from 'csv-parse/sync';
import { Database } from '../../libs/database/index.js';
import { accrue, LedgerService, vest } from '../../libs/ledger/index.js';
import { callApi, startTestApi, type ApiCall, type TestApi } from '../support/api.js';
import { demoProgram } from '../support/demo-program.js';
import { readBeancount, readHledger } from '../support/journal-readers.js';
import { readPdf } from '../support/pdf-text.js';
import { seedPartner } from '../support/seed-rows.js';
import { SetClock } from '../support/set-clock.js';

/** In Kolkata, five and a half hours before UTC, the day begins at half past six in the evening. */
const timeZone = 'Asia/Kolkata';
const lateOnMarchFirst = new Date('2026-03-01T18:29:59.999Z');
const earlyOnMarchSecond = new Date('2026-03-01T18:30:00.000Z');
const clauseOfRule = '2.1';

let api: TestApi;
let database: Database;
let programId: string;
let partnerId: string;
let otherId: string;
let finance: string;
let owner: string;
let posted = 0;

beforeAll(async () => {
  api = await startTestApi();
  database = await Database.connect(api.database.url, 2);
  const document = { ...demoProgram(), slug: 'ledger-over-http', timeZone };
  const admin = await api.token('admin');
  const made = await api.call<{ id: string }>('POST', '/v1/programs', { token: admin, body: document });
  programId = made.body.id;
  partnerId = await seedPartner(database, { programId, reference: 'شركة النجوم' });
  otherId = await seedPartner(database, { programId, reference: 'another' });
  finance = await api.token('finance');
  owner = await api.token({ partnerId });
  await post(lateOnMarchFirst, '=HYPERLINK("http://x.example")', 1_000n);
  await post(earlyOnMarchSecond, 'order-2', 2_000n);
  await post(earlyOnMarchSecond, 'order-3', 500n, 'JPY');
}, 60_000);

afterAll(async () => {
  await database.close();
  await api.close();
});

/** Earned and vested at an instant. */
async function post(bookedAt: Date, eventId: string, amountMinor: bigint, currency = 'USD'): Promise<void> {
  const clock = new SetClock();
  clock.set(bookedAt.toISOString());
  const ledger = new LedgerService(database, clock);
  const refs = { eventId, ruleId: 'sales', clause: clauseOfRule, termsHash: 'ab'.repeat(32) };
  const key = `${++posted}`;
  const fact = { key, eventAt: bookedAt, currency, actorId: 'system', refs, partnerId, amountMinor };
  await database.inTransaction((tx) => ledger.post(tx, programId, [accrue(fact), vest(fact)]));
}

const call = <Body = Record<string, unknown>>(address: string, token: string, more: ApiCall = {}) =>
  api.call<Body>('GET', address, { token, ...more });
const statement = (query = '', token = owner, more: ApiCall = {}) =>
  call<{ opening: Total; closing: Total; items: Line[]; next: string | null }>(
    `/v1/partners/${partnerId}/statement${query}`,
    token,
    more,
  );

interface Total {
  totalMinor: number;
}

interface Line extends Total {
  balanceMinor: number;
  eventId: string;
  clause: string;
}

describe('who reads the books over HTTP', () => {
  const books = () =>
    ['accounts', 'transactions', 'trial-balance', 'movements', 'journal', 'blocks', 'periods'].map(
      (name) => `/v1/ledger/${name}?programId=${programId}`,
    );
  const statements = () => [`/v1/partners/${partnerId}/statement`, `/v1/partners/${partnerId}/statement/document`];
  const statuses = async (addresses: readonly string[], token: string) =>
    Promise.all(addresses.map(async (address) => (await call(address, token)).status));

  it('opens the books to finance, its approvers, auditors and admins, and closes them to all others', async () => {
    for (const role of ['finance', 'finance_approver', 'auditor', 'admin'] as const) {
      expect(await statuses(books(), await api.token(role))).toEqual(books().map(() => 200));
    }
    for (const token of [owner, await api.token('partner_manager'), await api.token('legal'), await api.token('service')]) {
      expect(await statuses(books(), token)).toEqual(books().map(() => 403));
    }
    for (const address of [...books(), ...statements()]) {
      expect((await callApi(api.url, 'GET', address)).status).toBe(401);
    }
  }); // prettier-ignore

  it("shows a statement to its partner and to the company's people, and hides it from another partner", async () => {
    for (const token of [owner, finance, await api.token('partner_manager'), await api.token('auditor')]) {
      expect(await statuses(statements(), token)).toEqual([200, 200]);
    }
    expect(await statuses(statements(), await api.token({ partnerId: otherId }))).toEqual([404, 404]);
    for (const token of [await api.token('legal'), await api.token('service')]) {
      expect(await statuses(statements(), token)).toEqual([403, 403]);
    }
  });

  it('lets finance alone close a month, once, and only in its order', async () => {
    const close = async (token: string, period: unknown) =>
      (await api.call('POST', '/v1/ledger/periods', { token, body: { programId, period } })).status;
    for (const role of ['finance_approver', 'auditor', 'admin', 'partner_manager'] as const) {
      expect(await close(await api.token(role), '2026-01')).toBe(403);
    }
    for (const wrong of ['2026-13', '2026-1', 202_601, '', null]) expect(await close(finance, wrong)).toBe(400);
    expect(await close(finance, '2199-01')).toBe(409);
    expect(await close(finance, '2026-01')).toBe(201);
    expect(await close(finance, '2026-01')).toBe(409);
    expect(await close(finance, '2026-03')).toBe(409);
    const balances = await call(`/v1/ledger/closing-balances?programId=${programId}&period=2026-01`, finance);
    expect(balances.body).toMatchObject({ items: [] });
    expect((await call(`/v1/ledger/closing-balances?programId=${programId}&period=2026-02`, finance)).status).toBe(404);
  });
});

describe('booking dates over HTTP', () => {
  it("are days of the program's zone, both included", async () => {
    const first = await statement('?from=2026-03-01&to=2026-03-01');
    expect(first.body).toMatchObject({ opening: { totalMinor: 0 }, closing: { totalMinor: 1_000 }, timeZone });
    const second = await statement('?from=2026-03-02&to=2026-03-02');
    expect(second.body).toMatchObject({ opening: { totalMinor: 1_000 }, closing: { totalMinor: 3_000 } });
    expect(second.body.items[0]).toMatchObject({ eventId: 'order-2', clause: clauseOfRule, balanceMinor: 3_000 });
  });

  it('of which nothing was booked are empty and not an error', async () => {
    for (const query of ['?from=2027-01-01', '?from=0001-01-01&to=0001-01-02', '?from=9999-12-31&to=9999-12-31']) {
      const { status, body } = await statement(query);
      expect({ status, items: body.items }).toEqual({ status: 200, items: [] });
      expect(body.opening).toEqual(body.closing);
      expect((await call(`/v1/ledger/movements?programId=${programId}&${query.slice(1)}`, finance)).status).toBe(200);
    }
    expect((await statement('?currency=CHF')).body).toMatchObject({ items: [], closing: { totalMinor: 0 } });
  });

  it('that are none, or stand in the wrong order, are refused and named', async () => {
    const wrong = [
      ...['from=2026-02-30', 'from=2026-3-1', 'to=yesterday', 'from=2026-03-01T00:00:00Z', 'from='],
      'from=2026-03-02&to=2026-03-01',
    ];
    const ledger = `programId=${programId}`;
    for (const dates of wrong) {
      for (const [address, token] of [
        [`/v1/partners/${partnerId}/statement?${dates}`, owner],
        [`/v1/partners/${partnerId}/statement/document?${dates}`, owner],
        [`/v1/ledger/movements?${ledger}&${dates}`, finance],
        [`/v1/ledger/journal?${ledger}&${dates}`, finance],
      ] as const) {
        const { status, body } = await call<{ code: string; errors: unknown[] }>(address, token);
        expect({ address, status, code: body?.code }).toEqual({ address, status: 400, code: 'malformed-request' });
        expect(body.errors.length).toBeGreaterThan(0);
      }
    }
    expect((await statement('?currency=XXX')).status).toBe(400);
    expect((await statement('/document?currency=dollars')).status).toBe(400);
  });
});

describe('what is read page by page', () => {
  it('neither loses nor repeats a line while entries come', async () => {
    const seen: Line[] = [];
    let cursor: string | null = '';
    let last: Total | undefined;
    for (let page = 0; cursor !== null; page++) {
      const { body } = await statement(`?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...body.items);
      [cursor, last] = [body.next, body.closing];
      if (page < 2) await post(new Date(Date.UTC(2026, 3, 1, page)), `while-${page}`, 10n);
    }
    expect(seen.filter(({ totalMinor }) => totalMinor !== 0).map(({ eventId }) => eventId)).toEqual([
      ...['=HYPERLINK("http://x.example")', 'order-2', 'while-0', 'while-1'],
    ]);
    expect(seen.reduce((sum, { totalMinor }) => sum + totalMinor, 0)).toBe(last?.totalMinor);
    expect((await statement('?cursor=nonsense')).status).toBe(400);
  });

  it('lists transactions newest first, each once, while others are posted', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = `?programId=${programId}&limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: { body: { items: { id: string }[]; next: string | null } } = await call<{ items: { id: string }[]; next: string | null }>(`/v1/ledger/transactions${query}`, finance);
      seen.push(...page.body.items.map(({ id }) => id));
      if (cursor === '') await post(new Date('2026-04-02T00:00:00Z'), 'late', 1n);
      cursor = page.body.next;
    }
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  }); // prettier-ignore
});

describe('what other programs read', () => {
  it('is CSV in which nothing of others is a formula', async () => {
    const csv = { headers: { accept: 'text/csv' } };
    const lines: Record<string, string>[] = parse((await statement('', owner, csv)).text, { columns: true });
    expect(lines[0]).toMatchObject({ eventId: `'=HYPERLINK("http://x.example")`, totalMinor: '1000', clause: '2.1' });
    const journal = await call(`/v1/ledger/journal?programId=${programId}`, finance);
    const rows: Record<string, string>[] = parse(journal.text, { columns: true });
    for (const cell of rows.flatMap((row) => Object.entries(row))) {
      if (cell[0] !== 'amountMinor') expect(cell[1]).not.toMatch(/^[=+@-]/);
    }
    expect(rows.reduce((sum, { amountMinor }) => sum + Number(amountMinor), 0)).toBe(0);
  });

  it('is a balanced journal for hledger and for beancount', async () => {
    const address = `/v1/ledger/journal?programId=${programId}&to=2026-03-02`;
    for (const [format, read] of [['hledger', readHledger], ['beancount', readBeancount]] as const) {
      const { text, headers } = await call(`${address}&format=${format}`, finance);
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
      const transactions = read(text);
      expect(transactions.map(({ facts }) => facts['event'])).toContain('=HYPERLINK("http://x.example")');
      expect(transactions).toHaveLength(6);
    }
    expect((await call(`${address}&format=ods`, finance)).status).toBe(400);
  }); // prettier-ignore

  it('is a statement as PDF: each currency, each clause, right-to-left names', async () => {
    const response = await fetch(`${api.url}/v1/partners/${partnerId}/statement/document?to=2026-03-02`, {
      headers: { authorization: `Bearer ${owner}` },
    });
    expect(response.headers.get('content-type')).toBe('application/pdf');
    const { text } = await readPdf(new Uint8Array(await response.arrayBuffer()));
    for (const told of ['Closing balance USD 30.00', 'Closing balance JPY 500', 'to 2026-03-02', 'شركة النجوم']) {
      expect(text).toContain(told);
    }
    expect(text).toMatch(/2\.1 sales [ab ]+ 2 USD 30\.00/);
    // The second sale was booked on March 2nd in Kolkata.
    expect(text).toMatch(/2 Mar 2026, 00:00 Earned order-2 sales 2\.1 20\.00 30\.00/);
  });
});
