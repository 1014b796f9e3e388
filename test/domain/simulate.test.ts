import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {
  agreementPeriods,
  compileTerms,
  priceTimeline,
  RateTable,
  reverse,
  reversedOriginal,
  startOfTimeline,
  toPricedEvent,
  byTime,
  type PricedEvent,
  type PricingOutcome,
  type Reversal,
} from '../../libs/commissions/domain/index.js';
import { parseTerms, termsHash } from '../../libs/agreements/domain/index.js';
import { parseEvent, type ConversionEvent, type TrackedEvent } from '../../libs/tracking/domain/index.js';
import { StringPool } from '../../tools/simulate/string-pool.js';
import { customerKey, FirstSaleTable } from '../../tools/simulate/first-sales.js';
import { main } from '../../tools/simulate/main.js';
import { runSimulation } from '../support/simulate.js';

const terms = {
  schema: 'pactline.terms/1',
  currency: 'USD',
  commissions: [
    {
      id: 'new',
      event: 'sale',
      match: { customer: 'new' },
      reward: { kind: 'percent', rate: '12.5' },
      limits: { perEventMinor: 60 },
    },
    { id: 'first', event: 'sale', match: { withinFirst: 'P2D' }, reward: { kind: 'percent', rate: '7' } },
    { id: 'old', event: 'sale', match: { coupons: ['A'] }, reward: { kind: 'percent', rate: '3.3' } },
    { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 20 } },
  ],
  payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 0, methods: ['bank_transfer'] },
  term: { length: 'P12M', renewal: 'auto', notice: 'P30D' },
};
const rates = [['2026-01-02', 'EUR', 'USD', '1.37']];

const sale = (id: string, more: object = {}) => ({
  id,
  type: 'sale',
  occurredAt: '2026-01-05T00:00:00Z',
  partner: 'p1',
  amountMinor: 1000,
  currency: 'USD',
  ...more,
});

/** Events with few distinct values, so that customers, instants and originals meet often. */
const instant = fc
  .integer({ min: 0, max: 5 })
  .map((half) => new Date(Date.UTC(2026, 0, 1) + half * 43_200_000).toISOString());
const conversion = fc.record(
  {
    type: fc.constantFrom('sale', 'install', 'signup'),
    occurredAt: instant,
    partner: fc.constantFrom('p1', 'p2'),
    amountMinor: fc.integer({ min: 0, max: 900 }),
    currency: fc.constantFrom('USD', 'USD', 'EUR'),
    customer: fc.constantFrom('c1', 'c2'),
    coupon: fc.constantFrom('A', 'B'),
  },
  { requiredKeys: ['type', 'occurredAt', 'partner', 'amountMinor', 'currency'] },
);
const reversal = fc
  .tuple(fc.constantFrom('refund', 'void'), instant, fc.nat(20), fc.integer({ min: 0, max: 500 }))
  .map(([type, occurredAt, target, amountMinor]) => ({
    ...{ type, occurredAt },
    ...(type === 'void' ? { voidOf: `e${target}` } : { refundOf: `e${target}`, amountMinor }),
  }));
const events = fc
  .array(fc.oneof({ weight: 2, arbitrary: conversion }, { weight: 1, arbitrary: reversal }), { maxLength: 20 })
  .map((list) => list.map((event, index) => ({ id: `e${index}`, ...event })));

