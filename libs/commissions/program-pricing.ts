import type { Terms } from '../agreements/domain/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { conversionsBetween, type StoredConversion, type TimelinePlace } from '../tracking/index.js';
import { CostTally } from './domain/simulated-cost.js';
import {
  agreementPeriods,
  type AgreementPeriod,
  type CompiledTerms,
  countsEvents,
  noTotals,
  type RateTable,
  type SimulatedCost,
  type TierPeriod,
  type Totals,
} from './domain/index.js';
import { partnerFacts, type PartnerFacts } from './partner-facts.js';
import { startOfTime } from './pricing-checkpoints.js';
import { payableTerms, type PayableTerms } from './terms-cache.js';
import { priceNext } from './timeline-pricing.js';

/** Which events are priced: those of a program, or of one partner of it, in a half-open stretch of time. */
export interface PricedStretch {
  programId: string;
  partnerId?: string | undefined;
  from: Date;
  until: Date;
}

export interface StretchCost {
  partners: number;
  conversions: number;
  /** What each of the terms would have given, in the order in which they were asked for. */
  costs: SimulatedCost[];
  /** What these events and their refunds and voids have earned in fact; minor units of the program's currency. */
  bookedMinor: bigint;
}

const partnersPerPage = 100;
const conversionsPerPage = 2_000;

/**
 * Prices stored events under other terms, as if they had always been in force, with the very function that prices them
 * live: customers' histories from before the stretch count, tiers and rates are the recorded ones, and refunds and voids
 * that are known by now are taken back. Bonuses that fall due by the calendar are
 * not among them: see `addCalendarBonuses`. It goes page by page, so that what it holds in memory does not grow with the events; `signal` ends it between two pages.
 */
export async function priceStretch(
  database: Database,
  stretch: PricedStretch,
  terms: readonly { terms: Terms; hash: string }[],
  rates: RateTable,
  signal: AbortSignal,
): Promise<StretchCost> {
  const priced = terms.map((each) => new SimulatedTimelines(payableTerms(each.terms, each.hash), rates));
  // Totals are counted from a partner's first event on, customers' histories are read.
  const from = priced.some(({ countsEvents }) => countsEvents) ? startOfTime : stretch.from;
  const result = { partners: 0, conversions: 0, bookedMinor: 0n };
  const pages = pagesOf(database, { ...stretch, from }, stretch.from, (count) => (result.partners += count));
  for await (const { conversions, tiers } of pages) {
    signal.throwIfAborted();
    const tx = database.dataSource.manager;
    const inside = new Set(conversions.filter(({ event }) => event.occurredAt >= stretch.from));
    let eventIds: string[] = [];
    for (const each of priced) eventIds = await each.price(tx, stretch.programId, { conversions, inside, tiers });
    result.conversions += inside.size;
    const partnerIds = [...new Set(conversions.map(({ partnerId }) => partnerId))];
    result.bookedMinor += await bookedFor(tx, stretch.programId, partnerIds, eventIds);
  }
  return { ...result, costs: priced.map(({ tally }) => tally.cost) };
}

/** What one terms document gives, page by page; what it counts goes on from one page to the next. */
class SimulatedTimelines {
  readonly tally = new CostTally();
  readonly countsEvents: boolean;
  /** Of the partners of the pages so far that may have more events. */
  private totalsOf = new Map<string, Totals>();

  constructor(
    private readonly terms: PayableTerms,
    private readonly rates: RateTable,
  ) {
    this.countsEvents = countsEvents(terms.compiled);
  }

  /** Prices a page and counts the conversions that are `inside`; the ids of these and of their refunds and voids. */
  async price(
    tx: Transaction,
    programId: string,
    page: {
      conversions: readonly StoredConversion[];
      inside: ReadonlySet<StoredConversion>;
      tiers: ReadonlyMap<string, TierPeriod[]>;
    },
  ): Promise<string[]> {
    const partnerIds = new Set(page.conversions.map(({ partnerId }) => partnerId));
    this.totalsOf = new Map([...partnerIds].map((id) => [id, this.totalsOf.get(id) ?? noTotals()]));
    const factsOf = new Map([...partnerIds].map((id) => [id, this.factsFor(page.tiers.get(id) ?? [])]));
    const request = { programId, conversions: page.conversions, factsOf, totalsOf: this.totalsOf };
    const eventIds: string[] = [];
    for (const { stored, outcome, lines, reversals } of await priceNext(tx, request)) {
      if (!page.inside.has(stored)) continue;
      lines.forEach((line) => this.tally.line(line));
      this.tally.noLine(outcome.reason);
      reversals.forEach((reversal) => this.tally.noLine(reversal.outcome.reason));
      eventIds.push(stored.event.id, ...reversals.map(({ reversal }) => reversal.id));
    }
    return eventIds;
  }

