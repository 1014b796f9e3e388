import { createReadStream, mkdtempSync, openSync, rmSync, closeSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { parseTerms, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import {
  agreementPeriods,
  compileTerms,
  judgeReversal,
  nothingReversed,
  priceEvent,
  RateTable,
  reversedOriginal,
  timelineOver,
  type PricedEvent,
  type PricingContext,
  type TimelineState,
} from '../../libs/commissions/domain/index.js';
import { customerKey, FirstSaleTable } from '../simulate/first-sales.js';
import { main as simulate } from '../simulate/main.js';
import { median } from './median.js';

const eventCount = 300_000;
const partnerCount = 500;
const refundEvery = 12;
const warmUpRounds = 4;
const measuredRounds = 5;
const day = 86_400_000;

const common: Omit<Terms, 'commissions'> = {
  schema: 'pactline.terms/1',
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 0, methods: ['bank_transfer'] },
  term: { length: 'P12M', renewal: 'auto', notice: 'P30D' },
};

/** Percent and flat rules with the matches that cost most: histories, lists and durations. */
const withoutTotals: Terms = {
  ...common,
  commissions: [
    {
      id: 'launch',
      event: 'sale',
      match: { customer: 'new', coupons: ['SPRING', 'SUMMER'], countries: ['US', 'CA'] },
      reward: { kind: 'percent', rate: '12.5' },
      limits: { perEventMinor: 5000 },
    },
    { id: 'first', event: 'sale', match: { withinFirst: 'P3M' }, reward: { kind: 'percent', rate: '7.25' } },
    { id: 'large', event: 'sale', match: { minAmountMinor: 20_000 }, reward: { kind: 'percent', rate: '6' } },
    { id: 'rest', event: 'sale', reward: { kind: 'percent', rate: '5' } },
    { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 200 } },
  ],
};

const bands = [
  { from: 0, rate: '4' },
  { from: 1_000_000, rate: '5.5' },
  { from: 5_000_000, rate: '7' },
];

/** Every kind of rule and bonus: bands by amount and count, limits over time, credits, milestones, lifetime values. */
const everyKind: Terms = {
  ...common,
  commissions: [
    {
      ...withoutTotals.commissions[0]!,
      limits: { perEventMinor: 5000, perPeriod: { period: 'month', maxMinor: 50_000 } },
    },
    {
      id: 'volume',
      event: 'sale',
      match: { customer: 'existing' },
      reward: { kind: 'banded', basis: 'amount', period: 'month', mode: 'marginal', bands },
      limits: { lifetimeMinor: 90_000_000 },
    },
    {
      id: 'count',
      event: 'sale',
      match: { countries: ['DE'] },
      reward: { kind: 'banded', basis: 'count', period: 'quarter', mode: 'whole', bands },
    },
    { id: 'rest', event: 'sale', reward: { kind: 'percent', rate: '5' } },
    { id: 'install', event: 'install', match: { countries: ['US'] }, reward: { kind: 'flat', amountMinor: 200 } },
    { id: 'credit', event: 'install', reward: { kind: 'credit', amountMinor: 100, of: 'store_credit' } },
  ],
  bonuses: [
    { id: 'welcome', kind: 'upfront', amountMinor: 10_000 },
    { id: 'fee', kind: 'retainer', every: 'P1M', amountMinor: 5_000 },
    {
      id: 'steps',
      kind: 'milestone',
      event: 'sale',
      metric: 'count',
      period: 'month',
      steps: [{ at: 20, amountMinor: 500 }],
    },
    {
      id: 'new',
      kind: 'milestone',
      event: 'sale',
      metric: 'new_customers',
      period: 'month',
      steps: [{ at: 9, amountMinor: 500 }],
    },
    { id: 'ltv', kind: 'lifetime_value', after: 'P3M', rate: '2' },
  ],
};

const documents = [
  ['rules without totals', withoutTotals],
  ['every kind of rule', everyKind],
] as const;

interface BenchSale extends PricedEvent {
  partner: string;
  customer: string;
}

/** A sale as `simulate` has it once it is parsed: its partner and customer are numbers. */
interface ParsedSale extends PricedEvent<number> {
  partner: number;
}

interface BenchRefund {
  kind: 'refund';
  id: string;
  occurredAtMs: number;
  amountMinor: bigint;
  refundOf: number;
}

/**
 * `bench -- price`: events a second of the engine over parsed events, and of the whole simulate command over the same
 * events in a file. Beside each stands what the machine does at best: multiplying the amounts, and parsing the lines.
 */
