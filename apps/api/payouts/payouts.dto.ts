import { z } from 'zod';
import { pageFields, pageOf } from '../../../libs/platform/index.js';
import { exceptionStates } from '../../../libs/payouts/index.js';
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
  /** What its partners get; with what is withheld it is `gross`. */
  total: moneyField,
  gross: moneyField,
  withheld: moneyField,
  itemCount: z.number().int(),
  carried: moneyField,
  contentHash: z.string().nullable(),
  madeBy: z.string().nullable(),
  /** Who approved it last. */
  approvedBy: z.string().nullable(),
  /** `scheduled`, or `off_cycle`: one partner's payout on request. */
  kind: z.enum(['scheduled', 'off_cycle']),
  /** The rail that pays it, as `stripe-transfers`: the program's when it was drafted. */
  rail: z.string(),
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

/** How many partners were left out, by cause: `suspended`, `below_minimum`, `nothing_after_tax`, `no_payout_account`, `nothing_due`. */
const carriedPartners = z.record(z.string(), z.number().int());

export const batchDetail = batchView.extend({
  carriedPartners,
  /** Of what it holds now; approvals of what it was before an edit count no more. */
  approvals: z.array(z.object({ approverId: z.string(), approvedAt: z.iso.datetime() })),
  itemStates: z.array(z.object({ state: itemState, items: z.number().int(), total: moneyField })),
});

export const itemsQuery = z.strictObject({ ...pageFields, state: itemState.optional() });

/** What a payout is of. */
const itemAmounts = {
  /** What the partner gets; with what is withheld it is `gross`. */
  amount: moneyField,
  gross: moneyField,
  withheld: moneyField,
  /** The rule that decided on the tax, its percentage and the form it went by; null where none says anything. */
  withholding: z.object({ ruleId: z.string(), ratePercent: z.string(), form: z.string() }).nullable(),
};

/** Invoices and credit notes that the company issued for it in the partner's name. */
const papers = z.array(z.object({ id: z.string(), kind: z.enum(['invoice', 'credit_note']), number: z.string() }));

export const itemPage = pageOf(
  z.object({
    id: z.string(),
    batchId: z.string(),
    partnerId: z.string(),
    partnerReference: z.string(),
    ...itemAmounts,
    state: itemState,
    railReference: z.string().nullable(),
    failureCode: z.string().nullable(),
    /** Counts the attempts to pay it. */
    attempt: z.number().int(),
    /** What holds it: a stable code, and the id of what it is about. */
    findings: z.array(z.object({ cause: z.string(), reference: z.string() })),
    papers,
    remittanceSha256: z.string().nullable(),
    stateSince: z.iso.datetime(),
  }),
);

/** A payout as its partner sees it, too. */
export const itemView = z.object({
  id: z.string(),
  batchId: z.string(),
  partnerId: z.string(),
  ...itemAmounts,
  state: itemState,
  railReference: z.string().nullable(),
  papers,
  hasRemittanceAdvice: z.boolean(),
  stateSince: z.iso.datetime(),
});

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

const collected = z.object({
  batchId: z.string().nullable(),
  items: z.number().int(),
  total: moneyField,
  withheld: moneyField,
  /** Items that are held: no part of `items` and `total`. */
  held: z.number().int(),
  carried: moneyField,
  carriedPartners,
});

/** In the program's currency; each other one has a batch of its own. */
export const collectionRun = collected.extend({
  others: z.array(collected),
  /** What was earned as credit: codes that were issued, and partners who wait for theirs. */
  credits: z.object({ issued: z.number().int(), held: z.number().int() }),
});

const difference = z.object({
  /** A stable code, as `missing_at_rail`. */
  cause: z.string(),
  itemId: z.string().optional(),
  railReference: z.string().optional(),
  ours: z.string().optional(),
  rails: z.string().optional(),
});

/** Minor units of the batch's currency. */
const tellings = {
  itemsMinor: z.number().int(),
  ledgerMinor: z.number().int(),
  railMinor: z.number().int(),
  reservedMinor: z.number().int(),
  /** What was withheld of what was paid: by the items, and by the ledger. */
  withheldMinor: z.number().int(),
  withheldLedgerMinor: z.number().int(),
  differences: z.array(difference),
  agrees: z.boolean(),
};

export const reconciliation = z.object({ batchId: z.string(), currency: z.string(), ...tellings });

const note = z.object({
  id: z.string(),
  note: z.string(),
  writtenBy: z.string(),
  writtenAt: z.iso.datetime(),
  approvedBy: z.string().nullable(),
  approvedAt: z.iso.datetime().nullable(),
});

export const keptReconciliations = z.object({
  items: z.array(
    z.object({ id: z.string(), ...tellings, madeBy: z.string(), madeAt: z.iso.datetime(), notes: z.array(note) }),
  ),
});

export const noteBody = z.strictObject({ note: reasonField });

export const noteMade = z.object({ id: z.string() });

export const overviewQuery = z.strictObject({ programId: programIdField });

const exceptionState = z.enum(exceptionStates);

export const overview = z.object({
  /** What a person must look at, the most urgent state first. */
  exceptions: z.array(z.object({ state: exceptionState, items: z.number().int(), total: moneyField })),
  /** Batches that wait for somebody, the longest first; at most 200. */
  waiting: z.array(
    z.object({
      batchId: z.string(),
      state,
      task: z.enum(['submit', 'approve', 'unblock', 'release', 'resume', 'reconcile', 'close']),
      role: z.enum(['finance', 'finance_approver']),
      total: moneyField,
      since: z.iso.datetime(),
    }),
  ),
  batches: z.array(z.object({ state, batches: z.number().int(), total: moneyField })),
});

export const exceptionsQuery = z.strictObject({
  ...pageFields,
  programId: programIdField,
  state: exceptionState.optional(),
});

export const exceptionPage = pageOf(
  z.object({
    itemId: z.string(),
    batchId: z.string(),
    partnerId: z.string(),
    partnerReference: z.string(),
    state: exceptionState,
    amount: moneyField,
    attempt: z.number().int(),
    /** The rail's code of a refusal, or what holds it. */
    causes: z.array(z.string()),
    since: z.iso.datetime(),
  }),
);

export const offCycleBody = z.strictObject({
  partnerId: z
    .string()
    .max(40)
    .refine((text) => isId('prt', text), 'must be the id of a partner'),
  /** What vested before is paid; now where absent. RFC 3339, not in the future. */
  cutOff: instantField.optional(),
  /** Pays less than the minimum of the terms too, as for a partner who leaves. */
  ignoresMinimum: z.boolean().default(false),
  reason: reasonField,
});

export const previewQuery = z.strictObject({
  programId: programIdField,
  /** Now where absent. */
  cutOff: instantField.optional(),
});

export const previews = z.object({
  /** One for each currency, the program's own first. */
  items: z.array(
    z.object({
      /** Of what would be paid, without what would be held. */
      total: moneyField,
      gross: moneyField,
      withheld: moneyField,
      itemCount: z.number().int(),
      carriedCount: z.number().int(),
      /** The first thousand. */
      payments: z.array(
        z.object({ partnerId: z.string(), ...itemAmounts, state: itemState, causes: z.array(z.string()) }),
      ),
      /** The first thousand of those that would wait for a later batch. */
      carried: z.array(z.object({ partnerId: z.string(), amount: moneyField, cause: z.string() })),
    }),
  ),
});
