import { z } from 'zod';
import { languages } from '../../../libs/kernel/language.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import {
  envelopeStates,
  recipientStates,
  stallCauses,
  type EnvelopeState,
  type RecipientState,
} from '../../../libs/signatures/index.js';
import { instantField, programIdField, reasonField, sha256Field, templateIdField } from '../edge/fields.js';

const state = z.enum(Object.keys(envelopeStates.table) as [EnvelopeState, ...EnvelopeState[]]);
const recipientState = z.enum(Object.keys(recipientStates.table) as [RecipientState, ...RecipientState[]]);
const party = z.enum(['partner', 'company']);
const method = z.enum(['link', 'access_code', 'email_otp']);
const nullableInstant = z.iso.datetime().nullable();
const nullableHash = sha256Field.nullable();
const nameField = z.string().trim().min(1).max(200);

/** The id of a recipient. */
export const recipientIdField = z.string().regex(/^rcp_[0-9a-f]{32}$/, 'must be the id of a recipient');

export const countersignatureBody = z.strictObject({
  /** The hash of the document that was read. */
  documentHash: sha256Field,
  /** The name that the evidence tells; that of the account, where its token says one, if absent. */
  typedName: nameField.optional(),
  /** By what authority the person signs for the company: "Head of legal". */
  title: nameField.optional(),
});

export const endBody = z.strictObject({ reason: reasonField });

/** A person who signs. */
export const signerBody = z.strictObject({
  name: nameField,
  email: z.email().max(254),
  title: nameField.optional(),
});

/** Another person for a recipient's place; the company's people are known by the subject of their tokens. */
export const delegationBody = z.strictObject({
  recipientId: recipientIdField,
  name: nameField,
  email: z.email().max(254),
  title: nameField.optional(),
  subjectId: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
  reason: reasonField.optional(),
});

export const signerDelegationBody = delegationBody.omit({ recipientId: true, subjectId: true });

/** What was wrong; what is left out stays as it is. */
export const correctionBody = z.strictObject({
  recipientId: recipientIdField,
  name: nameField.optional(),
  email: z.email().max(254).optional(),
  title: nameField.optional(),
  reason: reasonField.optional(),
});

export const extensionBody = z.strictObject({ expiresAt: instantField, reason: reasonField });
export const resendBody = z.strictObject({ recipientId: recipientIdField });
export const unlockBody = z.strictObject({ recipientId: recipientIdField, reason: reasonField });
export const accessCodeBody = z.strictObject({
  recipientId: recipientIdField,
  code: z.string().regex(/^[\x21-\x7e]{6,64}$/, 'must be 6 to 64 printable ASCII characters'),
});

/** What the signer saw, consents to and types. `consent` is the explicit act: only `true` is one. */
export const signatureBody = z.strictObject({
  documentHash: sha256Field,
  consentVersion: z.string().min(1).max(40),
  consent: z.literal(true),
  typedName: nameField,
  /** A drawn mark: strokes as an SVG path, or a PNG in base64. */
  mark: z
    .strictObject({
      kind: z.literal('drawn'),
      format: z.enum(['svg-path', 'png']),
      data: z.string().min(1).max(87_400),
    })
    .optional(),
  /** IANA, as the signer's device says. */
  timeZone: z
    .string()
    .regex(/^[A-Za-z0-9_+/-]{1,64}$/)
    .optional(),
});

export const sessionBody = z.strictObject({ code: z.string().min(1).max(64).optional() });
export const pagesBody = z.strictObject({
  documentHash: sha256Field,
  pages: z.array(z.number().int().min(1).max(1_000)).min(1).max(200),
});

export const envelopeStatus = z.object({ envelopeId: z.string(), state, documentHash: nullableHash });

