import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { envelopeStates, type EnvelopeState } from '../../../libs/signatures/index.js';
import { instantField, programIdField, reasonField, sha256Field } from '../edge/fields.js';

const state = z.enum(Object.keys(envelopeStates.table) as [EnvelopeState, ...EnvelopeState[]]);
const awaiting = z.enum(['partner', 'company']);

export const countersignatureBody = z.strictObject({
  /** The hash of the document that was read. */
  documentHash: sha256Field,
});

export const endBody = z.strictObject({ reason: reasonField });

/** What the signer saw, consents to and types. `consent` is the explicit act: only `true` is one. */
export const signatureBody = z.strictObject({
  documentHash: sha256Field,
  consentVersion: z.string().min(1).max(40),
  consent: z.literal(true),
  typedName: z.string().trim().min(1).max(200),
});

export const envelopeStatus = z.object({ envelopeId: z.string(), state, documentHash: sha256Field });

export const envelopeView = z.object({
  id: z.string(),
  programId: z.string(),
  applicationId: z.string(),
  negotiationId: z.string(),
  partnerId: z.string(),
  state,
  awaiting: awaiting.nullable(),
  termsHash: sha256Field,
  documentHash: sha256Field,
  consentVersion: z.string(),
  expiresAt: z.iso.datetime(),
  remindersSent: z.number().int(),
  reason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});

export const envelopePage = pageOf(envelopeView);

export const envelopesQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  state: state.optional(),
  awaiting: awaiting.optional(),
  /** RFC 3339: only what came to its state before. */
  stateBefore: instantField.optional(),
});

export const evidenceView = z.object({
  envelopeId: z.string(),
  /** The number of the first fact that doesn't follow from the one before; null where the whole chain holds. */
  brokenAt: z.number().int().nullable(),
  facts: z.array(
    z.object({
      envelopeId: z.string(),
      number: z.number().int(),
      type: z.string(),
      at: z.iso.datetime(),
      actorId: z.string(),
      data: z.record(z.string(), z.unknown()),
      previousHash: z.string(),
      hash: z.string(),
    }),
  ),
});

export const signingView = z.object({
  envelopeId: z.string(),
  state,
  documentHash: sha256Field,
  termsHash: sha256Field,
  programName: z.string(),
  company: z.string(),
  consent: z.object({ version: z.string(), text: z.string() }),
  expiresAt: z.iso.datetime(),
  documentUrl: z.string(),
});
