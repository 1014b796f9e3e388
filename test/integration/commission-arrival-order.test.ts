import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { checkBooks } from '../../libs/books/index.js';
import { partMinor, withParts } from '../../libs/ledger/index.js';
import { termsWith, startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };
const partners = ['p1', 'p2', 'p3'];
const tiers = { p2: [{ from: '2026-02-01T00:00:00Z', tier: 'gold' }] };

/** Rules that count nothing, with every condition by which an order of arrival could make a difference. */
const plainTerms = termsWith({
  commissions: [
    {
      id: 'gold',
      event: 'sale',
      match: { tiers: ['gold'], products: ['cd'] },
      reward: { kind: 'percent', rate: '17.25' },
    },
    {
      ...{ id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '12.5' } },
      limits: { perEventMinor: 900 },
    },
    { id: 'fresh', event: 'sale', match: { withinFirst: 'P1M' }, reward: { kind: 'percent', rate: '3.333333' } },
    { id: 'gift', event: 'sale', match: { coupons: ['GIFT'] }, reward: { kind: 'flat', amountMinor: 77 } },
    { id: 'known', event: 'install', match: { customer: 'existing' }, reward: { kind: 'flat', amountMinor: 200 } },
  ],
  tiers: {
    ...{ lookback: 'P90D', requalify: 'month', metric: 'amount', graceReviews: 1 },
    list: [
      { name: 'bronze', from: 0 },
      { name: 'gold', from: 1_000_000 },
    ],
  },
});

