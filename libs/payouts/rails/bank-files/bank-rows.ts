import type { Keyring } from '../../../kernel/keyring.js';
import type { RailTransfer } from '../../domain/index.js';
import type { BankFileState, InstructionState } from './bank-states.js';
import type { PayoutDestination } from './payout-destination.js';

export interface InstructionRow {
  id: string;
  program_id: string;
  rail: string;
  idempotency_key: string;
  parameter_hash: string;
  item_id: string;
  attempt: number;
  batch_id: string;
  partner_id: string;
  account_reference: string;
  amount_minor: string;
  currency: string;
  end_to_end_id: string;
  sealed_destination: Buffer;
  key_id: string;
  masked_account: string;
  file_id: string | null;
  part_id: string | null;
  trace_number: string | null;
  state: InstructionState;
  returned_minor: string;
  reason_code: string | null;
  created_at: Date;
  state_since: Date;
}

export interface BankFileRow {
  id: string;
  program_id: string;
  batch_id: string;
  rail: string;
  message_id: string;
  file_name: string;
  sha256: string;
  size_bytes: number;
  sealed: Buffer;
  key_id: string;
  instruction_count: number;
  total_minor: string;
  currency: string;
  execution_date: string;
  state: BankFileState;
  staging_token: string | null;
  prepared_by: string;
  handed_over_by: string | null;
  handed_over_at: Date | null;
  hand_over: 'download' | 'folder' | null;
  reason_code: string | null;
  created_at: Date;
  state_since: Date;
}

/** Every column of a file but its bytes; days as text. */
export const fileColumns = `id, program_id, batch_id, rail, message_id, file_name, sha256, size_bytes, key_id, instruction_count,
  total_minor, currency, to_char(execution_date, 'YYYY-MM-DD') as execution_date, state, staging_token, prepared_by,
  handed_over_by, handed_over_at, hand_over, reason_code, created_at, state_since`;

/** A sealed text is bound to what it is of: moved to another row, it cannot be opened. */
export function sealDestination(keyring: Keyring, instructionId: string, destination: PayoutDestination): Uint8Array {
  return keyring.encrypt(Buffer.from(JSON.stringify(destination)), `bank-instruction/${instructionId}`);
}

export function openDestination(keyring: Keyring, row: InstructionRow): PayoutDestination {
  const bytes = keyring.decrypt(row.sealed_destination, row.key_id, `bank-instruction/${row.id}`);
  return JSON.parse(Buffer.from(bytes).toString()) as PayoutDestination;
}

/** An instruction as a rail tells of it. A rejected one is told as returned: nothing of it stays with the payee. */
export function toRailTransfer(row: InstructionRow): RailTransfer {
  const isBack = row.state === 'returned' || row.state === 'rejected';
  return {
    reference: row.id,
    status: isBack ? 'returned' : row.state === 'settled' ? 'settled' : 'pending',
    amountMinor: BigInt(row.amount_minor),
    returnedMinor: isBack ? BigInt(row.amount_minor) : BigInt(row.returned_minor),
    currency: row.currency,
    accountReference: row.account_reference,
    itemId: row.item_id,
    attempt: row.attempt,
    batchId: row.batch_id,
    createdAt: row.created_at,
    ...(isBack && row.reason_code !== null ? { reasonCode: row.reason_code } : {}),
  };
}
