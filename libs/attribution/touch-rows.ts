import { rowsOf, type Transaction } from '../database/index.js';
import { couponTouchId, type Touch, type TouchKind } from './domain/index.js';

/** A touch that was kept. */
export interface KnownTouch extends Touch {
  readonly customer: string | undefined;
  readonly coupon: string | undefined;
  readonly linkId: string | undefined;
}

/** A touch to be kept, under the locks of its customer and its id. */
export interface NewTouch {
  readonly id: string;
  readonly kind: TouchKind;
  readonly partnerId: string;
  readonly occurredAt: Date;
  readonly customer?: string | undefined;
  readonly role?: string | undefined;
  readonly linkId?: string | undefined;
  readonly coupon?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly contentHash: string;
}

interface TouchRow {
  id: string;
  kind: TouchKind;
  partner_id: string;
  occurred_at: Date;
  role: string | null;
  customer: string | null;
  coupon: string | null;
  link_id: string | null;
}

const columns = `t.id, t.kind, t.partner_id, t.occurred_at, t.role, t.customer, t.coupon, t.link_id`;

/**
 * Keeps an event and the touches of its customer from arriving at the same time unseen by each other, until the transaction
 * ends. Clicks come before customers, and each sort in one order, so that no two transactions wait for each other.
 */
export async function lockClicks(tx: Transaction, programId: string, clicks: Iterable<string>): Promise<void> {
  await lockKeys(tx, `click of ${programId} `, clicks);
}

/** See `lockClicks`. */
export async function lockCustomers(tx: Transaction, programId: string, customers: Iterable<string>): Promise<void> {
  await lockKeys(tx, `customer of ${programId} `, customers);
}

/** What all who attribute events share, and whoever changes whose touches count has alone. Comes before clicks and customers. */
export async function lockAttribution(tx: Transaction, programId: string, how: 'shared' | 'alone'): Promise<void> {
  const lock = how === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  await tx.query(`select ${lock}(hashtextextended('attribution of ' || $1::text, 0))`, [programId]);
}

async function lockKeys(tx: Transaction, prefix: string, names: Iterable<string>): Promise<void> {
  const keys = [...new Set(names)].map((name) => prefix + name);
  if (keys.length === 0) return;
  await tx.query(
    `select pg_advisory_xact_lock(key)
     from (select distinct hashtextextended(name, 0) as key from unnest($1::text[]) as name order by 1) sorted`,
    [keys],
  );
}

/** Adds the touches whose id is free; their ids. */
export async function insertTouches(
  tx: Transaction,
  programId: string,
  touches: readonly NewTouch[],
  receivedAt: Date,
): Promise<Set<string>> {
  if (touches.length === 0) return new Set();
  const rows = touches.map((touch) => ({
    ...{ id: touch.id, kind: touch.kind, partner_id: touch.partnerId, occurred_at: touch.occurredAt.toISOString() },
    ...{ customer: touch.customer, role: touch.role, link_id: touch.linkId, coupon: touch.coupon },
    ...{ parameters: touch.parameters, content_hash: touch.contentHash },
  }));
  const added = await rowsOf<{ id: string }>(
    tx,
    `insert into touches (program_id, id, kind, partner_id, occurred_at, customer, role, link_id, coupon, parameters,
                          content_hash, received_at)
     select $1, g.id, g.kind, g.partner_id, g.occurred_at, g.customer, g.role, g.link_id, g.coupon, g.parameters, g.content_hash, $2
     from json_to_recordset($3) as g (id text, kind text, partner_id text, occurred_at timestamptz, customer text, role text,
       link_id text, coupon text, parameters jsonb, content_hash text)
     order by g.id collate "C" on conflict (program_id, id) do nothing returning id`,
    [programId, receivedAt, JSON.stringify(rows)],
  );
  return new Set(added.map(({ id }) => id));
}

/** Notes which customer made which click; those that were not known before. */
export async function insertCustomerClicks(
  tx: Transaction,
  programId: string,
  made: readonly { customer: string; click: string }[],
  recordedAt: Date,
): Promise<{ customer: string; click: string }[]> {
  if (made.length === 0) return [];
  return rowsOf(
    tx,
    `insert into customer_clicks (program_id, customer, click, recorded_at)
     select distinct $1, g.customer collate "C", g.click collate "C", $2::timestamptz
     from json_to_recordset($3) as g (customer text, click text)
     order by 2, 3 on conflict do nothing returning customer, click`,
    [programId, recordedAt, JSON.stringify(made)],
  );
}

