import type { CompiledLimit, CompiledRule, CompiledTerms } from './compile-terms.js';
import { firstFailing } from './conditions.js';
import {
  clampBy,
  exactReward,
  gatherFacts,
  priceEvent,
  roundedReward,
  type NoLineReason,
  type PricingContext,
  type PricingOutcome,
  type TimelineState,
} from './price-event.js';
import type { EventFacts, PricedEvent } from './priced-event.js';
import type { JudgedReversal, NoReversalReason } from './reverse.js';

/** A rule that was tried, and the first of its conditions that failed; the one without `failed` gave the line. */
export interface RuleTrial {
  rule: string;
  clause: string;
  failed?: { condition: string; expected: unknown; seen: unknown };
}

/** How a rule's amount came about. Minor units of the terms' currency. */
export interface Calculation {
  rule: string;
  clause: string;
  reward: { kind: 'percent'; rate: string } | { kind: 'flat'; amountMinor: number };
  /** The exact amount before rounding, as a decimal. */
  exactMinor: string;
  roundedMinor: number;
  /** Every limit of the rule; `clamped` where it cut the amount. */
  limits: {
    limit: CompiledLimit['name'];
    maxMinor: number;
    beforeMinor: number;
    afterMinor: number;
    clamped: boolean;
  }[];
  amountMinor: number;
}

/** Why an event has the line that it has, or none (terms.md, Pricing). It is plain JSON. */
export interface PricingTrace {
  event: string;
  occurredAt: string;
  outcome: 'line' | NoLineReason;
  /** Absent where no version was in force. */
  agreement?: { versionId?: string; termsHash: string; currency: string };
  /** As reported, and in the currency of the terms where that is another one and could be converted. */
  amount: { amountMinor: number; currency: string; convertedMinor?: number };
  tier: string | null;
  /** The customer's first sale before this event. */
  earlierSale: string | null;
  /** Every rule tried, in order. */
  rules: RuleTrial[];
  calculation?: Calculation;
}

/** Why a refund or void took back what it did, or nothing (terms.md, Pricing 7). It is plain JSON. */
export interface ReversalTrace {
  event: string;
  of: string;
  occurredAt: string;
  outcome: 'line' | NoReversalReason;
  /** The rule and the terms of the line that is taken back; absent where the original has none. */
  rule?: string;
  clause?: string;
  termsHash?: string;
  /** The original's amount and what was refunded of it so far, in minor units of the original's currency. */
  eventMinor: number;
  refundedMinor: number;
  /** The original's line, what was taken back of it so far and by this event, in minor units of the terms' currency. */
  lineMinor: number;
  reversedMinor: number;
  amountMinor: number;
}

/** Explains one judged refund or void of `original`, which `priced` says how it was priced. */
export function explainReversal(
  original: PricedEvent<unknown>,
  { version, rule, amountMinor }: PricingOutcome,
  { reversal, outcome }: JudgedReversal,
): ReversalTrace {
  return {
    event: reversal.id,
    of: original.id,
    occurredAt: new Date(reversal.occurredAtMs).toISOString(),
    outcome: outcome.reason ?? 'line',
    ...(version && rule && { rule: rule.id, clause: rule.clause, termsHash: version.terms.hash }),
    eventMinor: Number(original.amountMinor),
    refundedMinor: Number(outcome.refundedMinor),
    lineMinor: Number(amountMinor),
    reversedMinor: Number(outcome.reversedMinor),
    amountMinor: Number(outcome.amountMinor),
  };
}

/**
 * Explains what `priceEvent` does with the same event, `state` (as it was before the event; it stays as it is) and
 * `context`. It asks the same conditions and does the same arithmetic, so that it cannot tell another story.
 */
export function explainEvent(event: PricedEvent, state: TimelineState, context: PricingContext): PricingTrace {
  const { version, facts, held } = gatherFacts(event, state, context);
  const outcome = priceEvent(event, { firstSales: new Map(knownCustomer(event, facts)) }, context);
  const tried = version && !held ? tryRules(version.terms, event, facts) : [];
  return {
    event: event.id,
    occurredAt: new Date(event.occurredAtMs).toISOString(),
    outcome: outcome.reason ?? 'line',
    ...(version && {
      agreement: {
        ...(version.versionId !== undefined && { versionId: version.versionId }),
        termsHash: version.terms.hash,
        currency: version.terms.currency,
      },
    }),
    amount: {
      amountMinor: Number(event.amountMinor),
      currency: event.currency,
      ...(version &&
        !held &&
        version.terms.currency !== event.currency && { convertedMinor: Number(facts.amountMinor) }),
    },
    tier: facts.tier ?? null,
    earlierSale: facts.earlierSaleMs === undefined ? null : new Date(facts.earlierSaleMs).toISOString(),
    rules: tried,
    ...(outcome.rule && { calculation: calculate(outcome.rule, facts.amountMinor) }),
  };
}

/** The part of the history that pricing this event reads, apart from the caller's, which must not move. */
function knownCustomer(event: PricedEvent, { earlierSaleMs }: EventFacts): [string, number][] {
  return event.customer === undefined || earlierSaleMs === undefined ? [] : [[event.customer, earlierSaleMs]];
}

function tryRules(terms: CompiledTerms, event: PricedEvent, facts: EventFacts): RuleTrial[] {
  const trials: RuleTrial[] = [];
  for (const { id, clause, conditions } of terms.rules) {
    const failing = firstFailing(conditions, event, facts);
    if (!failing) return [...trials, { rule: id, clause }];
    const { name, expected } = failing;
    trials.push({ rule: id, clause, failed: { condition: name, expected, seen: failing.seen(event, facts) } });
  }
  return trials;
}

function calculate({ id, clause, reward, limits }: CompiledRule, amountMinor: bigint): Calculation {
  const exact = exactReward(reward, amountMinor);
  const rounded = roundedReward(reward, amountMinor);
  let current = rounded;
  const applied = limits.map((limit) => {
    const before = current;
    current = clampBy(before, limit);
    return {
      limit: limit.name,
      maxMinor: Number(limit.maxMinor),
      beforeMinor: Number(before),
      afterMinor: Number(current),
      clamped: current !== before,
    };
  });
  return {
    rule: id,
    clause,
    reward:
      reward.kind === 'percent'
        ? { kind: 'percent', rate: reward.rate }
        : { kind: 'flat', amountMinor: Number(reward.amountMinor) },
    exactMinor: decimalText(exact.numerator, exact.denominator),
    roundedMinor: Number(rounded),
    limits: applied,
    amountMinor: Number(current),
  };
}

/** A fraction whose denominator is a power of ten as a plain decimal, without needless zeros. */
function decimalText(numerator: bigint, denominator: bigint): string {
  const digits = denominator.toString().length - 1;
  const fraction = digits === 0 ? '' : (numerator % denominator).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${numerator / denominator}${fraction && `.${fraction}`}`;
}
