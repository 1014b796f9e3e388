import { z } from 'zod';
import { reasonField, sha256Field } from '../edge/fields.js';

export const proposalBody = z.strictObject({
  /** The whole terms document (`pactline.terms/1`). */
  terms: z.record(z.string().max(64), z.unknown()),
  /** The hash of the version that this one answers. */
  answersHash: sha256Field,
  note: reasonField.optional(),
});

export const acceptanceBody = z.strictObject({ termsHash: sha256Field });
export const negotiationWithdrawalBody = z.strictObject({ reason: reasonField.optional() });

const side = z.enum(['company', 'partner']);
const state = z.enum(['open', 'agreed', 'withdrawn']);

export const negotiationStatus = z.object({
  state,
  number: z.number().int(),
  termsHash: sha256Field,
  awaiting: side.optional(),
});

export const negotiationView = negotiationStatus.extend({
  id: z.string(),
  programId: z.string(),
  applicationId: z.string(),
  partnerId: z.string(),
  versions: z.array(
    z.object({
      number: z.number().int(),
      side,
      termsHash: sha256Field,
      note: z.string().nullable(),
      createdAt: z.iso.datetime(),
      terms: z.record(z.string(), z.unknown()),
    }),
  ),
});
