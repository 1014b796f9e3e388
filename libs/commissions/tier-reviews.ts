import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { periodStarts, subtractCalendarDuration } from '../kernel/calendar.js';
import { Clock } from '../kernel/clock.js';
import { toSafeNumber } from '../kernel/money.js';
import { lockPartners } from '../ledger/index.js';
import type { CutOffRun } from '../orchestration/index.js';
import { PartnerTiers } from '../partners/index.js';
import {
  conversionsBetween,
  firstSales,
  saleType,
  type StoredConversion,
  type TimelinePlace,
} from '../tracking/index.js';
import {
  reviewedValue,
  reviewTier,
  tierAt,
  versionAt,
  type AgreementPeriod,
  type PricingContext,
  type ReviewedSale,
  type TierPeriod,
  type TierReview,
} from './domain/index.js';
import { customersAsked } from './customer-histories.js';
import { countingOf, PartnerFactsReader } from './partner-facts.js';
import { placeOf } from './pricing-checkpoints.js';
import { reversalsByEvent, reversalsOf } from './timeline-pricing.js';

/** A review as people see it; plain JSON. */
export interface TierReviewView {
  boundary: string;
  metric: string;
  /** Minor units of the terms' currency, or sales, or customers. */
  value: number;
  /** The tier before it; null where none was recorded. */
  held: string | null;
  earned: string;
  tier: string;
  failedInRow: number;
  termsHash: string;
  recordedAt: string;
}

const pageSize = 2_000;
const partnersPerRead = 500;

