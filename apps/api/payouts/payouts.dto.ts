import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { batchStates, itemStates, type BatchState, type ItemState } from '../../../libs/payouts/domain/index.js';
import { isId } from '../../../libs/kernel/ids.js';
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
  /** Who approved it last. */
  approvedBy: z.string().nullable(),
  /** `scheduled`, or `off_cycle`: one partner's payout on request. */
  kind: z.enum(['scheduled', 'off_cycle']),
  /** How many people must approve it; null before it is frozen. */
  requiredApprovals: z.number().int().nullable(),
  releasedBy: z.string().nullable(),
  /** Since when nothing more of it is sent; null while it is not paused. */
  pausedAt: z.iso.datetime().nullable(),
  reason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  stateSince: z.iso.datetime(),
});

export const batchPage = pageOf(batchView);

/** How many partners were left out, by cause: `suspended`, `below_minimum`, `no_payout_account`, `nothing_due`. */
const carriedPartners = z.record(z.string(), z.number().int());

export const batchDetail = batchView.extend({
  carriedPartners,
  /** Of what it holds now; approvals of what it was before an edit count no more. */
  approvals: z.array(z.object({ approverId: z.string(), approvedAt: z.iso.datetime() })),
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
    /** Counts the attempts to pay it. */
    attempt: z.number().int(),
    /** What holds it: a stable code, and the id of what it is about. */
    findings: z.array(z.object({ cause: z.string(), reference: z.string() })),
    remittanceSha256: z.string().nullable(),
    stateSince: z.iso.datetime(),
  }),
);

export const batchStatus = z.object({
  batchId: z.string(),
  state,
  contentHash: z.string().optional(),
  openItems: z.number().int(),
  isPaused: z.boolean().optional(),
});

export const approvalBody = z.strictObject({
  /** The hash of what was looked at. */
  contentHash: sha256Field,
});

const itemIds = z
  .array(
    z
      .string()
      .max(40)
      .refine((text) => isId('itm', text), 'must be the id of an item'),
  )
  .max(1_000)
  .default([]);

export const editBody = z.strictObject({
  /** Items to take out: their money stays payable, and the next collection takes it once this batch is released. */
  remove: itemIds,
  /** Items that were taken out before. */
  putBack: itemIds,
  reason: reasonField,
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