/** Every way to count: bands by amount and by number, limits over time, credits, milestones. */
const countingTerms = termsWith({
  commissions: [
    {
      ...{ id: 'first', event: 'sale', match: { customer: 'new' } },
      reward: { kind: 'credit', amountMinor: 350, of: 'store_credit' },
      limits: { lifetimeMinor: 1_000 },
    },
    {
      ...{ id: 'volume', event: 'sale', match: { products: ['cd'] } },
      reward: {
        ...{ kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal' },
        bands: [
          { from: 0, rate: '3' },
          { from: 25_000, rate: '7.5' },
          { from: 70_000, rate: '11.25' },
        ],
      },
    },
    {
      ...{ id: 'number', event: 'sale' },
      reward: {
        ...{ kind: 'banded', basis: 'count', period: 'quarter', mode: 'whole' },
        bands: [
          { from: 0, rate: '2' },
          { from: 6, rate: '4' },
        ],
      },
      limits: { perPeriod: { period: 'month', maxMinor: 2_400 } },
    },
    {
      ...{ id: 'known', event: 'install', reward: { kind: 'flat', amountMinor: 200 } },
      limits: { perPeriod: { period: 'year', maxMinor: 1_500 } },
    },
  ],
  bonuses: [
    {
      ...{ id: 'steps', kind: 'milestone', event: 'sale', metric: 'count', period: 'month' },
      steps: [
        { at: 5, amountMinor: 500 },
        { at: 12, amountMinor: 1_500 },
      ],
    },
    {
      ...{ id: 'turnover', kind: 'milestone', event: 'sale', metric: 'amount', period: 'lifetime' },
      steps: [{ at: 150_000, amountMinor: 900 }],
    },
    {
      ...{ id: 'fans', kind: 'milestone', event: 'install', metric: 'new_customers', period: 'quarter' },
      steps: [{ at: 1, amountMinor: 60 }],
    },
  ],
});

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Report = Record<string, unknown> & { id: string };

/** Sales, installs, refunds and voids of three partners, with many of them at the same instant. */
function generateEvents(random: () => number, count: number): Report[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const day = () => new Date(Date.UTC(2026, 0, 1 + 5 * Math.floor(random() * 15))).toISOString();
  const events: Report[] = [];
  for (let index = 0; index < count; index += 1) {
    // Ids run against the time, so that ties are broken by them and not by when they were made.
    const id = `e${1_000 - index}`;
    const kind = random();
    if (kind < 0.6 || events.length === 0) {
      events.push({
        ...{ id, type: random() < 0.8 ? 'sale' : 'install', occurredAt: day(), partner: pick(partners) },
        ...{ amountMinor: Math.floor(random() * 20_000), currency: random() < 0.9 ? 'USD' : 'EUR' },
        ...(random() < 0.9 && { customer: `c${Math.floor(random() * 6)}` }),
        ...(random() < 0.2 && { coupon: 'GIFT' }),
        ...(random() < 0.3 && { products: ['book', 'cd'] }),
      });
    } else if (kind < 0.92) {
      const original = pick(events);
      const whole = typeof original['amountMinor'] === 'number' ? original['amountMinor'] : 100;
      const amountMinor = random() < 0.3 ? whole : Math.floor(random() * whole);
      events.push({ id, type: 'refund', refundOf: original.id, amountMinor, occurredAt: day() });
    } else {
      events.push({ id, type: 'void', voidOf: random() < 0.1 ? 'nothing' : pick(events).id, occurredAt: day() });
    }
  }
  return events;
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

/** Lists of random length that are the whole list together. */
function splitAtRandom<T>(list: readonly T[], random: () => number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < list.length;) {
    const end = start + 1 + Math.floor(random() * 40);
    batches.push(list.slice(start, end));
    start = end;
  }
  return batches;
}

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  // Whatever was priced, taken back and vested: the books keep what they promise.
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

async function newProgram(terms: Terms): Promise<string> {
  const programId = await seedProgram(money.database);
  for (const reference of partners) {
    const own = reference === 'p2' ? tiers.p2.map(({ from, tier }) => ({ from: new Date(from), tier })) : [];
    await seedPartner(money.database, { programId, reference, terms, tiers: own });
  }
  return programId;
}

interface Line {
  event: string;
  partner: string;
  rule: string;
  kind: string;
  amountMinor: number;
}

function sorted(lines: readonly Line[]): string[] {
  return lines
    .map(({ event, partner, rule, kind, amountMinor }) => `${event} ${partner} ${rule} ${kind} ${amountMinor}`)
    .sort();
}

/** The lines as they stand, by the partners' references. */
async function bookedLines(programId: string): Promise<Line[]> {
  return money.database.query<Line>(
    `select l.event_id as event, p.reference as partner, l.rule_id as rule, l.kind, l.amount_minor::int as "amountMinor"
     from commission_lines l join partners p on p.id = l.partner_id where l.program_id = $1 and l.amount_minor <> 0`,
    [programId],
  );
}

/** What the ledger says that each partner has cost, line by line: steps that one event reached are one sum there. */
async function expensedLines(programId: string): Promise<Line[]> {
  return money.database.query<Line>(
    `select coalesce(t.event_id, p.event_id) as event, partner.reference as partner, t.rule_id as rule,
            case when a.code = 'bonus_expense' then 'bonus' when sum(${partMinor}) < 0 then 'reversal'
                 when t.rule_id = 'first' then 'credit' else 'commission' end as kind,
            sum(${partMinor})::int as "amountMinor"
     from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
     join ledger_accounts a on a.id = e.account_id and a.side = 'expense'
     join partners partner on partner.id = t.partner_id ${withParts}
     where e.program_id = $1 group by 1, partner.reference, t.rule_id, a.code having sum(${partMinor}) <> 0`,
    [programId],
  );
}

/** The lines of each event and rule as one. */
function summed(lines: readonly Line[]): Line[] {
  const sums = new Map<string, Line>();
  for (const line of lines) {
    const key = JSON.stringify([line.event, line.partner, line.rule, line.kind]);
    sums.set(key, { ...line, amountMinor: line.amountMinor + (sums.get(key)?.amountMinor ?? 0) });
  }
  return [...sums.values()];
}

/** What partners have accrued in money and in credit, by the ledger. */
async function accruedMinor(programId: string): Promise<Record<string, number>> {
  const balances = await money.ledger.balances(programId, { codes: ['commission_accrued', 'credit_accrued'] });
  const sums: Record<string, number> = { commission_accrued: 0, credit_accrued: 0 };
  for (const { code, balanceMinor } of balances) sums[code]! += Number(balanceMinor);
  return sums;
}

test.each([
  { name: 'no totals', terms: plainTerms, rules: ['gold', 'new', 'fresh', 'gift', 'known'], orders: 10 },
  {
    ...{ name: 'totals', terms: countingTerms, orders: 10 },
    rules: ['first', 'volume', 'number', 'known', 'steps', 'turnover', 'fans'],
  },
])('events in any order of arrival earn what the simulation says: $name', async ({ terms, rules, orders }) => {
  const random = randomFrom(20_260_110);
  const events = generateEvents(random, 300);
  const simulated = await runSimulation({ terms, events, partnerTiers: tiers });
  const lines = simulated.lines as unknown as Line[];
  const expected = sorted(lines);
  expect(expected.length).toBeGreaterThan(100);
  expect(new Set(lines.map(({ rule }) => rule))).toEqual(new Set(rules));
  expect(lines.filter(({ kind }) => kind === 'reversal').length).toBeGreaterThan(15);
  const creditMinor = lines.filter(({ rule }) => rule === 'first').reduce((sum, line) => sum + line.amountMinor, 0);
  const totalMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0);
  for (let order = 0; order < orders; order += 1) {
    const programId = await newProgram(terms);
    const repeats = events.filter(() => random() < 0.15);
    const batches = splitAtRandom(shuffled([...events, ...repeats], random), random);
    // Every other order comes side by side, so that batches of the same partners overlap.
    const inFlight = order % 2 === 0 ? 1 : 4;
    const queues = Array.from({ length: inFlight }, async () => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        await money.commissions.ingest(programId, batch, actor);
      }
    });
    await Promise.all(queues);
    expect(sorted(await bookedLines(programId))).toEqual(expected);
    expect(sorted(await expensedLines(programId))).toEqual(sorted(summed(lines)));
    expect(await accruedMinor(programId)).toEqual({
      commission_accrued: totalMinor - creditMinor,
      credit_accrued: creditMinor,
    });
    expect(await money.ledger.trialBalance(programId)).toMatchObject([{ currency: 'USD', balanced: true }]);
  }
});