/** Reviews partners' tiers at the boundaries that their terms name (terms.md, Pricing 10). */
@Injectable()
export class TierReviews {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly facts: PartnerFactsReader,
    private readonly tiers: PartnerTiers,
  ) {}

  /**
   * Records the reviews of all boundaries before a cut-off that have none. `reprice` is called in the same transaction for a
   * partner whose tier has changed, with the first boundary (epoch milliseconds) from which it is another.
   */
  async run(
    run: CutOffRun,
    reprice: (tx: Transaction, partnerId: string, sinceMs: number) => Promise<void>,
  ): Promise<void> {
    const { programId } = run;
    for (const partnerId of await this.duePartners(run)) {
      await this.database.inTransaction(async (tx) => {
        await lockPartners(tx, programId, [partnerId]);
        const changedAtMs = await this.reviewPartner(tx, partnerId, run);
        if (changedAtMs !== undefined) await reprice(tx, partnerId, changedAtMs);
      });
    }
  }

  /** The reviews of a partner, newest first. */
  async of(partnerId: string): Promise<TierReviewView[]> {
    const rows = await this.database.query<
      Omit<TierReviewView, 'boundary' | 'recordedAt'> & { at: Date; recorded: Date }
    >(
      `select boundary as at, metric, value::float8 as value, held, earned, tier, failed_in_row as "failedInRow",
         terms_hash as "termsHash", recorded_at as recorded
       from tier_reviews where partner_id = $1 order by boundary desc limit 1000`,
      [partnerId],
    );
    return rows.map(({ at, recorded, ...row }) => {
      return { boundary: at.toISOString(), ...row, recordedAt: recorded.toISOString() };
    });
  }

  /** Reviews one partner; from when on its tier is another, where it is. */
  private async reviewPartner(tx: Transaction, partnerId: string, run: CutOffRun): Promise<number | undefined> {
    const { programId, cutOffMs } = run;
    const { context } = (await this.facts.read(tx, programId, [partnerId])).get(partnerId)!;
    const last = await rowOf<{ boundary: Date; failed_in_row: number }>(
      tx,
      `select boundary, failed_in_row from tier_reviews where partner_id = $1 order by boundary desc limit 1`,
      [partnerId],
    );
    const tiers: TierPeriod[] = [...context.tiers];
    let failedBefore = last?.failed_in_row ?? 0;
    let changedAtMs: number | undefined;
    for (const { version, boundary } of boundariesOf(context, last?.boundary.getTime(), cutOffMs)) {
      const held = tierAt(tiers, boundary.getTime());
      const value = await this.valueAt(tx, { programId, partnerId, context, version, boundary });
      const review = reviewTier(value, version.terms.tiers!, { current: held, failedBefore });
      await this.record(tx, { programId, partnerId, version, boundary, value, held, review });
      failedBefore = review.failedInRow;
      if (review.tier === (held ?? version.terms.firstTier)) continue;
      const reason = `review at ${boundary.toISOString()}`;
      const partner = { id: partnerId, program_id: programId };
      const actor = { actorId: run.actorId, requestId: run.requestId };
      await this.tiers.record(tx, partner, { name: review.tier, from: boundary, reason }, actor);
      tiers.push({ fromMs: boundary.getTime(), tier: review.tier });
      changedAtMs ??= boundary.getTime();
    }
    return changedAtMs;
  }

  /** The metric of a review: over the sales of its lookback, page by page. */
  private async valueAt(
    tx: Transaction,
    review: {
      programId: string;
      partnerId: string;
      context: PricingContext;
      version: AgreementPeriod;
      boundary: Date;
    },
  ): Promise<bigint> {
    const { programId, partnerId, context, version, boundary } = review;
    const { tiers, timeZone, currency } = version.terms;
    const from = subtractCalendarDuration(boundary, tiers!.lookback, timeZone);
    const counting = { metric: tiers!.metric, boundaryMs: boundary.getTime(), currency, rates: context.rates };
    let value = 0n;
    for (let after: TimelinePlace | undefined; ;) {
      const page = await conversionsBetween(tx, [partnerId], { from, until: boundary, after, limit: pageSize });
      for (const sale of await reviewedSales(tx, programId, page, context)) value += reviewedValue(sale, counting);
      const end = page.at(-1);
      if (!end || page.length < pageSize) return value;
      after = placeOf(end);
    }
  }

  private async record(
    tx: Transaction,
    facts: {
      programId: string;
      partnerId: string;
      version: AgreementPeriod;
      boundary: Date;
      value: bigint;
      held: string | undefined;
      review: TierReview;
    },
  ): Promise<void> {
    const { programId, partnerId, version, boundary, value, held, review } = facts;
    await tx.query(
      `insert into tier_reviews (program_id, partner_id, boundary, terms_hash, metric, value, held, earned, tier, failed_in_row,
         recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ...[programId, partnerId, boundary, version.terms.hash, version.terms.tiers!.metric, toSafeNumber(value)],
        ...[held ?? null, review.earned, review.tier, review.failedInRow, this.clock.now()],
      ],
    );
  }

  /** The partners for whom a boundary has come that has no review: nobody else is locked. */
  private async duePartners({ programId, cutOffMs }: CutOffRun): Promise<string[]> {
    const { manager } = this.database.dataSource;
    const partnerIds = await this.facts.partnersWith(manager, programId, ({ tiers }) => tiers !== undefined);
    const due: string[] = [];
    for (let start = 0; start < partnerIds.length; start += partnersPerRead) {
      const chunk = partnerIds.slice(start, start + partnersPerRead);
      const factsOf = await this.facts.read(manager, programId, chunk);
      const rows = await rowsOf<{ partner_id: string; last: Date }>(
        manager,
        `select partner_id, max(boundary) as last from tier_reviews where partner_id = any($1) group by partner_id`,
        [chunk],
      );
      const lastOf = new Map(rows.map(({ partner_id, last }) => [partner_id, last.getTime()]));
      for (const [partnerId, { context }] of factsOf) {
        if (boundariesOf(context, lastOf.get(partnerId), cutOffMs).length > 0) due.push(partnerId);
      }
    }
    return due;
  }
}

/** The boundaries of each version with tiers in the time in which it is in force, after the last one and before a cut-off. */
function boundariesOf(
  { versions }: PricingContext,
  lastMs: number | undefined,
  cutOffMs: number,
): { version: AgreementPeriod; boundary: Date }[] {
  return versions.flatMap((version) => {
    const { tiers, timeZone } = version.terms;
    if (!tiers) return [];
    const after = new Date(Math.max(version.fromMs, lastMs ?? version.fromMs));
    const before = new Date(Math.min(version.untilMs ?? cutOffMs, cutOffMs));
    return [...periodStarts(tiers.requalify, timeZone, { after, before })].flatMap((boundary) =>
      versionAt(versions, boundary.getTime()) === version ? [{ version, boundary }] : [],
    );
  });
}

/** The sales of a page, with what was taken back of each. */
async function reviewedSales(
  tx: Transaction,
  programId: string,
  page: readonly StoredConversion[],
  context: PricingContext,
): Promise<ReviewedSale[]> {
  const sales = page.filter(({ event }) => event.type === saleType);
  const reversals = await reversalsByEvent(
    tx,
    programId,
    sales.map(({ event }) => event.id),
  );
  const asked = customersAsked(sales, () => countingOf(context));
  const firsts = await firstSales(tx, programId, asked, []);
  const firstIds = new Set(firsts.sales.map(({ eventId }) => eventId));
  return sales.map(({ event, partnerId }) => ({
    ...{ occurredAtMs: event.occurredAt.getTime(), amountMinor: event.amountMinor, currency: event.currency },
    share: event.share,
    reversals: reversalsOf(reversals, { event, partnerId }),
    isFirstOfCustomer: firstIds.has(event.id),
  }));
}
