import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { LedgerService, lockPartners, reserveAgain } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { itemsReady, payoutBatch } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { batchStates, itemStates, payingBatchStates } from './domain/index.js';
import { itemFact, itemOccasion } from './item-facts.js';
import { ItemScreening } from './item-screening.js';
import { PayoutRails } from './payout-rails.js';
import { lockBatchRow, readBatchRow, type BatchRow, type ItemRow } from './rows.js';

/** Sends a failed item once more, as its next attempt: an act of a person, never of a machine. */
@Injectable()
export class ItemRetries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
    private readonly rails: PayoutRails,
    private readonly screening: ItemScreening,
  ) {}

  /**
   * Reserves the money of a failed item again, in its own batch, and has it sent as attempt n + 1: never while the outcome
   * of n is unknown, since only a refused attempt fails an item. The rail is asked once more whether it has n after all.
   * The account is the partner's of now, so that a mended one is paid. What would hold the item in a draft (a suspension, bank
   * details that wait or cool off, a sanctions hit) refuses the retry by name. A batch that had ended goes on.
   *
   * @throws DomainError `not-found`, `illegal-transition`; what the rail throws when it cannot be asked
   */
  async retry(itemId: string, reason: string, actor: Actor): Promise<void> {
    const [known] = await this.database.query<ItemRow>(`select * from payout_items where id = $1`, [itemId]);
    if (!known) throw new DomainError('not-found', `no payout item ${itemId}`);
    if (await this.audit.wasRecorded(this.database.dataSource.manager, itemFact(known, 'retry', 'reserved', actor)))
      return;
    itemStates.next(known.state, 'retry');
    const rail = this.rails.of(await readBatchRow(this.database.dataSource.manager, known.batch_id));
    if (await rail.find({ itemId, attempt: known.attempt })) throw hasIt();
    await this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, known.batch_id);
      await lockPartners(tx, batch.program_id, [known.partner_id]);
      const item = await this.lockFailed(tx, itemId);
      const state = itemStates.next(item.state, 'retry');
      const findings = await this.screening.findingsOf(tx, batch, item);
      if (findings.length > 0) throw isHeldBy(findings.map(({ cause }) => cause));
      const accountReference = await accountOf(tx, item, rail.name);
      await tx.query(
        `update payout_items set state = $2, state_since = $3, failure_code = null, account_reference = $4 where id = $1`,
        [itemId, state, this.clock.now(), accountReference],
      );
      const occasion = itemOccasion(item, this.clock.now(), actor.actorId, item.attempt + 1);
      await this.ledger.post(tx, item.program_id, [reserveAgain(occasion)]);
      await this.audit.record(tx, { ...itemFact(item, 'retry', state, actor), reason });
      const data = { batchId: batch.id, partnerId: item.partner_id };
      await this.outbox.announce(tx, item.program_id, { type: 'payout_item.retried', subjectId: itemId, data });
      await this.goOn(tx, batch, actor);
    });
  }

  private async lockFailed(tx: Transaction, itemId: string): Promise<ItemRow> {
    const item = await rowOf<ItemRow>(tx, `select * from payout_items where id = $1 for update`, [itemId]);
    if (!item) throw new DomainError('not-found', `no payout item ${itemId}`);
    if (item.failure_code === 'contradicted_by_rail') throw hasIt();
    const released = await rowOf(
      tx,
      `select 1 from ledger_transactions where program_id = $1 and idempotency_key = 'release_held/' || $2`,
      [item.program_id, itemId],
    );
    if (released) {
      throw new DomainError('illegal-transition', 'payout item: its money was released to the next collection');
    }
    return item;
  }

  /** A batch under way hears of it; one that had ended gets another workflow. */
  private async goOn(tx: Transaction, batch: BatchRow, actor: Actor): Promise<void> {
    const { id, program_id: programId } = batch;
    if (payingBatchStates.includes(batch.state)) {
      const workflowId = payoutBatch.workflowId(id, batch.run);
      await this.outbox.signalWorkflow(tx, programId, { workflowId, signal: itemsReady.name });
      return;
    }
    const state = batchStates.next(batch.state, 'retry');
    const run = batch.run + 1;
    await tx.query(`update payout_batches set state = $2, state_since = $3, run = $4 where id = $1`, [
      id,
      state,
      this.clock.now(),
      run,
    ]);
    const fact = { ...actor, programId, action: 'payout_batch.retry', subjectId: id };
    await this.audit.record(tx, { ...fact, fromState: batch.state, toState: state });
    await this.outbox.announce(tx, programId, { type: `payout_batch.${state}`, subjectId: id, data: {} });
    await this.outbox.startWorkflow(tx, programId, {
      type: payoutBatch.type,
      taskQueue: payoutBatch.taskQueue,
      workflowId: payoutBatch.workflowId(id, run),
      input: { programId, batchId: id },
    });
  }
}

async function accountOf(tx: Transaction, { partner_id }: ItemRow, rail: string): Promise<string> {
  const row = await rowOf<{ account_reference: string }>(
    tx,
    `select account_reference from payout_accounts where partner_id = $1 and rail = $2`,
    [partner_id, rail],
  );
  if (!row) throw new DomainError('illegal-transition', 'payout item: its partner has no account at the rail');
  return row.account_reference;
}

/** `causes` are those of `GET /payout-batches/{id}/items`. */
function isHeldBy(causes: readonly string[]): DomainError {
  const named = [...new Set(causes)].sort();
  return new DomainError('illegal-transition', `payout item: it would be held, by ${named.join(', ')}`, [], {
    causes: named,
  });
}

function hasIt(): DomainError {
  return new DomainError(
    'illegal-transition',
    'payout item: the rail has a payment for it; a person must look at both',
  );
}
