import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { reasonField, sha256Field } from '../edge/fields.js';

const nameField = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line');
const terms = z.record(z.string().max(64), z.unknown());

export const templateBody = z.strictObject({
  name: nameField,
  /** Whom it is for, as the application form says it: `affiliate`, `influencer`, …; absent for any. */
  partnerType: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, hyphens and underscores')
    .optional(),
  /** A tier of the terms; absent for any. */
  tier: z.string().min(1).max(64).optional(),
  /** Whether applications get it without a reviewer's choice; one template at most for a type and tier. */
  automatic: z.boolean().default(true),
  /** The whole terms document (`pactline.terms/1`). */
  terms,
});

export const templateVersionBody = z.strictObject({ name: nameField, terms });
export const retirementBody = z.strictObject({ reason: reasonField.optional() });

export const templatesQuery = z.strictObject({
  ...pageFields,
  /** `true` for retired ones alone, `false` for the others. */
  retired: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

export const templateVersionQuery = z.strictObject({
  version: z.coerce.number().int().min(1).max(1_000_000).optional(),
});

const templateSummary = z.object({
  id: z.string(),
  programId: z.string(),
  partnerType: z.string().nullable(),
  tier: z.string().nullable(),
  automatic: z.boolean(),
  retiredAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  version: z.number().int(),
  name: z.string(),
  termsHash: sha256Field,
  versionCreatedAt: z.iso.datetime(),
  versionCreatedBy: z.string(),
});

export const templateView = templateSummary.extend({ terms: z.record(z.string(), z.unknown()) });
export const templatePage = pageOf(templateSummary);
export const templateVersions = z.object({ items: z.array(templateSummary), next: z.null() });
