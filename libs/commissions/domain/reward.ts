import { partOf } from '../../tracking/domain/index.js';
import { divideHalfEven } from '../../kernel/rounding.js';
import type { AgreementPeriod } from './agreement-periods.js';
import type { CompiledBand, CompiledLimit, CompiledReward, CompiledRule } from './compile-terms.js';
import { periodOf } from './months.js';
import type { PricedEvent } from './priced-event.js';
import { ruleTotals, type RuleTotals, type TimelineState } from './timeline-state.js';

/** A part of an event's amount and the band that prices it. Minor units of the terms' currency. */
export interface BandSlice {
  readonly band: CompiledBand;
  readonly amountMinor: bigint;
}

/** How far a banded rule had counted before an event, and with it. */
export interface BandCount {
  /** The period that is counted, as `periodOf` names it. */
  readonly period: string;
  readonly before: bigint;
  readonly after: bigint;
  readonly slices: readonly BandSlice[];
}

/** A limit as it was applied. Minor units. */
export interface AppliedLimit {
  readonly limit: CompiledLimit;
  /** What the rule's lines had given of it before; 0 for the limit of an event. */
  readonly givenMinor: bigint;
  readonly beforeMinor: bigint;
  readonly afterMinor: bigint;
}

/** How the line of an event came about. */
export interface RewardedAmount {
  /** The exact amount before rounding. */
  readonly exact: { readonly numerator: bigint; readonly denominator: bigint };
  readonly count: BandCount | undefined;
  readonly roundedMinor: bigint;
  /** After rounding and limits. */
  readonly amountMinor: bigint;
  /** The last limit that cut the amount. */
  readonly clampedBy: CompiledLimit['name'] | undefined;
}

/**
 * What a rule gives for an event of an amount in the terms' currency (terms.md, Pricing 4 to 6 and 11), and moves its totals
 * over it. `told` is given each limit as it is applied.
 */
export function giveReward(
  rule: CompiledRule,
  amountMinor: bigint,
  { terms, totalsKeys }: AgreementPeriod,
  { occurredAtMs: atMs, share }: Pick<PricedEvent<unknown>, 'occurredAtMs' | 'share'>,
  state: Pick<TimelineState, 'rules'>,
  told?: (limit: AppliedLimit) => void,
): RewardedAmount {
  const { reward, limits } = rule;
  const totals = rule.hasTotals ? ruleTotals(state, totalsKeys.get(rule.id)!) : undefined;
  const month = totals ? terms.monthOf(atMs) : '';
  const count = reward.kind === 'banded' && totals ? countBanded(reward, amountMinor, month, totals) : undefined;
  const exact = exactReward(reward, amountMinor, count, share);
  const roundedMinor = divideHalfEven(exact.numerator, exact.denominator);
  let amount = roundedMinor;
  let clampedBy: CompiledLimit['name'] | undefined;
  for (const limit of limits) {
    const givenMinor = givenOf(limit, month, totals);
    const left = limit.maxMinor > givenMinor ? limit.maxMinor - givenMinor : 0n;
    const beforeMinor = amount;
    if (amount > left) {
      amount = left;
      clampedBy = limit.name;
    }
    told?.({ limit, givenMinor, beforeMinor, afterMinor: amount });
  }
  if (totals) give(limits, amount, totals);
  return { exact, count, roundedMinor, amountMinor: amount, clampedBy };
}

type Banded = Extract<CompiledReward, { kind: 'banded' }>;

/** Counts the event: one whose line will be zero counts, too. */
function countBanded(reward: Banded, amountMinor: bigint, month: string, totals: RuleTotals): BandCount {
  const period = periodOf(month, reward.period);
  const before = totals.countedIn === period ? totals.counted : 0n;
  const after = before + (reward.basis === 'amount' ? amountMinor : 1n);
  totals.countedIn = period;
  totals.counted = after;
  return { period, before, after, slices: slicesOf(reward, amountMinor, before, after) };
}

/** With the basis `count` the event's ordinal picks the band in both modes; only amounts can lie in several. */
function slicesOf({ basis, mode, bands }: Banded, amountMinor: bigint, before: bigint, after: bigint): BandSlice[] {
  const last = reachedBand(bands, after);
  if (mode === 'whole' || basis === 'count') return [{ band: bands[last]!, amountMinor }];
  const slices: BandSlice[] = [];
  for (let index = reachedBand(bands, before); index <= last; index += 1) {
    const band = bands[index]!;
    const next = bands[index + 1]?.from;
    const from = before > band.from ? before : band.from;
    const until = next === undefined || after < next ? after : next;
    if (until > from) slices.push({ band, amountMinor: until - from });
  }
  return slices;
}

/** The place of the band that holds a total: one that is equal to `from` has reached it. The first band starts at 0. */
function reachedBand(bands: readonly CompiledBand[], total: bigint): number {
  let index = bands.length - 1;
  while (index > 0 && bands[index]!.from > total) index -= 1;
  return index;
}

/** A reward before rounding, as an exact fraction of minor units. */
function exactReward(
  reward: CompiledReward,
  amountMinor: bigint,
  count: BandCount | undefined,
  share: PricedEvent['share'],
): RewardedAmount['exact'] {
  switch (reward.kind) {
    case 'flat':
    case 'credit':
      // The event's amount is a share already; what the terms give for an event is divided here.
      return { numerator: share ? partOf(share, reward.amountMinor) : reward.amountMinor, denominator: 1n };
    case 'percent':
      return { numerator: amountMinor * reward.numerator, denominator: reward.denominator };
    case 'banded': {
      let numerator = 0n;
      for (const slice of count?.slices ?? []) numerator += slice.amountMinor * slice.band.numerator;
      return { numerator, denominator: reward.denominator };
    }
  }
}

function givenOf(limit: CompiledLimit, month: string, totals: RuleTotals | undefined): bigint {
  if (!totals || limit.name === 'perEvent') return 0n;
  if (limit.name === 'lifetime') return totals.given;
  const period = periodOf(month, limit.period);
  if (totals.givenIn !== period) {
    totals.givenIn = period;
    totals.givenInPeriod = 0n;
  }
  return totals.givenInPeriod;
}

function give(limits: readonly CompiledLimit[], amountMinor: bigint, totals: RuleTotals): void {
  totals.given += amountMinor;
  if (limits.some(({ name }) => name === 'perPeriod')) totals.givenInPeriod += amountMinor;
}
