import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal');

export const proposalBody = z.strictObject({
  /** The whole terms document (`pactline.terms/1`). */
  terms: z.record(z.string().max(64), z.unknown()),
  /** The hash of the version that this one answers. */
  answersHash: hash,
  note: z.string().trim().min(1).max(2000).optional(),
});

export const acceptanceBody = z.strictObject({ termsHash: hash });
export const negotiationWithdrawalBody = z.strictObject({ reason: z.string().trim().min(1).max(2000).optional() });

const side = z.enum(['company', 'partner']);
const state = z.enum(['open', 'agreed', 'withdrawn']);

export const negotiationStatus = z.object({
  state,
  number: z.number().int(),
  termsHash: hash,
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
      termsHash: hash,
      note: z.string().nullable(),
      createdAt: z.iso.datetime(),
      terms: z.record(z.string(), z.unknown()),
    }),
  ),
});
