import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf } from '../database/index.js';
import { DocumentStore, renderRemittanceAdvice, type KeptDocument, type RemittanceAdvice } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor } from '../orchestration/actor.js';
import type { BatchStatus } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService, type Program } from '../programs/index.js';
import { batchStates, payingBatchStates } from './domain/index.js';
import { ItemPapers } from './item-papers.js';
import { itemTax } from './item-taxes.js';
import type { Progress } from './progress.js';
import { batchStatus, lockBatchRow, readBatchRow, type BatchRow, type ItemRow } from './rows.js';

interface SettledRow extends ItemRow {
  person_id: string;
  partner_name: string;
}

/** An advice that was rendered and kept, and the item that it is of. */
interface KeptAdvice {
  item: SettledRow;
  document: KeptDocument;
}

interface LineRow {
  item_id: string;
  event_id: string | null;
  occurred_at: Date;
  rule_id: string | null;
  clause: string | null;
  amount_minor: string;
}

/** The end of a batch: what each partner is told, and the state that is left for finance. */
@Injectable()
export class BatchCompletion {
  /** Items that are told in one set: read, drawn and written down together. */
  setSize = 50;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly documents: DocumentStore,
    private readonly programs: ProgramsService,
    private readonly papers: ItemPapers,
  ) {}

  /**
   * Renders, stores and mails the remittance advice of each settled item of a slice that has none, with the invoice that
   * the program asks for; how many those were. A repeat goes on where an earlier run was cut off, and no partner gets two
   * mails or two invoices.
   *
   * Advices are made in sets once a batch has ended, not when somebody first asks for one: the mail carries it, and what
   * it says is of the day of payment. Its bytes are kept under their hash, which the item names ever after.
   */
  async issueRemittanceAdvices(batchId: string, slice: number, { signal }: Progress): Promise<number> {
    const batch = await readBatchRow(this.database.dataSource.manager, batchId);
    const program = await this.programs.get(batch.program_id);
    for (let issued = 0; ;) {
      signal.throwIfAborted();
      const items = await this.withoutAdvice(batchId, slice);
      if (items.length === 0) return issued;
      const lines = await this.linesOf(items);
      const invoices = await this.papers.invoicesOf(items);
      const { kept, failure } = await this.documents.keepEach(items, async (item) => {
        signal.throwIfAborted();
        const advice = adviceOf(program, batch, item, lines.get(item.id) ?? []);
        const bytes = await renderRemittanceAdvice({ ...advice, invoiceNumber: invoices.get(item.id)?.number });
        return { kind: 'remittance_advice', mediaType: 'application/pdf', bytes };
      });
      issued += await this.issue(batch, kept);
      if (failure) throw failure.error;
    }
  }

  /**
   * Ends a batch of which no item is open: COMPLETED where all were paid, PARTIAL where some failed or came back. A batch
   * that ended, or of which items are open, stays as it is.
   *
   * @throws DomainError `not-found`, `illegal-transition` before the release
   */
  complete(batchId: string): Promise<BatchStatus> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, batchId);
      const status = await batchStatus(tx, batchId);
      if (batch.state === 'completed' || batch.state === 'partial') return status;
      // A failed item may have been taken up again since the workflow looked: it goes on then.
      if (status.openItems > 0 && payingBatchStates.includes(batch.state)) return status;
      if (status.openItems > 0) {
        throw new DomainError('illegal-transition', `batch ${batchId} has ${status.openItems} open items`);
      }
      const unpaid = await rowOf<{ count: number }>(
        tx,
        `select count(*)::int as count from payout_items where batch_id = $1 and state in ('failed', 'returned')`,
        [batchId],
      );
      const action = (unpaid?.count ?? 0) > 0 ? 'complete_partially' : 'complete';
      const state = batchStates.next(batch.state, action);
      await tx.query(`update payout_batches set state = $2, state_since = $3 where id = $1`, [
        batchId,
        state,
        this.clock.now(),
      ]);
      const { program_id: programId } = batch;
      const fact = { ...systemActor, programId, action: `payout_batch.${action}`, subjectId: batchId };
      const details = { unpaid: unpaid?.count ?? 0 };
      await this.audit.record(tx, { ...fact, fromState: batch.state, toState: state, details });
      await this.outbox.announce(tx, programId, { type: `payout_batch.${state}`, subjectId: batchId, data: details });
      return batchStatus(tx, batchId);
    });
  }

  private withoutAdvice(batchId: string, slice: number): Promise<SettledRow[]> {
    return this.database.query<SettledRow>(
      `select item.*, partner.person_id, coalesce(application.company, person.name, partner.reference) as partner_name
       from payout_items item
       join partners partner on partner.id = item.partner_id
       join applications application on application.id = partner.application_id
       join persons person on person.id = partner.person_id
       where item.batch_id = $1 and item.slice = $2 and item.state = 'settled' and item.remittance_sha256 is null
       order by item.id limit $3`,
      [batchId, slice, this.setSize],
    );
  }

  /** The entries that each item pays, with the event, rule and clause that they name. */
  private async linesOf(items: readonly ItemRow[]): Promise<Map<string, LineRow[]>> {
    const rows = await this.database.query<LineRow>(
      `select mapped.item_id, booked.event_id, coalesce(event.occurred_at, booked.event_at) as occurred_at,
              booked.rule_id, booked.clause, -entry.amount_minor as amount_minor
       from payout_item_entries mapped
       join ledger_entries entry on entry.id = mapped.entry_id
       join ledger_transactions booked on booked.id = entry.transaction_id
       left join events event on event.program_id = booked.program_id and event.id = booked.event_id
       where mapped.item_id = any($1)
       order by mapped.item_id, occurred_at, booked.event_id, entry.id`,
      [items.map(({ id }) => id)],
    );
    const lines = new Map<string, LineRow[]>();
    for (const row of rows) {
      const own = lines.get(row.item_id);
      if (own) own.push(row);
      else lines.set(row.item_id, [row]);
    }
    return lines;
  }

  /** Writes down a set of advices with their mails; how many: not those that another run wrote, or that came back. */
  private async issue(batch: BatchRow, kept: readonly KeptAdvice[]): Promise<number> {
    if (kept.length === 0) return 0;
    return this.database.inTransaction(async (tx) => {
      const { program_id: programId, id: batchId } = batch;
      await this.documents.recordAll(
        tx,
        programId,
        kept.map(({ document }) => document),
      );
      const locked = await rowsOf<{ id: string }>(
        tx,
        `select id from payout_items where id = any($1) and state = 'settled' and remittance_sha256 is null
         order by id for update`,
        [kept.map(({ item }) => item.id)],
      );
      const mine = new Set(locked.map(({ id }) => id));
      const issued = kept.filter(({ item }) => mine.has(item.id));
      await tx.query(
        `update payout_items item set remittance_sha256 = advice.hash
         from unnest($1::text[], $2::text[]) as advice (id, hash) where item.id = advice.id`,
        [issued.map(({ item }) => item.id), issued.map(({ document }) => document.hash)],
      );
      const mails = issued.map(({ item }) => {
        return { template: 'remittance-advice', subjectId: item.id, to: { personId: item.person_id } };
      });
      await this.outbox.mailAll(tx, programId, mails);
      const fact = { ...systemActor, programId, action: 'payout_item.advise' };
      const facts = issued.map(({ item, document: { hash: sha256 } }) => {
        return { ...fact, subjectId: item.id, details: { batchId, sha256 } };
      });
      await this.audit.recordAll(tx, facts);
      return issued.length;
    });
  }
}