/** The customers who made these clicks, as far as events have said so. */
export async function customersOfClicks(
  tx: Transaction,
  programId: string,
  clicks: readonly string[],
): Promise<Map<string, string[]>> {
  if (clicks.length === 0) return new Map();
  const rows = await rowsOf<{ customer: string; click: string }>(
    tx,
    `select customer, click from customer_clicks where program_id = $1 and click = any($2)`,
    [programId, clicks],
  );
  const customers = new Map<string, string[]>();
  for (const { customer, click } of rows) customers.set(click, [...(customers.get(click) ?? []), customer]);
  return customers;
}

/** The touches with these ids that are known, by id. */
export async function touchesById(
  tx: Transaction,
  programId: string,
  ids: readonly string[],
): Promise<Map<string, KnownTouch>> {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf<TouchRow>(
    tx,
    `select ${columns} from touches t where t.program_id = $1 and t.id = any($2 collate "C")`,
    [programId, ids],
  );
  return new Map(rows.map((row) => [row.id, knownTouch(row)]));
}

/** The touches of these customers, by customer: those that name it, and the clicks that it turned out to have made. */
export async function touchesOfCustomers(
  tx: Transaction,
  programId: string,
  customers: readonly string[],
): Promise<Map<string, KnownTouch[]>> {
  const touches = new Map<string, KnownTouch[]>();
  if (customers.length === 0) return touches;
  const rows = await rowsOf<TouchRow & { of_customer: string }>(
    tx,
    `select t.customer as of_customer, ${columns} from touches t where t.program_id = $1 and t.customer = any($2 collate "C")
     union all
     select c.customer, ${columns} from customer_clicks c join touches t on t.program_id = c.program_id and t.id = c.click
     where c.program_id = $1 and c.customer = any($2 collate "C")`,
    [programId, customers],
  );
  for (const row of rows) touches.set(row.of_customer, [...(touches.get(row.of_customer) ?? []), knownTouch(row)]);
  return touches;
}

/**
 * The events at or after an instant that name nobody and that touches of a partner may reach: of the touches' customers, by the
 * click that they name, or by their coupon; in the order of their ids.
 */
export async function eventsReachedBy(
  tx: Transaction,
  programId: string,
  partnerId: string,
  since: Date,
): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(
    tx,
    `with own as materialized (
       select t.id, t.occurred_at, t.customer from touches t where t.partner_id = $2 and t.program_id = $1
       union all
       select t.id, t.occurred_at, c.customer from touches t
       join customer_clicks c on c.program_id = t.program_id and c.click = t.id
       where t.partner_id = $2 and t.program_id = $1)
     select e.id from own
     join events e on e.program_id = $1 and e.customer = own.customer and e.partner_id is null
       and e.occurred_at >= greatest(own.occurred_at, $3)
     union
     select e.id from own join events e on e.program_id = $1 and e.click = own.id and e.partner_id is null and e.occurred_at >= $3
     union
     select e.id from own join events e on e.program_id = $1 and e.id = substr(own.id, length($4) + 1)
       and e.partner_id is null and e.occurred_at >= $3
     where starts_with(own.id, $4)
     order by id`,
    [programId, partnerId, since, couponTouchId('')],
  );
  return rows.map(({ id }) => id);
}

/** Whether some events at or after an instant are attributed to a partner. */
export async function hasShares(tx: Transaction, partnerId: string, since: Date): Promise<boolean> {
  const rows = await rowsOf(tx, `select from event_shares where partner_id = $1 and occurred_at >= $2 limit 1`, [
    partnerId,
    since,
  ]);
  return rows.length > 0;
}

/** The content of touches whose ids are taken, by id. */
export async function touchHashes(
  tx: Transaction,
  programId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await rowsOf<{ id: string; content_hash: string }>(
    tx,
    `select id, content_hash from touches where program_id = $1 and id = any($2 collate "C")`,
    [programId, ids],
  );
  return new Map(rows.map(({ id, content_hash }) => [id, content_hash]));
}

function knownTouch(row: TouchRow): KnownTouch {
  return {
    ...{ id: row.id, kind: row.kind, partnerId: row.partner_id, occurredAtMs: row.occurred_at.getTime() },
    ...(row.role !== null && { role: row.role }),
    customer: row.customer ?? undefined,
    coupon: row.coupon ?? undefined,
    linkId: row.link_id ?? undefined,
  };
}
