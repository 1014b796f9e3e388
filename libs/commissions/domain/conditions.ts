import { parseInstant } from '../../kernel/calendar.js';
import { saleType } from '../../tracking/domain/index.js';
import type { CommissionRule, Match } from '../../agreements/domain/index.js';
import { withinReader } from './months.js';
import type { EventFacts, PricedEvent } from './priced-event.js';

/** A condition of a rule, in the order in which they are tried: its event type, then the fields of `match`. */
export type ConditionName = 'event' | `match.${keyof Match}`;

/**
 * One condition, compiled. Pricing asks `holds`; an explanation asks the same `holds`, and then what was `expected` and
 * `seen`, so that the two cannot disagree.
 */
export interface Condition {
  readonly name: ConditionName;
  /** The value in the terms document. */
  readonly expected: unknown;
  holds(event: PricedEvent<unknown>, facts: EventFacts): boolean;
  /** What the event has, as JSON; null where it has nothing. */
  seen(event: PricedEvent<unknown>, facts: EventFacts): unknown;
}

/** Makes the condition of one field of `match`; the zone is that of the terms. */
type Compile<Expected> = (expected: Expected, timeZone: string) => Omit<Condition, 'name' | 'expected'>;

/** Every field of `match`, in the order of terms.md. A new field does not compile until its condition is here. */
const compilers: { readonly [Field in keyof Match]-?: Compile<NonNullable<Match[Field]>> } = {
  customer: (expected) => ({
    // An event without a customer is of neither sort.
    holds: (event, { earlierSaleMs }) =>
      event.customer !== undefined && (earlierSaleMs === undefined ? 'new' : 'existing') === expected,
    seen: (event, { earlierSaleMs }) =>
      event.customer === undefined ? null : earlierSaleMs === undefined ? 'new' : 'existing',
  }),
  minAmountMinor: (expected) => {
    const least = BigInt(expected);
    return {
      holds: (_event, { amountMinor }) => amountMinor >= least,
      seen: (_event, { amountMinor }) => Number(amountMinor),
    };
  },
  tiers: oneOf((_event, { tier }) => tier),
  coupons: oneOf(({ coupon }) => coupon),
  products: (expected) => {
    const wanted = new Set(expected);
    return {
      holds: ({ products }) => products !== undefined && products.some((product) => wanted.has(product)),
      seen: ({ products }) => products ?? null,
    };
  },
  countries: oneOf(({ country }) => country),
  campaigns: oneOf(({ campaign }) => campaign),
  from: (expected) => {
    const fromMs = instantMs(expected);
    return { holds: ({ occurredAtMs }) => occurredAtMs >= fromMs, seen: instantOf };
  },
  until: (expected) => {
    const untilMs = instantMs(expected);
    return { holds: ({ occurredAtMs }) => occurredAtMs < untilMs, seen: instantOf };
  },
  withinFirst: (expected, timeZone) => {
    const within = withinReader(expected, timeZone);
    return {
      holds: (event, facts) => {
        const firstMs = firstSaleMs(event, facts);
        return firstMs !== undefined && within(event.occurredAtMs, firstMs);
      },
      seen: (event, facts) => {
        const firstMs = firstSaleMs(event, facts);
        return {
          firstSale: firstMs === undefined ? null : new Date(firstMs).toISOString(),
          occurredAt: instantOf(event),
        };
      },
    };
  },
};

/** A list matches when it has the event's one value. */
function oneOf(valueOf: (event: PricedEvent<unknown>, facts: EventFacts) => string | undefined): Compile<string[]> {
  return (expected) => {
    const wanted = new Set(expected);
    return {
      holds: (event, facts) => {
        const value = valueOf(event, facts);
        return value !== undefined && wanted.has(value);
      },
      seen: (event, facts) => valueOf(event, facts) ?? null,
    };
  };
}

function instantMs(text: string): number {
  const instant = parseInstant(text);
  if (!instant) throw new RangeError('not an instant'); // parseTerms let none through
  return instant.getTime();
}

function instantOf({ occurredAtMs }: PricedEvent<unknown>): string {
  return new Date(occurredAtMs).toISOString();
}

/** The customer's first sale with the partner, this event counted (terms.md, Pricing 3). */
function firstSaleMs(event: PricedEvent<unknown>, { earlierSaleMs }: EventFacts): number | undefined {
  if (event.customer === undefined) return undefined;
  return earlierSaleMs ?? (event.type === saleType ? event.occurredAtMs : undefined);
}

/** The conditions of a rule in the order in which they are tried. */
export function compileConditions(rule: CommissionRule, timeZone: string): Condition[] {
  const conditions: Condition[] = [
    { name: 'event', expected: rule.event, holds: ({ type }) => type === rule.event, seen: ({ type }) => type },
  ];
  for (const field of Object.keys(compilers) as (keyof Match)[]) {
    const expected = rule.match?.[field];
    if (expected === undefined) continue;
    const compile = compilers[field] as Compile<unknown>;
    conditions.push({ name: `match.${field}`, expected, ...compile(expected, timeZone) });
  }
  return conditions;
}

/** The first condition that fails for an event; undefined when the rule matches it. */
export function firstFailing(
  conditions: readonly Condition[],
  event: PricedEvent<unknown>,
  facts: EventFacts,
): Condition | undefined {
  for (const condition of conditions) {
    if (!condition.holds(event, facts)) return condition;
  }
  return undefined;
}
