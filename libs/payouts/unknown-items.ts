import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { fail, LedgerService } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { itemStates } from './domain/index.js';
import { attemptOccasion, itemFact } from './item-facts.js';
import { ItemOutcomes } from './item-outcomes.js';
import { PayoutRails } from './payout-rails.js';
import type { ItemRow } from './rows.js';

/** An item with the instant at which its latest attempt was first sent, and by which rail. */
interface LostItem extends ItemRow {
  first_sent_at: Date;
  rail: string;
}

/** The last resort for items of which the rail never said what became of them (money.md, Exactly once). */
@Injectable()
export class UnknownItems {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
    private readonly rails: PayoutRails,
    private readonly outcomes: ItemOutcomes,
  ) {}

  /**
   * A person's word, after looking at the rail's own books, that an item of unknown outcome was not paid: it is failed
   * and its money held. Only once the rail would no longer recognise the attempt's key, so that nothing of ours may
   * still send it; and the rail is asked once more: what it has after all is applied instead.
   *
   * @throws DomainError `not-found`, `illegal-transition`; what the rail throws when it cannot be asked
   */
  async declareUnpaid(itemId: string, reason: string, actor: Actor): Promise<void> {
    const item = await this.lost(itemId);
    const rail = this.rails.of(item);
    const found = await rail.find({ itemId, attempt: item.attempt, accountReference: item.account_reference });
    if (found) {
      await this.outcomes.applyTransfer(rail.name, found);
      throw new DomainError('illegal-transition', 'payout item: the rail has this payment after all');
    }
    await this.database.inTransaction(async (tx) => {
      const locked = await rowOf<ItemRow>(tx, `select * from payout_items where id = $1 for update`, [itemId]);
      if (locked?.state !== 'unknown') throw notUnknown(locked?.state ?? 'gone');
      const state = itemStates.next(locked.state, 'refuse');
      const now = this.clock.now();
      await tx.query(
        `update payout_items set state = $2, state_since = $3, failure_code = 'declared_unpaid' where id = $1`,
        [itemId, state, now],
      );
      await this.ledger.post(tx, locked.program_id, [fail(attemptOccasion(locked, now, actor.actorId))]);
      await this.audit.record(tx, { ...itemFact(locked, 'refuse', state, actor), reason });
      const data = { batchId: locked.batch_id, partnerId: locked.partner_id };
      await this.outbox.announce(tx, locked.program_id, { type: `payout_item.${state}`, subjectId: itemId, data });
    });
    await this.outcomes.signalWhenSettled(item.batch_id);
  }

  private async lost(itemId: string): Promise<LostItem> {
    const [item] = await this.database.query<LostItem>(
      `select item.*, attempt.first_sent_at, attempt.rail from payout_items item
       left join payout_attempts attempt on attempt.item_id = item.id and attempt.attempt = item.attempt
       where item.id = $1`,
      [itemId],
    );
    if (!item) throw new DomainError('not-found', `no payout item ${itemId}`);
    if (item.state !== 'unknown') throw notUnknown(item.state);
    const resendableUntil = item.first_sent_at.getTime() + this.rails.of(item).resendWindowMs;
    if (this.clock.now().getTime() < resendableUntil) {
      const until = new Date(resendableUntil).toISOString();
      throw new DomainError('illegal-transition', `payout item: it is sent again by itself until ${until}`);
    }
    return item;
  }
}

function notUnknown(state: string): DomainError {
  return new DomainError('illegal-transition', `payout item: its outcome is not unknown but ${state}`);
}
