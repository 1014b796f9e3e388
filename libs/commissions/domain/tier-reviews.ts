import type { Tiers } from '../../agreements/domain/index.js';
import { netBefore, takenBackBefore, type ValuedSale } from './bonuses.js';
import type { RateTable } from './rate-table.js';

/** A sale within the lookback of a review. */
export interface ReviewedSale extends ValuedSale {
  /** Whether it is the first sale of its customer with the partner. */
  readonly isFirstOfCustomer: boolean;
}

/** What a review finds and decides. */
export interface TierReview {
  /** The tier that the metric picks. */
  readonly earned: string;
  /** The tier that the partner holds from the boundary on. */
  readonly tier: string;
  /** How many reviews in a row the partner has failed with this one; 0 once it moves or holds its tier. */
  readonly failedInRow: number;
}

/**
 * What a sale adds to the metric of a review at a boundary, less the refunds and voids that are dated before it (terms.md,
 * Pricing 10): minor units of the terms' currency, or 1. A sale counts as long as it is not taken back whole; in another
 * currency as one net amount at the rate of its day, and without a rate nowhere.
 */
export function reviewedValue(
  sale: ReviewedSale,
  {
    metric,
    boundaryMs,
    currency,
    rates,
  }: { metric: Tiers['metric']; boundaryMs: number; currency: string; rates: RateTable },
): bigint {
  const convert = (amountMinor: bigint) => rates.convert(amountMinor, sale.currency, currency, sale.occurredAtMs);
  const gross = convert(sale.amountMinor);
  if (gross === undefined || gross > Number.MAX_SAFE_INTEGER) return 0n;
  if (metric === 'amount') return convert(netBefore(sale, boundaryMs)) ?? 0n;
  if (metric === 'new_customers' && !sale.isFirstOfCustomer) return 0n;
  const { voided, refundedMinor } = takenBackBefore(sale, boundaryMs);
  const wholeMinor = sale.share?.wholeMinor ?? sale.amountMinor;
  const isTakenBack = voided || (wholeMinor > 0n && refundedMinor === wholeMinor);
  return isTakenBack ? 0n : 1n;
}

/**
 * The review of a partner that holds `current`: up at once, down only at the failed review number `graceReviews` + 1 in a row
 * (terms.md, Pricing 10), and then to the tier that the metric picks. A tier that the list no longer has is left at once.
 */
export function reviewTier(
  value: bigint,
  { list, graceReviews }: Tiers,
  { current, failedBefore }: { current: string | undefined; failedBefore: number },
): TierReview {
  let reached = 0;
  list.forEach(({ from }, index) => {
    if (BigInt(from) <= value) reached = index;
  });
  const earned = list[reached]!.name;
  const held = current === undefined ? 0 : list.findIndex(({ name }) => name === current);
  if (held === -1 || reached > held) return { earned, tier: earned, failedInRow: 0 };
  if (reached === held) return { earned, tier: earned, failedInRow: 0 };
  const failedInRow = failedBefore + 1;
  if (failedInRow > graceReviews) return { earned, tier: earned, failedInRow: 0 };
  return { earned, tier: list[held]!.name, failedInRow };
}