describe('simulating', () => {
  it('gives the same whatever the order of the events and however often they are repeated', async () => {
    const shuffled = events.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list], { minLength: list.length }).map((part) => [...part, ...list]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, again]) => {
        const [once, more] = [
          await runSimulation({ terms, events: list, rates }),
          await runSimulation({ terms, events: again, rates }),
        ];
        expect(more.lines).toEqual(once.lines);
        expect(once.exitCode).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('gives what the engine gives to one partner at a time, in parts', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(20), async (list, cut) => {
        const { lines } = await runSimulation({ terms, events: list, rates });
        const byKey = (lines ?? []).map(
          ({ event, amountMinor, rule, partner }) =>
            `${String(partner)} ${String(event)} ${String(rule)} ${String(amountMinor)}`,
        );
        expect(byKey.sort()).toEqual([...pricedApart(list, cut)].sort());
      }),
      { numRuns: 100 },
    );
  });

  it('orders its lines by instant, then event', async () => {
    const at = (id: string, occurredAt: string) => sale(id, { occurredAt });
    const { lines } = await runSimulation({
      terms: { ...terms, commissions: [{ id: 'r', event: 'sale', reward: { kind: 'percent', rate: '1' } }] },
      events: [
        at('b', '2026-01-02T00:00:00Z'),
        at('a10', '2026-01-02T00:00:00Z'),
        at('a9', '2026-01-02T07:00:00+07:00'),
        at('z', '2026-01-01T00:00:00Z'),
        { id: 'A', type: 'refund', occurredAt: '2026-01-02T00:00:00Z', refundOf: 'b', amountMinor: 1000 },
      ],
    });
    expect(lines?.map(({ event, amountMinor }) => [event, amountMinor])).toEqual([
      ['z', 10],
      ['A', -10],
      ['a10', 10],
      ['a9', 10],
      ['b', 10],
    ]);
  });

  it('refuses what it cannot use, by line, and goes on with the rest', async () => {
    const result = await runSimulation({
      terms,
      events: [
        'not json',
        sale('e1', { type: 'install' }),
        '',
        sale('e1', { type: 'install', amountMinor: 1001 }),
        sale('e1', { type: 'install', occurredAt: '2026-01-05T01:00:00+01:00', customer: null }),
        { id: 'r', type: 'refund', occurredAt: '2026-01-05T00:00:00Z', refundOf: 'nowhere', amountMinor: 1 },
        sale('e2', { type: 'install', amountMinor: -5, currency: 'XXX' }),
        '[]',
        'x'.repeat(1_100_000),
        sale('e3', { type: 'install' }),
      ],
    });
    expect(result.exitCode).toBe(0);
    expect(result.lines?.map(({ event }) => event)).toEqual(['e1', 'e3']);
    expect(result.stderr.split('\n')).toEqual([
      'line 1: is not JSON',
      'line 4: has the id of an earlier event and other content',
      'line 7: /amountMinor must be a safe integer of at least 0; /currency must be an active ISO 4217 currency',
      'line 8: must be an object',
      'line 9: is longer than 1048576 bytes',
      'line 6: takes back an event that the file has not',
      '',
    ]);
    expect(result.stdout).toContain('events read: 9\npriced: 2\nwithout a line: 0\nrepeated: 1\nrefused: 6\n');
  });

  it('adds totals by partner', async () => {
    const input = {
      terms,
      events: [
        sale('e1', { type: 'install' }),
        sale('e2', { type: 'install', partner: 'p2' }),
        sale('e3', { type: 'x' }),
      ],
    };
    const result = await runSimulation({ ...input, extraArguments: ['--by', 'partner'] });
    expect(result.stdout).toContain('  no_rule: 1\n');
    expect(result.stdout).toContain(
      'lines: 2, total 40 USD (minor units)\nby partner:\n  p1: 1 lines, 20 USD\n  p2: 1 lines, 20 USD\n',
    );
    expect((await runSimulation(input)).stdout).not.toContain('by partner');
  });

  it('reads the last line without its end, a byte order mark and Windows line ends', async () => {
    const text = `\uFEFF${JSON.stringify(sale('e1', { type: 'install' }))}\r\n\r\n${JSON.stringify(sale('e2', { type: 'install' }))}`;
    const { lines, stderr } = await runFiles({ 'e.ndjson': text });
    expect([lines, stderr]).toEqual([2, '']);
  });

  it('refuses text that is not UTF-8, where two names could become one', async () => {
    const bytes = Buffer.from(JSON.stringify(sale('e1', { type: 'install', customer: 'Jos\u00e9' })), 'latin1');
    expect(await runFiles({ 'e.ndjson': bytes })).toMatchObject({ exitCode: 0, stderr: 'line 1: is not UTF-8\n' });
    const csv = Buffer.from(
      'id,type,occurred_at,partner,amount_minor,currency\ne1,install,2026-01-01T00:00:00Z,Jos\u00e9,0,USD\n',
      'latin1',
    );
    expect(await runFiles({ 'e.ndjson': csv }, ['--csv'])).toMatchObject({
      exitCode: 0,
      stderr: 'line 2: is not UTF-8\n',
    });
  });

  it('refuses the rows of a CSV file that it cannot use', async () => {
    const rows = [
      'id,type,occurred_at,partner,amount_minor,currency,products,colour',
      'e1,install,2026-01-01T00:00:00Z,p1,0,USD,cd|lp,red',
      'e2,install,2026-01-01T00:00:00Z,p1,1.5,USD,,',
      'e3,install,2026-01-01T00:00:00Z',
      'e4,install,2026-01-01T00:00:00Z,p1,1,USD,,"un"quoted',
      'e5,install,2026-01-01T00:00:00Z,p1,1,USD,,',
    ];
    const { lines, stderr } = await runSimulation({ terms, csv: `${rows.join('\n')}\n` });
    expect(lines?.map(({ event }) => event)).toEqual(['e1', 'e5']);
    expect(stderr.split('\n')).toEqual([
      'line 3: /amountMinor must be a safe integer of at least 0',
      'line 4: has 3 columns, not 8',
      'line 5: is not CSV',
      '',
    ]);
  });

  it('reads quoted fields of a CSV file over several lines, and no quote takes other rows along', async () => {
    const rows = [
      'id,type,occurred_at,partner,amount_minor,currency,note',
      '"e1",install,2026-01-01T00:00:00Z,p1,0,USD,"one, ""two""',
      'and three"',
      'e2,install,2026-01-01T00:00:00Z,p1,0,USD,"never closed',
      ...Array.from({ length: 30 }, (_, index) => `f${index},install,2026-01-02T00:00:00Z,p1,0,USD,`),
      'g,install,2026-01-03T00:00:00Z,p1,0,USD,"never closed',
    ];
    const { lines, stderr } = await runSimulation({ terms, csv: rows.join('\r\n') });
    expect(lines).toHaveLength(31);
    expect(stderr).toBe('line 4: is not CSV\nline 35: is not CSV\n');
  });
});

