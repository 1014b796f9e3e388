import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../audit/index.js';
import { readBankReport } from '../../../bank-files/domain/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../../../database/index.js';
import { Clock } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/domain-error.js';
import { newId } from '../../../kernel/ids.js';
import { Keyring } from '../../../kernel/keyring.js';
import { toDecimalString } from '../../../kernel/money.js';
import { sha256 } from '../../../kernel/sha256.js';
import type { Actor } from '../../../orchestration/actor.js';
import { Outbox } from '../../../outbox/index.js';
import { applyFacts, openVerdicts, type JudgedFact } from './apply-facts.js';
import { copyOf, lockBooks, lockFileBooks, writeChanges, type LockedBooks } from './bank-books.js';
import { BankFilesService } from './bank-files.service.js';
import { instructionStates } from './bank-states.js';
import { reportedFacts, type ReportedFact } from './reported-facts.js';

export interface BankReportRow {
  id: string;
  program_id: string;
  sha256: string;
  kind: string;
  message_id: string;
  size_bytes: number;
  received_by: string;
  received_at: Date;
}

export interface ReportEntryRow {
  position: number;
  place: string;
  kind: string;
  code: string | null;
  reason_code: string | null;
  reference: string | null;
  amount_minor: string | null;
  currency: string | null;
  file_id: string | null;
  instruction_id: string | null;
  verdict: string;
}

const reportColumns = `id, program_id, sha256, kind, message_id, size_bytes, received_by, received_at`;

/** What the bank reports of files. The report is the truth: it moves instructions, and by them the items of batches. */
@Injectable()
export class BankReportsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly files: BankFilesService,
  ) {}

  /**
   * Takes a report in and applies it, all or nothing; one that was taken in before changes nothing. Each payment that it
   * moves is told to the item's batch by the way that every rail's events go.
   *
   * @throws DomainError `invalid-document`, with the place, for what cannot be read: nothing of it is stored then
   */
  async receive(programId: string, bytes: Uint8Array, actor: Actor): Promise<BankReportRow & { isRepeated: boolean }> {
    const hash = sha256(bytes);
    const report = readBankReport(bytes);
    const facts = reportedFacts(report);
    return this.database.inTransaction(async (tx) => {
      // Reports of one program take turns: each is applied to what the one before it left.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('bank-reports/' || $1, 0))`, [programId]);
      const known = await rowOf<BankReportRow>(
        tx,
        `select ${reportColumns} from bank_reports where program_id = $1 and sha256 = $2`,
        [programId, hash],
      );
      if (known) return { ...known, isRepeated: true };
      const books = await lockBooks(tx, programId, facts);
      const movements = await this.movements(tx, programId, books);
      const before = copyOf(books);
      const judged = applyFacts(facts, { ...books, movements });
      const id = newId('brp');
      const sealed = Buffer.from(this.keyring.encrypt(bytes, `bank-report/${id}`));
      const row = await rowOf<BankReportRow>(
        tx,
        `insert into bank_reports (id, program_id, sha256, kind, message_id, size_bytes, sealed, key_id, received_by, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${reportColumns}`,
        [
          id,
          programId,
          hash,
          report.kind,
          report.messageId,
          bytes.length,
          sealed,
          this.keyring.activeKeyId,
          actor.actorId,
          this.clock.now(),
        ],
      );
      await insertEntries(tx, programId, id, judged);
      await this.carryOut(tx, programId, before, books, id, actor);
      const open = judged.filter(({ verdict }) => openVerdicts.includes(verdict)).length;
      const details = { kind: report.kind, entries: judged.length, open };
      const fact = { ...actor, programId, action: 'bank_report.receive', subjectId: id };
      await this.audit.record(tx, { ...fact, details: { ...details, sha256: hash, messageId: report.messageId } });
      await this.outbox.announce(tx, programId, { type: 'bank_report.received', subjectId: id, data: details });
      return { ...row!, isRepeated: false };
    });
  }

  /**
   * A person's word that the bank took a file, or rejected all of it, where the bank sends no report of that.
   * @throws DomainError `not-found`, `illegal-transition`
   */
  async acknowledge(fileId: string, word: { isAccepted: boolean; reason: string }, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const file = await this.files.move(tx, fileId, word.isAccepted ? 'acknowledge' : 'reject', actor);
      const books = await lockFileBooks(tx, fileId);
      const before = copyOf(books);
      for (const one of books.instructions) {
        if (word.isAccepted && one.state === 'filed') one.state = instructionStates.next(one.state, 'accept');
        // Throws where any of it was paid: then the file cannot have been rejected.
        if (!word.isAccepted) [one.state, one.reason] = [instructionStates.next(one.state, 'reject'), 'NARR'];
      }
      await this.tellItems(tx, file.program_id, before, books, `${fileId}/acknowledgement`);
      const fact = { ...actor, programId: file.program_id, action: 'bank_file.confirm', subjectId: fileId };
      await this.audit.record(tx, { ...fact, reason: word.reason, details: { isAccepted: word.isAccepted } });
    });
  }

  /**
   * A person's word that the bank's statement shows a file as paid, with the amount that it shows: for banks that report
   * returns alone, as ACH does. The file must have been acknowledged, and the amount be that of all its payments.
   *
   * @throws DomainError `not-found`, `illegal-transition`, `invalid-document` where the amount is another
   */
  async confirmPaid(fileId: string, word: { amountMinor: bigint; reason: string }, actor: Actor): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const books = await lockFileBooks(tx, fileId);
      const file = await this.files.get(fileId, tx);
      if (file.state !== 'acknowledged')
        throw new DomainError('illegal-transition', `bank file: cannot be paid while ${file.state}`);
      const paid = books.instructions.filter(({ state }) => state !== 'rejected');
      const sum = paid.reduce((total, { amountMinor }) => total + amountMinor, 0n);
      if (sum !== word.amountMinor) {
        const message = `the payments of the file are ${toDecimalString(sum, file.currency)} ${file.currency}`;
        throw new DomainError('invalid-document', 'the amount is not that of the file', [
          { pointer: '/amountMinor', message },
        ]);
      }
      const before = copyOf(books);
      for (const one of paid)
        if (instructionStates.allows(one.state, 'settle')) one.state = instructionStates.next(one.state, 'settle');
      const moved = await this.tellItems(tx, file.program_id, before, books, `${fileId}/paid`);
      if (moved === 0) throw new DomainError('illegal-transition', 'bank file: all of it was settled before');
      const fact = { ...actor, programId: file.program_id, action: 'bank_file.confirm_paid', subjectId: fileId };
      await this.audit.record(tx, { ...fact, reason: word.reason, details: { payments: moved } });
    });
  }

  /** The reports of a program, newest first, a page of at most 200 before `before`. */
  list(programId: string, before?: string): Promise<(BankReportRow & { open: number })[]> {
    return this.database.query(
      `select ${reportColumns}, (select count(*)::int from bank_report_entries where report_id = report.id and verdict = any($3)) as open
       from bank_reports report where program_id = $1 and ($2::text is null or id < $2) order by id desc limit 200`,
      [programId, before ?? null, openVerdicts],
    );
  }

  /** @throws DomainError `not-found` */
  async get(reportId: string): Promise<BankReportRow> {
    const [row] = await this.database.query<BankReportRow>(`select ${reportColumns} from bank_reports where id = $1`, [
      reportId,
    ]);
    if (!row) throw new DomainError('not-found', `no bank report ${reportId}`);
    return row;
  }

  /** What became of each entry of a report, those that need a person first; at most 1,000. */
  entries(reportId: string): Promise<ReportEntryRow[]> {
    return this.database.query(
      `select position, place, kind, code, reason_code, reference, amount_minor, currency, file_id, instruction_id, verdict
       from bank_report_entries where report_id = $1 order by verdict = any($2) desc, position limit 1000`,
      [reportId, openVerdicts],
    );
  }

  private async carryOut(
    tx: Transaction,
    programId: string,
    before: LockedBooks,
    after: LockedBooks,
    reportId: string,
    actor: Actor,
  ): Promise<void> {
    for (const [index, file] of after.files.entries()) {
      if (before.files[index]!.state === file.state) continue;
      await this.files.move(tx, file.id, file.state === 'rejected' ? 'reject' : 'acknowledge', actor, file.reason);
    }
    await this.tellItems(tx, programId, before, after, reportId);
  }

  /** Writes what changed and puts an event for each into the rails' inbox; how many changed. */
  private async tellItems(
    tx: Transaction,
    programId: string,
    before: LockedBooks,
    after: LockedBooks,
    cause: string,
  ): Promise<number> {
    const now = this.clock.now();
    const changed = await writeChanges(tx, before, after, now);
    for (const { id, rail } of changed) {
      const eventId = `${cause}/${id}`;
      await tx.query(
        `insert into rail_inbox (program_id, rail, event_id, type, reference, received_at) values ($1, $2, $3, $4, $5, $6)`,
        [programId, rail, eventId, 'bank_report', id, now],
      );
      await this.outbox.railEvent(tx, programId, { rail, eventId });
    }
    return changed.length;
  }

  /** The movements that were counted before on these instructions. */
  private async movements(tx: Transaction, programId: string, { instructions }: LockedBooks): Promise<Set<string>> {
    const rows = await rowsOf<{ movement_key: string }>(
      tx,
      `select movement_key from bank_report_entries
       where program_id = $1 and movement_key is not null and instruction_id = any($2)`,
      [programId, instructions.map(({ id }) => id)],
    );
    return new Set(rows.map(({ movement_key }) => movement_key));
  }
}

