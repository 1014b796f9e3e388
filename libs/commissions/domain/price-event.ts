import { saleType } from '../../tracking/domain/index.js';
import { versionAt, type AgreementPeriod } from './agreement-periods.js';
import type { CompiledLimit, CompiledRule, CompiledTerms } from './compile-terms.js';
import { firstFailing } from './conditions.js';
import { reachMilestones, type ReachedStep } from './milestones.js';
import type { EventFacts, PricedEvent } from './priced-event.js';
import type { RateTable } from './rate-table.js';
import { giveReward } from './reward.js';
import type { TimelineState } from './timeline-state.js';

/** A tier of the partner and the instant from which it holds, until the next one; epoch milliseconds. */
export interface TierPeriod {
  readonly fromMs: number;
  readonly tier: string;
}

/** The facts of one partner that pricing takes beside its events. */
export interface PricingContext {
  /** Ordered, not overlapping. */
  readonly versions: readonly AgreementPeriod[];
  /** Ordered by `fromMs`; of two at one instant the later one in the list holds. */
  readonly tiers: readonly TierPeriod[];
  readonly rates: RateTable;
}

/** Why an event has no line. */
export type NoLineReason =
  | 'no_agreement' // no version in force
  | 'no_rate' // held until its day has an exchange rate; counted nowhere
  | 'out_of_range' // held: converted, its amount is beyond the safe integers of JSON
  | 'no_rule' // no rule matches
  | 'zero'; // a rule matches, and its line would be zero

/** Whether an event waits for an exchange rate that makes it an amount: it is priced for nobody and counted nowhere. */
export function isHeld(reason: NoLineReason | undefined): boolean {
  return reason === 'no_rate' || reason === 'out_of_range';
}

/** What became of an event: a line when `reason` is absent. */
export interface PricingOutcome {
  readonly version: AgreementPeriod | undefined;
  /** The rule that matched, also where its line is zero. */
  readonly rule: CompiledRule | undefined;
  /** The line, in minor units of the terms' currency, after rounding and limits; 0 without one. */
  readonly amountMinor: bigint;
  readonly reason: NoLineReason | undefined;
  /** The limit that cut the line. */
  readonly clampedBy: CompiledLimit['name'] | undefined;
  /** The steps of milestones that the event reached, a line each, whether or not it has a line itself. */
  readonly milestones: readonly ReachedStep[];
}

const noSteps: readonly ReachedStep[] = [];

/** Prices the next event of a partner's timeline (terms.md, Pricing 1 to 9) and moves `state` over it. */
export function priceEvent<Customer>(
  event: PricedEvent<Customer>,
  state: TimelineState<Customer>,
  context: PricingContext,
): PricingOutcome {
  const { version, facts, held } = gatherFacts(event, state, context);
  if (held) return withoutLine(version, undefined, held, noSteps);
  recordSale(event, facts, state);
  if (!version) return withoutLine(version, undefined, 'no_agreement', noSteps);
  const milestones = reachMilestones(event, facts, version, state);
  const rule = matchingRule(version.terms, event, facts);
  if (!rule) return withoutLine(version, rule, 'no_rule', milestones);
  const given = giveReward(rule, facts.amountMinor, version, event, state);
  const { amountMinor, clampedBy } = given;
  return { version, rule, amountMinor, reason: amountMinor === 0n ? 'zero' : undefined, clampedBy, milestones };
}

function withoutLine(
  version: AgreementPeriod | undefined,
  rule: CompiledRule | undefined,
  reason: NoLineReason,
  milestones: readonly ReachedStep[],
): PricingOutcome {
  return { version, rule, amountMinor: 0n, reason, clampedBy: undefined, milestones };
}

/**
 * Prices a partner's events, which must be in the order of `byTime` and come after those that `state` has seen, and
 * gives each outcome in turn.
 */
export function* priceTimeline<Event extends PricedEvent>(
  events: Iterable<Event>,
  state: TimelineState,
  context: PricingContext,
): Generator<{ event: Event; outcome: PricingOutcome }> {
  for (const event of events) yield { event, outcome: priceEvent(event, state, context) };
}

/** All that is known before rules are tried; `held` where the event cannot be priced for anybody yet. */
export function gatherFacts<Customer>(
  event: PricedEvent<Customer>,
  { firstSales }: Pick<TimelineState<Customer>, 'firstSales'>,
  { versions, tiers, rates }: PricingContext,
): { version: AgreementPeriod | undefined; facts: EventFacts; held: 'no_rate' | 'out_of_range' | undefined } {
  const version = versionAt(versions, event.occurredAtMs);
  const earlierSaleMs = event.customer === undefined ? undefined : firstSales.get(event.customer);
  const tier = tierAt(tiers, event.occurredAtMs) ?? version?.terms.firstTier;
  const currency = version?.terms.currency ?? event.currency;
  const amountMinor = rates.convert(event.amountMinor, event.currency, currency, event.occurredAtMs);
  const held =
    amountMinor === undefined ? 'no_rate' : amountMinor > Number.MAX_SAFE_INTEGER ? 'out_of_range' : undefined;
  return { version, facts: { amountMinor: amountMinor ?? 0n, earlierSaleMs, tier }, held };
}

function recordSale<Customer>(
  event: PricedEvent<Customer>,
  { earlierSaleMs }: EventFacts,
  state: TimelineState<Customer>,
): void {
  if (event.type !== saleType || event.customer === undefined || earlierSaleMs !== undefined) return;
  state.firstSales.set(event.customer, event.occurredAtMs);
}

/** The tier recorded for an instant (epoch milliseconds); undefined where none has begun. */
export function tierAt(tiers: readonly TierPeriod[], atMs: number): string | undefined {
  for (let index = tiers.length - 1; index >= 0; index -= 1) {
    const period = tiers[index];
    if (period && period.fromMs <= atMs) return period.tier;
  }
  return undefined;
}

/** The first rule in the list that the event matches; those for other types of event cannot. */
function matchingRule(terms: CompiledTerms, event: PricedEvent<unknown>, facts: EventFacts): CompiledRule | undefined {
  for (const rule of terms.rulesByEvent.get(event.type) ?? []) {
    if (!firstFailing(rule.conditions, event, facts)) return rule;
  }
  return undefined;
}