describe('what the command refuses', () => {
  it.each<[string, string[], RegExp]>([
    ['an unknown option', ['--colour', 'red'], /Unknown option '--colour'[\s\S]*Usage/],
    ['another grouping', ['--by', 'month'], /--by takes only "partner"/],
    ['an instant without a zone', ['--as-of', '2026-01-01T00:00:00'], /--as-of takes/],
    ['a missing events file', ['--events', '/nowhere/e.ndjson'], /ENOENT/],
    ['a folder as events', ['--events', tmpdir()], /EISDIR/],
    ['a folder as CSV', ['--csv', '--events', tmpdir()], /EISDIR/],
    ['missing rates', ['--rates', '/nowhere/rates.csv'], /ENOENT/],
    ['a missing terms file', ['--terms', '/nowhere/terms.json'], /ENOENT/],
    ['a place where it cannot write', ['--out', '/nowhere/lines.ndjson'], /ENOENT/],
  ])('%s, with exit 1', async (_name, extraArguments, message) => {
    const result = await runSimulation({ terms, extraArguments });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(message);
  });

  it.each<[string, Parameters<typeof runSimulation>[0], RegExp]>([
    ['a header without ids', { terms, csv: 'type,occurred_at\n' }, /no column id/],
    ['a header with a column twice', { terms, csv: 'id,id\n' }, /twice/],
    [
      'a rate that is none',
      {
        terms,
        rates: [
          ['2026-01-01', 'EUR', 'USD', '1.1'],
          ['2026-01-02', 'EUR', 'USD', 'x'],
        ],
      },
      /line 3: not a positive decimal/,
    ],
    ['rates that are no CSV', { terms, rates: [['"2026']] }, /rates.csv: is not CSV/],
    ['a rate of no currency', { terms, rates: [['2026-01-01', 'EUR', 'US', '1']] }, /line 2: not an active/],
    ['tiers that are no object', { terms, partnerTiers: [] }, /object of partners/],
    ['tiers without an instant', { terms, partnerTiers: { p1: [{ from: 'soon', tier: 'gold' }] } }, /instant "from"/],
  ])('%s, with exit 1', async (_name, input, message) => {
    const result = await runSimulation(input);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(message);
  });

  it('writing over its input, and arguments that are missing', async () => {
    expect(await runFiles({ 'e.ndjson': '' }, [], 'e.ndjson')).toMatchObject({ exitCode: 1 });
    const stderr: string[] = [];
    const streams = { stdout: { write: () => true }, stderr: { write: (text: string) => stderr.push(text) } };
    expect(await main(['--terms', 'x'], streams)).toBe(1);
    expect(stderr.join('')).toContain('--events is missing');
    expect(await main(['--help'], streams)).toBe(0);
  });

  it.each([
    ['that are no JSON', '{', 'is not JSON'],
    ['that are not valid', { ...terms, currency: 'XXX' }, '/currency: '],
    [
      'of a kind that there is not',
      { ...terms, bonuses: [{ id: 'b', kind: 'lottery', amountMinor: 1 }] },
      '/bonuses/0',
    ],
  ])('terms %s, with exit 2, before any event is read', async (_name, document, message) => {
    const result = await runSimulation({ terms: document, extraArguments: ['--events', '/nowhere/e.ndjson'] });
    expect(result).toMatchObject({ exitCode: 2, lines: undefined });
    expect(result.stderr).toContain(message);
  });
});

