import type { Terms } from '../agreements/domain/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { conversionsBetween, type StoredConversion, type TimelinePlace } from '../tracking/index.js';
import { CostTally } from './domain/simulated-cost.js';
import { agreementPeriods, RateTable, type SimulatedCost, type TierPeriod } from './domain/index.js';
import type { PartnerFacts } from './partner-facts.js';
import { payableTerms } from './terms-cache.js';
import { priceConversions } from './timeline-pricing.js';

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
/** Earlier than any event: other terms are simulated as if they had always been in force. */
const sinceEverMs = Date.parse('0001-01-01T00:00:00Z');

/**
 * Prices stored events under other terms with the very function that prices them live: customers' histories from before
 * the stretch count, tiers are the recorded ones, and refunds and voids that are known by now are taken back. It goes
 * page by page, so that what it holds in memory does not grow with the events; `signal` ends it between two pages.
 */
export async function priceStretch(
  database: Database,
  stretch: PricedStretch,
  terms: readonly { terms: Terms; hash: string }[],
  signal: AbortSignal,
): Promise<StretchCost> {
  const payable = terms.map((each) => payableTerms(each.terms, each.hash));
  const tallies = payable.map(() => new CostTally());
  const result = { partners: 0, conversions: 0, bookedMinor: 0n };
  for await (const { conversions, tiers } of pagesOf(database, stretch, (count) => (result.partners += count))) {
    signal.throwIfAborted();
    const tx = database.dataSource.manager;
    let eventIds: string[] = [];
    for (const [index, each] of payable.entries()) {
      const context = (partnerId: string): PartnerFacts => ({
        context: {
          versions: agreementPeriods([{ fromMs: sinceEverMs, terms: each.compiled }]),
          tiers: tiers.get(partnerId) ?? [],
          rates: new RateTable(),
        },
        termsByHash: new Map([[each.compiled.hash, each]]),
      });
      const factsOf = new Map(conversions.map(({ partnerId }) => [partnerId, context(partnerId)]));
      const request = { programId: stretch.programId, conversions, newIds: new Set<string>(), factsOf };
      const priced = await priceConversions(tx, request);
      eventIds = [];
      for (const { stored, outcome, lines, reversals } of priced.values()) {
        lines.forEach((line) => tallies[index]?.line(line));
        tallies[index]?.noLine(outcome.reason);
        reversals.forEach((reversal) => tallies[index]?.noLine(reversal.outcome.reason));
        eventIds.push(stored.event.id, ...reversals.map(({ reversal }) => reversal.id));
      }
    }
    result.conversions += conversions.length;
    result.bookedMinor += await bookedFor(tx, stretch.programId, eventIds);
  }
  return { ...result, costs: tallies.map(({ cost }) => cost) };
}

/** The conversions of the stretch, partner by partner in the order of time, with the partners' recorded tiers. */
async function* pagesOf(
  database: Database,
  { programId, partnerId, from, until }: PricedStretch,
  onPartners: (count: number) => void,
): AsyncGenerator<{ conversions: StoredConversion[]; tiers: Map<string, TierPeriod[]> }> {
  const tx = database.dataSource.manager;
  for (let last = ''; ;) {
    const partners = await rowsOf<{ id: string }>(
      tx,
      `select id from partners where program_id = $1 and id > $2 and ($3::text is null or id = $3) order by id limit $4`,
      [programId, last, partnerId ?? null, partnersPerPage],
    );
    if (partners.length === 0) return;
    const ids = partners.map(({ id }) => id);
    const tiers = await tiersOf(tx, ids);
    const seen = new Set<string>();
    for (let after: TimelinePlace | undefined; ;) {
      const conversions = await conversionsBetween(tx, ids, { from, until, after, limit: conversionsPerPage });
      conversions.forEach((each) => seen.add(each.partnerId));
      if (conversions.length > 0) yield { conversions, tiers };
      const end = conversions.at(-1);
      if (!end || conversions.length < conversionsPerPage) break;
      after = { partnerId: end.partnerId, occurredAt: end.event.occurredAt, id: end.event.id };
    }
    onPartners(seen.size);
    last = ids.at(-1) ?? last;
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

async function bookedFor(tx: Transaction, programId: string, eventIds: readonly string[]): Promise<bigint> {
  const [row] = await rowsOf<{ sum: string }>(
    tx,
    `select coalesce(sum(amount_minor), 0)::text as sum from commission_lines where program_id = $1 and event_id = any($2)`,
    [programId, eventIds],
  );
  return BigInt(row?.sum ?? '0');
}