export async function benchPrice(): Promise<void> {
  const { sales, refunds } = makeEvents();
  report(
    'baseline: multiply the amounts',
    measure(() => multiplyAmounts(sales)),
  );
  const parsed = parsedSales(sales);
  for (const [name, terms] of documents) {
    const context = contextOf(terms);
    report(
      `engine, ${name}`,
      measure(() => priceAll(parsed, refunds, context)),
    );
  }

  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-bench-'));
  try {
    const files = writeFiles(folder, sales, refunds);
    report('baseline: JSON.parse of each line', await measureAsync(() => parseLines(files.events)));
    for (const [name, terms] of documents) {
      writeFileSync(files.terms, JSON.stringify(terms));
      report(`simulate, ${name}`, await measureAsync(() => runSimulate(files)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function contextOf(terms: Terms): PricingContext {
  const document = parseTerms(terms);
  const versions = agreementPeriods([{ fromMs: -Infinity, terms: compileTerms(document, termsHash(document)) }]);
  return { versions, tiers: [], rates: new RateTable() };
}

/** The same events in each run: a small generator of its own, so that figures compare. */
function makeEvents(): { sales: BenchSale[]; refunds: BenchRefund[] } {
  let seed = 1;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)];
  const sales: BenchSale[] = [];
  const refunds: BenchRefund[] = [];
  for (let index = 0; index < eventCount; index += 1) {
    const occurredAtMs = Date.UTC(2025, 0, 1) + Math.floor((index * 365 * day) / eventCount);
    if (index % refundEvery === refundEvery - 1) {
      const refundOf = sales.length - 1 - below(8);
      refunds.push({ kind: 'refund', id: `refund-${index}`, occurredAtMs, amountMinor: BigInt(below(2000)), refundOf });
      continue;
    }
    sales.push({
      id: `order-${index}`,
      type: below(10) === 0 ? 'install' : 'sale',
      occurredAtMs,
      partner: `partner-${below(partnerCount)}`,
      amountMinor: BigInt(below(100_000)),
      currency: 'USD',
      customer: `customer-${below(eventCount / 3)}`,
      coupon: pick(['SPRING', 'WINTER', undefined]),
      country: pick(['US', 'DE', 'ID']),
    });
  }
  return { sales, refunds };
}

function multiplyAmounts(sales: readonly BenchSale[]): bigint {
  return sales.reduce((total, { amountMinor }) => total + (amountMinor * 125n) / 1000n, 0n);
}

function parsedSales(sales: readonly BenchSale[]): ParsedSale[] {
  const references = new Map<string, number>();
  const referenceTo = (text: string): number => {
    const reference = references.get(text) ?? references.size;
    references.set(text, reference);
    return reference;
  };
  return sales.map((sale) => {
    const partner = referenceTo(sale.partner);
    return { ...sale, partner, customer: customerKey(partner, referenceTo(sale.customer)) };
  });
}

/** Prices every event of every partner, and judges every refund; customers' histories lie in `simulate`'s own table. */
function priceAll(sales: readonly ParsedSale[], refunds: readonly BenchRefund[], context: PricingContext): bigint {
  const states = new Map<number, TimelineState<number>>();
  const firstSales = new FirstSaleTable();
  const outcomes = sales.map((sale) => {
    let state = states.get(sale.partner);
    if (!state) states.set(sale.partner, (state = timelineOver(firstSales)));
    return priceEvent(sale, state, context);
  });
  const reversed = new Map<number, ReturnType<typeof nothingReversed>>();
  let total = outcomes.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  for (const refund of refunds) {
    const [sale, outcome] = [sales[refund.refundOf], outcomes[refund.refundOf]];
    if (!sale || !outcome) continue;
    const state = reversed.get(refund.refundOf) ?? nothingReversed();
    reversed.set(refund.refundOf, state);
    total += judgeReversal(reversedOriginal(sale, outcome), refund, state).amountMinor;
  }
  return total;
}

interface Files {
  terms: string;
  events: string;
  out: string;
}

function writeFiles(folder: string, sales: readonly BenchSale[], refunds: readonly BenchRefund[]): Files {
  const files = { terms: 'terms.json', events: 'events.ndjson', out: 'lines.ndjson' };
  const paths = Object.fromEntries(Object.entries(files).map(([key, name]) => [key, path.join(folder, name)]));
  const { terms = '', events = '', out = '' } = paths;
  const file = openSync(events, 'w');
  const write = ({ occurredAtMs, amountMinor, ...rest }: PricedEvent | Omit<BenchRefund, 'refundOf' | 'kind'>) => {
    const occurredAt = new Date(occurredAtMs).toISOString();
    writeFileSync(file, `${JSON.stringify({ ...rest, occurredAt, amountMinor: Number(amountMinor) })}\n`);
  };
  sales.forEach(write);
  for (const { kind, refundOf, ...refund } of refunds) {
    write({ ...refund, ...{ type: kind, refundOf: sales[refundOf]?.id } });
  }
  closeSync(file);
  return { terms, events, out };
}

async function parseLines(file: string): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file) })) JSON.parse(line);
}

async function runSimulate(files: Files): Promise<void> {
  let problems = '';
  const streams = { stdout: { write: () => true }, stderr: { write: (text: string) => (problems += text) } };
  const paths = ['--terms', files.terms, '--events', files.events, '--out', files.out];
  const exitCode = await simulate([...paths, '--activated-at', '2025-01-01T00:00:00Z'], streams);
  if (exitCode !== 0 || problems) throw new Error(`simulate failed: ${problems}`);
}

/** Seconds of a run by the median, once the compiler has done its part, as in any process that has priced for a while. */
function measure(work: () => unknown): number {
  for (let round = 0; round < warmUpRounds; round += 1) work();
  return median(
    Array.from({ length: measuredRounds }, () => {
      const start = performance.now();
      work();
      return (performance.now() - start) / 1000;
    }),
  );
}

/** Seconds of the second run: the first one is for the compiler, and for the disk. */
async function measureAsync(work: () => Promise<void>): Promise<number> {
  await work();
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function report(name: string, seconds: number): void {
  const perSecond = Math.round(eventCount / seconds).toLocaleString('en');
  process.stdout.write(`${name.padEnd(36)}${perSecond.padStart(14)} events/s\n`);
}