  private factsFor(tiers: readonly TierPeriod[]): PartnerFacts {
    const { compiled } = this.terms;
    const versions = alwaysInForce(compiled);
    return partnerFacts({ versions, tiers, rates: this.rates }, new Map([[compiled.hash, this.terms]]));
  }
}

/** Terms as if they had always been in force. */
export function alwaysInForce(terms: CompiledTerms): AgreementPeriod[] {
  return agreementPeriods([{ fromMs: startOfTime.getTime(), terms }]);
}

/** The ids of a program's partners, or of the one that is named, in their order and some at a time. */
export async function* partnerPages(
  tx: Transaction,
  { programId, partnerId }: Pick<PricedStretch, 'programId' | 'partnerId'>,
): AsyncGenerator<string[]> {
  for (let last = ''; ;) {
    const rows = await rowsOf<{ id: string }>(
      tx,
      `select id from partners where program_id = $1 and id > $2 and ($3::text is null or id = $3) order by id limit $4`,
      [programId, last, partnerId ?? null, partnersPerPage],
    );
    const end = rows.at(-1);
    if (end) yield rows.map(({ id }) => id);
    if (!end || rows.length < partnersPerPage) return;
    last = end.id;
  }
}

/** The conversions of the stretch, partner by partner in the order of time, with the partners' recorded tiers. */
async function* pagesOf(
  database: Database,
  { programId, partnerId, from, until }: PricedStretch,
  countedFrom: Date,
  onPartners: (count: number) => void,
): AsyncGenerator<{ conversions: StoredConversion[]; tiers: Map<string, TierPeriod[]> }> {
  const tx = database.dataSource.manager;
  for await (const ids of partnerPages(tx, { programId, partnerId })) {
    const tiers = await tiersOf(tx, ids);
    const seen = new Set<string>();
    for (let after: TimelinePlace | undefined; ;) {
      const conversions = await conversionsBetween(tx, ids, { from, until, after, limit: conversionsPerPage });
      conversions.forEach(({ partnerId: id, event }) => event.occurredAt >= countedFrom && seen.add(id));
      if (conversions.length > 0) yield { conversions, tiers };
      const end = conversions.at(-1);
      if (!end || conversions.length < conversionsPerPage) break;
      after = { partnerId: end.partnerId, occurredAt: end.event.occurredAt, id: end.event.id };
    }
    onPartners(seen.size);
  }
}

async function tiersOf(tx: Transaction, partnerIds: readonly string[]): Promise<Map<string, TierPeriod[]>> {
  const rows = await rowsOf<{ partner_id: string; from_at: Date; tier: string }>(
    tx,
    `select partner_id, from_at, tier from partner_tiers where partner_id = any($1) order by partner_id, from_at`,
    [partnerIds],
  );
  const tiers = new Map<string, TierPeriod[]>();
  for (const { partner_id: id, from_at: fromAt, tier } of rows) {
    tiers.set(id, [...(tiers.get(id) ?? []), { fromMs: fromAt.getTime(), tier }]);
  }
  return tiers;
}

/** What these partners' lines of events come to; other partners may have shares of the same events. */
async function bookedFor(
  tx: Transaction,
  programId: string,
  partnerIds: readonly string[],
  eventIds: readonly string[],
): Promise<bigint> {
  const [row] = await rowsOf<{ sum: string }>(
    tx,
    `select coalesce(sum(amount_minor), 0)::text as sum from commission_lines
     where program_id = $1 and partner_id = any($2) and event_id = any($3) and (kind <> 'bonus' or step <> 0)`,
    [programId, partnerIds, eventIds],
  );
  return BigInt(row?.sum ?? '0');
}
