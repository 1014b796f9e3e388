import fc from 'fast-check';
import {
  parseTerms,
  termsHash,
  unreachableRules,
  type Bonus,
  type CommissionRule,
  type Terms,
} from '../../libs/agreements/domain/index.js';
import {
  agreementPeriods,
  byTime,
  compileTerms,
  explainEvent,
  priceEvent,
  priceEventFile,
  RateTable,
  readEventFile,
  startOfTimeline,
  toPricedEvent,
} from '../../libs/commissions/domain/index.js';
import { parseEvent } from '../../libs/tracking/domain/index.js';
import { EventStore } from '../../tools/simulate/event-store.js';
import { Simulation } from '../../tools/simulate/simulation.js';
import { plainLines, type PlainEvent, type PlainFacts } from '../support/plain-pricing.js';
import { termsWith } from '../support/terms-with.js';

const runs = 1_000;

const rate = fc.constantFrom('0', '0.5', '7', '12.345678', '33.3', '100');
const period = fc.constantFrom('month', 'quarter', 'year');
const span = fc.constantFrom('month', 'quarter', 'year', 'lifetime');
const amountMinor = fc.constantFrom(0, 1, 7, 50, 333);
const type = fc.constantFrom('sale', 'install');

/** Numbers that rise from the first one on. */
const rising = (first: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.integer({ min: 1, max: 300 }), { maxLength: 3 })
    .map((gaps) => gaps.reduce((list, gap) => [...list, list.at(-1)! + gap], [first]));

const banded = fc
  .record({ basis: fc.constantFrom('amount', 'count'), period: span, mode: fc.constantFrom('marginal', 'whole') })
  .chain((reward) =>
    fc.tuple(rising(0), fc.array(rate, { minLength: 4, maxLength: 4 })).map(([froms, rates]) => ({
      kind: 'banded' as const,
      ...reward,
      bands: froms.map((from, index) => ({
        from: reward.basis === 'count' ? Math.ceil(from / 60) + index : from,
        rate: rates[index]!,
      })),
    })),
  );

const reward = fc.oneof(
  rate.map((each) => ({ kind: 'percent' as const, rate: each })),
  amountMinor.map((amount) => ({ kind: 'flat' as const, amountMinor: amount })),
  amountMinor.map((amount) => ({ kind: 'credit' as const, amountMinor: amount, of: 'store_credit' as const })),
  banded,
) as fc.Arbitrary<CommissionRule['reward']>;

const given = { requiredKeys: [] };
const rule = fc.record(
  {
    event: type,
    reward,
    match: fc.record(
      { customer: fc.constantFrom('new', 'existing'), minAmountMinor: fc.nat(200), coupons: fc.constant(['X']) },
      given,
    ),
    limits: fc.record(
      {
        perEventMinor: fc.nat(60),
        perPeriod: fc.record({ period, maxMinor: fc.nat(150) }),
        lifetimeMinor: fc.nat(400),
      },
      given,
    ),
  },
  { requiredKeys: ['event', 'reward'] },
) as fc.Arbitrary<Omit<CommissionRule, 'id'>>;

const bonus = fc.oneof(
  amountMinor.map((amount) => ({ kind: 'upfront', amountMinor: amount })),
  amountMinor.map((amount) => ({ kind: 'retainer', every: 'P1M', amountMinor: amount })),
  rate.map((each) => ({ kind: 'lifetime_value', after: 'P1M', rate: each })),
  fc
    .record({
      event: type,
      metric: fc.constantFrom('count', 'amount', 'new_customers'),
      period: span,
      steps: rising(1),
    })
    .map(({ steps, ...rest }) => ({
      ...{ kind: 'milestone', ...rest },
      steps: steps.map((at, index) => ({
        at: rest.metric === 'amount' ? at : Math.ceil(at / 80) + index,
        amountMinor: 10 + index,
      })),
    })),
) as fc.Arbitrary<Omit<Bonus, 'id'>>;

const terms: fc.Arbitrary<Terms> = fc
  .record({ rules: fc.array(rule, { minLength: 1, maxLength: 4 }), bonuses: fc.array(bonus, { maxLength: 3 }) })
  .map(({ rules, bonuses }) =>
    termsWith({
      commissions: rules.map((each, index) => ({ id: `r${index}`, ...each })),
      bonuses: bonuses.map((each, index) => ({ id: `b${index}`, ...each }) as Bonus),
    }),
  )
  // Whoever would write a rule that nothing reaches is told so; see the tests of that.
  .filter(({ commissions }) => unreachableRules(commissions).length === 0);

const dayMs = 86_400_000;
const beginMs = Date.UTC(2026, 0, 1);
/** Days that every month has, so that the plain model needs no calendar. */
const at = fc.tuple(fc.nat(5), fc.nat(27), fc.constantFrom(0, dayMs / 2, dayMs - 1)).map(([month, day, ms]) => {
  return Date.UTC(2026, month, day + 1) + ms;
});
const conversion = fc.record({
  ...{ type, at, partner: fc.constantFrom('p1', 'p2'), amount: fc.oneof(fc.constant(0), fc.nat(300)) },
  ...{ customer: fc.constantFrom('a', 'b', undefined), coupon: fc.constantFrom('X', 'Y', undefined) },
});
const taking = fc.record({
  kind: fc.constantFrom('refund', 'refund', 'void'),
  at,
  amount: fc.integer({ min: 1, max: 300 }),
  of: fc.nat(20),
});

