import { z } from 'zod';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';

export const programId = z
  .string()
  .max(40)
  .refine((text) => isId('prg', text), 'must be the id of a program');

export const money = z.object({ amountMinor: z.number().int(), currency: z.string() });

const side = z.enum(['asset', 'liability', 'expense', 'income', 'system']);
const text = z.string().min(1).max(200);

export const accountsQuery = z.strictObject({ programId, code: text.optional(), ownerId: text.optional() });

export const accountList = z.object({
  items: z.array(z.object({ code: z.string(), ownerId: z.string(), side, balance: money })),
  next: z.null(),
});

export const transactionsQuery = z.strictObject({
  ...pageFields,
  programId,
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
    legs: z.array(z.object({ code: z.string(), ownerId: z.string(), amount: money })),
  }),
);

export const trialBalanceQuery = z.strictObject({ programId });

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
