import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import { keepNewest } from '../kernel/keep-newest.js';
import {
  customersByPartner,
  firstSales,
  type CustomerHistory,
  type CustomersOfPartner,
  type StoredConversion,
} from '../tracking/index.js';
import type { Counting, PartnerFacts } from './partner-facts.js';
import { groupedByPartner, partsOfPartners } from './parts-of-partners.js';

/** Of so many partners it is remembered how their sales counted: of those that were read last. */
const maxKnownPartners = 20_000;

/** What is asked of the customers of these conversions; `countingOf` tells how each partner's sales count. */
export function customersAsked(
  conversions: Iterable<StoredConversion>,
  countingOf: (partnerId: string) => Counting,
): CustomersOfPartner[] {
  return [...customersByPartner(conversions)].map(([partnerId, customers]) => {
    return { partnerId, customers: [...customers], ...countingOf(partnerId) };
  });
}

/** What was asked of a partner's customers, supposing that its sales count so. */
interface Asked {
  readonly counting: Counting;
  readonly history: Promise<CustomerHistory>;
}

/** The histories of customers that were asked for before it was known how their partners' sales count. */
export class HistoriesAhead {
  constructor(private readonly asked: ReadonlyMap<string, Asked>) {}

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
    for (const [partnerId, { counting }] of factsOf) keepNewest(this.known, partnerId, counting, maxKnownPartners);
  }

  /**
   * Sends for the histories of these conversions' customers, in the parts in which they will be priced, of those parts whose
   * partners are all remembered. The partners' money locks must have been asked for before.
   */
  askAhead(tx: Transaction, programId: string, conversions: readonly StoredConversion[]): HistoriesAhead {
    const asked = new Map<string, Asked>();
    for (const part of partsOfPartners(groupedByPartner(conversions))) {
      if (part.some(({ partnerId }) => !this.known.has(partnerId))) continue;
      const partners = customersAsked(part, (partnerId) => this.known.get(partnerId)!);
      const eventIds = part.map(({ event }) => event.id);
      const history = firstSales(tx, programId, partners, eventIds);
      // Where the transaction fails, nobody may be left to hear of it here.
      history.catch(() => undefined);
      for (const { partnerId } of partners) asked.set(partnerId, { counting: this.known.get(partnerId)!, history });
    }
    return new HistoriesAhead(asked);
  }
}
