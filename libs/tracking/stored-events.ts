import { preparedRows, rowsOf, type Transaction } from '../database/index.js';
import type { ConversionEvent, EventShare, RefundEvent, VoidEvent } from './domain/index.js';

/** A conversion as it was accepted; its `partner` is our id, whatever name it was reported under. */
export interface StoredConversion {
  readonly event: ConversionEvent;
  readonly partnerId: string;
}

/** A refund or void that was accepted, whether or not its event is known. */
export type StoredReversal = RefundEvent | VoidEvent;

/** A conversion that names no partner; whom it was attributed to stands in its shares. */
export interface UnnamedConversion {
  readonly event: ConversionEvent;
  readonly partnerId: undefined;
}

/** An event that was accepted. */
export type StoredEvent =
  StoredConversion | UnnamedConversion | { readonly event: StoredReversal; readonly partnerId: undefined };

/** An interval of one partner's agreement, with the currency of its terms. Half-open; epoch milliseconds. */
export interface CurrencyPeriod {
  readonly fromMs: number;
  readonly untilMs?: number | undefined;
  readonly currency: string;
}

/** Customers of a partner, and the intervals in which events of another currency count only where their day has a rate. */
export interface CustomersOfPartner {
  readonly partnerId: string;
  readonly customers: readonly string[];
  readonly periods: readonly CurrencyPeriod[];
  /** Whether the partner may have events that were attributed to it. */
  readonly mayShare: boolean;
}

/** The customers of these conversions, by partner. */
export function customersByPartner(conversions: Iterable<StoredConversion>): Map<string, Set<string>> {
  const customersOf = new Map<string, Set<string>>();
  for (const { partnerId, event } of conversions) {
    if (event.customer === undefined) continue;
    const known = customersOf.get(partnerId);
    if (known) known.add(event.customer);
    else customersOf.set(partnerId, new Set([event.customer]));
  }
  return customersOf;
}

/** A customer's first sale with a partner that counts. */
export interface FirstSale {
  readonly partnerId: string;
  readonly customer: string;
  readonly eventId: string;
  readonly occurredAt: Date;
}

/** A customer of a partner, and a place in the partner's timeline. */
export interface CustomerPlace {
  readonly partnerId: string;
  readonly customer: string;
  readonly afterMs: number;
  readonly afterId: string;
  /** Whether the partner may have events that were attributed to it. */
  readonly mayShare: boolean;
}

interface EventRow {
  id: string;
  type: string;
  partner_id: string | null;
  occurred_at: Date;
  amount_minor: string | null;
  currency: string | null;
  customer: string | null;
  coupon: string | null;
  products: string[] | null;
  country: string | null;
  campaign: string | null;
  refund_of: string | null;
  void_of: string | null;
  click: string | null;
  whole_minor?: string | null;
  weights?: string[] | null;
  place?: number | null;
}

const eventColumns = `e.id, e.type, e.partner_id, e.occurred_at, e.amount_minor, e.currency, e.customer, e.coupon, e.products,
  e.country, e.campaign, e.click, e.refund_of, e.void_of`;
/** Of `partner_events`: what partners were named for, and their shares of what was attributed. */
const partnerEventColumns = `${eventColumns}, e.whole_minor, e.weights, e.place`;

/** Where the events of such partners stand: whoever can have no share is spared a look for it. */
function sourceFor(partners: readonly { mayShare: boolean }[]): string {
  return partners.some(({ mayShare }) => mayShare) ? 'partner_events' : 'events';
}

