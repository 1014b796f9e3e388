import { z } from 'zod';
import { isCurrency } from '../../../libs/kernel/currency.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { writeOffStates, type WriteOffState } from '../../../libs/receivables/domain/index.js';
import { moneyField, programIdField, reasonField } from '../edge/fields.js';

const state = z.enum(Object.keys(writeOffStates.table) as [WriteOffState, ...WriteOffState[]]);
const currency = z.string().max(3).refine(isCurrency, 'must be an ISO 4217 currency');
const partnerId = z
  .string()
  .max(40)
  .refine((text) => isId('prt', text), 'must be the id of a partner');

export const debtView = z.object({ owed: z.array(moneyField) });

export const debtEntriesQuery = z.strictObject({ ...pageFields, currency });

/** What adds to the debt is positive, what pays it negative. */
export const debtEntryPage = pageOf(
  z.object({
    id: z.string(),
    kind: z.string(),
    /** The refund, void or dispute's event that it is of. */
    eventId: z.string().optional(),
    rule: z.string().optional(),
    clause: z.string().optional(),
    amount: moneyField,
    eventAt: z.iso.datetime(),
    bookedAt: z.iso.datetime(),
  }),
);

export const writeOffBody = z.strictObject({
  partnerId,
  amount: z.strictObject({ amountMinor: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER), currency }),
  reason: reasonField,
});

export const writeOffsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  state: state.optional(),
  partnerId: partnerId.optional(),
});

export const writeOffView = z.object({
  id: z.string(),
  programId: z.string(),
  partnerId: z.string(),
  amount: moneyField,
  state,
  reason: z.string(),
  proposedBy: z.string(),
  proposedAt: z.iso.datetime(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  decisionReason: z.string().nullable(),
});

export const writeOffPage = pageOf(writeOffView);

export const approvalBody = z.strictObject({ reason: reasonField.optional() });

export const refusalBody = z.strictObject({ reason: reasonField });
