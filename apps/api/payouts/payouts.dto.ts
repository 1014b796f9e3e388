import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { batchStates, itemStates, type BatchState, type ItemState } from '../../../libs/payouts/domain/index.js';
import { instantField, moneyField, programIdField, reasonField, sha256Field } from '../edge/fields.js';

const state = z.enum(Object.keys(batchStates.table) as [BatchState, ...BatchState[]]);
const itemState = z.enum(Object.keys(itemStates.table) as [ItemState, ...ItemState[]]);
const minor = z.coerce.bigint().min(0n).max(9_007_199_254_740_991n);

export const batchesQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  state: state.optional(),
  /** Minor units, included. */
  minTotalMinor: minor.optional(),
  maxTotalMinor: minor.optional(),
  sort: z.enum(['newest', 'largest']).default('newest'),
});

export const batchView = z.object({
  id: z.string(),
  programId: z.string(),
  state,
  cutOff: z.iso.datetime(),
  total: moneyField,
  itemCount: z.number().int(),
  carried: moneyField,
  contentHash: z.string().nullable(),
  madeBy: z.string().nullable(),
  approvedBy: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});

export const batchPage = pageOf(batchView);

/** How many partners were left out, by cause: `suspended`, `below_minimum`, `no_payout_account`, `nothing_due`. */
const carriedPartners = z.record(z.string(), z.number().int());

export const batchDetail = batchView.extend({
  carriedPartners,
  itemStates: z.array(z.object({ state: itemState, items: z.number().int(), total: moneyField })),
});

export const itemsQuery = z.strictObject({ ...pageFields, state: itemState.optional() });

export const itemPage = pageOf(
  z.object({
    id: z.string(),
    batchId: z.string(),
    partnerId: z.string(),
    partnerReference: z.string(),
    amount: moneyField,
    state: itemState,
    railReference: z.string().nullable(),
    failureCode: z.string().nullable(),
    remittanceSha256: z.string().nullable(),
    stateSince: z.iso.datetime(),
  }),
);

export const batchStatus = z.object({
  batchId: z.string(),
  state,
  contentHash: z.string().optional(),
  openItems: z.number().int(),
});

export const approvalBody = z.strictObject({
  /** The hash of what was looked at. */
  contentHash: sha256Field,
});

export const reasonBody = z.strictObject({ reason: reasonField });

export const runBody = z.strictObject({
  programId: programIdField,
  /** RFC 3339, not in the future. The same cut-off is the same run. */
  cutOff: instantField,
});

export const vestingRun = z.object({ lines: z.number().int(), vested: moneyField });

export const collectionRun = z.object({
  batchId: z.string().nullable(),
  items: z.number().int(),
  total: moneyField,
  carried: moneyField,
  carriedPartners,
});

export const reconciliation = z.object({
  batchId: z.string(),
  currency: z.string(),
  itemsMinor: z.number().int(),
  ledgerMinor: z.number().int(),
  railMinor: z.number().int(),
  reservedMinor: z.number().int(),
  differences: z.array(
    z.object({
      itemId: z.string().optional(),
      railReference: z.string().optional(),
      ours: z.string().optional(),
      rails: z.string().optional(),
    }),
  ),
  agrees: z.boolean(),
});
