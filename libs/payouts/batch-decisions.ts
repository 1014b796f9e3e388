import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { giveBack, LedgerService, lockPartners, reserve, type ItemOccasion } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import type { ApproveBatchInput, BatchStatus, EndBatchInput, SubmitBatchInput } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { batchContentHash, batchStates, itemStates, type BatchAction } from './domain/index.js';
import { itemFact, itemOccasion } from './item-facts.js';
import { isSuspended, minimumOf, openEntries } from './open-entries.js';
import { batchStatus, itemsIn, lockBatchRow, lockCollection, type BatchRow, type ItemRow } from './rows.js';

/** Items of a slice (temporal.md, Shapes). */
const sliceSize = 500;

type Decision = Actor & { batchId: string; reason?: string };

/** What people decide about a batch. Row, items, ledger, audit and announcement move in one transaction. */
@Injectable()
export class BatchDecisions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Freezes a draft: takes what was posted since, drops the items that no longer reach their minimum or whose partner was
   * suspended, reserves the rest and hashes it. Whoever submits is the maker. A batch of which nothing is left is cancelled.
   *
   * @throws DomainError `not-found`, `illegal-transition`
   */
  submit(input: SubmitBatchInput): Promise<BatchStatus> {
    return this.decide(input, 'submit', async (tx, batch) => {
      await lockCollection(tx, batch.program_id);
      const drafted = await itemsIn(tx, batch.id, ['pending']);
      await lockPartners(
        tx,
        batch.program_id,
        drafted.map(({ partner_id }) => partner_id),
      );
      await collectSince(tx, batch);
      const carriedMinor = await this.dropUnpaid(tx, batch, drafted, input);
      const kept = await itemsIn(tx, batch.id, ['pending']);
      if (kept.length === 0) return this.cancelEmpty(tx, batch, carriedMinor, input);
      await this.ledger.post(
        tx,
        batch.program_id,
        kept.map((item) => reserve(this.occasion(item, input))),
      );
      await tx.query(
        `update payout_items item set state = $2, state_since = $3, slice = 1 + (position.number - 1) / $4
         from (select id, row_number() over (order by id) as number from payout_items where batch_id = $1 and state = 'pending') position
         where item.id = position.id`,
        [batch.id, itemStates.next('pending', 'reserve'), this.clock.now(), sliceSize],
      );
      const contentHash = contentHashOf(batch, kept);
      const totalMinor = kept.reduce((sum, item) => sum + BigInt(item.amount_minor), 0n);
      await tx.query(
        `update payout_batches set content_hash = $2, total_minor = $3, item_count = $4, carried_minor = carried_minor + $5,
           made_by = $6 where id = $1`,
        [batch.id, contentHash, totalMinor, kept.length, carriedMinor, input.actorId],
      );
      await this.audit.recordAll(
        tx,
        kept.map((item) => itemFact(item, 'reserve', 'reserved', input)),
      );
      return { details: { contentHash, items: kept.length, totalMinor: totalMinor.toString() } };
    });
  }

  /**
   * Releases a frozen batch to the rail.
   *
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker`, `hash-mismatch`
   */
  approve(input: ApproveBatchInput): Promise<BatchStatus> {
    return this.decide(input, 'approve', async (tx, batch) => {
      if (batch.made_by === input.actorId) {
        throw new DomainError('maker-is-checker', 'whoever submitted a batch cannot approve it');
      }
      // The rows are hashed again: what is released is what was shown, whoever touched them.
      const actual = contentHashOf(batch, await itemsIn(tx, batch.id, ['reserved']));
      if (input.contentHash !== batch.content_hash || actual !== batch.content_hash) {
        throw new DomainError('hash-mismatch', 'the batch is not what was approved');
      }
      await tx.query(`update payout_batches set approved_by = $2 where id = $1`, [batch.id, input.actorId]);
      return { details: { contentHash: actual } };
    });
  }

  /** Gives back what was reserved; the next collection takes it. @throws DomainError `not-found`, `illegal-transition` */
  reject(input: EndBatchInput): Promise<BatchStatus> {
    return this.decide(input, 'reject', async (tx, batch) => {
      const items = await itemsIn(tx, batch.id, ['reserved']);
      await lockPartners(
        tx,
        batch.program_id,
        items.map(({ partner_id }) => partner_id),
      );
      await this.ledger.post(
        tx,
        batch.program_id,
        items.map((item) => giveBack(this.occasion(item, input))),
      );
      await this.supersede(tx, items, input);
      return {};
    });
  }

  /** Ends a draft, of which nothing was reserved yet. @throws DomainError `not-found`, `illegal-transition` */
  cancel(input: EndBatchInput): Promise<BatchStatus> {
    return this.decide(input, 'cancel', async (tx, batch) => {
      await this.supersede(tx, await itemsIn(tx, batch.id, ['pending']), input);
      return {};
    });
  }

  private decide(
    input: Decision,
    action: BatchAction,
    work: (tx: Transaction, batch: BatchRow) => Promise<{ state?: 'cancelled'; reason?: string; details?: object }>,
  ): Promise<BatchStatus> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      const fact = { ...input, programId: batch.program_id, action: `payout_batch.${action}`, subjectId: batch.id };
      if (await this.audit.wasRecorded(tx, fact)) return batchStatus(tx, batch.id);
      const usual = batchStates.next(batch.state, action);
      const { state = usual, reason = input.reason, details = {} } = await work(tx, batch);
      await tx.query(
        `update payout_batches set state = $2, state_since = $3, reason = coalesce($4, reason) where id = $1`,
        [batch.id, state, this.clock.now(), reason ?? null],
      );
      const move = { fromState: batch.state, toState: state, ...(reason === undefined ? {} : { reason }) };
      await this.audit.record(tx, { ...fact, ...move, details: { ...details } });
      const event = { type: `payout_batch.${state}` as const, subjectId: batch.id, data: { ...details } };
      await this.outbox.announce(tx, batch.program_id, event);
      return batchStatus(tx, batch.id);
    });
  }

  /** Brings the items up to their entries, and drops those that are not paid now; what that carries, in minor units. */
  private async dropUnpaid(tx: Transaction, batch: BatchRow, drafted: ItemRow[], actor: Actor): Promise<bigint> {
    const rows = await rowsOf<{ item_id: string; due_minor: string; is_paid: boolean }>(
      tx,
      `select item.id as item_id, due.due_minor, due.due_minor >= greatest(1, coalesce(minimum.minimum_minor, 0))
           and not ${isSuspended('item.partner_id')} as is_paid
       from payout_items item
       cross join lateral (select coalesce(-sum(entry.amount_minor), 0) as due_minor
                           from payout_item_entries mapped join ledger_entries entry on entry.id = mapped.entry_id
                           where mapped.item_id = item.id) due
       left join lateral (${minimumOf('item.partner_id', '$2::timestamptz')}) minimum on true
       where item.batch_id = $1 and item.state = 'pending'`,
      [batch.id, batch.cut_off],
    );
    const due = new Map(rows.map(({ item_id, due_minor }) => [item_id, BigInt(due_minor)]));
    const dropped = new Set(rows.filter(({ is_paid }) => !is_paid).map(({ item_id }) => item_id));
    await tx.query(
      `update payout_items item set amount_minor = due.amount_minor
       from jsonb_to_recordset($1) as due (item_id text, amount_minor bigint)
       where item.id = due.item_id and item.amount_minor <> due.amount_minor`,
      [
        JSON.stringify(
          rows.filter(({ is_paid }) => is_paid).map(({ item_id, due_minor }) => ({ item_id, amount_minor: due_minor })),
        ),
      ],
    );
    await this.supersede(
      tx,
      drafted.filter(({ id }) => dropped.has(id)),
      actor,
    );
    return [...dropped].map((id) => due.get(id) ?? 0n).reduce((sum, minor) => sum + (minor > 0n ? minor : 0n), 0n);
  }

  private async cancelEmpty(tx: Transaction, batch: BatchRow, carriedMinor: bigint, { actorId }: Actor) {
    await tx.query(
      `update payout_batches set total_minor = 0, item_count = 0, carried_minor = carried_minor + $2, made_by = $3 where id = $1`,
      [batch.id, carriedMinor, actorId],
    );
    const state = batchStates.next('draft', 'cancel');
    return { state, reason: 'nothing is left to pay since the draft', details: { items: 0 } };
  }

  /** Takes items out of their batch: the entries that they paid are free for the next collection. */
  private async supersede(tx: Transaction, items: readonly ItemRow[], actor: Actor): Promise<void> {
    if (items.length === 0) return;
    const ids = items.map(({ id }) => id);
    await tx.query(`delete from payout_item_entries where item_id = any($1)`, [ids]);
    await tx.query(`update payout_items set state = 'superseded', state_since = $2 where id = any($1)`, [
      ids,
      this.clock.now(),
    ]);
    const facts = items.map((item) => itemFact(item, 'supersede', itemStates.next(item.state, 'supersede'), actor));
    await this.audit.recordAll(tx, facts);
  }

  private occasion(item: ItemRow, { actorId }: Actor): ItemOccasion {
    return itemOccasion(item, this.clock.now(), actorId);
  }
}

/** Maps what was posted to the drafted partners since: every debit, and credits up to the cut-off. */
async function collectSince(tx: Transaction, { id, program_id, currency, cut_off }: BatchRow): Promise<void> {
  await tx.query(
    `insert into payout_item_entries (entry_id, program_id, item_id)
     select open.entry_id, $1, item.id
     from payout_items item join (${openEntries}) open on open.partner_id = item.partner_id
     where item.batch_id = $4 and item.state = 'pending'`,
    [program_id, currency, cut_off, id],
  );
}

function contentHashOf(batch: BatchRow, items: readonly ItemRow[]): string {
  return batchContentHash({
    batchId: batch.id,
    programId: batch.program_id,
    currency: batch.currency,
    cutOff: batch.cut_off,
    items: items.map((item) => ({
      id: item.id,
      partnerId: item.partner_id,
      amountMinor: BigInt(item.amount_minor),
      accountReference: item.account_reference,
    })),
  });
}
