import { z } from 'zod';
import { partnerStages, suspensionCauses, type PartnerStage } from '../../../libs/partners/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { versionView } from '../agreements/agreements.dto.js';
import { programIdField, reasonField } from '../edge/fields.js';

const stage = z.enum(Object.keys(partnerStages.table) as [PartnerStage, ...PartnerStage[]]);
const cause = z.enum(suspensionCauses);

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
  agreements: z.array(versionView),
  /** Every cause that holds or held the partner. Why and by whom is told to the company alone. */
  suspensions: z.array(
    z.object({
      cause,
      from: z.iso.datetime(),
      until: z.iso.datetime().nullable(),
      reason: z.string().optional(),
      actorId: z.string().optional(),
      endedBy: z.string().nullable().optional(),
      endReason: z.string().nullable().optional(),
    }),
  ),
});

export const partnersQuery = z.strictObject({
  ...pageFields,
  programId: programIdField.optional(),
  stage: stage.optional(),
});

export const suspensionBody = z.strictObject({ cause, reason: reasonField });

export const deliverableBody = z.strictObject({
  /** The deliverable's name in the terms, as `/bonuses/0/deliverable` says it. */
  deliverable: z.string().min(1).max(100),
  acceptedAt: z.iso.datetime({ offset: true }),
  reason: reasonField,
});

export const deliverableView = z.object({
  id: z.string(),
  partnerId: z.string(),
  deliverable: z.string(),
  acceptedAt: z.iso.datetime(),
  reason: z.string(),
});

export const deliverableList = z.object({ items: z.array(deliverableView) });

export const tierReviewList = z.object({
  items: z.array(
    z.object({
      boundary: z.iso.datetime(),
      metric: z.string(),
      /** Minor units of the terms' currency, or sales, or customers. */
      value: z.number(),
      held: z.string().nullable(),
      /** The tier that the metric picks. */
      earned: z.string(),
      /** The tier from the boundary on. */
      tier: z.string(),
      failedInRow: z.int(),
      termsHash: z.string(),
      recordedAt: z.iso.datetime(),
    }),
  ),
});
