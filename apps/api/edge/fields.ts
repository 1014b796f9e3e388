import { z } from 'zod';
import { isId } from '../../../libs/kernel/ids.js';

/** A SHA-256 as the API writes and reads it: 64 hexadecimal digits in lower case. */
export const sha256Field = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal');

/** The id of a program. */
export const programIdField = z
  .string()
  .max(40)
  .refine((text) => isId('prg', text), 'must be the id of a program');

/** The id of a template of terms. */
export const templateIdField = z
  .string()
  .max(40)
  .refine((text) => isId('tpl', text), 'must be the id of a template');

/** An amount: minor units of an ISO 4217 currency, a safe integer. */
export const moneyField = z.object({ amountMinor: z.number().int(), currency: z.string() });

/** An instant: RFC 3339 with any zone. */
export const instantField = z.iso.datetime({ offset: true }).max(40);

/** Why somebody decided so; it goes into the audit. */
export const reasonField = z.string().trim().min(1).max(2000);
