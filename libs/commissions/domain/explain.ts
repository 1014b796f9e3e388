import type { CompiledLimit, CompiledReward, CompiledRule, CompiledTerms } from './compile-terms.js';
import type { AgreementPeriod } from './agreement-periods.js';
import { firstFailing } from './conditions.js';
import { reachMilestones, type MilestoneCount } from './milestones.js';
import { gatherFacts, priceEvent, type NoLineReason, type PricingContext, type PricingOutcome } from './price-event.js';
import type { EventFacts, PricedEvent } from './priced-event.js';
import { giveReward, type AppliedLimit, type BandCount } from './reward.js';
import type { JudgedReversal, NoReversalReason } from './reverse.js';
import { branchOff, type TimelineState } from './timeline-state.js';

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
  reward: RewardTrace;
  /** The exact amount before rounding, as a decimal. */
  exactMinor: string;
  roundedMinor: number;
  /** Every limit of the rule; `clamped` where it cut the amount. */
  limits: {
    limit: CompiledLimit['name'];
    maxMinor: number;
    /** What the rule's lines had given of it before. */
    givenMinor: number;
    beforeMinor: number;
    afterMinor: number;
    clamped: boolean;
  }[];
  amountMinor: number;
}

/** The reward as the terms have it, and for a banded one how far it had counted. */
export type RewardTrace =
  | { kind: 'percent'; rate: string }
  | { kind: 'flat' | 'credit'; amountMinor: number }
  | {
      kind: 'banded';
      basis: 'amount' | 'count';
      mode: 'marginal' | 'whole';
      /** The period that is counted, `lifetime` where there is one. */
      period: string;
      /** The running total before the event and with it: minor units or events. */
      before: number;
      after: number;
      /** The parts of the amount and the bands that price them. */
      slices: { from: number; rate: string; amountMinor: number }[];
    };

/** How far a milestone has counted with an event, and the steps that it reached. */
export interface MilestoneTrace {
  bonus: string;
  clause: string;
  metric: string;
  period: string;
  before: number;
  after: number;
  reached: { at: number; amountMinor: number }[];
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
  /** Every milestone that counts this type of event. */
  milestones: MilestoneTrace[];
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
    eventMinor: Number(original.share?.wholeMinor ?? original.amountMinor),
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
  const before = (): TimelineState => branchOff(state, new Map(knownCustomer(event, facts)));
  const outcome = priceEvent(event, before(), context);
  const isPriced = version !== undefined && held === undefined;
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
      ...(isPriced && version.terms.currency !== event.currency && { convertedMinor: Number(facts.amountMinor) }),
    },
    tier: facts.tier ?? null,
    earlierSale: facts.earlierSaleMs === undefined ? null : new Date(facts.earlierSaleMs).toISOString(),
    rules: isPriced ? tryRules(version.terms, event, facts) : [],
    ...(version && outcome.rule && { calculation: calculate(outcome.rule, event, facts, version, before()) }),
    milestones: isPriced ? explainMilestones(event, facts, version, before()) : [],
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

function calculate(
  rule: CompiledRule,
  event: PricedEvent,
  { amountMinor }: EventFacts,
  version: AgreementPeriod,
  state: TimelineState,
): Calculation {
  const applied: AppliedLimit[] = [];
  const given = giveReward(rule, amountMinor, version, event, state, (limit) => void applied.push(limit));
  return {
    rule: rule.id,
    clause: rule.clause,
    reward: rewardTrace(rule.reward, given.count),
    exactMinor: decimalText(given.exact.numerator, given.exact.denominator),
    roundedMinor: Number(given.roundedMinor),
    limits: applied.map(({ limit, givenMinor, beforeMinor, afterMinor }) => ({
      limit: limit.name,
      maxMinor: Number(limit.maxMinor),
      givenMinor: Number(givenMinor),
      beforeMinor: Number(beforeMinor),
      afterMinor: Number(afterMinor),
      clamped: afterMinor !== beforeMinor,
    })),
    amountMinor: Number(given.amountMinor),
  };
}

function rewardTrace(reward: CompiledReward, count: BandCount | undefined): RewardTrace {
  switch (reward.kind) {
    case 'percent':
      return { kind: 'percent', rate: reward.rate };
    case 'flat':
    case 'credit':
      return { kind: reward.kind, amountMinor: Number(reward.amountMinor) };
    case 'banded': {
      const { kind, basis, mode } = reward;
      const { period = '', before = 0n, after = 0n, slices = [] } = count ?? {};
      const parts = slices.map(({ band, amountMinor }) => {
        return { from: Number(band.from), rate: band.rate, amountMinor: Number(amountMinor) };
      });
      return { kind, basis, mode, period, before: Number(before), after: Number(after), slices: parts };
    }
  }
}

function explainMilestones(
  event: PricedEvent,
  facts: EventFacts,
  version: AgreementPeriod,
  state: TimelineState,
): MilestoneTrace[] {
  const counts: MilestoneCount[] = [];
  const reached = reachMilestones(event, facts, version, state, (count) => void counts.push(count));
  return counts.map(({ bonus, period, before, after }) => ({
    bonus: bonus.id,
    clause: bonus.clause,
    metric: bonus.metric,
    period,
    before: Number(before),
    after: Number(after),
    reached: reached
      .filter((step) => step.bonus === bonus)
      .map(({ at, amountMinor }) => ({ at: Number(at), amountMinor: Number(amountMinor) })),
  }));
}

/** A fraction whose denominator is a power of ten as a plain decimal, without needless zeros. */
function decimalText(numerator: bigint, denominator: bigint): string {
  const digits = denominator.toString().length - 1;
  const fraction = digits === 0 ? '' : (numerator % denominator).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${numerator / denominator}${fraction && `.${fraction}`}`;
}
