import { z } from 'zod';
import { partnerStages, type PartnerStage } from '../../../libs/partners/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { programIdField } from '../edge/fields.js';

const stage = z.enum(Object.keys(partnerStages.table) as [PartnerStage, ...PartnerStage[]]);

export const partnerView = z.object({
  id: z.string(),
  programId: z.string(),
  applicationId: z.string(),
  reference: z.string(),
  stage,
  tier: z.string().nullable(),
  createdAt: z.iso.datetime(),
  activatedAt: z.iso.datetime().nullable(),
});

export const partnerPage = pageOf(partnerView);

export const partnerDetail = partnerView.extend({
  agreements: z.array(
    z.object({
      version: z.number().int(),
      termsHash: z.string(),
      effectiveFrom: z.iso.datetime(),
      effectiveUntil: z.iso.datetime().nullable(),
      envelopeId: z.string(),
    }),
  ),
});

export const partnersQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  stage: stage.optional(),
});