export const recipientView = z.object({
  id: z.string(),
  party,
  place: z.number().int(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  role: z.string().nullable(),
  title: z.string().nullable(),
  state: recipientState,
  authentication: method,
  isLocked: z.boolean(),
  delivery: z.enum(['pending', 'sent', 'delivered', 'failed']),
  remindersSent: z.number().int(),
  askedAt: nullableInstant,
  viewedAt: nullableInstant,
  actedAt: nullableInstant,
  delegatedTo: z.string().nullable(),
});

export const envelopeView = z.object({
  id: z.string(),
  programId: z.string(),
  applicationId: z.string(),
  negotiationId: z.string(),
  partnerId: z.string(),
  purpose: z.enum(['initial', 'amendment']),
  number: z.number().int(),
  provider: z.string(),
  language: z.enum(languages),
  state,
  awaiting: party.nullable(),
  termsHash: sha256Field,
  documentHash: nullableHash,
  newestDocumentHash: nullableHash,
  documents: z.object({
    d0: nullableHash,
    d1: nullableHash,
    d2: nullableHash,
    d3: nullableHash,
    certificate: nullableHash,
  }),
  consentVersion: z.string(),
  sentAt: nullableInstant,
  expiresAt: nullableInstant,
  countersignDueAt: nullableInstant,
  executedAt: nullableInstant,
  remindersSent: z.number().int(),
  reason: z.string().nullable(),
  overlays: z.object({
    deliveryFailed: z.boolean(),
    sealBlocked: z.enum(['key_unavailable', 'verification_failed']).nullable(),
    timestampPending: z.boolean(),
  }),
  recipients: z.array(recipientView),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});

export const listedEnvelope = envelopeView.extend({
  partnerReference: z.string(),
  templateVersion: z.string().nullable(),
  termsTemplateId: z.string().nullable(),
  termsTemplateVersion: z.number().int().nullable(),
  turn: z.array(z.string()),
  ageMs: z.number().int(),
  sinceSentMs: z.number().int().nullable(),
  progressAt: z.iso.datetime(),
  nextDeadline: z.object({ kind: z.enum(['expiry', 'countersignature']), at: z.iso.datetime() }).nullable(),
  stalled: z.array(
    z.object({
      cause: z.enum(stallCauses),
      since: nullableInstant,
      recipientId: z.string().optional(),
      detail: z.enum(['key_unavailable', 'verification_failed']).optional(),
    }),
  ),
});

export const envelopePage = pageOf(listedEnvelope);
export const recipientsView = z.object({ recipients: z.array(recipientView) });

export const envelopesQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  partnerId: z
    .string()
    .regex(/^prt_[0-9a-f]{32}$/, 'must be the id of a partner')
    .optional(),
  state: state.optional(),
  /** `true`: what something still follows; `false`: what has ended. */
  open: z.enum(['true', 'false']).optional(),
  awaiting: party.optional(),
  /** Whose turn it is: the id of a recipient or person, the subject of a token, or a role of the company. */
  waitingFor: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
  overlay: z.enum(['delivery_failed', 'seal_blocked', 'timestamp_pending']).optional(),
  /** RFC 3339: only what came to its state before. */
  stateBefore: instantField.optional(),
  sentBefore: instantField.optional(),
  /** RFC 3339: only what expires before, unless somebody signs. */
  expiresBefore: instantField.optional(),
  /** By a cause, by any, or by none. */
  stalled: z.enum([...stallCauses, 'any', 'none']).optional(),
  templateVersion: z.string().min(1).max(40).optional(),
  termsTemplateId: templateIdField.optional(),
  /** By the time in the state (the longest first), by the expiry to come, by the sending; `-` turns the order round. */
  sort: z.enum(['age', '-age', 'expiry', '-expiry', 'sent', '-sent']).optional(),
});

/** Which revision of the contract; the newest where absent. */
export const documentQuery = z.strictObject({ revision: z.coerce.number().int().min(0).max(3).optional() });

export const standingView = z.object({
  state: z.string(),
  turn: z.array(z.string()),
  nextTimer: z
    .object({
      kind: z.enum(['expire', 'warn', 'escalate', 'remind']),
      at: z.iso.datetime(),
      recipientId: z.string().nullable(),
      number: z.number().int().nullable(),
    })
    .nullable(),
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

export const authenticationView = z.object({
  method,
  target: z.string().nullable(),
  isDone: z.boolean(),
  isLocked: z.boolean(),
  attemptsLeft: z.number().int(),
});

export const sessionView = z.object({ sessionToken: z.string(), expiresAt: z.iso.datetime() });

export const signingView = z.object({
  envelopeId: z.string(),
  recipientId: z.string(),
  state,
  recipientState,
  isTurn: z.boolean(),
  signerName: z.string().nullable(),
  programName: z.string(),
  company: z.string(),
  language: z.enum(languages),
  expiresAt: nullableInstant,
  authentication: authenticationView,
  mayDelegate: z.boolean(),
  documentHash: nullableHash,
  termsHash: nullableHash,
  consent: z.object({ version: z.string(), text: z.string() }).nullable(),
  signers: z
    .array(z.object({ name: z.string().nullable(), title: z.string().nullable(), state: recipientState }))
    .nullable(),
  documentUrl: z.string(),
});

export const namedSignerView = z.object({
  id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  title: z.string().nullable(),
  createdAt: z.iso.datetime(),
});

export const namedSignersView = z.object({ signers: z.array(namedSignerView) });
