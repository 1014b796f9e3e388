import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../../../database/index.js';
import { Clock } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/domain-error.js';
import { newId } from '../../../kernel/ids.js';
import { Keyring } from '../../../kernel/keyring.js';
import { sha256 } from '../../../kernel/sha256.js';
import type { Actor } from '../../../orchestration/actor.js';
import { Outbox } from '../../../outbox/index.js';
import { Settings } from '../../../platform/index.js';
import { makeFile, maxInstructionsPerFile } from './bank-file-formats.js';
import { nachaRailName } from './bank-rails.js';
import { fileColumns, type BankFileRow, type InstructionRow } from './bank-rows.js';
import { bankFileStates, instructionStates, type BankFileAction } from './bank-states.js';
import { DropFolder } from './drop-folder.js';

/** A payment file without its bytes. */
export type BankFile = Omit<BankFileRow, 'sealed'>;

/** Trace numbers have seven digits; after the last one they begin again. */
const lastTrace = 9_999_999n;

/** The payment files of batches: made of their instructions, handed over once, and read by those who may. */
@Injectable()
export class BankFilesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** The files of a batch, in the order in which they were made. */
  list(batchId: string): Promise<BankFile[]> {
    return this.database.query<BankFile>(`select ${fileColumns} from bank_files where batch_id = $1 order by id`, [
      batchId,
    ]);
  }

  /** @throws DomainError `not-found` */
  async get(fileId: string, tx: Transaction = this.database.dataSource.manager): Promise<BankFile> {
    const file = await rowOf<BankFile>(tx, `select ${fileColumns} from bank_files where id = $1`, [fileId]);
    if (!file) throw new DomainError('not-found', `no bank file ${fileId}`);
    return file;
  }

  /** The instructions of a file with their accounts masked, a page of at most 200 behind `after`. */
  instructions(fileId: string, after = ''): Promise<InstructionRow[]> {
    return this.database.query<InstructionRow>(
      `select * from bank_instructions where file_id = $1 and id > $2 order by id limit 200`,
      [fileId, after],
    );
  }

  /**
   * Makes the files of all instructions of a batch that are in none yet; none where there are none left.
   *
   * @param executionDate the day on which the bank is asked to pay, as `YYYY-MM-DD`, today (UTC) or later
   * @throws DomainError `not-found`, `illegal-transition` while items are still being sent, `invalid-document`, `unavailable`
   */
  async prepare(batchId: string, executionDate: string, actor: Actor): Promise<BankFile[]> {
    if (executionDate < this.clock.now().toISOString().slice(0, 10)) {
      const message = 'must not be in the past';
      throw new DomainError('invalid-document', 'no bank pays in the past', [{ pointer: '/executionDate', message }]);
    }
    for (;;) {
      const made = await this.database.inTransaction((tx) => this.prepareOne(tx, batchId, executionDate, actor));
      if (!made) return this.list(batchId);
    }
  }

  private async prepareOne(tx: Transaction, batchId: string, executionDate: string, actor: Actor): Promise<boolean> {
    await requireSent(tx, batchId);
    const rows = await rowsOf<InstructionRow>(
      tx,
      `select * from bank_instructions where batch_id = $1 and file_id is null and state = 'written'
         and rail = (select rail from bank_instructions where batch_id = $1 and file_id is null order by id limit 1)
       order by id limit $2 for update`,
      [batchId, maxInstructionsPerFile],
    );
    const [first] = rows;
    if (!first) return false;
    const [fileId, createdAt] = [newId('bfl'), this.clock.now()];
    const counters = await this.counters(tx, first.rail, rows.length, createdAt);
    const made = makeFile(
      first.rail,
      rows,
      { fileId, createdAt, executionDate, ...counters },
      { env: this.settings.env, keyring: this.keyring },
    );
    const total = rows.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n);
    const sealed = Buffer.from(this.keyring.encrypt(made.bytes, `bank-file/${fileId}`));
    await tx.query(
      `insert into bank_files (id, program_id, batch_id, rail, message_id, file_name, sha256, size_bytes, sealed, key_id,
         instruction_count, total_minor, currency, execution_date, state, prepared_by, created_at, state_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'prepared', $15, $16, $16)`,
      [
        ...[fileId, first.program_id, batchId, first.rail, made.messageId, made.fileName, sha256(made.bytes)],
        ...[made.bytes.length, sealed, this.keyring.activeKeyId, rows.length, total.toString(), first.currency],
        ...[executionDate, actor.actorId, createdAt],
      ],
    );
    await tx.query(
      `update bank_instructions instruction set state = $2, state_since = $3, file_id = $4, part_id = place."partId",
         trace_number = place."traceNumber"
       from jsonb_to_recordset($1) as place (id text, "partId" text, "traceNumber" text) where instruction.id = place.id`,
      [JSON.stringify(made.places), instructionStates.next('written', 'file'), createdAt, fileId],
    );
    const details = { batchId, payments: rows.length };
    await this.audit.record(tx, {
      ...{ ...actor, programId: first.program_id, action: 'bank_file.prepare', subjectId: fileId, toState: 'prepared' },
      details: { ...details, messageId: made.messageId, sha256: sha256(made.bytes) },
    });
    await this.outbox.announce(tx, first.program_id, { type: 'bank_file.prepared', subjectId: fileId, data: details });
    return true;
  }

  /**
   * Hands a file over, once: into the folder that is configured, else to the caller, who gets the bytes. Asked again
   * after a crash in the middle, it goes on where it was.
   *
   * @throws DomainError `not-found`, `illegal-transition` where it was handed over before
   */
  async handOver(fileId: string, actor: Actor): Promise<{ file: BankFile; bytes: Uint8Array }> {
    const row = await this.row(fileId);
    bankFileStates.next(row.state, 'hand_over');
    const bytes = this.open(row);
    const folder = this.settings.env.BANK_FILES_FOLDER;
    if (folder !== undefined) await this.drop(new DropFolder(folder), row, bytes);
    await this.database.inTransaction(async (tx) => {
      const moved = await this.move(tx, fileId, 'hand_over', actor);
      await tx.query(`update bank_files set handed_over_by = $2, handed_over_at = $3, hand_over = $4 where id = $1`, [
        moved.id,
        ...[actor.actorId, this.clock.now(), folder === undefined ? 'download' : 'folder'],
      ]);
    });
    return { file: await this.get(fileId), bytes };
  }

  /** The bytes of a file that was handed over, once more for those who look; each look is in the audit trail. */
  async content(fileId: string, actor: Actor): Promise<{ file: BankFile; bytes: Uint8Array }> {
    const row = await this.row(fileId);
    // A file that nobody has handed over goes out by that step alone, else it might reach the bank unrecorded.
    if (row.state === 'prepared') throw new DomainError('illegal-transition', 'the file was not handed over yet');
    const fact = { ...actor, programId: row.program_id, action: 'bank_file.read', subjectId: fileId };
    await this.database.inTransaction((tx) => this.audit.record(tx, fact));
    return { file: await this.get(fileId), bytes: this.open(row) };
  }

  /** Moves a file, in the caller's transaction; the row as it was. @throws DomainError `not-found`, `illegal-transition` */
  async move(
    tx: Transaction,
    fileId: string,
    action: BankFileAction,
    actor: Actor,
    reason?: string,
  ): Promise<BankFile> {
    const file = await rowOf<BankFile>(tx, `select ${fileColumns} from bank_files where id = $1 for update`, [fileId]);
    if (!file) throw new DomainError('not-found', `no bank file ${fileId}`);
    const state = bankFileStates.next(file.state, action);
    await tx.query(
      `update bank_files set state = $2, state_since = $3, reason_code = coalesce($4, reason_code) where id = $1`,
      [...[fileId, state, this.clock.now(), reason ?? null]],
    );
    const { program_id: programId, batch_id: batchId } = file;
    await this.audit.record(tx, {
      ...{
        ...actor,
        programId,
        action: `bank_file.${action}`,
        subjectId: fileId,
        fromState: file.state,
        toState: state,
      },
      details: { batchId, messageId: file.message_id },
    });
    await this.outbox.announce(tx, programId, { type: `bank_file.${state}`, subjectId: fileId, data: { batchId } });
    return file;
  }

  private async drop(folder: DropFolder, row: BankFileRow, bytes: Uint8Array): Promise<void> {
    let token = row.staging_token;
    if (token === null) {
      const staged = await folder.stage(bytes);
      const [kept] = await this.database.inTransaction((tx) =>
        rowsOf<{ staging_token: string }>(
          tx,
          `update bank_files set staging_token = coalesce(staging_token, $2) where id = $1 returning staging_token`,
          [row.id, staged],
        ),
      );
      token = kept?.staging_token ?? staged;
      // Somebody else staged it in the meantime: theirs is the one that counts.
      if (token !== staged) await folder.discard(staged);
    }
    await folder.drop(token, row.file_name);
  }

  private async row(fileId: string): Promise<BankFileRow> {
    const [row] = await this.database.query<BankFileRow>(
      `select *, to_char(execution_date, 'YYYY-MM-DD') as execution_date from bank_files where id = $1`,
      [fileId],
    );
    if (!row) throw new DomainError('not-found', `no bank file ${fileId}`);
    return row;
  }

  private open(row: BankFileRow): Uint8Array {
    const bytes = this.keyring.decrypt(row.sealed, row.key_id, `bank-file/${row.id}`);
    if (sha256(bytes) !== row.sha256) throw new Error(`the bytes of bank file ${row.id} are not those that were made`);
    return bytes;
  }

  private async counters(
    tx: Transaction,
    rail: string,
    count: number,
    at: Date,
  ): Promise<{ firstTrace: number; fileOfDay: number }> {
    if (rail !== nachaRailName) return { firstTrace: 1, fileOfDay: 1 };
    const bank = this.settings.env.ACH_BANK ?? '';
    // A block of numbers that ascend: where they would not fit before the last one, they begin again.
    const trace = await rowOf<{ value: string }>(
      tx,
      `insert into bank_counters as counter (name, value) values ($1, $2)
       on conflict (program_id, name) do update
         set value = case when counter.value + $2 > $3 then $2 else counter.value + $2 end returning value`,
      [`ach-trace/${bank}`, count, lastTrace.toString()],
    );
    const day = await rowOf<{ value: string }>(
      tx,
      `insert into bank_counters as counter (name, value) values ($1, 1)
       on conflict (program_id, name) do update set value = counter.value + 1 returning value`,
      [`ach-file/${bank}/${at.toISOString().slice(0, 10)}`],
    );
    return { firstTrace: Number(trace?.value) - count + 1, fileOfDay: Number(day?.value) };
  }
}

/** A file holds all of its batch: nothing may still be on its way to become an instruction. */
async function requireSent(tx: Transaction, batchId: string): Promise<void> {
  const row = await rowOf<{ state: string; open: number }>(
    tx,
    `select state, (select count(*)::int from payout_items where batch_id = batch.id and state in ('reserved', 'sending', 'unknown')) as open
     from payout_batches batch where id = $1`,
    [batchId],
  );
  if (!row) throw new DomainError('not-found', `no payout batch ${batchId}`);
  if (row.open > 0)
    throw new DomainError('illegal-transition', `payout batch: ${row.open} of its payments are still being written`);
}
