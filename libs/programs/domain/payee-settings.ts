import { z } from 'zod';
import { isCountry } from '../../kernel/country.js';
import { elapsedField, sentenceField } from './settings-fields.js';

/** A percentage from 0 to 100, with at most four places. */
const percent = z
  .string()
  .regex(/^(100|\d{1,2})(\.\d{1,4})?$/, 'must be a decimal from 0 to 100 with at most four places')
  .refine((text) => Number(text) <= 100, 'must be at most 100');

const withholdingRule = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens'),
  /** The forms it is for; `missing` where no form holds. Any where absent. */
  forms: z
    .array(z.enum(['w9', 'w8ben', 'w8ben_e', 'vat', 'missing']))
    .min(1)
    .max(5)
    .optional(),
  /** The countries it is for; any where absent. */
  countries: z.array(z.string().refine(isCountry, 'must be a country of ISO 3166-1')).min(1).max(250).optional(),
  ratePercent: percent,
});

/** How much tax is withheld: the first rule that fits decides. */
const withholding = z
  .strictObject({
    rules: z.array(withholdingRule).max(100).default([]),
    /**
     * What is withheld from a person of the US without a W-9, where no rule decides (26 U.S.C. § 3406: `24`). Nothing
     * where it is absent: only the company knows whether the law of the US asks it to.
     */
    backupRatePercent: percent.optional(),
  })
  .superRefine(({ rules }, context) => {
    const taken = new Set(['us-backup', 'none']);
    rules.forEach(({ id }, index) => {
      if (taken.has(id)) context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: 'is there twice' });
      taken.add(id);
    });
  });

/** What the company asks of partners before it pays them, and how a change of their account is guarded. */
export const payeeSettings = z.strictObject({
  /** Whether a partner without payout details is held: `optional` where the rail keeps the accounts itself. */
  payoutDetails: z.enum(['required', 'optional']).default('optional'),
  /** Whether somebody of the company has to approve the first details of a partner, too. */
  firstDetails: z.enum(['approved', 'trusted']).default('approved'),
  /** How long a change of details waits after it was asked for, at least: the old address has that long to object. */
  coolingOff: elapsedField.default('P3D'),
  /** Whether a partner without a tax form that holds is not paid. */
  taxForm: z.enum(['required', 'optional']).default('optional'),
  withholding: withholding.prefault({}),
  /** Invoices that the company issues in the name of partners, and what they say of it beside its name. */
  selfBilling: z
    .strictObject({
      /** Whose payments the company invoices in their name: nobody's, those of partners with a VAT id, or everybody's. */
      invoices: z.enum(['none', 'vat', 'all']).default('none'),
      address: z.array(sentenceField).max(6).default([]),
      vatId: z.string().min(4).max(20).optional(),
      /** A sentence on each paper, such as how VAT is treated. */
      note: sentenceField.optional(),
    })
    .prefault({}),
});

export type PayeeSettings = z.infer<typeof payeeSettings>;
