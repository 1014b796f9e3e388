import { z } from 'zod';
import { taxForms } from '../../../libs/payees/index.js';
import { moneyField, programIdField, reasonField } from '../edge/fields.js';

const holder = z.string().trim().min(1).max(140);
const name = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a name in lower-case letters, digits, - and _');

/** Where a partner wants to be paid to. What is sent here is never given back: answers are masked. */
export const detailsBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('iban'),
    holder,
    iban: z.string().min(15).max(42),
    bic: z.string().min(8).max(14).optional(),
  }),
  z.strictObject({
    kind: z.literal('us_bank'),
    holder,
    routingNumber: z.string().min(9).max(9),
    accountNumber: z.string().min(4).max(17),
    accountType: z.enum(['checking', 'savings']),
    /** A person where it is left out: ACH pays persons (PPD) and companies (CCD) by entries of another class. */
    holderType: z.enum(['person', 'company']).optional(),
  }),
  z.strictObject({ kind: z.literal('handle'), provider: name, handle: z.string().trim().min(3).max(254) }),
  z.strictObject({
    kind: z.literal('connected_account'),
    rail: name,
    accountReference: z.string().regex(/^[A-Za-z0-9_-]{3,100}$/, 'must be letters, digits, - and _'),
  }),
]);

export const detailsView = z.object({
  id: z.string(),
  partnerId: z.string(),
  version: z.number().int(),
  kind: z.enum(['iban', 'us_bank', 'handle', 'connected_account']),
  /** The last characters of the account. */
  ending: z.string(),
  country: z.string().nullable(),
  provider: z.string().nullable(),
  channel: z.enum(['partner', 'company', 'service']),
  submittedBy: z.string(),
  submittedAt: z.iso.datetime(),
  standing: z.enum(['awaiting_approval', 'cooling_off', 'in_use', 'replaced', 'rejected', 'withdrawn']),
  effectiveAt: z.iso.datetime().nullable(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
});

export const detailsVersions = z.object({ items: z.array(detailsView) });

/** A rejection needs its reason. */
export const detailsDecision = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('approve'), reason: reasonField.optional() }),
  z.strictObject({ action: z.literal('reject'), reason: reasonField }),
]);

export const withdrawalBody = z.strictObject({ reason: reasonField.optional() });

const taxIdKind = z.enum(['ssn', 'itin', 'ein', 'foreign_tin', 'vat']);
const country = z.string().regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1');

/** What a partner states about its taxes. Answers show of the tax id the last characters alone. */
export const taxProfileBody = z.strictObject({
  form: z.enum(taxForms),
  country,
  legalName: z.string().trim().min(1).max(140),
  address: z.array(z.string().trim().min(1).max(140)).min(1).max(6),
  taxId: z.string().min(4).max(40).optional(),
  taxIdKind: taxIdKind.optional(),
  signedOn: z.iso.date().max(10).optional(),
});

export const taxProfileView = z.object({
  id: z.string(),
  partnerId: z.string(),
  version: z.number().int(),
  form: z.enum(taxForms),
  country: z.string(),
  taxIdKind: taxIdKind.nullable(),
  ending: z.string(),
  signedOn: z.string().nullable(),
  expiresOn: z.string().nullable(),
  isValid: z.boolean(),
  channel: z.enum(['partner', 'company', 'service']),
  submittedBy: z.string(),
  submittedAt: z.iso.datetime(),
});

export const taxProfileVersions = z.object({ items: z.array(taxProfileView) });

const hit = z.object({
  id: z.string(),
  programId: z.string(),
  partnerId: z.string(),
  listVersion: z.string(),
  entryId: z.string(),
  subject: z.enum(['person', 'company', 'account_holder', 'legal_name']),
  score: z.number(),
  state: z.enum(['open', 'cleared', 'confirmed']),
  foundAt: z.iso.datetime(),
  decidedBy: z.string().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
});

export const screeningHit = hit;

export const screeningHits = z.object({
  items: z.array(
    hit.extend({ listed: z.object({ names: z.array(z.string()), countries: z.array(z.string()) }).nullable() }),
  ),
});

export const screeningDecision = z.strictObject({ decision: z.enum(['cleared', 'confirmed']), reason: reasonField });

export const paperList = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      partnerId: z.string(),
      itemId: z.string(),
      kind: z.enum(['invoice', 'credit_note']),
      number: z.string(),
      /** The number of the invoice that a credit note takes back. */
      of: z.string().nullable(),
      amount: moneyField,
      withheld: moneyField,
      issuedAt: z.iso.datetime(),
    }),
  ),
});

export const informationReturnsQuery = z.strictObject({
  programId: programIdField,
  year: z.coerce.number().int().min(2000).max(9999),
});

export const informationReturns = z.object({
  items: z.array(
    z.object({
      partnerId: z.string(),
      reference: z.string(),
      taxProfileId: z.string(),
      taxIdEnding: z.string(),
      year: z.number().int(),
      compensation: moneyField,
      withheld: moneyField,
      isReportable: z.boolean(),
    }),
  ),
  next: z.null(),
});
