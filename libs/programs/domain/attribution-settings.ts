import { z } from 'zod';

const parameterName = z.string().regex(/^[A-Za-z0-9_.~-]{1,64}$/, 'must be the name of a parameter');

/** Where the links of partners lead, as they are made at activation. */
const link = z.strictObject({
  /** The page that a click leads to. */
  destination: z.url({ protocol: /^https?$/ }).max(2000),
  /** What the page is always given; `{partner}` stands for the partner's reference. */
  parameters: z
    .record(parameterName, z.string().max(200))
    .refine((given) => Object.keys(given).length <= 20, 'must have at most 20 parameters')
    .default({}),
  /** The parameter by which the page learns the id of the click, to report it with the sale. */
  clickParameter: parameterName.default('click'),
});

/** How partners reach customers. */
export const attributionSettings = z.strictObject({
  /** Without it partners get no link at activation; each can be given links of its own all the same. */
  link: link.optional(),
});