const events: fc.Arbitrary<PlainEvent[]> = fc
  .tuple(fc.array(conversion, { minLength: 1, maxLength: 20 }), fc.array(taking, { minLength: 4, maxLength: 24 }))
  .map(([sold, taken]) => [
    ...sold.map((each, index): PlainEvent => ({ kind: 'conversion', id: `e${index}`, ...each })),
    ...taken.map(({ kind, of, ...each }, index): PlainEvent => {
      const named = { type: kind, partner: '', of: `e${of % sold.length}` };
      return {
        ...each,
        kind: kind,
        id: `x${index}`,
        ...named,
        amount: kind === 'void' ? 0 : each.amount,
      };
    }),
  ]);

/** As it would be reported. */
function reported(event: PlainEvent): Record<string, unknown> {
  const common = { id: event.id, type: event.type, occurredAt: new Date(event.at).toISOString() };
  if (event.kind === 'void') return { ...common, voidOf: event.of };
  if (event.kind === 'refund') return { ...common, refundOf: event.of, amountMinor: event.amount };
  const { partner, amount, customer, coupon } = event;
  return {
    ...common,
    partner,
    amountMinor: amount,
    currency: 'USD',
    ...(customer && { customer }),
    ...(coupon && { coupon }),
  };
}

function simulated(list: readonly PlainEvent[], document: Terms, { activatedAt, asOf }: PlainFacts): string[] {
  const store = new EventStore();
  list.forEach((event, line) => store.add(parseEvent(reported(event), 'refuse'), line + 1));
  const facts = {
    terms: compileTerms(document, termsHash(document)),
    tiers: new Map<string, []>(),
    rates: new RateTable(),
  };
  const simulation = new Simulation(store, { ...facts, activatedAtMs: activatedAt, asOfMs: asOf });
  return [...simulation.lines()].map(
    ({ partner, event, rule: id, amountMinor: amount }) => `${partner} ${event} ${id} ${amount}`,
  );
}

describe('the engine and a plain model that counts everything anew', () => {
  it('give the same lines, whatever the terms and the events', () => {
    const seen = { commission: 0, bonus: 0, reversal: 0 };
    fc.assert(
      fc.property(terms, events, fc.nat(40), fc.nat(250), (document, list, activated, until) => {
        const facts = { activatedAt: beginMs + (activated % 28) * dayMs, asOf: beginMs + until * dayMs };
        const expected = plainLines(list, parseTerms(document), facts);
        expect(simulated(list, parseTerms(document), facts).sort()).toEqual(expected);
        for (const line of expected) {
          const kind = line.includes(' -') ? 'reversal' : / b\d+ /.test(line) ? 'bonus' : 'commission';
          seen[kind] += 1;
        }
      }),
      { numRuns: runs },
    );
    // A model that gives nothing would agree with an engine that gives nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs / 20);
  });

  it('give the same lines in the same order however the events are shuffled, repeated and split', () => {
    fc.assert(
      fc.property(
        terms,
        events,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (document, list, random) => {
          const draw = (): number => random.next().value as number;
          const shuffled = [...list, ...list.filter(() => draw() < 0.3)]
            .map((event) => ({ event, place: draw() }))
            .sort((a, b) => a.place - b.place)
            .map(({ event }) => event);
          const facts = { activatedAt: beginMs, asOf: beginMs + 150 * dayMs };
          const checked = parseTerms(document);
          expect(simulated(shuffled, checked, facts)).toEqual(simulated(list, checked, facts));
        },
      ),
      { numRuns: runs / 2 },
    );
  });

  it('cost the same as a file that negotiators simulate', () => {
    fc.assert(
      fc.property(terms, events, (document, list) => {
        const checked = parseTerms(document);
        const asOf = Math.max(...list.map((event) => event.at));
        // What waits for the activation is not in a file.
        const lines = simulated(list, checked, { activatedAt: undefined, asOf });
        const file = readEventFile(list.map((event) => JSON.stringify(reported(event))).join('\n'));
        const cost = priceEventFile(file, compileTerms(checked, termsHash(checked)));
        const sum = lines.reduce((total, line) => total + BigInt(line.split(' ').at(-1)!), 0n);
        expect([cost.lines, cost.totalMinor]).toEqual([lines.length, sum]);
      }),
      { numRuns: runs / 2 },
    );
  });

  it('are told by explanations as they are given, and explaining moves nothing', () => {
    fc.assert(
      fc.property(terms, events, (document, list) => {
        const checked = parseTerms(document);
        const versions = agreementPeriods([{ fromMs: -Infinity, terms: compileTerms(checked, termsHash(checked)) }]);
        const context = { versions, tiers: [], rates: new RateTable() };
        const state = startOfTimeline();
        const own = list.flatMap((event) => {
          const parsed = parseEvent(reported(event), 'refuse');
          return parsed.kind === 'conversion' && parsed.partner === 'p1' ? [toPricedEvent(parsed)] : [];
        });
        for (const event of own.sort(byTime)) {
          const traces = [explainEvent(event, state, context), explainEvent(event, state, context)];
          const { rule: matched, amountMinor: amount, reason, milestones } = priceEvent(event, state, context);
          const reached = milestones.map(({ bonus: { id }, at, amountMinor: each }) => [id, Number(at), Number(each)]);
          for (const trace of traces) {
            expect([trace.outcome, trace.calculation?.rule]).toEqual([reason ?? 'line', matched?.id]);
            expect(BigInt(trace.calculation?.amountMinor ?? 0)).toBe(amount);
            const told = trace.milestones.flatMap(({ bonus: id, reached: steps }) =>
              steps.map((step) => [id, step.at, step.amountMinor]),
            );
            expect(told).toEqual(reached);
          }
        }
      }),
      { numRuns: runs / 2 },
    );
  });
});
