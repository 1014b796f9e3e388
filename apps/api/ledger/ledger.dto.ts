import { z } from 'zod';
import { isCurrency } from '../../../libs/kernel/currency.js';
import { bookingSpan } from '../../../libs/ledger/index.js';
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
    parts: z
      .array(z.object({ eventId: z.string(), eventAt: z.iso.datetime(), amount: moneyField }))
      .describe('Of a transaction that sums up what several events gave: each of them.'),
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

/** A day of the calendar in the program's zone. */
export const dayField = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine(isDay, 'must be a day of the calendar, YYYY-MM-DD');

function isDay(text: string): boolean {
  try {
    bookingSpan({ from: text }, 'UTC');
    return true;
  } catch {
    return false;
  }
}

/** Booking dates, both included. */
export const datesFields = { from: dayField.optional(), to: dayField.optional() };

/** Two days of which the first is not the later one. */
function inOrder<Shape extends z.ZodObject>(shape: Shape): Shape {
  return shape.refine(({ from, to }) => !(typeof from === 'string' && typeof to === 'string' && from > to), {
    path: ['to'],
    message: 'must not be a day before from',
  });
}

export const movementsQuery = inOrder(
  z.strictObject({
    programId: programIdField,
    ...datesFields,
    by: z.enum(['code', 'account']).default('code'),
  }),
);

const minor = z.number().int();

export const movementList = z.object({
  items: z.array(
    z.object({
      code: z.string(),
      ownerId: z.string(),
      side,
      currency: z.string(),
      openingMinor: minor,
      debitMinor: minor,
      creditMinor: minor,
      closingMinor: minor,
    }),
  ),
  next: z.null(),
});

export const journalQuery = inOrder(
  z.strictObject({
    programId: programIdField,
    ...datesFields,
    format: z.enum(['csv', 'hledger', 'beancount']).default('csv'),
  }),
);

export const blocksQuery = z.strictObject({ ...pageFields, programId: programIdField });

export const blockPage = pageOf(
  z.object({
    number: z.number().int(),
    previousHash: z.string(),
    hash: z.string(),
    transactions: z.number().int(),
    madeAt: z.iso.datetime(),
  }),
);

const periodField = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month, YYYY-MM');

export const closeBody = z.strictObject({ programId: programIdField, period: periodField });

export const periodsQuery = z.strictObject({ programId: programIdField });

export const closingQuery = z.strictObject({ programId: programIdField, period: periodField });

export const closedPeriod = z.object({
  programId: z.string(),
  period: z.string(),
  fromAt: z.iso.datetime().nullable(),
  untilAt: z.iso.datetime(),
  timeZone: z.string(),
  closedAt: z.iso.datetime(),
  closedBy: z.string(),
});

export const periodList = z.object({ items: z.array(closedPeriod), next: z.null() });

export const closingList = z.object({
  items: z.array(
    z.object({
      code: z.string(),
      ownerId: z.string(),
      side,
      currency: z.string(),
      debitMinor: minor,
      creditMinor: minor,
      closingMinor: minor,
    }),
  ),
  next: z.null(),
});

const standing = z.object({
  accruedMinor: minor,
  payableMinor: minor,
  heldMinor: minor,
  receivableMinor: minor,
  totalMinor: minor,
});

const currencyField = z.string().max(3).refine(isCurrency, 'must be an ISO 4217 currency');

export const statementQuery = inOrder(
  z.strictObject({ ...pageFields, ...datesFields, currency: currencyField.optional() }),
);

export const statementPaperQuery = inOrder(z.strictObject({ ...datesFields, currency: currencyField.optional() }));

export const statementPage = pageOf(
  z.object({
    ...standing.shape,
    transactionId: z.string(),
    bookedAt: z.iso.datetime(),
    eventAt: z.iso.datetime(),
    kind: z.string(),
    eventId: z.string().nullable(),
    ruleId: z.string().nullable(),
    clause: z.string().nullable(),
    termsHash: z.string().nullable(),
    batchId: z.string().nullable(),
    itemId: z.string().nullable(),
    balanceMinor: minor,
  }),
).extend({ partnerId: z.string(), currency: z.string(), timeZone: z.string(), opening: standing, closing: standing });
