import { Injectable } from '@nestjs/common';
import { preparedRows, rowsOf, type Transaction } from '../database/index.js';
import { groupBy } from '../kernel/group-by.js';
import type { CustomersOfPartner } from '../tracking/index.js';
import {
  agreementPeriods,
  countsEvents,
  mayShareEvents,
  type CompiledTerms,
  type InForce,
  type PricingContext,
  type TierPeriod,
} from './domain/index.js';
import { ExchangeRates } from './exchange-rates.js';
import { TermsCache, type PayableTerms } from './terms-cache.js';

/** What a partner's agreements say of which sales count. */
export type Counting = Pick<CustomersOfPartner, 'periods' | 'mayShare'>;

/** The currency in which a partner's events count, and when; and whether it may have shares of others. */
export function countingOf({ versions }: Pick<PricingContext, 'versions'>): Counting {
  const periods = versions.map(({ fromMs, untilMs, terms }) => ({ fromMs, untilMs, currency: terms.currency }));
  return { periods, mayShare: mayShareEvents(versions) };
}

/** What pricing takes of one partner beside its events. */
export interface PartnerFacts {
  readonly context: PricingContext;
  readonly counting: Counting;
  /** Whether what an event earns may depend on what was counted before it, in any of the partner's versions. */
  readonly countsEvents: boolean;
  /** When a line that these terms gave may vest. */
  vestAt(line: { readonly termsHash: string; readonly occurredAt: Date }): Date;
}

/** The facts of a partner with this context, whose versions have no other terms than these. */
export function partnerFacts(context: PricingContext, termsByHash: ReadonlyMap<string, PayableTerms>): PartnerFacts {
  return {
    context,
    counting: countingOf(context),
    countsEvents: context.versions.some(({ terms }) => countsEvents(terms)),
    vestAt: ({ termsHash, occurredAt }) => {
      const terms = termsByHash.get(termsHash);
      if (!terms) throw new Error(`the terms ${termsHash} were not read`);
      return terms.vestAt(occurredAt);
    },
  };
}

/** What was read of a partner; throws where nothing was, which is a defect of the caller. */
export function factsFor(factsOf: ReadonlyMap<string, PartnerFacts>, partnerId: string): PartnerFacts {
  const facts = factsOf.get(partnerId);
  if (!facts) throw new Error(`the facts of partner ${partnerId} were not read`);
  return facts;
}

interface VersionRow {
  partner_id: string;
  from_at: Date;
  tier: null;
  id: string;
  terms_hash: string;
  until_at: Date | null;
  newest_rate_id: string;
}

interface TierRow {
  partner_id: string;
  from_at: Date;
  tier: string;
  newest_rate_id: string;
}

/**
 * Versions and tiers as rows of one statement, which tells too whether there are new rates: every report of an event pays
 * for each time that the database is asked.
 */
const factsQuery = `
  select facts.*, (select coalesce(max(r.id), 0)::text from exchange_rates r where r.program_id = $2) as newest_rate_id
  from (select partner_id, lower(in_force) as from_at, null as tier, id, terms_hash, upper(in_force) as until_at
        from agreement_versions where partner_id = any($1) and not isempty(in_force)
        union all
        select partner_id, from_at, tier, null, null, null from partner_tiers where partner_id = any($1)) facts
  order by partner_id, from_at`;

/** Reads what was agreed with partners and which tier they had, when. */
@Injectable()
export class PartnerFactsReader {
  constructor(
    private readonly terms: TermsCache,
    private readonly rates: ExchangeRates,
  ) {}

  /** The partners of a program of whom some version has such terms, in the order of their ids. */
  async partnersWith(tx: Transaction, programId: string, wanted: (terms: CompiledTerms) => boolean): Promise<string[]> {
    const rows = await rowsOf<{ partner_id: string; terms_hash: string }>(
      tx,
      `select distinct partner_id, terms_hash from agreement_versions
       where program_id = $1 and not isempty(in_force) order by partner_id`,
      [programId],
    );
    const hashes = rows.map(({ terms_hash }) => terms_hash);
    const terms = await this.terms.get(tx, programId, hashes);
    const found = rows.filter(({ terms_hash }) => {
      const known = terms.get(terms_hash);
      return known !== undefined && wanted(known.compiled);
    });
    return [...new Set(found.map(({ partner_id }) => partner_id))];
  }

  /** The facts of each of these partners, in a constant number of statements. */
  async read(tx: Transaction, programId: string, partnerIds: readonly string[]): Promise<Map<string, PartnerFacts>> {
    const rows = await preparedRows<VersionRow | TierRow>(tx, factsQuery, [partnerIds, programId]);
    const versions = rows.filter((row): row is VersionRow => row.tier === null);
    const tiers = rows.filter((row): row is TierRow => row.tier !== null);
    const hashes = versions.map(({ terms_hash }) => terms_hash);
    const rates = await this.rates.tableOf(tx, programId, rows[0]?.newest_rate_id);
    const termsByHash = await this.terms.get(tx, programId, hashes);
    const versionsOf = groupBy(versions, (row) => row.partner_id);
    const tiersOf = groupBy(tiers, (row) => row.partner_id);
    return new Map(
      partnerIds.map((partnerId) => {
        const own = versionsOf.get(partnerId) ?? [];
        const context = {
          versions: agreementPeriods(own.map((row) => inForce(row, termsByHash))),
          tiers: (tiersOf.get(partnerId) ?? []).map(tierPeriod),
          rates,
        };
        return [partnerId, partnerFacts(context, termsByHash)] as const;
      }),
    );
  }
}

function inForce(row: VersionRow, termsByHash: ReadonlyMap<string, PayableTerms>): InForce {
  const terms = termsByHash.get(row.terms_hash);
  if (!terms) throw new Error(`agreement version ${row.id} names terms that are not stored`);
  return {
    fromMs: row.from_at.getTime(),
    untilMs: row.until_at?.getTime(),
    terms: terms.compiled,
    versionId: row.id,
  };
}

function tierPeriod({ from_at, tier }: TierRow): TierPeriod {
  return { fromMs: from_at.getTime(), tier };
}