/** The events with these ids that are known, by id. */
export async function storedEvents(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<Map<string, StoredEvent>> {
  if (eventIds.length === 0) return new Map();
  const rows = await rowsOf<EventRow>(
    tx,
    `select ${eventColumns} from events e where e.program_id = $1 and e.id = any($2)`,
    [programId, eventIds],
  );
  return new Map(rows.map((row) => [row.id, storedEvent(row)]));
}

/** The refunds and voids that name these events, in no order. */
export async function storedReversals(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<StoredReversal[]> {
  if (eventIds.length === 0) return [];
  const rows = await preparedRows<EventRow>(
    tx,
    `select ${eventColumns} from events e
     where e.program_id = $1 and coalesce(e.refund_of, e.void_of) = any($2) and e.type in ('refund', 'void')`,
    [programId, eventIds],
  );
  return rows.map((row) => storedEvent(row).event as StoredReversal);
}

/** What pricing asks of the time before and after some events. */
export interface CustomerHistory {
  readonly sales: FirstSale[];
  /** Whether some of the events may have refunds or voids; most that are new have none, and need no look at them. */
  readonly mayBeReversed: boolean;
}

/**
 * The first sale that counts of each customer who has one: one step of an index for each, however long its history; and
 * whether any of these events is refunded or voided by now.
 */
export async function firstSales(
  tx: Transaction,
  programId: string,
  partners: readonly CustomersOfPartner[],
  eventIds: readonly string[],
): Promise<CustomerHistory> {
  if (partners.length === 0) return { sales: [], mayBeReversed: eventIds.length > 0 };
  // One row that is JSON: a thousand rows cost the driver more than the database.
  const [answer] = await preparedRows<{
    found: [partnerId: string, customer: string, occurredAtMs: number, id: string][];
    reversed: boolean;
  }>(
    tx,
    `select coalesce(json_agg(json_build_array(g.partner_id, own.customer, extract(epoch from first.occurred_at) * 1000, first.id)),
                     '[]') as found,
       exists (select from events r where r.program_id = $2 and coalesce(r.refund_of, r.void_of) = any($3)
                                      and r.type in ('refund', 'void')) as reversed
     from json_to_recordset($1) as g (partner_id text, currency text, periods json, customers json)
     cross join lateral json_array_elements_text(g.customers) as own (customer)
     cross join lateral (
       select e.occurred_at, e.id from ${sourceFor(partners)} e
       where e.partner_id = g.partner_id and e.customer = own.customer collate "C" and e.type = 'sale'
         and (e.currency = g.currency
              or not exists (select from json_to_recordset(g.periods) as p (from_at timestamptz, until_at timestamptz, currency text)
                             where e.occurred_at >= p.from_at and (p.until_at is null or e.occurred_at < p.until_at)
                               and e.currency <> p.currency
                               and not exists (select from exchange_rates r
                                               where r.program_id = e.program_id and r.from_currency = e.currency
                                                 and r.to_currency = p.currency and e.amount_minor <= r.max_amount_minor
                                                 and r.day = (e.occurred_at at time zone 'UTC')::date)))
       order by e.occurred_at, e.id limit 1) first`,
    [JSON.stringify(partners.map(customersRow)), programId, eventIds],
  );
  const sales = (answer?.found ?? []).map(([partnerId, customer, occurredAtMs, eventId]) => {
    return { partnerId, customer, eventId, occurredAt: new Date(occurredAtMs) };
  });
  return { sales, mayBeReversed: answer?.reversed ?? true };
}

function customersRow({ partnerId, customers, periods }: CustomersOfPartner): Record<string, unknown> {
  return { partner_id: partnerId, currency: onlyCurrency(periods), periods: periods.map(periodRow), customers };
}

/** The currency of all periods, where it is one: events in it need no look at the periods. */
function onlyCurrency(periods: readonly CurrencyPeriod[]): string | null {
  const [currency, another] = new Set(periods.map((each) => each.currency));
  return currency !== undefined && another === undefined ? currency : null;
}

function periodRow({ fromMs, untilMs, currency }: CurrencyPeriod): Record<string, unknown> {
  const until_at = untilMs === undefined ? null : new Date(untilMs).toISOString();
  return { from_at: new Date(fromMs).toISOString(), until_at, currency };
}

/**
 * The conversions of customers that come after a place in their partner's timeline. They are followed one by one along
 * an index: asked for all at once, the planner can't know how few there are and may read the whole table.
 */
export async function laterConversions(
  tx: Transaction,
  programId: string,
  places: readonly CustomerPlace[],
): Promise<StoredConversion[]> {
  if (places.length === 0) return [];
  const given = places.map(({ partnerId, customer, afterMs, afterId }) => ({
    ...{ partner_id: partnerId, customer, after_at: new Date(afterMs).toISOString(), after_id: afterId },
  }));
  const source = sourceFor(places);
  const isShared = source === 'partner_events';
  const rows = await rowsOf<EventRow>(
    tx,
    `with recursive later (partner_id, customer, occurred_at, id, is_place) as (
       select g.partner_id, g.customer collate "C", g.after_at, g.after_id collate "C", true
       from json_to_recordset($2) as g (partner_id text, customer text, after_at timestamptz(3), after_id text)
       union all
       select later.partner_id, later.customer, next.occurred_at, next.id, false
       from later
       cross join lateral (select * from (${nextOf(source, `= 'sale'`)}) sale
                           union all select * from (${nextOf(source, `<> 'sale'`)}) other
                           order by occurred_at, id limit 1) next
     )
     select ${isShared ? partnerEventColumns : eventColumns}
     from later
     cross join lateral (select * from ${source} found where found.program_id = $1 and found.id = later.id
                         ${isShared ? 'and found.partner_id = later.partner_id' : ''} limit 1) e
     where not later.is_place`,
    [programId, JSON.stringify(given)],
  );
  return rows.map((row) => storedEvent(row) as StoredConversion);
}

/** The next conversion of a customer among its sales, or among all others: each kind has an index of its own. */
function nextOf(source: string, type: string): string {
  return `select n.occurred_at, n.id from ${source} n
          where n.partner_id = later.partner_id and n.customer = later.customer and n.type ${type}
            and (n.occurred_at, n.id) > (later.occurred_at, later.id)
          order by n.occurred_at, n.id limit 1`;
}

/** A place in the timelines of several partners, one after the other. */
export interface TimelinePlace {
  readonly partnerId: string;
  readonly occurredAt: Date;
  readonly id: string;
}

/** At most `limit` conversions of these partners in [from, until), by partner and time, after a place where one is given. */
export async function conversionsBetween(
  tx: Transaction,
  partnerIds: readonly string[],
  page: { from: Date; until: Date; after: TimelinePlace | undefined; limit: number },
): Promise<StoredConversion[]> {
  const { from, until, after, limit } = page;
  const rows = await rowsOf<EventRow>(
    tx,
    `select ${partnerEventColumns} from partner_events e
     where e.partner_id = any($1) and e.occurred_at >= $2 and e.occurred_at < $3
       and ($4::text is null or (e.partner_id, e.occurred_at, e.id) > ($4, $5::timestamptz, $6::text collate "C"))
     order by e.partner_id, e.occurred_at, e.id limit $7`,
    [partnerIds, from, until, after?.partnerId ?? null, after?.occurredAt ?? null, after?.id ?? null, limit],
  );
  return rows.map((row) => storedEvent(row) as StoredConversion);
}

/** The conversions of a partner at or after an instant (epoch milliseconds). */
export async function conversionsSince(
  tx: Transaction,
  partnerId: string,
  sinceMs: number,
): Promise<StoredConversion[]> {
  const rows = await rowsOf<EventRow>(
    tx,
    `select ${partnerEventColumns} from partner_events e where e.partner_id = $1 and e.occurred_at >= $2 order by e.occurred_at, e.id`,
    [partnerId, new Date(sinceMs)],
  );
  return rows.map((row) => storedEvent(row) as StoredConversion);
}

/** The sales of a partner's customers: of those that are named, or of all; by customer and in the order of time. */
export async function salesOfCustomers(
  tx: Transaction,
  partnerId: string,
  customers: readonly string[] | undefined,
): Promise<StoredConversion[]> {
  const rows = await rowsOf<EventRow>(
    tx,
    `select ${partnerEventColumns} from partner_events e
     where e.partner_id = $1 and e.type = 'sale' and e.customer is not null
       and ($2::text[] is null or e.customer = any($2 collate "C"))
     order by e.customer, e.occurred_at, e.id`,
    [partnerId, customers ?? null],
  );
  return rows.map((row) => storedEvent(row) as StoredConversion);
}

/** The customers who bought something of a partner in [from, until). */
export async function customersBetween(
  tx: Transaction,
  partnerId: string,
  { from, until }: { from: Date; until: Date },
): Promise<string[]> {
  const rows = await rowsOf<{ customer: string }>(
    tx,
    `select distinct e.customer from partner_events e
     where e.partner_id = $1 and e.type = 'sale' and e.customer is not null and e.occurred_at >= $2 and e.occurred_at < $3`,
    [partnerId, from, until],
  );
  return rows.map(({ customer }) => customer);
}

function storedEvent(row: EventRow): StoredEvent {
  const { id, occurred_at: occurredAt } = row;
  const amountMinor = BigInt(row.amount_minor ?? '0');
  if (row.type === 'refund') {
    return {
      partnerId: undefined,
      event: { kind: 'refund', id, occurredAt, refundOf: row.refund_of ?? '', amountMinor },
    };
  }
  if (row.type === 'void') {
    return { partnerId: undefined, event: { kind: 'void', id, occurredAt, voidOf: row.void_of ?? '' } };
  }
  const partnerId = row.partner_id ?? '';
  const { type, customer, coupon, products, country, campaign, click } = row;
  const event: ConversionEvent = {
    ...{ kind: 'conversion', id, type, occurredAt, partner: partnerId, amountMinor, currency: row.currency ?? '' },
    ...(customer !== null && { customer }),
    ...(coupon !== null && { coupon }),
    ...(products !== null && { products }),
    ...(country !== null && { country }),
    ...(campaign !== null && { campaign }),
    ...(click !== null && { click }),
    ...shareOf(row),
  };
  return row.partner_id === null ? { event, partnerId: undefined } : { event, partnerId };
}

/** The share of a row that is one; what belongs to one partner whole is priced like any other event. */
function shareOf({ whole_minor, weights, place }: EventRow): { share?: EventShare } {
  if (!weights || weights.length === 1) return {};
  const share = { wholeMinor: BigInt(whole_minor ?? '0'), weights: weights.map(BigInt), place: place ?? 0 };
  return { share };
}

/** The shares of events that were attributed, as their partners' conversions; by event and partner. */
export async function attributedConversions(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<StoredConversion[]> {
  if (eventIds.length === 0) return [];
  const rows = await rowsOf<EventRow>(
    tx,
    `select ${partnerEventColumns} from partner_events e
     where e.program_id = $1 and e.id = any($2) and e.weights is not null order by e.id, e.partner_id`,
    [programId, eventIds],
  );
  return rows.map((row) => storedEvent(row) as StoredConversion);
}

/** The conversions that name no partner and may be reached by a touch: of a customer from an instant on, or of a click. */
export interface Reached {
  readonly customers: readonly { customer: string; from: Date }[];
  readonly clicks: readonly string[];
}

/** The conversions without a partner that were kept and that these touches may reach, each once. */
export async function reachedConversions(
  tx: Transaction,
  programId: string,
  { customers, clicks }: Reached,
): Promise<UnnamedConversion[]> {
  if (customers.length === 0 && clicks.length === 0) return [];
  const given = customers.map(({ customer, from }) => ({ customer, from_at: from.toISOString() }));
  const rows = await rowsOf<EventRow>(
    tx,
    `with reached as (
       select e.id from json_to_recordset($2) as g (customer text, from_at timestamptz)
       join events e on e.program_id = $1 and e.customer = g.customer collate "C" and e.occurred_at >= g.from_at
         and e.partner_id is null
       union
       select e.id from events e where e.program_id = $1 and e.click = any($3 collate "C") and e.partner_id is null)
     select ${eventColumns} from reached join events e on e.program_id = $1 and e.id = reached.id`,
    [programId, JSON.stringify(given), clicks],
  );
  return rows.map((row) => storedEvent(row) as UnnamedConversion);
}
