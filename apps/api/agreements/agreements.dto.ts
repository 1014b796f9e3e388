import { z } from 'zod';
import {
  agreementStates,
  renewalStates,
  terminationStates,
  type AgreementState,
  type RenewalState,
  type TerminationState,
} from '../../../libs/agreements/index.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { instantField, programIdField, reasonField, sha256Field } from '../edge/fields.js';

const statesOf = <State extends string>(table: Readonly<Record<State, unknown>>) =>
  z.enum(Object.keys(table) as [State, ...State[]]);

const state = statesOf<AgreementState>(agreementStates.table);
const side = z.enum(['company', 'partner']);
const kind = z.enum(['ordinary', 'for_cause']);
const instant = z.iso.datetime();

export const agreementsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  partnerId: z
    .string()
    .max(40)
    .refine((text) => isId('prt', text), 'must be the id of a partner')
    .optional(),
  state: state.optional(),
  /** RFC 3339: only agreements whose end is known and before. */
  endsBefore: instantField.optional(),
  /** RFC 3339: only agreements whose running term ends before, whether it is renewed or not. */
  termEndsBefore: instantField.optional(),
});

export const agreementSummary = z.object({
  id: z.string(),
  programId: z.string(),
  partnerId: z.string(),
  partnerReference: z.string(),
  state,
  stateSince: instant,
  startedAt: instant,
  endsAt: instant.nullable(),
  endCause: z.enum(['term', 'no_consent', 'notice', 'for_cause']).nullable(),
  renewal: z.enum(['auto', 'consent', 'none']),
  renewals: z.number().int(),
  termEndsAt: instant,
});

export const agreementPage = pageOf(agreementSummary);

/** A version of an agreement and when it is in force: `effectiveUntil` is not included. */
export const versionView = z.object({
  version: z.number().int(),
  termsHash: sha256Field,
  /** `notice` where no consent was needed: such a version has no envelope. */
  basis: z.enum(['signed', 'notice']),
  effectiveFrom: instant,
  effectiveUntil: instant.nullable(),
  envelopeId: z.string().nullable(),
});

const termPeriod = z.object({
  number: z.number().int(),
  cause: z.enum(['begin', 'auto', 'consent', 'version']),
  termsHash: sha256Field,
  startedAt: instant,
  endsAt: instant,
});

export const agreementDetail = agreementSummary.extend({
  term: termPeriod.extend({
    length: z.string(),
    renewal: z.enum(['auto', 'consent', 'none']),
    notice: z.string(),
    timeZone: z.string(),
    /** Until when notice can be given that ends the agreement with this term. */
    lastNoticeAt: instant,
    /** When notice that is given now ends the agreement at the earliest. */
    noticeEndsAt: instant,
  }),
  versions: z.array(versionView),
  terms: z.array(termPeriod),
  notices: z.array(
    z.object({
      kind: z.enum(['term_end', 'checkpoint']),
      aboutAt: instant,
      /** How long before, in milliseconds, or the obligation's id. */
      subject: z.string(),
      isSent: z.boolean(),
      recordedAt: instant,
    }),
  ),
  terminations: z.array(
    z.object({
      id: z.string(),
      side,
      kind,
      state: statesOf<TerminationState>(terminationStates.table),
      termsHash: sha256Field,
      givenAt: instant,
      effectiveAt: instant,
      reason: z.string().nullable(),
    }),
  ),
  renewalOffers: z.array(
    z.object({
      id: z.string(),
      state: statesOf<RenewalState>(renewalStates.table),
      termsHash: sha256Field,
      termFrom: instant,
      termUntil: instant,
      consentVersion: z.string(),
      consentText: z.string(),
      openedAt: instant,
      stateSince: instant,
      side: side.nullable(),
      reason: z.string().nullable(),
    }),
  ),
  envelopes: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      termsHash: sha256Field,
      /** Null in a draft. */
      documentHash: sha256Field.nullable(),
      createdAt: instant,
      stateSince: instant,
    }),
  ),
});

export const partnerAgreements = z.object({ items: z.array(agreementDetail) });

export const evidenceView = z.object({
  agreementId: z.string(),
  /** The number of the first act that doesn't follow from the one before; null where the whole chain holds. */
  brokenAt: z.number().int().nullable(),
  acts: z.array(
    z.object({
      agreementId: z.string(),
      number: z.number().int(),
      type: z.string(),
      at: instant,
      side,
      actorId: z.string(),
      termsHash: sha256Field,
      data: z.record(z.string(), z.unknown()),
      previousHash: z.string(),
      hash: z.string(),
    }),
  ),
});

export const terminationBody = z.strictObject({
  /** `ordinary`: with the notice period of the terms. `for_cause`: at once, by legal alone, with a reason. */
  kind: kind.default('ordinary'),
  /** RFC 3339; for an ordinary one alone, when it is to end: not before the notice period is over, which is the default. */
  effectiveAt: instantField.optional(),
  reason: reasonField.optional(),
});

export const withdrawalBody = z.strictObject({ reason: reasonField.optional() });

/** What the partner read and agrees to. `consent` is the explicit act: only `true` is one. */
export const consentBody = z.strictObject({
  termsHash: sha256Field,
  consentVersion: z.string().min(1).max(40),
  consent: z.literal(true),
});

export const declineBody = z.strictObject({ reason: reasonField });

export const calendarRunBody = z.strictObject({
  programId: programIdField,
  /** RFC 3339; in the future in rehearsals alone. The same cut-off is the same run. */
  cutOff: instantField,
});

export const calendarRun = z.object({
  ended: z.number().int(),
  renewed: z.number().int(),
  offered: z.number().int(),
  notices: z.number().int(),
  checkpoints: z.number().int(),
  failed: z.array(z.string()),
});
