import { rowsOf, type Transaction } from '../../../database/index.js';
import type { LiveFile, LiveInstruction } from './apply-facts.js';
import type { InstructionRow } from './bank-rows.js';
import type { BankFileState } from './bank-states.js';
import type { ReportedFact } from './reported-facts.js';

/** What a report is about, read and locked, and written back where it changed. */
export interface LockedBooks {
  files: LiveFile[];
  instructions: LiveInstruction[];
}

type FileFacts = { id: string; message_id: string; state: BankFileState; reason_code: string | null };

/** The files that facts name in any way, with all of their instructions; only those that were handed over. */
export async function lockBooks(
  tx: Transaction,
  programId: string,
  facts: readonly ReportedFact[],
): Promise<LockedBooks> {
  const messages: string[] = [];
  const parts: string[] = [];
  const payments: string[] = [];
  const traces: string[] = [];
  for (const { target } of facts) {
    if (target.level === 'file') messages.push(target.messageId);
    if (target.level === 'part') parts.push(target.partId);
    if (target.level === 'payment') payments.push(target.endToEndId);
    if (target.level === 'trace') traces.push(target.trace);
  }
  const files = await rowsOf<FileFacts>(
    tx,
    `select id, message_id, state, reason_code from bank_files
     where program_id = $1 and state <> 'prepared' and (message_id = any($2) or id in (
       select file_id from bank_instructions
       where program_id = $1 and (part_id = any($3) or end_to_end_id = any($4) or trace_number = any($5))))
     order by id for update`,
    [programId, messages, parts, payments, traces],
  );
  return locked(tx, files);
}

/** One file with its instructions. */
export async function lockFileBooks(tx: Transaction, fileId: string): Promise<LockedBooks> {
  return locked(
    tx,
    await rowsOf<FileFacts>(tx, `select id, message_id, state, reason_code from bank_files where id = $1 for update`, [
      fileId,
    ]),
  );
}

async function locked(tx: Transaction, files: readonly FileFacts[]): Promise<LockedBooks> {
  const rows = await rowsOf<InstructionRow>(
    tx,
    `select * from bank_instructions where file_id = any($1) order by created_at, id for update`,
    [files.map(({ id }) => id)],
  );
  return {
    files: files.map(({ id, message_id: messageId, state, reason_code }) => ({
      id,
      messageId,
      state,
      reason: reason_code ?? undefined,
    })),
    instructions: rows.map((row) => ({
      id: row.id,
      fileId: row.file_id ?? '',
      partId: row.part_id,
      endToEndId: row.end_to_end_id,
      trace: row.trace_number,
      amountMinor: BigInt(row.amount_minor),
      currency: row.currency,
      state: row.state,
      returnedMinor: BigInt(row.returned_minor),
      reason: row.reason_code ?? undefined,
    })),
  };
}

/** A copy to compare with later. */
export function copyOf(books: LockedBooks): LockedBooks {
  return { files: books.files.map((one) => ({ ...one })), instructions: books.instructions.map((one) => ({ ...one })) };
}

/** Writes the instructions that changed; their ids with their rails. */
export async function writeChanges(
  tx: Transaction,
  before: LockedBooks,
  after: LockedBooks,
  now: Date,
): Promise<{ id: string; rail: string }[]> {
  const changed = after.instructions.filter((one, index) => {
    const was = before.instructions[index]!;
    return was.state !== one.state || was.returnedMinor !== one.returnedMinor;
  });
  if (changed.length === 0) return [];
  const rows = changed.map(({ id, state, returnedMinor, reason }) => ({
    id,
    state,
    returned: returnedMinor.toString(),
    reason,
  }));
  return rowsOf<{ id: string; rail: string }>(
    tx,
    `update bank_instructions instruction set state = said.state, returned_minor = said.returned, reason_code = said.reason,
       state_since = case when instruction.state = said.state then instruction.state_since else $2 end
     from jsonb_to_recordset($1) as said (id text, state text, returned bigint, reason text)
     where instruction.id = said.id returning instruction.id, instruction.rail`,
    [JSON.stringify(rows), now],
  );
}
