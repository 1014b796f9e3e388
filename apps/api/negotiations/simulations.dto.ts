import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { instantField, moneyField, sha256Field } from '../edge/fields.js';
import { termsField } from './negotiations.dto.js';

const versionNumber = z.number().int().min(1).max(1_000_000);

export const simulationBody = z
  .strictObject({
    /** The version of the negotiation to be priced; the one on the table where neither this nor `terms` is given. */
    number: versionNumber.optional(),
    /** Terms that are not on the table. */
    terms: termsField.optional(),
    /** How far back the events go, in months of the program's calendar. */
    months: z.number().int().min(1).max(120).default(12),
    /** The events of the whole program, or of this partner alone. */
    events: z.enum(['program', 'partner']).default('program'),
    /** From when on bonuses are counted of partners that were not activated yet; without it they have none of these. */
    activatedAt: instantField.optional(),
  })
  .refine(({ number, terms }) => number === undefined || terms === undefined, {
    path: ['terms'],
    error: 'cannot stand beside number',
  });

export const simulationFileQuery = z.strictObject({
  number: z.coerce.number().int().min(1).max(1_000_000).optional(),
  /** When the partners of the file were activated, for bonuses that count from then; without it there are none of these. */
  activatedAt: instantField.optional(),
  /** The last instant that counts for what falls due by itself; the last of the file where absent. */
  asOf: instantField.optional(),
});

export const simulationsQuery = z.strictObject({ ...pageFields });

const simulatedTerms = z.object({
  total: moneyField,
  commissions: moneyField,
  bonuses: moneyField.optional(),
  reversals: moneyField,
  lines: z.number().int(),
  withoutLine: z.record(z.string(), z.number().int()),
  byRule: z.array(z.object({ rule: z.string(), lines: z.number().int(), amount: moneyField })),
});

export const simulationView = z.object({
  id: z.string(),
  negotiationId: z.string(),
  /** The version that was priced; null for terms that were not on the table. */
  number: z.number().int().nullable(),
  termsHash: sha256Field,
  /** What it is compared with: the terms in force, else the opening offer. */
  baselineHash: sha256Field,
  events: z.enum(['program', 'partner', 'file']),
  from: z.iso.datetime().nullable(),
  until: z.iso.datetime().nullable(),
  state: z.enum(['running', 'done', 'failed']),
  requestedBy: z.string(),
  createdAt: z.iso.datetime(),
  result: z
    .object({
      conversions: z.number().int(),
      partners: z.number().int(),
      proposed: simulatedTerms,
      baseline: simulatedTerms,
      difference: moneyField,
      booked: moneyField.optional(),
      file: z
        .object({
          read: z.number().int(),
          repeated: z.number().int(),
          refused: z.number().int(),
          refusals: z.array(z.object({ line: z.number().int(), reason: z.string() })),
        })
        .optional(),
    })
    .nullable(),
});

export const simulationPage = pageOf(simulationView);
