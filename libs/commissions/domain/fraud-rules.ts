import type { HoldRules } from '../../programs/domain/index.js';
import type { HoldCause } from './hold-state.js';

/** What is known of an event when the rules look at it. A fact that no rule asks for is not read. */
export interface RiskFacts {
  readonly eventId: string;
  readonly partnerId: string;
  /** Sales of the same customer by the same partner in the rule's time up to this event, this one included. */
  readonly customerSales?: number | undefined;
  /** By what the customer is the partner itself. */
  readonly isPartnersOwn?: readonly OwnTrait[] | undefined;
  /** Sales of the partner in the rule's time, and how many of them came back. */
  readonly sales?: { readonly total: number; readonly refunded: number } | undefined;
  /** Sales of the partner in the stretch that the event lies in, and in the time before it, whole. */
  readonly stretch?: { readonly sales: number; readonly salesBefore: number } | undefined;
  readonly hasLeakedCoupon?: boolean | undefined;
}

/** By what a customer is known to be the partner. */
export type OwnTrait = 'customer' | 'email' | 'address' | 'card';

/** A rule that an event has run into, with the numbers that it saw. */
export interface Suspicion {
  readonly eventId: string;
  readonly partnerId: string;
  readonly cause: Exclude<HoldCause, 'manual'>;
  readonly seen: Readonly<Record<string, number | readonly string[]>>;
}

/** How often the usual stretch fits into the time before, as a whole ratio of lengths in milliseconds. */
export interface BurstLengths {
  readonly withinMs: number;
  readonly usualOverMs: number;
}

/** Every rule that an event runs into, in a fixed order. Limits themselves are allowed: only more than them is held. */
export function suspicionsOf(facts: RiskFacts, rules: HoldRules, lengths: BurstLengths | undefined): Suspicion[] {
  const { eventId, partnerId } = facts;
  const found: Suspicion[] = [];
  const suspect = (cause: Suspicion['cause'], seen: Suspicion['seen']): void => {
    found.push({ eventId, partnerId, cause, seen });
  };
  const { customerSales, refundRate, burst } = rules;
  if (customerSales && facts.customerSales !== undefined && facts.customerSales > customerSales.max) {
    suspect('customer_sales', { sales: facts.customerSales, max: customerSales.max });
  }
  if (rules.selfPurchase && facts.isPartnersOwn && facts.isPartnersOwn.length > 0) {
    suspect('self_purchase', { by: [...facts.isPartnersOwn] });
  }
  if (refundRate && facts.sales && isAboveRate(facts.sales, refundRate)) {
    suspect('refund_rate', { ...facts.sales, maxPercent: refundRate.maxPercent });
  }
  if (burst && lengths && facts.stretch && isBurst(facts.stretch, burst, lengths)) {
    suspect('burst', { ...facts.stretch, factor: burst.factor });
  }
  if (rules.leakedCoupons && facts.hasLeakedCoupon) suspect('leaked_coupon', {});
  return found;
}

function isAboveRate(
  { total, refunded }: { total: number; refunded: number },
  { minSales, maxPercent }: { minSales: number; maxPercent: number },
): boolean {
  return total >= minSales && refunded * 100 > total * maxPercent;
}

/** sales > factor × salesBefore × within / usualOver, in whole numbers. */
function isBurst(
  { sales, salesBefore }: { sales: number; salesBefore: number },
  { factor, minSales }: { factor: number; minSales: number },
  { withinMs, usualOverMs }: BurstLengths,
): boolean {
  return sales >= minSales && BigInt(sales) * BigInt(usualOverMs) > BigInt(factor * salesBefore) * BigInt(withinMs);
}

/** What the partner itself is known by; hashes in lower-case hexadecimal. */
export interface PartnerIdentity {
  readonly partnerId: string;
  readonly reference: string;
  /** Keys of its mail addresses, by which two ways to write one are the same. */
  readonly emailKeys: readonly string[];
  readonly phones: readonly string[];
  readonly emailHashes: ReadonlySet<string>;
  readonly addressHashes: ReadonlySet<string>;
  readonly cardFingerprints: ReadonlySet<string>;
}

/** What is known of the customer of an event, beside the event. */
export interface CustomerIdentity {
  readonly customer: string | undefined;
  /** The key of `customer` where that is a mail address. */
  readonly emailKey: string | undefined;
  readonly emailHash: string | undefined;
  readonly addressHash: string | undefined;
  readonly cardFingerprint: string | undefined;
}

/** By what a customer is the partner itself; empty for a stranger. */
export function ownTraits(customer: CustomerIdentity, partner: PartnerIdentity): OwnTrait[] {
  const names = [partner.partnerId, partner.reference, ...partner.phones];
  const has = (set: ReadonlySet<string>, value: string | undefined): boolean => value !== undefined && set.has(value);
  const traits: OwnTrait[] = [];
  if (customer.customer !== undefined && names.includes(customer.customer)) traits.push('customer');
  if (
    (customer.emailKey !== undefined && partner.emailKeys.includes(customer.emailKey)) ||
    has(partner.emailHashes, customer.emailHash)
  ) {
    traits.push('email');
  }
  if (has(partner.addressHashes, customer.addressHash)) traits.push('address');
  if (has(partner.cardFingerprints, customer.cardFingerprint)) traits.push('card');
  return traits;
}