async function insertEntries(
  tx: Transaction,
  programId: string,
  reportId: string,
  judged: readonly JudgedFact[],
): Promise<void> {
  const rows = judged.map(({ fact, verdict, instructionId, fileId, movementKey }, position) => ({
    ...{
      position,
      place: fact.place,
      kind: fact.kind,
      code: fact.code,
      reason_code: fact.reason,
      reference: referenceOf(fact),
    },
    ...{
      amount_minor: fact.amountMinor?.toString(),
      currency: fact.currency,
      file_id: fileId,
      instruction_id: instructionId,
    },
    ...{ movement_key: movementKey, verdict },
  }));
  await tx.query(
    `insert into bank_report_entries (report_id, program_id, position, place, kind, code, reason_code, reference, amount_minor,
       currency, file_id, instruction_id, movement_key, verdict)
     select $1, $2, position, place, kind, code, reason_code, reference, amount_minor, currency, file_id, instruction_id,
       movement_key, verdict
     from jsonb_to_recordset($3) as entry (position integer, place text, kind text, code text, reason_code text,
       reference text, amount_minor bigint, currency text, file_id text, instruction_id text, movement_key text, verdict text)`,
    [reportId, programId, JSON.stringify(rows)],
  );
}

/** The id by which the bank names what an entry is about. */
function referenceOf({ target }: ReportedFact): string | undefined {
  switch (target.level) {
    case 'file':
      return target.messageId;
    case 'part':
      return target.partId;
    case 'payment':
      return target.endToEndId;
    case 'trace':
      return target.trace;
    case 'nothing':
      return undefined;
  }
}
