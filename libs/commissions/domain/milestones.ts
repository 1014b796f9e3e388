import { saleType } from '../../tracking/domain/index.js';
import type { CompiledMilestone } from './compile-bonuses.js';
import type { AgreementPeriod } from './agreement-periods.js';
import { periodOf } from './months.js';
import type { EventFacts, PricedEvent } from './priced-event.js';
import { milestoneTotals, type MilestoneTotals, type TimelineState } from './timeline-state.js';

/** A step of a milestone that an event has reached: one line. */
export interface ReachedStep {
  readonly bonus: CompiledMilestone;
  /** How many events, minor units or customers that takes; with the event and the bonus, the key of the line. */
  readonly at: bigint;
  /** Minor units of the terms' currency; never 0. */
  readonly amountMinor: bigint;
}

/** What a milestone has counted once an event is counted. */
export interface MilestoneCount {
  readonly bonus: CompiledMilestone;
  readonly period: string;
  readonly before: bigint;
  readonly after: bigint;
}

const none: readonly ReachedStep[] = [];

/**
 * The steps that an event reaches in the milestones of the version in force (terms.md, Pricing 9), and moves their totals over
 * it: also of an event that no rule prices. `told` is given what each milestone has counted.
 */
export function reachMilestones<Customer>(
  event: PricedEvent<Customer>,
  facts: EventFacts,
  { terms, totalsKeys }: AgreementPeriod,
  state: Pick<TimelineState<Customer>, 'milestones'>,
  told?: (count: MilestoneCount) => void,
): readonly ReachedStep[] {
  const bonuses = terms.bonuses.milestones.get(event.type);
  if (!bonuses) return none;
  // Most events reach nothing, and there are millions of them.
  let reached: ReachedStep[] | undefined;
  const month = terms.monthOf(event.occurredAtMs);
  for (const bonus of bonuses) {
    const totals = milestoneTotals(state, totalsKeys.get(bonus.id)!);
    const period = periodOf(month, bonus.period);
    if (totals.countedIn !== period) beginPeriod(totals, period);
    const before = totals.counted;
    totals.counted += counts(bonus, event, facts, totals);
    told?.({ bonus, period, before, after: totals.counted });
    for (const { at, amountMinor } of bonus.steps) {
      if (at > totals.counted) break;
      if (totals.reached.has(at)) continue;
      totals.reached.add(at);
      if (amountMinor > 0n) (reached ??= []).push({ bonus, at, amountMinor });
    }
  }
  return reached ?? none;
}

function beginPeriod(totals: MilestoneTotals<unknown>, period: string): void {
  totals.countedIn = period;
  totals.counted = 0n;
  totals.reached.clear();
  totals.customers.clear();
}

/** What one event adds to the metric. */
function counts<Customer>(
  { metric }: CompiledMilestone,
  { type, customer }: PricedEvent<Customer>,
  { amountMinor, earlierSaleMs }: EventFacts,
  { customers }: MilestoneTotals<Customer>,
): bigint {
  if (metric === 'count') return 1n;
  if (metric === 'amount') return amountMinor;
  if (customer === undefined || earlierSaleMs !== undefined) return 0n;
  // After its first sale a customer is no longer new, so a sale needs no memory of who was counted.
  if (type === saleType) return 1n;
  if (customers.has(customer)) return 0n;
  customers.add(customer);
  return 1n;
}
