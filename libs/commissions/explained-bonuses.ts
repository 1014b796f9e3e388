import type { Transaction } from '../database/index.js';
import { parseInstant } from '../kernel/calendar.js';
import { saleType, salesOfCustomers, type StoredConversion } from '../tracking/index.js';
import {
  explainCustomerValues,
  explainOwnBonus,
  gatherFacts,
  toPricedEvent,
  type BonusTrace,
  type PricingContext,
} from './domain/index.js';
import { readBonusPartner } from './scheduled-bonuses.js';
import { reversalsByEvent, reversalsOf } from './timeline-pricing.js';

/** The bonus and the instant that the event of a bonus is named by; undefined for another id. */
export function bonusOfEvent(eventId: string): { bonusId: string; dueMs: number } | undefined {
  const at = eventId.lastIndexOf('@');
  const due = at > 0 ? parseInstant(eventId.slice(at + 1)) : undefined;
  return due && { bonusId: eventId.slice(0, at), dueMs: due.getTime() };
}

/** Why a partner has, or has not, what the bonus of such an event gives; undefined where it was never promised. */
export async function explainedBonus(
  tx: Transaction,
  partnerId: string,
  due: { bonusId: string; dueMs: number },
  context: PricingContext,
): Promise<BonusTrace | undefined> {
  return explainOwnBonus(context, due, await readBonusPartner(tx, partnerId));
}

/** What the customer of a conversion is worth to the partner, where the conversion is the customer's first sale. */
export async function explainedValues(
  tx: Transaction,
  programId: string,
  { partnerId, event }: StoredConversion,
  context: PricingContext,
): Promise<BonusTrace[]> {
  if (event.type !== saleType || event.customer === undefined) return [];
  if (!context.versions.some(({ terms }) => terms.bonuses.lifetimeValues.length > 0)) return [];
  const stored = await salesOfCustomers(tx, partnerId, [event.customer]);
  const counted = stored.filter((sale) => {
    return gatherFacts(toPricedEvent(sale.event), { firstSales: new Map() }, context).held === undefined;
  });
  if (counted[0]?.event.id !== event.id) return [];
  const reversals = await reversalsByEvent(
    tx,
    programId,
    counted.map((sale) => sale.event.id),
  );
  const sales = counted.map((sale) => {
    const priced = toPricedEvent(sale.event);
    const { id, occurredAtMs, amountMinor, currency, share } = priced;
    return { id, occurredAtMs, amountMinor, currency, share, reversals: reversalsOf(reversals, sale) };
  });
  const { untilMs } = await readBonusPartner(tx, partnerId);
  return explainCustomerValues(sales[0]!, sales, context, untilMs);
}
