import { z } from 'zod';
import { disputeStates, type DisputeState } from '../../../libs/disputes/domain/index.js';
import { isCurrency } from '../../../libs/kernel/currency.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { instantField, moneyField, programIdField, reasonField } from '../edge/fields.js';

const state = z.enum(Object.keys(disputeStates.table) as [DisputeState, ...DisputeState[]]);
const eventId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be an id of an event');
const partnerId = z
  .string()
  .max(40)
  .refine((text) => isId('prt', text), 'must be the id of a partner');
const text = z.string().trim().min(1).max(4000);

const missingFacts = z.strictObject({
  /** The shop's own number of the order, as far as the partner knows it. */
  reference: z.string().trim().min(1).max(200),
  occurredAt: instantField.optional(),
  amountMinor: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  currency: z.string().max(3).refine(isCurrency, 'must be an ISO 4217 currency').optional(),
});

export const subject = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), eventId }),
  z.strictObject({ kind: z.literal('line'), eventId, rule: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal('missing'), facts: missingFacts }),
]);

export const disputeBody = z.strictObject({
  /** A partner's own where absent; the company opens one in the name of a partner. */
  partnerId: partnerId.optional(),
  subject,
  text,
});

export const disputesQuery = z.strictObject({
  ...pageFields,
  /** Needed by the company; a partner sees its own. */
  programId: programIdField.optional(),
  partnerId: partnerId.optional(),
  state: state.optional(),
  eventId: eventId.optional(),
  /** Whether the answer is overdue. */
  overdue: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
});

export const disputeView = z.object({
  id: z.string(),
  programId: z.string(),
  partnerId: z.string(),
  subject: z.object({
    kind: z.enum(['event', 'line', 'missing']),
    eventId: z.string().optional(),
    rule: z.string().optional(),
    facts: z.record(z.string(), z.unknown()).optional(),
  }),
  text: z.string(),
  state,
  openedAt: z.iso.datetime(),
  dueAt: z.iso.datetime(),
  /** Whether the answer is overdue. */
  overdue: z.boolean(),
  answeredAt: z.iso.datetime().nullable(),
  answer: z.string().nullable(),
  /** Told to the partner once it is booked. */
  adjustment: moneyField.nullable(),
  /** Who did what is told to the company alone. */
  openedBy: z.string().optional(),
  answeredBy: z.string().nullable().optional(),
  approvedBy: z.string().nullable().optional(),
});

export const disputePage = pageOf(disputeView);

export const answerBody = z.strictObject({
  decision: z.enum(['upheld', 'rejected']),
  /** What the partner is told. */
  reason: reasonField,
  /** Minor units of the program's currency, above 0 for more, below 0 for less; of a dispute that is upheld. */
  adjustmentMinor: z
    .number()
    .int()
    .min(-Number.MAX_SAFE_INTEGER)
    .max(Number.MAX_SAFE_INTEGER)
    .refine((minor) => minor !== 0, 'must not be 0')
    .optional(),
});

export const approvalBody = z.strictObject({ reason: reasonField.optional() });

export const sendingBackBody = z.strictObject({ reason: reasonField });
