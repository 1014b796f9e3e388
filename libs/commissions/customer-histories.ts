import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import {
  customersByPartner,
  firstSales,
  type CustomerHistory,
  type CustomersOfPartner,
  type StoredConversion,
} from '../tracking/index.js';
import { mayShareEvents, type PricingContext } from './domain/index.js';
import type { PartnerFacts } from './partner-facts.js';
import { groupedByPartner, partsOfPartners } from './parts-of-partners.js';

/** What a partner's agreements say of which sales count. */
type Counting = Pick<CustomersOfPartner, 'periods' | 'mayShare'>;

/** Of so many partners it is remembered how their sales counted; then the memory begins anew. */
const maxKnownPartners = 20_000;

/** What is asked of the customers of these conversions; `contextOf` gives each partner's facts. */
export function customersAsked(
  conversions: Iterable<StoredConversion>,
  contextOf: (partnerId: string) => PricingContext,
): CustomersOfPartner[] {
  return customersCounted(conversions, (partnerId) => countingOf(contextOf(partnerId)));
}

function customersCounted(
  conversions: Iterable<StoredConversion>,
  counting: (partnerId: string) => Counting,
): CustomersOfPartner[] {
  return [...customersByPartner(conversions)].map(([partnerId, customers]) => {
    return { partnerId, customers: [...customers], ...counting(partnerId) };
  });
}

/** The currency in which a partner's events count, and when; and whether it may have shares of others. */
function countingOf({ versions }: PricingContext): Counting {
  const periods = versions.map(({ fromMs, untilMs, terms }) => ({ fromMs, untilMs, currency: terms.currency }));
  return { periods, mayShare: mayShareEvents(versions) };
}

/** The histories of customers that were asked for before it was known how their partners' sales count. */
export class HistoriesAhead {
  constructor(private readonly asked: ReadonlyMap<string, { counting: Counting; history: Promise<CustomerHistory> }>) {}

  /** The history of these customers, where all were asked for as their partners' sales count in fact; else undefined. */
  covering(partners: readonly CustomersOfPartner[]): Promise<CustomerHistory> | undefined {
    const histories = new Set<Promise<CustomerHistory>>();
    for (const { partnerId, periods, mayShare } of partners) {
      const ahead = this.asked.get(partnerId);
      if (!ahead || !isDeepStrictEqual(ahead.counting, { periods, mayShare })) return undefined;
      histories.add(ahead.history);
    }
    return histories.size === 0 ? undefined : merged([...histories]);
  }
}

async function merged(histories: readonly Promise<CustomerHistory>[]): Promise<CustomerHistory> {
  const all = await Promise.all(histories);
  return { sales: all.flatMap(({ sales }) => sales), mayBeReversed: all.some(({ mayBeReversed }) => mayBeReversed) };
}

/**
 * Asks for customers' histories in one trip to the database with the facts that say which sales count: it supposes that these are
 * as they were when they were read last, and who uses the answer makes sure of it (`HistoriesAhead.covering`).
 */
@Injectable()
export class CustomerHistories {
  private readonly known = new Map<string, Counting>();

  /** Remembers how these partners' sales count. */
  remember(factsOf: ReadonlyMap<string, PartnerFacts>): void {
    for (const [partnerId, { context }] of factsOf) {
      if (this.known.size >= maxKnownPartners) this.known.clear();
      this.known.set(partnerId, countingOf(context));
    }
  }

  /**
   * Sends for the histories of these conversions' customers, in the parts in which they will be priced, of those parts whose
   * partners are all remembered. The partners' money locks must have been asked for before.
   */
  askAhead(tx: Transaction, programId: string, conversions: readonly StoredConversion[]): HistoriesAhead {
    const asked = new Map<string, { counting: Counting; history: Promise<CustomerHistory> }>();
    for (const part of partsOfPartners(groupedByPartner(conversions))) {
      const partnerIds = new Set(part.map(({ partnerId }) => partnerId));
      if ([...partnerIds].some((partnerId) => !this.known.has(partnerId))) continue;
      const partners = customersCounted(part, (partnerId) => this.known.get(partnerId)!);
      const eventIds = part.map(({ event }) => event.id);
      const history = firstSales(tx, programId, partners, eventIds);
      // Where the transaction fails, nobody may be left to hear of it here.
      history.catch(() => undefined);
      for (const { partnerId, periods, mayShare } of partners) {
        asked.set(partnerId, { counting: { periods, mayShare }, history });
      }
    }
    return new HistoriesAhead(asked);
  }
}
