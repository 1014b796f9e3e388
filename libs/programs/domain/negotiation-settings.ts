import { z } from 'zod';
import { guardrailRoles, isBoundDecimal, isTermsPattern } from '../../agreements/domain/index.js';
import { elapsedMs, isElapsedDuration } from '../../kernel/elapsed.js';
import { elapsedField } from './settings-fields.js';

const scalar = z.union([z.string().max(4000), z.number().int().nonnegative(), z.boolean()]);
/** A decimal text bounds rates, a whole number amounts and counts. */
const limit = z.union([
  z.string().max(40).refine(isBoundDecimal, 'must be a decimal such as 12.5'),
  z.number().int().nonnegative(),
]);

const guardrail = z.strictObject({
  /** A JSON pointer into terms documents; `*` stands for every element or name. */
  path: z.string().min(1).max(200).refine(isTermsPattern, 'is no field of a terms document'),
  /** What each role may agree to by itself, the lowest first; a role that is not named has no say over the field. */
  bounds: z
    .array(
      z.strictObject({
        role: z.enum(guardrailRoles),
        min: limit.optional(),
        max: limit.optional(),
        /** The only values; none at all means that the field may not be there. */
        allowed: z.array(scalar).max(1000).optional(),
        forbidden: z.array(scalar).min(1).max(1000).optional(),
      }),
    )
    .min(1)
    .max(guardrailRoles.length)
    .superRefine((bounds, context) => {
      bounds.forEach(({ role }, index) => {
        const first = bounds.findIndex((bound) => bound.role === role);
        if (first < index) context.addIssue({ code: 'custom', path: [index, 'role'], message: 'is there twice' });
      });
    }),
});

/** How terms are negotiated. */
export const negotiationSettings = z
  .strictObject({
    /** How long a side has to answer what is on the table; a proposal may say otherwise. */
    answerWithin: elapsedField.refine(isSomeTime, 'must be longer than nothing').default('P30D'),
    /** How long before the deadline the side whose turn it is gets a reminder. */
    remindBefore: z.array(elapsedField).max(10).default(['P7D', 'P1D']),
    /** What the company's people may agree to without another role's approval. */
    guardrails: z.array(guardrail).max(200).default([]),
  })
  .prefault({});

function isSomeTime(text: string): boolean {
  return !isElapsedDuration(text) || elapsedMs(text) > 0;
}
