import type { ConversionEvent, EventShare } from '../../tracking/domain/index.js';

/**
 * A conversion as the engine reads it. The customer is whatever key the caller's history uses: the live service gives
 * the customer's own text, a simulation of millions a number.
 */
export interface PricedEvent<Customer = string> {
  readonly id: string;
  readonly type: string;
  /** Epoch milliseconds. */
  readonly occurredAtMs: number;
  /** Minor units of `currency`. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly customer?: Customer | undefined;
  readonly coupon?: string | undefined;
  readonly products?: readonly string[] | undefined;
  readonly country?: string | undefined;
  readonly campaign?: string | undefined;
  /** Set where `amountMinor` is only what was allocated to the partner of an event with several. */
  readonly share?: EventShare | undefined;
}

/** What the conditions must know that the event itself does not say. */
export interface EventFacts {
  /** The event's amount in minor units of the terms' currency. */
  readonly amountMinor: bigint;
  /** The first sale of the event's customer with the partner, where it came before this event. */
  readonly earlierSaleMs: number | undefined;
  /** The partner's tier at the event. */
  readonly tier: string | undefined;
}

/** The conversion that tracking accepted, for the engine. */
export function toPricedEvent(event: ConversionEvent): PricedEvent {
  return {
    id: event.id,
    type: event.type,
    occurredAtMs: event.occurredAt.getTime(),
    amountMinor: event.amountMinor,
    currency: event.currency,
    customer: event.customer,
    coupon: event.coupon,
    products: event.products,
    country: event.country,
    campaign: event.campaign,
    share: event.share,
  };
}

/** The order in which a partner's events run (terms.md, Pricing 2). Ids are ASCII, compared by their characters. */
export function byTime(
  a: { readonly occurredAtMs: number; readonly id: string },
  b: { readonly occurredAtMs: number; readonly id: string },
): number {
  return a.occurredAtMs - b.occurredAtMs || byId(a.id, b.id);
}

/** The order of ids at one instant. */
export function byId(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
