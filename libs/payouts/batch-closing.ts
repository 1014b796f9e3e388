import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import type { BatchStatus } from '../orchestration/payout-batch.js';
import { BatchMoves } from './batch-moves.js';
import { Reconciler, type Difference } from './reconciliation.js';
import { lockBatchRow } from './rows.js';

/** A reconciliation as it was kept. Minor units. */
export interface KeptReconciliation {
  id: string;
  itemsMinor: bigint;
  ledgerMinor: bigint;
  railMinor: bigint;
  reservedMinor: bigint;
  withheldMinor: bigint;
  withheldLedgerMinor: bigint;
  differences: Difference[];
  agrees: boolean;
  madeBy: string;
  madeAt: Date;
  notes: ReconciliationNote[];
}

/** What explains the differences of a reconciliation, once another person has approved it. */
export interface ReconciliationNote {
  id: string;
  note: string;
  writtenBy: string;
  writtenAt: Date;
  approvedBy?: string;
  approvedAt?: Date;
}

interface ReconciliationRow {
  id: string;
  items_minor: string;
  ledger_minor: string;
  rail_minor: string;
  reserved_minor: string;
  withheld_minor: string;
  withheld_ledger_minor: string;
  differences: Difference[];
  agrees: boolean;
  made_by: string;
  made_at: Date;
}

interface NoteRow {
  id: string;
  reconciliation_id: string;
  note: string;
  written_by: string;
  written_at: Date;
  approved_by: string | null;
  approved_at: Date | null;
}

type OnBatch = Actor & { batchId: string };

