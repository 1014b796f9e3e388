import { z } from 'zod';
import { isId } from '../../../libs/kernel/ids.js';
import { creditStates, type CreditState } from '../../../libs/payouts/domain/index.js';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { moneyField, programIdField, reasonField } from '../edge/fields.js';

const state = z.enum(Object.keys(creditStates.table) as [CreditState, ...CreditState[]]);
const idOf = (prefix: 'prt' | 'bat', what: string) =>
  z
    .string()
    .max(40)
    .refine((text) => isId(prefix, text), `must be the id of a ${what}`);

export const creditsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  state: state.optional(),
  partnerId: idOf('prt', 'partner').optional(),
  batchId: idOf('bat', 'batch').optional(),
});

export const creditView = z.object({
  id: z.string(),
  partnerId: z.string(),
  /** The payout that it is; null, like the batch, where it is what the partner earned as credit. */
  itemId: z.string().nullable(),
  batchId: z.string().nullable(),
  amount: moneyField,
  state,
  stateSince: z.iso.datetime(),
  codeEnding: z.string(),
  redemptionReference: z.string().nullable(),
  issuedAt: z.iso.datetime(),
});

export const creditPage = pageOf(creditView);

export const redemptionBody = z.strictObject({
  programId: programIdField,
  /** As it was typed: any case, with or without dashes. */
  code: z.string().trim().min(1).max(60),
  /** The shop's own name of the purchase; a repeat with the same one gets the same answer. */
  reference: z.string().trim().min(1).max(200),
});

export const voidBody = z.strictObject({ reason: reasonField });

export const codeView = z.object({ code: z.string() });
