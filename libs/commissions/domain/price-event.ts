import { saleType } from '../../tracking/domain/index.js';
import { divideHalfEven } from '../../kernel/rounding.js';
import type { CompiledLimit, CompiledReward, CompiledRule, CompiledTerms } from './compile-terms.js';
import { firstFailing } from './conditions.js';
import type { EventFacts, PricedEvent } from './priced-event.js';
import type { RateTable } from './rate-table.js';

/** One agreement version and the half-open interval in which it is in force; epoch milliseconds. */
export interface AgreementPeriod {
  readonly fromMs: number;
  /** Not included; undefined while no end is set. */
  readonly untilMs?: number | undefined;
  readonly terms: CompiledTerms;
  /** Id of the agreement version; absent in simulations. */
  readonly versionId?: string | undefined;
}

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

/** Where the first sale of each customer with one partner is remembered: a `Map` will do. Epoch milliseconds. */
export interface FirstSales<Customer> {
  get(customer: Customer): number | undefined;
  set(customer: Customer, atMs: number): unknown;
}

/**
 * What pricing remembers from one of a partner's events to the next; it is changed in place. With it, pricing goes on
 * where it stopped: events in two parts give what they give in one.
 */
export interface TimelineState<Customer = string> {
  readonly firstSales: FirstSales<Customer>;
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
}

/** A state before the partner's first event. */
export function startOfTimeline(): TimelineState {
  return { firstSales: new Map() };
}

/** Prices the next event of a partner's timeline (terms.md, Pricing 1 to 8) and moves `state` over it. */
export function priceEvent<Customer>(
  event: PricedEvent<Customer>,
  state: TimelineState<Customer>,
  context: PricingContext,
): PricingOutcome {
  const { version, facts, held } = gatherFacts(event, state, context);
  if (held) return { version, rule: undefined, amountMinor: 0n, reason: held };
  recordSale(event, facts, state);
  if (!version) return { version, rule: undefined, amountMinor: 0n, reason: 'no_agreement' };
  const rule = matchingRule(version.terms, event, facts);
  if (!rule) return { version, rule, amountMinor: 0n, reason: 'no_rule' };
  const amountMinor = clamp(roundedReward(rule.reward, facts.amountMinor), rule.limits);
  return { version, rule, amountMinor, reason: amountMinor === 0n ? 'zero' : undefined };
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
  state: TimelineState<Customer>,
  { versions, tiers, rates }: PricingContext,
): { version: AgreementPeriod | undefined; facts: EventFacts; held: 'no_rate' | 'out_of_range' | undefined } {
  const version = versionAt(versions, event.occurredAtMs);
  const earlierSaleMs = event.customer === undefined ? undefined : state.firstSales.get(event.customer);
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

/** The version in force at an instant (epoch milliseconds): its start is included, its end is not. */
export function versionAt(versions: readonly AgreementPeriod[], atMs: number): AgreementPeriod | undefined {
  for (const version of versions) {
    if (atMs >= version.fromMs && (version.untilMs === undefined || atMs < version.untilMs)) return version;
  }
  return undefined;
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

/** A reward before rounding, as an exact fraction of minor units. */
export function exactReward(reward: CompiledReward, amountMinor: bigint): { numerator: bigint; denominator: bigint } {
  if (reward.kind === 'flat') return { numerator: reward.amountMinor, denominator: 1n };
  return { numerator: amountMinor * reward.numerator, denominator: reward.denominator };
}

/** A reward in minor units, rounded once, half to even (terms.md, Pricing 6). */
export function roundedReward(reward: CompiledReward, amountMinor: bigint): bigint {
  if (reward.kind === 'flat') return reward.amountMinor;
  return divideHalfEven(amountMinor * reward.numerator, reward.denominator);
}

/** The amount after every limit, each applied to what the ones before it left. */
export function clamp(amountMinor: bigint, limits: readonly CompiledLimit[]): bigint {
  let clamped = amountMinor;
  for (const limit of limits) clamped = clampBy(clamped, limit);
  return clamped;
}

/** The amount after one limit. */
export function clampBy(amountMinor: bigint, { maxMinor }: CompiledLimit): bigint {
  return amountMinor > maxMinor ? maxMinor : amountMinor;
}
