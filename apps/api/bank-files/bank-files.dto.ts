import { z } from 'zod';
import {
  bankFileStates,
  instructionStates,
  type BankFileState,
  type InstructionState,
} from '../../../libs/payouts/index.js';
import { isId, type IdPrefix } from '../../../libs/kernel/ids.js';
import { moneyField, programIdField, reasonField, sha256Field } from '../edge/fields.js';

const fileState = z.enum(Object.keys(bankFileStates.table) as [BankFileState, ...BankFileState[]]);
const instructionState = z.enum(Object.keys(instructionStates.table) as [InstructionState, ...InstructionState[]]);

const cursorOf = (prefix: IdPrefix) =>
  z
    .string()
    .max(40)
    .refine((text) => isId(prefix, text), 'must be the `next` of an earlier page');

export const preparationBody = z.strictObject({
  /** The day on which the bank is asked to pay. */
  executionDate: z.iso.date(),
});

export const bankFileView = z.object({
  id: z.string(),
  programId: z.string(),
  batchId: z.string(),
  rail: z.string(),
  state: fileState,
  messageId: z.string(),
  fileName: z.string(),
  sha256: sha256Field,
  sizeBytes: z.number().int(),
  payments: z.number().int(),
  total: moneyField,
  executionDate: z.iso.date(),
  preparedBy: z.string(),
  handedOverBy: z.string().nullable(),
  handedOverAt: z.iso.datetime().nullable(),
  /** How it was handed over: downloaded, or put into the folder that the bank's software takes files from. */
  handOver: z.enum(['download', 'folder']).nullable(),
  reasonCode: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});

export const bankFileList = z.object({ items: z.array(bankFileView), next: z.null() });

export const instructionsQuery = z.strictObject({ cursor: cursorOf('bin').optional() });

export const instructionPage = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      itemId: z.string(),
      attempt: z.number().int(),
      partnerId: z.string(),
      endToEndId: z.string(),
      traceNumber: z.string().nullable(),
      amount: moneyField,
      returned: moneyField,
      /** Masked: the last four characters. */
      account: z.string(),
      state: instructionState,
      reasonCode: z.string().nullable(),
    }),
  ),
  next: z.string().nullable(),
});

export const acknowledgementBody = z.strictObject({ accepted: z.boolean(), reason: reasonField });

export const paymentBody = z.strictObject({
  /** What the bank's statement shows, in minor units of the file's currency. */
  amountMinor: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  reason: reasonField,
});

export const reportQuery = z.strictObject({ programId: programIdField });
export const reportsQuery = z.strictObject({ programId: programIdField, cursor: cursorOf('brp').optional() });

const reportFields = {
  id: z.string(),
  programId: z.string(),
  kind: z.enum(['pain.002', 'camt.054', 'nacha-return']),
  messageId: z.string(),
  sha256: sha256Field,
  sizeBytes: z.number().int(),
  receivedBy: z.string(),
  receivedAt: z.iso.datetime(),
};

export const receivedReport = z.object({
  ...reportFields,
  /** Whether the same bytes had been taken in before; then nothing was changed. */
  isRepeated: z.boolean(),
});

export const reportPage = z.object({
  /** `open`: the entries that need a person. */
  items: z.array(z.object({ ...reportFields, open: z.number().int() })),
  next: z.string().nullable(),
});

export const reportDetail = z.object({
  ...reportFields,
  /** Those that need a person first; at most 1,000. */
  entries: z.array(
    z.object({
      place: z.string(),
      kind: z.string(),
      verdict: z.enum(['applied', 'unchanged', 'noticed', 'unmatched', 'amount_differs', 'contradiction']),
      code: z.string().nullable(),
      reasonCode: z.string().nullable(),
      reference: z.string().nullable(),
      amount: moneyField.nullable(),
      fileId: z.string().nullable(),
      instructionId: z.string().nullable(),
    }),
  ),
});
