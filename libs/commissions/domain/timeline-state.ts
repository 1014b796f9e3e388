/** Where the first sale of each customer with one partner is remembered: a `Map` will do. Epoch milliseconds. */
export interface FirstSales<Customer> {
  get(customer: Customer): number | undefined;
  set(customer: Customer, atMs: number): unknown;
}

/** What a rule has counted, and what its lines gave. Minor units of the terms' currency, refunds and voids not deducted. */
export interface RuleTotals {
  /** The period that `counted` speaks of; events come in the order of time, so an earlier one never comes back. */
  countedIn: string;
  /** Minor units, or events, that a banded rule has matched in that period. */
  counted: bigint;
  /** The period that `givenInPeriod` speaks of. */
  givenIn: string;
  givenInPeriod: bigint;
  given: bigint;
}

/** What a milestone has counted in its period, and the steps that were reached in it. */
export interface MilestoneTotals<Customer = string> {
  countedIn: string;
  counted: bigint;
  reached: Set<bigint>;
  /** Who was counted as new; only where a customer can be new twice, that is for other events than sales. */
  customers: Set<Customer>;
}

/**
 * What pricing remembers from one of a partner's events to the next; it is changed in place. With it, pricing goes on where it
 * stopped: events in two parts give what they give in one.
 */
export interface TimelineState<Customer = string> {
  readonly firstSales: FirstSales<Customer>;
  /** By `AgreementPeriod.totalsKeys`. */
  readonly rules: Map<string, RuleTotals>;
  readonly milestones: Map<string, MilestoneTotals<Customer>>;
}

/** A state before the partner's first event. */
export function startOfTimeline(): TimelineState {
  return timelineOver(new Map<string, number>());
}

/** A state before the first event of a partner whose customers' histories are kept elsewhere. */
export function timelineOver<Customer>(firstSales: FirstSales<Customer>): TimelineState<Customer> {
  return { firstSales, rules: new Map(), milestones: new Map() };
}

/** Another state with the same totals, over other histories of customers: what moves one leaves the other. */
export function branchOff<Customer>(
  { rules, milestones }: TimelineState<Customer>,
  firstSales: FirstSales<Customer>,
): TimelineState<Customer> {
  return {
    firstSales,
    rules: new Map([...rules].map(([key, totals]) => [key, { ...totals }])),
    milestones: new Map(
      [...milestones].map(([key, totals]) => [
        key,
        { ...totals, reached: new Set(totals.reached), customers: new Set(totals.customers) },
      ]),
    ),
  };
}

/** The totals of a rule under a key, none yet where there are none. */
export function ruleTotals({ rules }: Pick<TimelineState, 'rules'>, key: string): RuleTotals {
  let totals = rules.get(key);
  if (!totals) rules.set(key, (totals = { countedIn: '', counted: 0n, givenIn: '', givenInPeriod: 0n, given: 0n }));
  return totals;
}

/** The totals of a milestone under a key, none yet where there are none. */
export function milestoneTotals<Customer>(
  { milestones }: Pick<TimelineState<Customer>, 'milestones'>,
  key: string,
): MilestoneTotals<Customer> {
  let totals = milestones.get(key);
  if (!totals) milestones.set(key, (totals = { countedIn: '', counted: 0n, reached: new Set(), customers: new Set() }));
  return totals;
}
