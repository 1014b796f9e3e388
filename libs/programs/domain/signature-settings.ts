import { z } from 'zod';
import { DomainError } from '../../kernel/domain-error.js';
import { consentField } from './consent.js';
import { elapsedField } from './settings-fields.js';

/** One after the other, or all at once. */
const order = z.enum(['sequential', 'parallel']);

/** Any one person with the role, or the person named here; only the latter stands with its name in the contract. */
const companySigner = z.union([
  z.strictObject({ role: z.literal('legal') }),
  z.strictObject({
    name: z.string().trim().min(1).max(200),
    email: z.email(),
    title: z.string().trim().min(1).max(200).optional(),
    /** The subject of the person's bearer token: nobody else may countersign in this place. */
    subjectId: z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters'),
  }),
]);

/** How a signer proves who it is before the contract is shown to it. */
const authentication = z
  .strictObject({
    /** The link alone; a code that the company sets and tells by another way; a one-time code by mail. */
    method: z.enum(['link', 'access_code', 'email_otp']).default('link'),
    /** Wrong codes until the signer is locked out. */
    maxAttempts: z.number().int().min(1).max(20).default(5),
    codeLifetime: elapsedField.default('PT10M'),
    /** Codes that one signer may ask for. */
    maxCodes: z.number().int().min(1).max(50).default(5),
    sessionLifetime: elapsedField.default('PT30M'),
  })
  .prefault({});

/** How contracts are signed. */
export const signatureSettings = z.strictObject({
  /** To sign electronically: shown in the contract's language. */
  consent: consentField,
  /** From the moment of sending. */
  expiresAfter: elapsedField,
  remindEvery: elapsedField,
  /** For each signer. */
  maxReminders: z.number().int().min(0).max(200),
  /** How long before the expiry those who have still to act are warned. */
  warnBefore: elapsedField.default('P2D'),
  /** The signature provider; `built-in` is the one that ships. */
  provider: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the name of a provider in lower case')
    .default('built-in'),
  partnerSigners: z
    .strictObject({ order: order.default('parallel'), max: z.number().int().min(1).max(10).default(5) })
    .prefault({}),
  companySigners: z
    .strictObject({
      order: order.default('sequential'),
      signers: z
        .array(companySigner)
        .min(1)
        .max(10)
        .default([{ role: 'legal' }]),
    })
    .prefault({}),
  authentication,
  /** Whether a signer may name another person in its place. */
  delegation: z.enum(['allowed', 'refused']).default('allowed'),
  /** How long the company has for its countersignature until somebody else is told. */
  countersignWithin: elapsedField.default('P7D'),
  /** Who is told then: the contact of this name. */
  escalateTo: z.enum(['partner_manager', 'legal', 'finance', 'escalation']).default('partner_manager'),
  /** How often an envelope's expiry may be put off, and how long it may be open from its sending on. */
  maxExtensions: z.number().int().min(0).max(20).default(3),
  longestOpen: elapsedField.default('P90D'),
  /** How often one signer's request may be sent again. */
  maxResends: z.number().int().min(0).max(50).default(5),
  /** How long a seal or another step may be stuck until legal is told, and how often it is told again. */
  alertEvery: elapsedField.default('PT1H'),
  /** How long an envelope may stand without anybody getting further, until lists show it as stalled. */
  stalledAfter: elapsedField.default('P7D'),
});

export type SignatureSettings = z.infer<typeof signatureSettings>;
export type CompanySigner = SignatureSettings['companySigners']['signers'][number];
export type SigningOrder = z.infer<typeof order>;

/** Nobody signs twice for the company. @throws DomainError `invalid-document` */
export function refuseDoubleSigners(signers: readonly CompanySigner[]): void {
  const keys = signers.flatMap((signer) => ('role' in signer ? [] : [signer.subjectId, signer.email.toLowerCase()]));
  if (new Set(keys).size === keys.length) return;
  const error = { pointer: '/signature/companySigners/signers', message: 'name a person twice' };
  throw new DomainError('invalid-document', 'the program is not valid', [error]);
}
