import { z } from 'zod';
import { elapsedField } from './settings-fields.js';

/** What the company asks of partners before it pays them, and how a change of their account is guarded. */
export const payeeSettings = z.strictObject({
  /** Whether a partner without payout details is held: `optional` where the rail keeps the accounts itself. */
  payoutDetails: z.enum(['required', 'optional']).default('optional'),
  /** Whether somebody of the company has to approve the first details of a partner, too. */
  firstDetails: z.enum(['approved', 'trusted']).default('approved'),
  /** How long a change of details waits after it was asked for, at least: the old address has that long to object. */
  coolingOff: elapsedField.default('P3D'),
});

export type PayeeSettings = z.infer<typeof payeeSettings>;
