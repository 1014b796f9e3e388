import { z } from 'zod';

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line');
const email = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/, 'must be a mail address');
/** E.164: a plus sign and at most fifteen digits. */
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number in the form +441632960000');

/** What an applicant sends: who it is, who vouches for it, and the answers to the program's own questions. */
export const applicationForm = z.strictObject({
  name: line(200),
  email,
  phone: phone.optional(),
  company: line(200).optional(),
  references: z
    .array(z.strictObject({ name: line(200), email: email.optional(), relation: line(200).optional() }))
    .max(10)
    .default([]),
  form: z.record(z.string().max(40), z.union([z.string().max(2000), z.number(), z.null()])).default({}),
});

export type ApplicationForm = z.infer<typeof applicationForm>;