function withheldOf(item: ItemRow): Pick<RemittanceAdvice, 'withheld'> {
  const { withheldMinor, withholding } = itemTax(item);
  if (withheldMinor === 0n || withholding === undefined) return {};
  return { withheld: { amountMinor: withheldMinor, ratePercent: withholding.ratePercent } };
}

/** What was posted for no event (a debt set off, a released amount) stands as one sum brought forward. */
function adviceOf(program: Program, batch: BatchRow, item: SettledRow, rows: readonly LineRow[]): RemittanceAdvice {
  const isLine = (row: LineRow) => row.event_id !== null && row.rule_id !== null;
  const { name, company, timeZone } = program.document;
  return {
    programName: name,
    company,
    partnerName: item.partner_name,
    batchId: batch.id,
    itemId: item.id,
    cutOff: batch.cut_off,
    settledAt: item.state_since,
    railReference: item.rail_reference ?? item.id,
    currency: item.currency,
    timeZone,
    lines: rows.filter(isLine).map((row) => ({
      eventId: row.event_id ?? '',
      occurredAt: row.occurred_at,
      rule: row.rule_id ?? '',
      clause: row.clause ?? '',
      amountMinor: BigInt(row.amount_minor),
    })),
    broughtForwardMinor: rows
      .filter((row) => !isLine(row))
      .reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n),
    ...withheldOf(item),
    totalMinor: BigInt(item.amount_minor),
  };
}