/** The end of a batch for finance: held against the rail's report, differences explained, and closed. */
@Injectable()
export class BatchClosing {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly moves: BatchMoves,
    private readonly reconciler: Reconciler,
  ) {}

  /**
   * Holds items, ledger and rail against each other and keeps what was found. A batch may be reconciled again until it is
   * closed.
   *
   * @throws DomainError `not-found`, `illegal-transition` before the batch has ended; what the rail throws
   */
  async reconcile(input: OnBatch): Promise<BatchStatus> {
    const lookedAt = this.clock.now();
    const { batchId: _batchId, currency: _currency, ...found } = await this.reconciler.reconcile(input.batchId);
    return this.moves.decide(input, 'reconcile', async (tx, batch) => {
      const id = newId('rec');
      await tx.query(
        `insert into payout_reconciliations (id, program_id, batch_id, items_minor, ledger_minor, rail_minor,
           reserved_minor, differences, agrees, made_by, made_at, withheld_minor, withheld_ledger_minor)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
        [
          ...[id, batch.program_id, batch.id, found.itemsMinor, found.ledgerMinor, found.railMinor],
          ...[found.reservedMinor, JSON.stringify(found.differences), found.agrees, input.actorId, lookedAt],
          ...[found.withheldMinor, found.withheldLedgerMinor],
        ],
      );
      return { details: { reconciliationId: id, agrees: found.agrees, differences: found.differences.length } };
    });
  }

  /** Every reconciliation of a batch with its notes, the newest first. */
  async reconciliations(batchId: string): Promise<KeptReconciliation[]> {
    const rows = await this.database.query<ReconciliationRow>(
      `select * from payout_reconciliations where batch_id = $1 order by id desc limit 100`,
      [batchId],
    );
    const notes = await this.database.query<NoteRow>(
      `select note.* from payout_reconciliation_notes note where note.reconciliation_id = any($1) order by note.id`,
      [rows.map(({ id }) => id)],
    );
    return rows.map((row) => toReconciliation(row, notes));
  }

  /**
   * Writes down what explains the differences of the newest reconciliation; it counts once somebody else approves it.
   *
   * @returns the note's id
   * @throws DomainError `not-found`, `illegal-transition` where there is nothing to explain
   */
  explain(input: OnBatch & { note: string }): Promise<string> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      const { actorId, requestId } = input;
      const fact = { actorId, ...(requestId === undefined ? {} : { requestId }), programId: batch.program_id };
      const explained = { ...fact, action: 'payout_batch.explain', subjectId: batch.id };
      const newest = await newestOf(tx, batch.id);
      if (batch.state !== 'reconciled' || !newest || newest.agrees) {
        throw new DomainError('illegal-transition', 'payout batch: no reconciliation has a difference to explain');
      }
      const id = newId('rcn');
      await tx.query(
        `insert into payout_reconciliation_notes (id, program_id, reconciliation_id, note, written_by, written_at)
         values ($1, $2, $3, $4, $5, $6)`,
        [id, batch.program_id, newest.id, input.note, actorId, this.clock.now()],
      );
      await this.audit.record(tx, { ...explained, details: { noteId: id, reconciliationId: newest.id } });
      return id;
    });
  }

  /** @throws DomainError `not-found`, `maker-is-checker`, `illegal-transition` for a note that is approved */
  approveNote(input: OnBatch & { noteId: string }): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      const { actorId, requestId, noteId } = input;
      const asked = { actorId, ...(requestId === undefined ? {} : { requestId }) };
      const fact = { ...asked, programId: batch.program_id, action: 'payout_batch.approve_note', subjectId: noteId };
      if (await this.audit.wasRecorded(tx, fact)) return;
      const note = await rowOf<NoteRow>(
        tx,
        `select note.* from payout_reconciliation_notes note
         join payout_reconciliations kept on kept.id = note.reconciliation_id
         where note.id = $1 and kept.batch_id = $2 for update of note`,
        [noteId, batch.id],
      );
      if (!note) throw new DomainError('not-found', `no note ${noteId} on this batch`);
      if (note.written_by === actorId) throw new DomainError('maker-is-checker', 'somebody else approves a note');
      if (note.approved_by !== null) throw new DomainError('illegal-transition', 'the note is approved already');
      await tx.query(`update payout_reconciliation_notes set approved_by = $2, approved_at = $3 where id = $1`, [
        noteId,
        actorId,
        this.clock.now(),
      ]);
      await this.audit.record(tx, { ...fact, details: { batchId: batch.id } });
    });
  }

  /**
   * Closes a reconciled batch: only where the newest reconciliation agrees, or an approved note explains its differences,
   * and nothing has moved since.
   *
   * @throws DomainError `not-found`, `illegal-transition`
   */
  close(input: OnBatch): Promise<BatchStatus> {
    return this.moves.decide(input, 'close', async (tx, batch) => {
      const newest = await newestOf(tx, batch.id);
      if (!newest) throw new DomainError('illegal-transition', 'payout batch: it was never reconciled');
      const moved = await rowOf(tx, `select 1 from payout_items where batch_id = $1 and state_since > $2 limit 1`, [
        batch.id,
        newest.made_at,
      ]);
      if (moved) throw new DomainError('illegal-transition', 'payout batch: it has moved since; reconcile it again');
      if (!newest.agrees && !(await isExplained(tx, newest.id))) {
        throw new DomainError('illegal-transition', 'payout batch: no approved note explains its differences');
      }
      return { details: { reconciliationId: newest.id, agrees: newest.agrees } };
    });
  }
}

function newestOf(tx: Transaction, batchId: string): Promise<ReconciliationRow | undefined> {
  const sql = `select * from payout_reconciliations where batch_id = $1 order by id desc limit 1`;
  return rowOf<ReconciliationRow>(tx, sql, [batchId]);
}

async function isExplained(tx: Transaction, reconciliationId: string): Promise<boolean> {
  const approved = await rowsOf(
    tx,
    `select 1 from payout_reconciliation_notes where reconciliation_id = $1 and approved_by is not null limit 1`,
    [reconciliationId],
  );
  return approved.length > 0;
}

function toReconciliation(row: ReconciliationRow, notes: readonly NoteRow[]): KeptReconciliation {
  return {
    id: row.id,
    itemsMinor: BigInt(row.items_minor),
    ledgerMinor: BigInt(row.ledger_minor),
    railMinor: BigInt(row.rail_minor),
    reservedMinor: BigInt(row.reserved_minor),
    withheldMinor: BigInt(row.withheld_minor),
    withheldLedgerMinor: BigInt(row.withheld_ledger_minor),
    differences: row.differences,
    agrees: row.agrees,
    madeBy: row.made_by,
    madeAt: row.made_at,
    notes: notes
      .filter(({ reconciliation_id }) => reconciliation_id === row.id)
      .map(({ id, note, written_by, written_at, approved_by, approved_at }) => ({
        id,
        note,
        writtenBy: written_by,
        writtenAt: written_at,
        ...(approved_by === null ? {} : { approvedBy: approved_by }),
        ...(approved_at === null ? {} : { approvedAt: approved_at }),
      })),
  };
}
