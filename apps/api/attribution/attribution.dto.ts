import { z } from 'zod';
import { parametersShape } from '../../../libs/attribution/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';

/** One touch's own schema is attribution's, so that a batch can refuse one touch and take the others. */
const touch = z.record(z.string().max(64), z.unknown());

/** Either one touch or, as `touches`, up to a thousand. */
export const touchesBody = z.union([z.strictObject({ touches: z.array(z.unknown()).min(1).max(1000) }), touch]);

const problem = z.object({
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })),
});

const touchResult = z.object({
  id: z.string().optional(),
  status: z.enum(['accepted', 'duplicate', 'refused']),
  partnerId: z.string().optional(),
  problem: problem.optional(),
});

/** One result for one touch; `results`, in the order of the touches, for a batch. */
export const touchesAnswer = z.union([z.object({ results: z.array(touchResult) }), touchResult]);

export const listQuery = z.strictObject(pageFields);

export const linkBody = z.strictObject({
  /** What people call it. */
  name: z.string().trim().min(1).max(100),
  /** The page that a click leads to. */
  destination: z.url({ protocol: /^https?$/ }).max(2000),
  /** What the page is always given. */
  parameters: parametersShape.default({}),
  /** The parameter by which the page learns the id of the click. */
  clickParameter: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,64}$/, 'must be the name of a parameter')
    .default('click'),
  /** What stands in the link's public address; ours to choose where absent. */
  slug: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{2,63}$/, 'must be lower-case letters, digits and hyphens')
    .optional(),
});

export const linkView = z.object({
  id: z.string(),
  partnerId: z.string(),
  name: z.string(),
  slug: z.string(),
  /** The public address; what a visitor brings in its query goes along. */
  address: z.url(),
  destination: z.string(),
  parameters: z.record(z.string(), z.string()),
  clickParameter: z.string(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  /** From then on its clicks count no more. */
  endedAt: z.iso.datetime().nullable(),
});

export const linkPage = pageOf(linkView);

export const couponBody = z.strictObject({
  /** Compared without regard to case and spaces around; ours to choose where absent. */
  code: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 _-]{2,39}$/, 'must be 3 to 40 letters, digits, spaces, hyphens and underscores')
    .optional(),
});

export const couponView = z.object({
  id: z.string(),
  partnerId: z.string(),
  code: z.string(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  /** From then on its use counts no more. */
  endedAt: z.iso.datetime().nullable(),
});

export const couponPage = pageOf(couponView);

export const slugParam = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a link');
