import type { AuditFact } from '../audit/index.js';
import type { ItemOccasion } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import type { ItemAction, ItemState } from './domain/index.js';
import { grossOf } from './item-taxes.js';
import type { ItemRow } from './rows.js';

/** What the audit says of an item's step: ids, states and the batch; the amount stands in the ledger. */
export function itemFact(
  item: Pick<ItemRow, 'id' | 'program_id' | 'batch_id' | 'state'>,
  action: ItemAction | 'release_held',
  toState: ItemState,
  { actorId, requestId }: Actor,
): AuditFact {
  return {
    programId: item.program_id,
    actorId,
    ...(requestId === undefined ? {} : { requestId }),
    action: `payout_item.${action}`,
    subjectId: item.id,
    fromState: item.state,
    toState,
    details: { batchId: item.batch_id },
  };
}

type BookedItem = Pick<ItemRow, 'id' | 'batch_id' | 'partner_id' | 'amount_minor' | 'withheld_minor' | 'currency'>;

/** An item's reservation in the ledger: it may be taken out of its batch, and put back. */
export function reservationOccasion(
  item: BookedItem & Pick<ItemRow, 'reservations'>,
  eventAt: Date,
  actorId: string,
): ItemOccasion {
  return itemOccasion(item, eventAt, actorId, item.reservations);
}

/** What one attempt to pay an item does in the ledger. */
export function attemptOccasion(
  item: BookedItem & Pick<ItemRow, 'attempt'>,
  eventAt: Date,
  actorId: string,
): ItemOccasion {
  return itemOccasion(item, eventAt, actorId, item.attempt);
}

/**
 * What the ledger is told of an item's step. A kind of transaction that happens once to an item has its id as the key;
 * one that may happen again counts from its second time on. The ledger moves the whole amount, before tax.
 */
export function itemOccasion(item: BookedItem, eventAt: Date, actorId: string, time = 1): ItemOccasion {
  return {
    key: time <= 1 ? item.id : `${item.id}/${time}`,
    eventAt,
    currency: item.currency,
    actorId,
    partnerId: item.partner_id,
    batchId: item.batch_id,
    itemId: item.id,
    amountMinor: grossOf(item),
    withheldMinor: BigInt(item.withheld_minor),
  };
}
