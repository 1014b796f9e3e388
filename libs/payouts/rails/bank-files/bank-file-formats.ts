import { messageIdOf, paymentParts, writeAchFile, writePain001 } from '../../../bank-files/domain/index.js';
import type { Environment } from '../../../config/index.js';
import { DomainError } from '../../../kernel/domain-error.js';
import type { Keyring } from '../../../kernel/keyring.js';
import { achEntryOf, isoRailName, nachaRailName, paymentOf, transferOf } from './bank-rails.js';
import { openDestination, type InstructionRow } from './bank-rows.js';

/** What a file is made of, beside its instructions. */
export interface FileOccasion {
  fileId: string;
  createdAt: Date;
  /** As `YYYY-MM-DD`. */
  executionDate: string;
  /** For ACH files: the trace number of the first instruction, and which file of its day this is, counted from 1. */
  firstTrace: number;
  fileOfDay: number;
}

/** A file's bytes, and where in it each instruction stands. */
export interface MadeFile {
  messageId: string;
  fileName: string;
  bytes: Uint8Array;
  places: { id: string; partId: string | null; traceNumber: string | null }[];
}

/** More instructions make several files: banks bound them, and so does memory. */
export const maxInstructionsPerFile = 10_000;

const modifiers = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** @throws DomainError `unavailable` where the company's own account is not configured for this rail */
export function makeFile(
  rail: string,
  rows: readonly InstructionRow[],
  occasion: FileOccasion,
  { env, keyring }: { env: Environment; keyring: Keyring },
): MadeFile {
  if (rail === isoRailName) return makeCreditTransferFile(rows, occasion, env, keyring);
  if (rail === nachaRailName) return makeAchFile(rows, occasion, env, keyring);
  throw new DomainError('illegal-transition', `payments of the rail ${rail} need no bank file`);
}

function makeCreditTransferFile(
  rows: readonly InstructionRow[],
  { fileId, createdAt, executionDate }: FileOccasion,
  env: Environment,
  keyring: Keyring,
): MadeFile {
  const { BANK_DEBTOR_NAME: name, BANK_DEBTOR_IBAN: iban, BANK_DEBTOR_BIC: bic } = env;
  if (name === undefined || iban === undefined) throw notConfigured('BANK_DEBTOR_NAME and BANK_DEBTOR_IBAN');
  const messageId = messageIdOf(fileId);
  const transfers = rows.map((row) => transferOf(paymentOf(row), openDestination(keyring, row), executionDate));
  const file = { messageId, createdAt, debtor: { name, iban, ...(bic === undefined ? {} : { bic }) }, transfers };
  const partOf = new Map(
    paymentParts(file).flatMap((part) =>
      part.transfers.map(({ endToEndId }) => [endToEndId, part.paymentInformationId]),
    ),
  );
  const places = rows.map((row) => ({ id: row.id, partId: partOf.get(row.end_to_end_id) ?? null, traceNumber: null }));
  return { messageId, fileName: `${messageId}.xml`, bytes: writePain001(file), places };
}

function makeAchFile(
  rows: readonly InstructionRow[],
  { fileId, createdAt, executionDate, firstTrace, fileOfDay }: FileOccasion,
  env: Environment,
  keyring: Keyring,
): MadeFile {
  const { ACH_BANK, ACH_BANK_NAME, ACH_IMMEDIATE_ORIGIN, ACH_COMPANY_NAME, ACH_COMPANY_ID } = env;
  if (!ACH_BANK || !ACH_BANK_NAME || !ACH_IMMEDIATE_ORIGIN || !ACH_COMPANY_NAME || !ACH_COMPANY_ID) {
    throw notConfigured('ACH_BANK, ACH_BANK_NAME, ACH_IMMEDIATE_ORIGIN, ACH_COMPANY_NAME and ACH_COMPANY_ID');
  }
  const fileIdModifier = modifiers.charAt(fileOfDay - 1);
  if (fileIdModifier === '') throw new DomainError('illegal-transition', 'a bank takes at most 36 ACH files a day');
  const messageId = messageIdOf(fileId);
  const traced = rows.map((row, index) => {
    return { row, traceNumber: `${ACH_BANK.slice(0, 8)}${String(firstTrace + index).padStart(7, '0')}` };
  });
  const bytes = writeAchFile({
    immediateDestination: ACH_BANK,
    immediateDestinationName: ACH_BANK_NAME,
    immediateOrigin: ACH_IMMEDIATE_ORIGIN,
    companyName: ACH_COMPANY_NAME,
    companyId: ACH_COMPANY_ID,
    originatingBank: ACH_BANK,
    entryDescription: 'PAYOUT',
    createdAt,
    fileIdModifier,
    // The field is for the sender's own use: the end of the message id, which names the file here.
    referenceCode: messageId.slice(-8),
    entries: traced.map(({ row, traceNumber }) =>
      achEntryOf(paymentOf(row), openDestination(keyring, row), executionDate, traceNumber),
    ),
  });
  const places = traced.map(({ row, traceNumber }) => ({ id: row.id, partId: null, traceNumber }));
  return { messageId, fileName: `${messageId}.ach`, bytes, places };
}

function notConfigured(names: string): DomainError {
  return new DomainError('unavailable', `no bank file can be made before ${names} are set`);
}
