import { parseTerms, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import {
  agreementPeriods,
  compileTerms,
  priceTimeline,
  RateTable,
  startOfTimeline,
  type PricedEvent,
  type PricingContext,
} from '../../libs/commissions/domain/index.js';
import { termsWith } from './terms-with.js';

function compiled(terms: Partial<Terms>) {
  const document = parseTerms(termsWith(terms));
  return compileTerms(document, termsHash(document));
}

/** What versions of terms, each in its time, agree on; without a time always. */
export function under(...versions: { terms: Partial<Terms>; from?: string; until?: string }[]): PricingContext {
  const inForce = versions.map(({ terms, from, until }) => ({
    fromMs: from === undefined ? -Infinity : Date.parse(from),
    untilMs: until === undefined ? undefined : Date.parse(until),
    terms: compiled(terms),
  }));
  return { versions: agreementPeriods(inForce), tiers: [], rates: new RateTable() };
}

/** When, how much in minor units, and what else is not as usual. */
export type Sale = [at: string, amount: number, more?: Partial<PricedEvent>];

/** Sales `e0`, `e1`, … of one partner. */
export function sales(list: readonly Sale[]): PricedEvent[] {
  return list.map(([at, amount, more], index) => ({
    ...{ id: `e${index}`, type: 'sale', currency: 'USD', amountMinor: BigInt(amount) },
    ...{ occurredAtMs: Date.parse(at.length === 10 ? `${at}T00:00:00Z` : at), ...more },
  }));
}

/** The lines of these sales, in their order; 0 where there is none. */
export function lines(context: PricingContext, list: readonly Sale[]): number[] {
  const priced = [...priceTimeline(sales(list), startOfTimeline(), context)];
  return priced.map(({ outcome }) => Number(outcome.amountMinor));
}

/** `bonus at amount` of every step that is reached, by the number of its event. */
export function steps(context: PricingContext, list: readonly Sale[]): string[] {
  const priced = [...priceTimeline(sales(list), startOfTimeline(), context)];
  return priced.flatMap(({ outcome }, index) =>
    outcome.milestones.map(({ bonus, at, amountMinor }) => `${index} ${bonus.id} ${at} ${amountMinor}`),
  );
}

/** Moves the state of a timeline over its events, whatever they give. */
export function play(timeline: Iterable<unknown>): void {
  for (const iterator = timeline[Symbol.iterator](); !iterator.next().done;);
}
