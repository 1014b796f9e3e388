import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { moneyField, programIdField } from '../edge/fields.js';

const side = z.enum(['asset', 'liability', 'expense', 'income', 'system']);
const text = z.string().min(1).max(200);

export const accountsQuery = z.strictObject({
  programId: programIdField,
  code: text.optional(),
  ownerId: text.optional(),
});

export const accountList = z.object({
  items: z.array(z.object({ code: z.string(), ownerId: z.string(), side, balance: moneyField })),
  next: z.null(),
});

export const transactionsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  partnerId: text.optional(),
  eventId: text.optional(),
  batchId: text.optional(),
  kind: text.optional(),
});

export const transactionPage = pageOf(
  z.object({
    id: z.string(),
    kind: z.string(),
    eventAt: z.iso.datetime(),
    bookedAt: z.iso.datetime(),
    actorId: z.string(),
    refs: z.record(z.string(), z.unknown()),
    legs: z.array(z.object({ code: z.string(), ownerId: z.string(), amount: moneyField })),
  }),
);

export const trialBalanceQuery = z.strictObject({ programId: programIdField });

export const trialBalance = z.object({
  items: z.array(
    z.object({
      currency: z.string(),
      debitMinor: z.number().int(),
      creditMinor: z.number().int(),
      transactions: z.number().int(),
      balanced: z.boolean(),
    }),
  ),
  next: z.null(),
});
