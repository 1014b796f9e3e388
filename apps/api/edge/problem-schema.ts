import { z } from 'zod';
import { outputSchema } from './json-schema.js';
import { meanings, type ProblemCode } from './problem.js';

const codes = Object.keys(meanings).sort() as [ProblemCode, ...ProblemCode[]];

/** The schema of every problem document. */
export const problemSchema = outputSchema(
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(codes),
    detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })),
    requestId: z.string(),
  }),
);
