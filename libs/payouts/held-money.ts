import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { LedgerService, lockPartners, releaseHeld } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { itemFact, itemOccasion } from './item-facts.js';
import type { ItemRow } from './rows.js';

/** What failed and returned items left in `held`, until a person has looked at the cause. */
@Injectable()
export class HeldMoney {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Gives the amount of a failed or returned item back to the partner's payable: the next collection takes it. Asking
   * again in the same request changes nothing.
   *
   * @throws DomainError `not-found`, `illegal-transition` for an item that holds nothing (any more)
   */
  async releaseHeld(itemId: string, reason: string, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const item = await rowOf<ItemRow>(tx, `select * from payout_items where id = $1 for update`, [itemId]);
      if (!item) throw new DomainError('not-found', `no payout item ${itemId}`);
      const fact = { ...itemFact(item, 'release_held', item.state, actor), reason };
      if (await this.audit.wasRecorded(tx, fact)) return;
      if (item.state !== 'failed' && item.state !== 'returned') {
        throw new DomainError('illegal-transition', `payout item: nothing is held while ${item.state}`);
      }
      await lockPartners(tx, item.program_id, [item.partner_id]);
      const release = releaseHeld(itemOccasion(item, this.clock.now(), actor.actorId));
      const { posted } = await this.ledger.post(tx, item.program_id, [release]);
      if (posted === 0) throw new DomainError('illegal-transition', 'payout item: its money was released before');
      await this.audit.record(tx, fact);
      const data = { batchId: item.batch_id, partnerId: item.partner_id };
      await this.outbox.announce(tx, item.program_id, { type: 'payout_item.held_released', subjectId: itemId, data });
    });
  }
}
