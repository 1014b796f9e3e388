import { rowsOf, type Transaction } from '../database/index.js';
import { allocate } from '../kernel/allocation.js';
import type { ConversionEvent } from '../tracking/index.js';
import type { PartnerWeight } from './domain/index.js';

/** Who has a share of these events now, in the order of the partners' ids; nobody where an event is absent. */
export async function currentShares(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<Map<string, PartnerWeight[]>> {
  const shares = new Map<string, PartnerWeight[]>();
  if (eventIds.length === 0) return shares;
  const rows = await rowsOf<{ event_id: string; partner_id: string; weights: string[]; place: number }>(
    tx,
    `select event_id, partner_id, weights, place from event_shares
     where program_id = $1 and event_id = any($2 collate "C") order by event_id, place`,
    [programId, eventIds],
  );
  for (const { event_id, partner_id, weights, place } of rows) {
    const share = { partnerId: partner_id, weight: BigInt(weights[place]!) };
    shares.set(event_id, [...(shares.get(event_id) ?? []), share]);
  }
  return shares;
}

/** Puts these shares in the place of those that the events have. */
export async function replaceShares(
  tx: Transaction,
  programId: string,
  events: readonly { event: ConversionEvent; shares: readonly PartnerWeight[] }[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(`delete from event_shares where program_id = $1 and event_id = any($2 collate "C")`, [
    programId,
    events.map(({ event }) => event.id),
  ]);
  const rows = events.flatMap(({ event, shares }) => shareRows(event, shares));
  if (rows.length === 0) return;
  await tx.query(
    `insert into event_shares (program_id, event_id, partner_id, type, occurred_at, amount_minor, currency, customer, coupon,
       products, country, campaign, click, whole_minor, weights, place)
     select $1, e.id, g.partner_id, e.type, e.occurred_at, g.amount_minor, e.currency, e.customer, e.coupon,
       e.products, e.country, e.campaign, e.click, e.amount_minor, g.weights, g.place
     from json_to_recordset($2) as g (event_id text, partner_id text, amount_minor bigint, weights text[], place integer)
     join events e on e.program_id = $1 and e.id = g.event_id collate "C"
     order by g.event_id, g.place`,
    [programId, JSON.stringify(rows)],
  );
}

function shareRows({ id, amountMinor }: ConversionEvent, shares: readonly PartnerWeight[]): Record<string, unknown>[] {
  if (shares.length === 0) return [];
  const weights = shares.map(({ weight }) => weight);
  const parts = allocate(amountMinor, weights);
  return shares.map(({ partnerId }, place) => ({
    ...{ event_id: id, partner_id: partnerId, amount_minor: parts[place]!.toString(), place },
    weights: weights.map(String),
  }));
}
