import { z } from 'zod';
import { applicationStages, type ApplicationStage } from '../../../libs/partners/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { instantField, programIdField, reasonField, templateIdField } from '../edge/fields.js';

const stage = z.enum(Object.keys(applicationStages.table) as [ApplicationStage, ...ApplicationStage[]]);

export const decisionBody = z
  .strictObject({
    action: z.enum(['approve', 'reject']),
    reason: reasonField.optional(),
    /** One of the program's reasons to reject; a text may stand beside it. */
    reasonCode: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the code of a reason')
      .optional(),
    /** The program's own name for the partner, by which events may name it. */
    partnerReference: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without spaces')
      .refine((text) => !text.startsWith('prt_'), 'must not look like an id of ours')
      .optional(),
    /** RFC 3339, in the past: rehearsals alone, by an admin, for the first version. */
    effectiveFrom: instantField.optional(),
    /** The template of terms to be offered; the one for the partner's type where absent. */
    templateId: templateIdField.optional(),
  })
  .refine(
    ({ action, reason, reasonCode }) => action === 'approve' || reason !== undefined || reasonCode !== undefined,
    {
      path: ['reason'],
      error: 'is needed to reject',
    },
  )
  .refine(({ action, reasonCode }) => action === 'reject' || reasonCode === undefined, {
    path: ['reasonCode'],
    error: 'is for rejections',
  });

export const withdrawalBody = z.strictObject({ reason: reasonField.optional() });

export const submittedApplication = z.object({ id: z.string(), stage, statusUrl: z.string() });

export const applicationState = z.object({
  stage,
  partnerId: z.string().optional(),
  negotiationId: z.string().optional(),
});

export const applicationView = z.object({
  id: z.string(),
  programId: z.string(),
  stage,
  company: z.string().nullable(),
  country: z.string().nullable(),
  partnerType: z.string().nullable(),
  partnerId: z.string().nullable(),
  negotiationId: z.string().nullable(),
  envelopeId: z.string().nullable(),
  verifiedAt: z.iso.datetime().nullable(),
  verifyDueAt: z.iso.datetime().nullable(),
  decisionDueAt: z.iso.datetime().nullable(),
  informationDueAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  reasonCode: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stageSince: z.iso.datetime(),
  erasedAt: z.iso.datetime().nullable(),
});

export const listedApplication = applicationView.extend({
  reviewerId: z.string().nullable(),
  score: z.number().int().nullable(),
  isFlagged: z.boolean(),
  isEscalated: z.boolean(),
});

export const applicationPage = pageOf(listedApplication);

export const applicationsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  stage: stage.optional(),
  /** RFC 3339: only what came to its stage before. */
  stageBefore: instantField.optional(),
  reviewer: z.string().min(1).max(200).optional(),
  flagged: z.enum(['true', 'false']).optional(),
  /** RFC 3339: only what is undecided and has to be decided before. */
  dueBefore: instantField.optional(),
});
