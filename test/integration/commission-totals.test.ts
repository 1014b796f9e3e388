import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { checkBooks } from '../../libs/books/index.js';
import { RateTable } from '../../libs/commissions/domain/index.js';
import { priceStretch } from '../../libs/commissions/program-pricing.js';
import { refund, sale, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };
const volume: Terms['commissions'][number] = {
  ...{ id: 'volume', event: 'sale' },
  reward: {
    ...{ kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal' },
    bands: [
      { from: 0, rate: '1' },
      { from: 15_000, rate: '10' },
    ],
  },
};
const steps: NonNullable<Terms['bonuses']> = [
  {
    ...{ id: 'steps', kind: 'milestone', event: 'sale', metric: 'count', period: 'month' },
    steps: [{ at: 2, amountMinor: 700 }],
  },
];
const banded = termsWith({ commissions: [volume], bonuses: steps });
const credited = termsWith({
  commissions: [
    {
      id: 'gift',
      event: 'sale',
      match: { coupons: ['GIFT'] },
      reward: { kind: 'credit', amountMinor: 300, of: 'store_credit' },
    },
    { id: 'base', event: 'sale', reward: { kind: 'percent', rate: '10' } },
  ],
});

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  // Whatever was priced, taken back and vested: the books keep what they promise.
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

async function newProgram(terms: Terms) {
  const programId = await seedProgram(money.database);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
  const vest = (at: string) => money.commissions.vest({ programId, cutOffMs: Date.parse(at), actorId: 'system' });
  const balances = async () => {
    const all = await money.ledger.balances(programId);
    return Object.fromEntries(
      all.flatMap(({ code, balanceMinor }) => (balanceMinor === 0n ? [] : [[code, Number(balanceMinor)]])),
    );
  };
  const lines = async () => {
    const rows = await money.database.query<{ text: string }>(
      `select event_id || ' ' || rule_id || ' ' || amount_minor as text from commission_lines
       where program_id = $1 and amount_minor <> 0 order by occurred_at, event_id, rule_id`,
      [programId],
    );
    return rows.map(({ text }) => text);
  };
  const checkpoints = () =>
    money.database.query<{ month: string; event_id: string }>(
      `select month, event_id from pricing_checkpoints where partner_id = $1 order by month`,
      [partnerId],
    );
  return { programId, partnerId, ingest, vest, balances, lines, checkpoints };
}

const at = (day: string) => ({ occurredAt: `2026-${day}T00:00:00Z` });

describe('totals', () => {
  test('go on from the checkpoint of the last event, one of which is kept for each month', async () => {
    const { ingest, lines, checkpoints } = await newProgram(banded);
    await ingest(sale('a1', at('01-05')), sale('a2', at('01-06')), sale('b1', at('02-01')));
    await ingest(sale('b2', at('02-02')));
    expect(await checkpoints()).toEqual([
      { month: '2026-01', event_id: 'a2' },
      { month: '2026-02', event_id: 'b2' },
    ]);
    expect(await lines()).toEqual([
      'a1 volume 100',
      'a2 steps 700',
      'a2 volume 550',
      'b1 volume 100',
      'b2 steps 700',
      'b2 volume 550',
    ]);
  });

  test('of several partners go on through one large batch, each from its own', async () => {
    const { programId, ingest, balances } = await newProgram(banded);
    const partners = ['p1', 'p2', 'p3'];
    for (const reference of partners.slice(1)) {
      await seedPartner(money.database, { programId, reference, terms: banded });
    }
    const saleOf = (partner: string, minute: number) =>
      sale(`${partner}-${minute}`, { partner, occurredAt: new Date(Date.UTC(2026, 0, 5, 0, minute)).toISOString() });
    await ingest(...partners.map((partner) => saleOf(partner, 0)));
    const minutes = Array.from({ length: 199 }, (_, index) => index + 1);
    await ingest(...minutes.flatMap((minute) => partners.map((partner) => saleOf(partner, minute))));
    // Each partner: 1 % of 100.00, then of 50.00 with 10 % of the other 50.00, and 10 % of 198 sales; a step of 7.00.
    const eachMinor = 100 + 550 + 198 * 1_000;
    expect(await balances()).toMatchObject({ commission_expense: 3 * eachMinor, bonus_expense: 3 * 700 });
    await ingest(saleOf('p3', 200));
    expect(await balances()).toMatchObject({ commission_expense: 3 * eachMinor + 1_000, bonus_expense: 3 * 700 });
  });

  test('of a late event are counted anew from the month before it, not from the beginning', async () => {
    const { partnerId, ingest, lines, checkpoints } = await newProgram(banded);
    await ingest(sale('a1', at('01-05')), sale('a2', at('01-06')));
    await ingest(sale('b2', at('02-02')), sale('b3', at('02-03')));
    // A mark that only a reader of January's checkpoint sees: it counts 50 sales where there were two.
    await money.database.query(
      `update pricing_checkpoints set totals = jsonb_set(totals, '{rules,volume#0,countedIn}', '"2026-02"')
       where partner_id = $1 and month = '2026-01'`,
      [partnerId],
    );
    await ingest(sale('b1', at('02-01')));
    expect(await checkpoints()).toEqual([
      { month: '2026-01', event_id: 'a2' },
      { month: '2026-02', event_id: 'b3' },
    ]);
    expect(await lines()).toEqual([
      'a1 volume 100',
      'a2 steps 700',
      'a2 volume 550',
      'b1 volume 1000',
      'b2 steps 700',
      'b2 volume 1000',
      'b3 volume 1000',
    ]);
  });

  test('of another agreement are never gone on with', async () => {
    const { programId, partnerId, ingest, lines } = await newProgram(banded);
    await ingest(sale('a1', at('01-05')), sale('a2', at('01-06')));
    // A mark that only a reader of the checkpoint sees, and a fact of before it by a way that told nobody to price again.
    await money.database.query(
      `update pricing_checkpoints set totals = jsonb_set(totals, '{rules,volume#0,counted}', '"0"') where partner_id = $1`,
      [partnerId],
    );
    await money.database.query(
      `insert into partner_tiers (program_id, partner_id, from_at, tier, reason, recorded_at)
       values ($1, $2, '2026-01-02T00:00:00Z', 'gold', 'test', now())`,
      [programId, partnerId],
    );
    await ingest(sale('a3', at('01-07')));
    expect(await lines()).toContain('a3 volume 1000');
  });

  test('are not deducted by refunds, which take back the part that they name of the line as it was priced', async () => {
    const { ingest, lines, balances } = await newProgram(banded);
    await ingest(sale('a1', at('01-05')), sale('a2', at('01-06')));
    const [half] = await ingest(refund('r1', 'a2', 5_000));
    expect(half).toMatchObject({ status: 'priced', rule: 'volume', amount: { amountMinor: -275 } });
    const [whole] = await ingest(voidOf('v1', 'a2', '2026-01-21T00:00:00Z'));
    expect(whole).toMatchObject({ status: 'priced', amount: { amountMinor: -275 } });
    // The milestone stays, though it was the second sale that reached it; the next sale is the third.
    await ingest(sale('a3', at('01-22')));
    expect(await lines()).toEqual([
      'a1 volume 100',
      'a2 steps 700',
      'a2 volume 550',
      'r1 volume -275',
      'v1 volume -275',
      'a3 volume 1000',
    ]);
    expect(await balances()).toEqual({ commission_accrued: 1_800, commission_expense: 1_100, bonus_expense: 700 });
  });

  test('that reach a step late leave what its event earned before alone: each is taken back from where it is', async () => {
    const commissions: Terms['commissions'] = [{ id: 'base', event: 'sale', reward: { kind: 'percent', rate: '10' } }];
    const { ingest, vest, balances } = await newProgram(termsWith({ commissions, bonuses: steps }));
    await ingest(sale('a2', at('01-06')));
    await vest('2026-03-01T00:00:00Z');
    await ingest(sale('a1', at('01-05')));
    expect(await balances()).toMatchObject({ payable: 1_000, commission_accrued: 1_700 });
    await ingest(voidOf('v2', 'a2'));
    expect(await balances()).toEqual({ commission_accrued: 1_700, commission_expense: 1_000, bonus_expense: 700 });
  });

  test('of a late event leave what is taken back of earlier events as it is, and take back of later ones as they are priced by then', async () => {
    const inOrder = [sale('s1', at('01-05')), sale('s2', at('01-20')), sale('s3', at('02-03'))];
    const late = sale('x', at('01-10'));
    // Of an event before the late one, of one after it, and of one in the month after it; all are dated after all of them.
    const reversals = [
      refund('r1', 's1', 2_500, '2026-02-10T00:00:00Z'),
      voidOf('v2', 's2', '2026-02-11T00:00:00Z'),
      refund('r3', 's3', 5_000, '2026-02-12T00:00:00Z'),
    ];
    const { lines: simulated } = await runSimulation({ terms: banded, events: [...inOrder, late, ...reversals] });
    const expected = simulated!.map((line) => [line['event'], line['rule'], line['amountMinor']].join(' ')).sort();
    // January: 1 % of 100.00; 1 % of 50.00 and 10 % of 50.00; 10 % of 100.00. A quarter, all and half are taken back.
    expect(expected).toEqual([
      ...['r1 volume -25', 'r3 volume -50', 's1 volume 100', 's2 volume 1000', 's3 volume 100'],
      ...['v2 volume -1000', 'x steps 700', 'x volume 550'],
    ]);
    for (const batches of [
      [inOrder, [late, ...reversals]],
      [inOrder, reversals, [late]],
      [inOrder, [late], reversals],
      [[...inOrder, ...reversals], [late]],
      [reversals, inOrder, [late]],
    ]) {
      const { ingest, lines } = await newProgram(banded);
      for (const batch of batches) await ingest(...batch);
      expect((await lines()).sort()).toEqual(expected);
    }
  });

  test('stand in the explanation of an event, with the step that it reached', async () => {
    const { programId, ingest } = await newProgram(banded);
    await ingest(sale('a1', at('01-05')), sale('a3', at('01-07')));
    await ingest(sale('a2', at('01-06')));
    const explained = await money.commissions.explain(programId, 'a2');
    expect(explained.trace).toMatchObject({
      calculation: { reward: { before: 10_000, after: 20_000 }, amountMinor: 550 },
      milestones: [{ bonus: 'steps', reached: [{ at: 2, amountMinor: 700 }] }],
    });
    expect(explained.summary).toBe(
      'Event a2 earned USD 5.50 under clause 2.1; it is held until 2026-02-05. For the step 2 that it reached, bonus steps gives USD 7.00 under clause 3.1; it is held until 2026-02-05.',
    );
  });

  test('are counted from the first event on when other terms are tried on a stretch of time', async () => {
    const { programId, ingest } = await newProgram(termsWith());
    await ingest(sale('a1', at('01-05')), sale('a2', at('01-06')), sale('b1', at('02-02')));
    const stretch = { programId, from: new Date('2026-01-06T00:00:00Z'), until: new Date('2026-03-01T00:00:00Z') };
    const tried = [{ terms: banded, hash: 'hash' }];
    const cost = await priceStretch(money.database, stretch, tried, new RateTable(), new AbortController().signal);
    expect(cost).toMatchObject({ partners: 1, conversions: 2 });
    expect(cost.costs[0]).toMatchObject({ totalMinor: 550n + 700n + 100n, bonusesMinor: 700n, lines: 3 });
  });
});

describe('credits', () => {
  const gift = (id: string, fields: Record<string, unknown> = {}) => sale(id, { coupon: 'GIFT', ...fields });

  test('vest into the credit account and are never payable', async () => {
    const { ingest, vest, balances } = await newProgram(credited);
    const [given] = await ingest(gift('g1'), sale('s1'));
    expect(given).toMatchObject({ status: 'priced', rule: 'gift', amount: { amountMinor: 300 } });
    expect(await balances()).toEqual({ commission_accrued: 1_000, credit_accrued: 300, commission_expense: 1_300 });
    await vest('2026-03-01T00:00:00Z');
    expect(await balances()).toEqual({ payable: 1_000, credit_balance: 300, commission_expense: 1_300 });
  });

  test('that are taken back after they vested are taken from credit, never from money', async () => {
    const { programId, partnerId, ingest, vest, balances } = await newProgram(credited);
    await ingest(gift('g1'), sale('s1'));
    await vest('2026-03-01T00:00:00Z');
    await ingest(voidOf('v1', 'g1'));
    expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
    // Money that is taken back leaves the credit alone in turn.
    await ingest(gift('g2'));
    await vest('2026-03-01T00:00:00Z');
    await ingest(voidOf('v2', 's1'));
    expect(await balances()).toEqual({ credit_balance: 300, commission_expense: 300 });
    const [line] = (await money.commissions.lines(programId, { partnerId })).items.filter(({ of }) => of === 'g1');
    expect(line).toMatchObject({ kind: 'reversal', tender: 'credit', amount: { amountMinor: -300 } });
  });
});
