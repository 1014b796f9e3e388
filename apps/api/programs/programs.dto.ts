import { z } from 'zod';

/** The document's own schema and rules are the program's (libs/programs): here it only has to be an object. */
export const programBody = z.record(z.string().max(64), z.unknown());

export const programView = z.object({
  id: z.string(),
  version: z.number().int(),
  documentHash: z.string(),
  document: z.record(z.string(), z.unknown()),
});

export const programList = z.object({ items: z.array(programView), next: z.null() });

export const applicationFormView = z.object({
  programId: z.string(),
  programVersion: z.number().int(),
  name: z.string(),
  callToAction: z.string(),
  offer: z.string(),
  fields: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      type: z.enum(['text', 'url', 'number', 'choice']),
      required: z.boolean(),
      options: z.array(z.string()).optional(),
    }),
  ),
});

export const versionQuery = z.strictObject({ version: z.coerce.number().int().min(1).max(1_000_000).optional() });
