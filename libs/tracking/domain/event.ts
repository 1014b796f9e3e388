import { allocate } from '../../kernel/allocation.js';
import { sha256 } from '../../kernel/sha256.js';

/**
 * Something that a partner brought about and that rules may price: a sale, an install, a referral (terms.md, Events).
 * Any type but `refund` and `void`.
 */
export interface ConversionEvent {
  kind: 'conversion';
  /** Given by the sender, ASCII, unique in the program. */
  id: string;
  type: string;
  occurredAt: Date;
  /** Our id of the partner, or the program's own reference to it. Empty where the report names none: who gets it is attributed. */
  partner: string;
  /** Minor units of `currency`, 0 or more: net of tax, shipping and discounts. 0 for an event without a price. */
  amountMinor: bigint;
  /** ISO 4217. */
  currency: string;
  customer?: string;
  coupon?: string;
  products?: readonly string[];
  country?: string;
  campaign?: string;
  /** The id of the click that led to it, as the landing page was given it. */
  click?: string;
  /** Set where `partner` has only a part of it, which is then `amountMinor`; reports never have it. */
  share?: EventShare;
}

/** A partner's part of an event that was attributed to several. */
export interface EventShare {
  /** The amount of the whole event, in minor units of its currency. */
  readonly wholeMinor: bigint;
  /** The shares of all its partners, in the order of their ids. */
  readonly weights: readonly bigint[];
  /** Which of them this one is. */
  readonly place: number;
}

/** What falls to a share of an amount that belongs to the whole event, in minor units (terms.md, Pricing 11). */
export function partOf({ weights, place }: Pick<EventShare, 'weights' | 'place'>, amountMinor: bigint): bigint {
  return allocate(amountMinor, weights)[place]!;
}

/** Takes part of a conversion back, in the conversion's own currency. Several add up. */
export interface RefundEvent {
  kind: 'refund';
  id: string;
  occurredAt: Date;
  refundOf: string;
  /** Minor units of the conversion's currency, 0 or more. */
  amountMinor: bigint;
}

/** Takes a conversion back whole: fraud, a test order, a rejected install. */
export interface VoidEvent {
  kind: 'void';
  id: string;
  occurredAt: Date;
  voidOf: string;
}

/** What a program reports. `kind` tells the three apart, since the type of a conversion is free. */
export type TrackedEvent = ConversionEvent | RefundEvent | VoidEvent;

/** The type whose events make a customer an existing one (terms.md, Pricing 3). */
export const saleType = 'sale';

/** The event that a refund or void takes back; undefined for a conversion. */
export function reversedEventId(event: TrackedEvent): string | undefined {
  if (event.kind === 'refund') return event.refundOf;
  return event.kind === 'void' ? event.voidOf : undefined;
}

/** The event as JSON with its instant in UTC and nothing that is absent: what is stored, shown and compared. */
export function eventToJson(event: TrackedEvent): Record<string, unknown> {
  const json: Record<string, unknown> = { type: event.kind };
  for (const [name, value] of Object.entries(event)) {
    if (value === undefined || name === 'kind' || name === 'share' || (name === 'partner' && value === '')) continue;
    json[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  json.occurredAt = event.occurredAt.toISOString();
  return json;
}

/**
 * Identifies an event's content: equal exactly where two reports say the same (terms.md, Events: as JSON, instants
 * normalised, null as absent). The same id with the same content counts once; with other content it is refused.
 * Lower-case hexadecimal SHA-256.
 */
export function eventContentHash(event: TrackedEvent): string {
  return sha256(contentText(event));
}

/**
 * The RFC 8785 text of `eventToJson`: the members stand here in their order, so that they are not sorted again for each of
 * millions of events. Numbers are safe integers and strings have no lone surrogates, so the rest is what JSON.stringify writes.
 */
function contentText(event: TrackedEvent): string {
  const { id } = event;
  const occurredAt = event.occurredAt.toISOString();
  if (event.kind === 'void') return JSON.stringify({ id, occurredAt, type: 'void', voidOf: event.voidOf });
  const amountMinor = Number(event.amountMinor);
  if (event.kind === 'refund') {
    return JSON.stringify({ amountMinor, id, occurredAt, refundOf: event.refundOf, type: 'refund' });
  }
  const { campaign, click, country, coupon, currency, customer, products, type } = event;
  const partner = event.partner === '' ? undefined : event.partner;
  return JSON.stringify({
    amountMinor,
    campaign,
    click,
    country,
    coupon,
    currency,
    customer,
    id,
    occurredAt,
    partner,
    products,
    type,
  });
}
