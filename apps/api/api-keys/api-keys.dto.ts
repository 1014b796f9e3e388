import { z } from 'zod';
import { parseGrant } from '../../../libs/identity/index.js';
import { isId } from '../../../libs/kernel/ids.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';

/** A machine may read, or do what a scope opens; the deeds of people need people. */
const keyGrant = z
  .string()
  .max(80)
  .refine((text) => /^(auditor|service:[^@]+)$/.test(text) && parseGrant(text) !== undefined, {
    error: 'must be `auditor` or `service:<resource>.read`, `service:<resource>.write` or `service:*`',
  });

export const newApiKeyBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  /** One program's id, or `*`. */
  programId: z
    .string()
    .max(40)
    .refine((text) => text === '*' || isId('prg', text), { error: 'must be the id of a program or *' })
    .default('*'),
  roles: z.array(keyGrant).min(1).max(50),
  expiresAt: z.iso.datetime().max(40),
});

export const apiKey = z.object({
  id: z.string(),
  programId: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
});

export const createdApiKey = apiKey.extend({ secret: z.string() });
export const apiKeyPage = pageOf(apiKey);
export const apiKeysQuery = z.strictObject(pageFields);
