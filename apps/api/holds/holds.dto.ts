import { z } from 'zod';
import { holdCauses, holdStates, type HoldState } from '../../../libs/commissions/domain/index.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { instantField, programIdField, reasonField, sha256Field } from '../edge/fields.js';

const state = z.enum(Object.keys(holdStates.table) as [HoldState, ...HoldState[]]);
const cause = z.enum(holdCauses);
const ownerRole = z.enum(['finance', 'partner_manager', 'legal', 'admin']);
const partnerId = z
  .string()
  .max(40)
  .refine((text) => isId('prt', text), 'must be the id of a partner');
export const trackedEventId = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be an id of an event');
/** A coupon as events have it. */
const coupon = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control characters');
const cardFingerprint = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be a fingerprint of printable ASCII');

export const holdsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  state: state.optional(),
  cause: cause.optional(),
  partnerId: partnerId.optional(),
  eventId: trackedEventId.optional(),
  ownerRole: ownerRole.optional(),
});

export const holdView = z.object({
  id: z.string(),
  programId: z.string(),
  eventId: z.string(),
  partnerId: z.string(),
  cause,
  seen: z.record(z.string(), z.unknown()),
  note: z.string().nullable(),
  ownerRole: z.string(),
  ownerId: z.string().nullable(),
  state,
  placedBy: z.string(),
  placedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  askedAt: z.iso.datetime().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  /** The void by which a rejection took back what the event had earned. */
  voidEventId: z.string().nullable(),
});

export const holdPage = pageOf(holdView);

export const holdBody = z.strictObject({
  programId: programIdField,
  eventId: trackedEventId,
  /** Whose part is held of an event that several partners share; may be left out for any other. */
  partnerId: partnerId.optional(),
  note: reasonField,
  /** Who decides; the program's default where absent. */
  ownerRole: ownerRole.optional(),
  ownerId: z.string().min(1).max(200).optional(),
  /** RFC 3339, in the future; when it asks for a decision. The program's default where absent. */
  expiresAt: instantField.optional(),
});

export const decisionBody = z.strictObject({ reason: reasonField });

export const extensionBody = z.strictObject({ expiresAt: instantField, reason: reasonField });

export const programQuery = z.strictObject({ programId: programIdField });

export const riskFactsBody = z.strictObject({
  facts: z
    .array(
      z
        .strictObject({
          eventId: trackedEventId,
          /** SHA-256 of the mail address in lower case, without a tag behind `+` and, at Google, without dots. */
          emailHash: sha256Field.optional(),
          /** SHA-256 of the postal address, written the way the program writes partners' own. */
          addressHash: sha256Field.optional(),
          /** The payment provider's own name for the card. */
          cardFingerprint: cardFingerprint.optional(),
        })
        .refine(
          ({ emailHash, addressHash, cardFingerprint: card }) => (emailHash ?? addressHash ?? card) !== undefined,
          'says nothing about the customer',
        ),
    )
    .min(1)
    .max(1000),
});

export const riskFactsAnswer = z.object({
  results: z.array(z.object({ eventId: z.string(), status: z.enum(['recorded', 'duplicate', 'conflict']) })),
});

export const partnerFactsBody = z.strictObject({
  facts: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('email'), value: sha256Field }),
        z.strictObject({ kind: z.literal('address'), value: sha256Field }),
        z.strictObject({ kind: z.literal('card'), value: cardFingerprint }),
      ]),
    )
    .min(1)
    .max(100),
});

export const couponsQuery = z.strictObject({ ...pageFields, programId: programIdField });

export const couponsBody = z.strictObject({
  coupons: z
    .array(
      z.strictObject({
        coupon,
        /** RFC 3339; only events from then on are held. */
        since: instantField.optional(),
        note: z.string().trim().min(1).max(500).optional(),
      }),
    )
    .min(1)
    .max(1000),
});

export const removalBody = z.strictObject({ coupon });

export const couponPage = pageOf(
  z.object({
    coupon: z.string(),
    since: z.iso.datetime().nullable(),
    note: z.string().nullable(),
    addedBy: z.string(),
    addedAt: z.iso.datetime(),
  }),
);

export const reviewRunBody = z.strictObject({
  programId: programIdField,
  /** RFC 3339, not in the future. The same cut-off is the same run. */
  cutOff: instantField,
});

export const reviewRun = z.object({
  examined: z.number().int(),
  placed: z.number().int(),
  asked: z.number().int(),
  remindedDisputes: z.number().int(),
});
