import type { MilestoneTotals, RuleTotals, TimelineState } from './timeline-state.js';

/** What pricing has counted, apart from customers' histories. */
export type Totals = Pick<TimelineState, 'rules' | 'milestones'>;

/** The same as plain JSON: numbers of minor units and events as decimal texts. */
export interface StoredTotals {
  readonly rules: Readonly<Record<string, Readonly<Record<keyof RuleTotals, string>>>>;
  readonly milestones: Readonly<
    Record<string, { countedIn: string; counted: string; reached: readonly string[]; customers: readonly string[] }>
  >;
}

/** Totals before a partner's first event. */
export function noTotals(): Totals {
  return { rules: new Map(), milestones: new Map() };
}

/** Totals as they are kept until the partner's next event. */
export function storeTotals({ rules, milestones }: Totals): StoredTotals {
  return {
    rules: Object.fromEntries([...rules].map(([key, totals]) => [key, storedRule(totals)])),
    milestones: Object.fromEntries([...milestones].map(([key, totals]) => [key, storedMilestone(totals)])),
  };
}

/** The totals that `storeTotals` was given. */
export function restoreTotals({ rules, milestones }: StoredTotals): Totals {
  return {
    rules: new Map(Object.entries(rules).map(([key, totals]) => [key, restoredRule(totals)])),
    milestones: new Map(
      Object.entries(milestones).map(([key, { countedIn, counted, reached, customers }]) => [
        key,
        { countedIn, counted: BigInt(counted), reached: new Set(reached.map(BigInt)), customers: new Set(customers) },
      ]),
    ),
  };
}

function storedRule({
  countedIn,
  counted,
  givenIn,
  givenInPeriod,
  given,
}: RuleTotals): Record<keyof RuleTotals, string> {
  return {
    ...{ countedIn, counted: counted.toString(), givenIn },
    ...{ givenInPeriod: givenInPeriod.toString(), given: given.toString() },
  };
}

function restoredRule(stored: Readonly<Record<keyof RuleTotals, string>>): RuleTotals {
  const { countedIn, counted, givenIn, givenInPeriod, given } = stored;
  return {
    ...{ countedIn, counted: BigInt(counted), givenIn },
    ...{ givenInPeriod: BigInt(givenInPeriod), given: BigInt(given) },
  };
}

function storedMilestone({ countedIn, counted, reached, customers }: MilestoneTotals) {
  const steps = [...reached].map(String);
  return { countedIn, counted: counted.toString(), reached: steps, customers: [...customers] };
}
