import { z } from 'zod';
import { amendmentStates, type AmendmentState } from '../../../libs/agreements/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { languageField } from '../../../libs/programs/index.js';
import { instantField, reasonField, sha256Field } from '../edge/fields.js';
import { answerWithinField, termsField } from '../negotiations/negotiations.dto.js';

const instant = z.iso.datetime();
const states = Object.keys(amendmentStates.table) as [AmendmentState, ...AmendmentState[]];

export const amendmentBody = z.strictObject({
  /** The whole terms document (`pactline.terms/1`) that is to take the place of the newest version. */
  terms: termsField,
  /** The terms hash of the newest version: what is changed is what was looked at. */
  baseHash: sha256Field,
  /** RFC 3339, in the future: from when it is to apply. Where absent, from the last signature on, or when the notice is over. */
  effectiveFrom: instantField.optional(),
  /** How long the other side has to answer, where consent is needed; the program's setting where absent. */
  answerWithin: answerWithinField.optional(),
  reason: reasonField,
});

export const amendmentsQuery = z.strictObject({ ...pageFields });
export const objectionBody = z.strictObject({ reason: reasonField });
export const amendmentWithdrawalBody = z.strictObject({ reason: reasonField.optional() });
/** The language is the program's first one where absent. */
export const comparisonQuery = z.strictObject({ language: languageField.optional() });

export const amendmentView = z.object({
  id: z.string(),
  programId: z.string(),
  agreementId: z.string(),
  partnerId: z.string(),
  /** Whose proposal it is. */
  side: z.enum(['company', 'partner']),
  state: z.enum(states),
  stateSince: instant,
  /** Why it ended without a new version, and what was said about that. */
  cause: z
    .enum([
      ...(['approval_rejected', 'approval_withdrawn', 'overtaken', 'notice_withdrawn'] as const),
      ...(['negotiation_withdrawn', 'negotiation_lapsed', 'no_change', 'envelope_declined'] as const),
      ...(['envelope_voided', 'envelope_expired', 'agreement_terminated', 'agreement_ended'] as const),
    ])
    .nullable(),
  endReason: z.string().nullable(),
  reason: z.string(),
  /** The version that it changes, and the hash of its terms. */
  baseVersion: z.number().int(),
  baseHash: sha256Field,
  /** The terms that were proposed, and those that both sides agreed on. */
  termsHash: sha256Field,
  agreedHash: sha256Field.nullable(),
  /** False where a notice is enough for all that changes. */
  needsConsent: z.boolean(),
  /** JSON pointers of the changes that need consent. */
  material: z.array(z.string()),
  /** It begins where the agreement would end, and renews it. */
  isRenewal: z.boolean(),
  wantedFrom: instant.nullable(),
  /** From when it applies, as soon as that is settled. */
  effectiveFrom: instant.nullable(),
  negotiationId: z.string().nullable(),
  envelopeId: z.string().nullable(),
  /** The version that came of it. */
  version: z.number().int().nullable(),
  notice: z
    .object({
      givenAt: instant,
      /** Until when the partner may object, where it may; not included. */
      endsAt: instant,
      mayObject: z.boolean(),
      documentHash: sha256Field,
      objectedAt: instant.nullable(),
      objection: z.string().nullable(),
    })
    .nullable(),
  /** Since when the partner sees it; null while only the company's own people do. */
  shownAt: instant.nullable(),
  createdAt: instant,
});

export const amendmentPage = pageOf(amendmentView);

export const amendmentDetail = amendmentView.extend({
  /** What was agreed on, else what was proposed. */
  terms: z.record(z.string(), z.unknown()),
});
