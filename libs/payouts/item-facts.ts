import type { AuditFact } from '../audit/index.js';
import type { ItemOccasion } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import type { ItemAction, ItemState } from './domain/index.js';
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

/** What the ledger is told of an item's step. Each kind of transaction happens once to an item, so its id is the key. */
export function itemOccasion(
  item: Pick<ItemRow, 'id' | 'batch_id' | 'partner_id' | 'amount_minor' | 'currency'>,
  eventAt: Date,
  actorId: string,
): ItemOccasion {
  return {
    key: item.id,
    eventAt,
    currency: item.currency,
    actorId,
    partnerId: item.partner_id,
    batchId: item.batch_id,
    itemId: item.id,
    amountMinor: BigInt(item.amount_minor),
  };
}