describe('the tables of millions', () => {
  it('keep each string once, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 200 }), (texts) => {
        const pool = new StringPool();
        const references = texts.map((text) => pool.intern(text));
        expect(references.map((reference) => pool.text(reference))).toEqual(texts);
        expect(pool.size).toBe(new Set(texts).size);
      }),
    );
  });

  it('grow, and order ASCII as its characters', () => {
    const pool = new StringPool();
    const texts = Array.from({ length: 20_000 }, (_, index) => `order-${index}`);
    const references = texts.map((text) => pool.intern(text));
    expect(texts.map((text) => pool.intern(text))).toEqual(references);
    expect(references.sort((a, b) => pool.compare(a, b)).map((reference) => pool.text(reference))).toEqual(
      texts.sort(),
    );
  });

  it('remember first sales as a map does', () => {
    const table = new FirstSaleTable();
    const map = new Map<number, number>();
    for (let index = 0; index < 30_000; index += 1) {
      const key = customerKey(index % 7, (index * 7919) % 9973);
      expect(table.get(key)).toBe(map.get(key));
      table.set(key, index);
      map.set(key, index);
    }
    expect(() => customerKey(0, 2 ** 26)).toThrow(RangeError);
  });
});

/** Prices each partner apart with the engine alone, its conversions in two parts. Gives `partner event rule amount`. */
function* pricedApart(list: readonly object[], cut: number): Generator<string> {
  const document = parseTerms(terms);
  const compiled = compileTerms(document, termsHash(document));
  const table = new RateTable(rates.map(([date = '', from = '', to = '', rate = '']) => ({ date, from, to, rate })));
  const versions = agreementPeriods([{ fromMs: -Infinity, terms: compiled }]);
  const context = { versions, tiers: [], rates: table };
  const parsed = list.map((event) => parseEvent(event, 'refuse'));
  const kinds = new Map(parsed.map((event): [string, TrackedEvent['kind']] => [event.id, event.kind]));
  for (const partner of ['p1', 'p2']) {
    const own = parsed.filter(
      (event): event is ConversionEvent => event.kind === 'conversion' && event.partner === partner,
    );
    const ordered = own.map(toPricedEvent).sort(byTime);
    const state = startOfTimeline();
    const parts = [ordered.slice(0, cut), ordered.slice(cut)];
    for (const { event, outcome } of parts.flatMap((part) => [...priceTimeline(part, state, context)])) {
      if (!outcome.reason) yield `${partner} ${event.id} ${outcome.rule!.id} ${outcome.amountMinor}`;
      for (const [id, amount] of reversalsOf(event, outcome, parsed))
        yield `${partner} ${id} ${outcome.rule!.id} ${amount}`;
    }
  }
  expect(kinds.size).toBe(parsed.length);
}

function reversalsOf(event: PricedEvent, outcome: PricingOutcome, all: readonly TrackedEvent[]): [string, bigint][] {
  const own = all.flatMap((other): Reversal[] => {
    const common = { id: other.id, occurredAtMs: other.occurredAt.getTime() };
    if (other.kind === 'refund' && other.refundOf === event.id)
      return [{ kind: 'refund' as const, ...common, amountMinor: other.amountMinor }];
    return other.kind === 'void' && other.voidOf === event.id ? [{ kind: 'void' as const, ...common }] : [];
  });
  return reverse(reversedOriginal(event, outcome), own)
    .filter((judged) => !judged.outcome.reason)
    .map((judged): [string, bigint] => [judged.reversal.id, judged.outcome.amountMinor]);
}

/** Runs the command on files of exact bytes; `out` names the output among them. */
async function runFiles(files: Record<string, string | Buffer>, extra: string[] = [], out = 'lines.ndjson') {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-simulate-'));
  try {
    for (const [name, content] of Object.entries({ 'terms.json': JSON.stringify(terms), ...files })) {
      writeFileSync(path.join(folder, name), content);
    }
    const written = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof written) => ({ write: (text: string) => void (written[name] += text) });
    const paths = ['--terms', 'terms.json', '--events', 'e.ndjson', '--out', out].map((argument) =>
      argument.startsWith('--') ? argument : path.join(folder, argument),
    );
    const exitCode = await main([...paths, ...extra], { stdout: stream('stdout'), stderr: stream('stderr') });
    return { exitCode, stderr: written.stderr, lines: Number(/^lines: (\d+)/m.exec(written.stdout)?.[1]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
