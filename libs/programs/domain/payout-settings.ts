import { z } from 'zod';
import { payoutRailNames } from '../../kernel/payout-rail-names.js';
import { cronField } from './settings-fields.js';

/** More than two people would make approving slower, and no safer. */
const required = z.int().min(1).max(2);

const approvalRule = z.strictObject({
  /** From this total of a batch on, included; minor units of the program's currency. */
  fromMinor: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  required,
});

/** Who must approve a batch of payouts, and what happens then. */
const approvals = z.strictObject({
  role: z.literal('finance_approver'),
  /** Approvals that a batch needs where no rule reaches. */
  required,
  /** By amount: the rule with the highest `fromMinor` that a batch reaches wins. */
  rules: z
    .array(approvalRule)
    .max(10)
    .refine((rules) => new Set(rules.map(({ fromMinor }) => fromMinor)).size === rules.length, 'name an amount twice')
    .default([]),
  /** The ids of those who may approve; everybody with the role where absent. */
  approvers: z.array(z.string().min(1).max(200)).min(1).max(50).optional(),
});

/** When payouts are collected, who approves them, and whether the last approval releases them. */
export const payoutSettings = z.strictObject({
  schedule: cronField,
  approvals,
  /** `automatic`: the last approval releases the batch; `manual`: finance does so afterwards. */
  release: z.enum(['automatic', 'manual']).default('automatic'),
  /**
   * The rail that pays the program's partners, one of those that the installation has; its own choice where absent. Batches
   * keep the rail that they were drafted for.
   */
  rail: z.enum(payoutRailNames).optional(),
});

export type PayoutSettings = z.infer<typeof payoutSettings>;
