import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import { LedgerService, lockPartners, net } from '../ledger/index.js';
import { payoutBatch } from '../orchestration/payout-batch.js';
import type { Actor } from '../orchestration/actor.js';
import type { CutOffRun } from '../orchestration/cut-off-run.js';
import type { CollectionResult } from '../orchestration/payout-collection.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService } from '../programs/index.js';
import { carryCause, PayoutRail, type CarryCause, type Claim } from './domain/index.js';
import { isSuspended, minimumOf, openEntries } from './open-entries.js';
import { lockCollection, type BatchRow } from './rows.js';

interface Draft extends Actor {
  batchId: string;
  programId: string;
  currency: string;
  cutOff: Date;
}

interface PaidClaim extends Claim {
  accountReference: string;
}

/** Collects what partners have to come into a batch that people then look at. */
@Injectable()
export class BatchDrafts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
    private readonly programs: ProgramsService,
    private readonly rail: PayoutRail,
  ) {}

  /**
   * Drafts the batch of one cut-off, in the program's currency, and the start of its workflow with it. Drafting the same
   * cut-off again answers with the batch that there is. No batch is made where nobody is paid.
   *
   * @throws DomainError `not-found` (the program)
   */
  async draft({ programId, cutOffMs, actorId, requestId }: CutOffRun): Promise<CollectionResult> {
    const { currency } = (await this.programs.get(programId)).document;
    const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
    const draft = { batchId: newId('bat'), programId, currency, cutOff: new Date(cutOffMs), ...actor };
    return this.database.inTransaction(async (tx) => {
      await lockCollection(tx, programId);
      const existing = await this.existing(tx, draft);
      if (existing) return existing;
      await this.netDebts(tx, draft);
      const claims = await collectClaims(tx, draft, this.rail.name);
      const carried = claims.filter((claim) => carryCause(claim) !== undefined);
      const paid = claims.filter((claim): claim is PaidClaim => carryCause(claim) === undefined);
      const carriedMinor = `${sum(carried.filter(isOwed))}`;
      const result = { items: paid.length, totalMinor: `${sum(paid)}`, carriedMinor, carried: countCauses(carried) };
      if (paid.length === 0) return result;
      await this.insertBatch(tx, draft, result);
      await this.insertItems(tx, draft, paid);
      await this.tell(tx, draft, result);
      return { batchId: draft.batchId, ...result };
    });
  }

  private async existing(
    tx: Transaction,
    { programId, currency, cutOff }: Draft,
  ): Promise<CollectionResult | undefined> {
    const row = await rowOf<Pick<BatchRow, 'id' | 'item_count' | 'total_minor' | 'carried_minor' | 'carried'>>(
      tx,
      `select id, item_count, total_minor, carried_minor, carried from payout_batches
       where program_id = $1 and currency = $2 and cut_off = $3`,
      [programId, currency, cutOff],
    );
    if (!row) return undefined;
    const { id: batchId, item_count: items, total_minor: totalMinor, carried_minor: carriedMinor, carried } = row;
    return { batchId, items, totalMinor, carriedMinor, carried };
  }

  /** What a partner owes is set off against what it has to come before anything is collected (money.md, Flow). */
  private async netDebts(tx: Transaction, { batchId, programId, currency, cutOff, actorId }: Draft): Promise<void> {
    const debtors = await rowsOf<{ partner_id: string }>(
      tx,
      `select account.owner_id as partner_id from ledger_accounts account
       join ledger_entries entry on entry.account_id = account.id
       where account.program_id = $1 and account.code = 'partner_receivable' and account.currency = $2
       group by account.owner_id having sum(entry.amount_minor) > 0`,
      [programId, currency],
    );
    const partnerIds = debtors.map(({ partner_id }) => partner_id);
    if (partnerIds.length === 0) return;
    await lockPartners(tx, programId, partnerIds);
    const balances = await this.ledger.partnerBalances(tx, programId, ['payable', 'partner_receivable'], partnerIds);
    const settlements = partnerIds.flatMap((partnerId) => {
      const owed = balances.of('partner_receivable', partnerId, currency);
      const payable = balances.of('payable', partnerId, currency);
      const amountMinor = owed < payable ? owed : payable;
      const key = `${batchId}/${partnerId}`;
      return amountMinor > 0n
        ? [net({ key, eventAt: cutOff, currency, actorId, refs: {}, partnerId, amountMinor })]
        : [];
    });
    await this.ledger.post(tx, programId, settlements);
  }

  private async insertBatch(tx: Transaction, draft: Draft, result: CollectionResult): Promise<void> {
    const { batchId, programId, currency, cutOff } = draft;
    await tx.query(
      `insert into payout_batches (id, program_id, currency, state, cut_off, total_minor, item_count, carried_minor,
                                   carried, created_at, state_since)
       values ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $9)`,
      [
        ...[batchId, programId, currency, cutOff, result.totalMinor, result.items, result.carriedMinor],
        ...[JSON.stringify(result.carried), this.clock.now()],
      ],
    );
  }

  private async insertItems(tx: Transaction, draft: Draft, paid: readonly PaidClaim[]): Promise<void> {
    const { batchId, programId, currency } = draft;
    const rows = paid.map(({ partnerId, amountMinor, accountReference }) => ({
      id: newId('itm'),
      partner_id: partnerId,
      amount_minor: amountMinor.toString(),
      account_reference: accountReference,
    }));
    await tx.query(
      `insert into payout_items (id, program_id, batch_id, partner_id, amount_minor, currency, state, account_reference, state_since)
       select id, $1, $2, partner_id, amount_minor, $3, 'pending', account_reference, $4
       from jsonb_to_recordset($5) as item (id text, partner_id text, amount_minor bigint, account_reference text)`,
      [programId, batchId, currency, this.clock.now(), JSON.stringify(rows)],
    );
    await tx.query(
      `insert into payout_item_entries (entry_id, program_id, item_id)
       select collected.entry_id, $1, item.id
       from payout_items item join collected_entries collected on collected.partner_id = item.partner_id
       where item.batch_id = $2`,
      [programId, batchId],
    );
  }

  private async tell(
    tx: Transaction,
    { batchId, programId, cutOff, actorId, requestId }: Draft,
    { items, totalMinor, carriedMinor, carried }: CollectionResult,
  ): Promise<void> {
    const details = { cutOff: cutOff.toISOString(), items, totalMinor, carriedMinor, carried };
    const fact = { programId, action: 'payout_batch.draft', subjectId: batchId, toState: 'draft', details };
    await this.audit.record(tx, { ...fact, actorId, ...(requestId === undefined ? {} : { requestId }) });
    await this.outbox.announce(tx, programId, { type: 'payout_batch.drafted', subjectId: batchId, data: details });
    await this.outbox.startWorkflow(tx, programId, {
      type: payoutBatch.type,
      taskQueue: payoutBatch.taskQueue,
      workflowId: payoutBatch.workflowId(batchId),
      input: { programId, batchId },
    });
  }
}

