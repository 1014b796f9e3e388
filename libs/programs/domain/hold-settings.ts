import { z } from 'zod';
import { isElapsedDuration, elapsedMs } from '../../kernel/elapsed.js';
import { cronField, elapsedField } from './settings-fields.js';

const someTime = elapsedField.refine(
  (text) => !isElapsedDuration(text) || elapsedMs(text) > 0,
  'must be longer than nothing',
);
const count = z.number().int().min(1).max(1_000_000);

/** Who on the company's side decides about holds and answers disputes; mails go to the role's address. */
const ownerRole = z.enum(['finance', 'partner_manager', 'legal', 'admin']);

/** What holds an event by itself. A rule that is not there is off. */
const holdRules = z
  .strictObject({
    /** More sales of one customer by one partner within this time: the surplus ones are held. */
    customerSales: z.strictObject({ within: someTime, max: count }).optional(),
    /** The customer is the partner itself: by our id or reference, mail address, phone, postal address or card. */
    selfPurchase: z.boolean().default(true),
    /** The share of the partner's sales of this time that were refunded or voided; what it sells then is held. */
    refundRate: z
      .strictObject({ within: someTime, minSales: count, maxPercent: z.number().int().min(0).max(100) })
      .optional(),
    /** A stretch of this length (counted from 1970 on) with more sales than `factor` times the usual stretch. */
    burst: z
      .strictObject({
        within: someTime,
        usualOver: someTime,
        factor: z.number().int().min(2).max(1_000),
        minSales: count,
      })
      .refine(
        ({ within, usualOver }) =>
          !isElapsedDuration(within) || !isElapsedDuration(usualOver) || elapsedMs(usualOver) >= elapsedMs(within),
        { path: ['usualOver'], message: 'must be as long as `within` at least' },
      )
      .optional(),
    /** A coupon of the program's list of leaked ones; nothing is held while the list is empty. */
    leakedCoupons: z.boolean().default(true),
  })
  .prefault({});

/** Holds of what events have earned. */
export const holdSettings = z
  .strictObject({
    /** When a hold asks its owner for a decision; it pays nothing by itself, however long nobody decides. */
    expiresAfter: someTime.default('P14D'),
    /** How often it asks again after that. */
    askEvery: someTime.default('P3D'),
    ownerRole: ownerRole.default('finance'),
    /** When new events are looked at, and deadlines of holds and disputes; what vests is looked at in any case. */
    review: z.strictObject({ schedule: cronField }).default({ schedule: '25 * * * *' }),
    rules: holdRules,
  })
  .prefault({});

/** Disputes of partners about what they have earned. */
export const disputeSettings = z
  .strictObject({
    /** How long the company has to answer. */
    answerWithin: someTime.default('P14D'),
    /** How long before that it is reminded; and how often after it. */
    remindBefore: elapsedField.default('P3D'),
    remindEvery: someTime.default('P3D'),
    ownerRole: ownerRole.default('partner_manager'),
    /** An adjustment of more than this, in minor units, needs a second person. */
    approvalAboveMinor: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(10_000),
  })
  .prefault({});

export type HoldSettings = z.infer<typeof holdSettings>;
export type HoldRules = HoldSettings['rules'];
export type DisputeSettings = z.infer<typeof disputeSettings>;