/**
 * What each partner has to come. The entries are kept for this transaction, so that what is summed here is what the
 * items are made of, whatever is posted in between.
 */
async function collectClaims(tx: Transaction, { programId, currency, cutOff }: Draft, rail: string): Promise<Claim[]> {
  await tx.query(
    `create temporary table collected_entries (entry_id bigint, partner_id text, amount_minor bigint) on commit drop`,
  );
  await tx.query(`insert into collected_entries ${openEntries}`, [programId, currency, cutOff]);
  const rows = await rowsOf<{
    partner_id: string;
    due_minor: string;
    minimum_minor: string | null;
    account_reference: string | null;
    is_suspended: boolean;
  }>(
    tx,
    `select due.partner_id, due.due_minor, minimum.minimum_minor, account.account_reference,
       ${isSuspended('due.partner_id')} as is_suspended
     from (select partner_id, -sum(amount_minor) as due_minor from collected_entries group by partner_id) due
     left join payout_accounts account on account.partner_id = due.partner_id and account.rail = $2
     left join lateral (${minimumOf('due.partner_id', '$1::timestamptz')}) minimum on true
     where due.due_minor <> 0
     order by due.partner_id`,
    [cutOff, rail],
  );
  return rows.map((row) => ({
    partnerId: row.partner_id,
    amountMinor: BigInt(row.due_minor),
    minimumMinor: BigInt(row.minimum_minor ?? 0),
    accountReference: row.account_reference ?? undefined,
    isSuspended: row.is_suspended,
  }));
}

function isOwed({ amountMinor }: Claim): boolean {
  return amountMinor > 0n;
}

function sum(claims: readonly Claim[]): bigint {
  return claims.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

function countCauses(carried: readonly Claim[]): Partial<Record<CarryCause, number>> {
  const counts: Partial<Record<CarryCause, number>> = {};
  for (const claim of carried) {
    const cause = carryCause(claim);
    if (cause) counts[cause] = (counts[cause] ?? 0) + 1;
  }
  return counts;
}
