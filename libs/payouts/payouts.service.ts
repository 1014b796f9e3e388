import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import type { Page } from '../platform/index.js';
import type { Actor } from '../orchestration/actor.js';
import type { CutOffRun } from '../orchestration/cut-off-run.js';
import type {
  ApproveBatchInput,
  BatchStatus,
  EditBatchInput,
  EndBatchInput,
  ReleaseBatchInput,
  SubmitBatchInput,
} from '../orchestration/payout-batch.js';
import type { CollectionResult } from '../orchestration/payout-collection.js';
import { BankAccountTelling } from './bank-account-telling.js';
import { BatchApprovals } from './batch-approvals.js';
import { BatchCompletion } from './batch-completion.js';
import { BatchDecisions } from './batch-decisions.js';
import { BatchDrafts, type BatchPreview, type OffCycleRequest } from './batch-drafts.js';
import { BatchEdits } from './batch-edits.js';
import { BatchPauses } from './batch-pauses.js';
import { HeldMoney } from './held-money.js';
import { ItemRetries } from './item-retries.js';
import { ItemSender, type SliceResult } from './item-sender.js';
import { PayoutAccounts } from './payout-accounts.js';
import {
  PayoutLists,
  type BatchDetail,
  type BatchesRequest,
  type BatchSummary,
  type ItemsRequest,
  type ItemSummary,
} from './payout-lists.js';
import { uninterrupted, type Progress } from './progress.js';
import { RailReports } from './rail-reports.js';
import { Reconciler, type Reconciliation } from './reconciliation.js';
import { batchStatus } from './rows.js';
import { CreditRuns } from './store-credit/credit-runs.js';
import { UnknownItems } from './unknown-items.js';

/**
 * What the rest of the house asks of payouts. Errors and rules are described where each step is carried out; whatever
 * calls the rail throws what the rail throws.
 */
@Injectable()
export class PayoutsService {
  constructor(
    private readonly database: Database,
    private readonly drafts: BatchDrafts,
    private readonly decisions: BatchDecisions,
    private readonly approvals: BatchApprovals,
    private readonly edits: BatchEdits,
    private readonly pauses: BatchPauses,
    private readonly retries: ItemRetries,
    private readonly sender: ItemSender,
    private readonly reports: RailReports,
    private readonly completion: BatchCompletion,
    private readonly held: HeldMoney,
    private readonly accounts: PayoutAccounts,
    private readonly telling: BankAccountTelling,
    private readonly lists: PayoutLists,
    private readonly reconciler: Reconciler,
    private readonly unknown: UnknownItems,
    private readonly credits: CreditRuns,
  ) {}

  /**
   * Drafts the batch of one cut-off, and pays what was earned as credit until then by codes; the same again for the same
   * cut-off.
   */
  async draftBatch(run: CutOffRun, progress: Progress = uninterrupted): Promise<CollectionResult> {
    await this.accounts.openMissing({ programId: run.programId }, progress);
    await this.telling.tellReachable(run.programId, progress);
    const drafted = await this.drafts.draft(run);
    const { issued, held } = await this.credits.issueDue(run);
    return issued + held === 0 ? drafted : { ...drafted, credits: { issued, held } };
  }

  /** DRAFT → FROZEN, or CANCELLED where nothing is left. @throws DomainError `not-found`, `illegal-transition` */
  submit(input: SubmitBatchInput): Promise<BatchStatus> {
    return this.decisions.submit(input);
  }

  /** A batch of its own for one partner, between the schedules. @throws DomainError `not-found` */
  async draftOffCycle(request: OffCycleRequest): Promise<CollectionResult> {
    await this.accounts.openMissing(request);
    await this.telling.tellReachable(request.programId);
    return this.drafts.draftOffCycle(request);
  }

  /** What a batch drafted now would hold, by currency; nothing is written. @throws DomainError `not-found` */
  preview(run: { programId: string; cutOffMs: number }): Promise<BatchPreview[]> {
    return this.drafts.preview(run);
  }

  /** One approval. @throws DomainError `illegal-transition`, `maker-is-checker`, `forbidden`, `hash-mismatch` */
  approve(input: ApproveBatchInput): Promise<BatchStatus> {
    return this.approvals.approve(input);
  }

  /** APPROVED → RELEASED. @throws DomainError `illegal-transition`, `hash-mismatch`, `insufficient-funds` */
  release(input: ReleaseBatchInput): Promise<BatchStatus> {
    return this.approvals.release(input);
  }

  /** Takes items out of a batch, or puts them back; approvals are void. @throws DomainError `not-found`, `illegal-transition` */
  edit(input: EditBatchInput): Promise<BatchStatus> {
    return this.edits.edit(input);
  }

  /** Before its release → RECALLED. @throws DomainError `not-found`, `illegal-transition` */
  recall(input: EndBatchInput): Promise<BatchStatus> {
    return this.decisions.recall(input);
  }

  /** Nothing more of it is sent until it is resumed. @throws DomainError `not-found`, `illegal-transition` */
  pause(input: EndBatchInput): Promise<BatchStatus> {
    return this.pauses.pause(input);
  }

  /** @throws DomainError `not-found`, `illegal-transition` */
  resume(input: EndBatchInput): Promise<BatchStatus> {
    return this.pauses.resume(input);
  }

  /** Sends a failed item once more, as its next attempt. @throws DomainError `not-found`, `illegal-transition` */
  retryItem(input: { itemId: string; reason: string; actor: Actor }): Promise<void> {
    return this.retries.retry(input.itemId, input.reason, input.actor);
  }

  /** Before its release → REJECTED. @throws DomainError `not-found`, `illegal-transition` */
  reject(input: EndBatchInput): Promise<BatchStatus> {
    return this.decisions.reject(input);
  }

  /** DRAFT → CANCELLED. @throws DomainError `not-found`, `illegal-transition` */
  cancel(input: EndBatchInput): Promise<BatchStatus> {
    return this.decisions.cancel(input);
  }

  /** What the rows say of a batch. @throws DomainError `not-found` */
  status(batchId: string): Promise<BatchStatus> {
    return batchStatus(this.database.dataSource.manager, batchId);
  }

  /** Sends the items of one slice; a repeat probes what was left and goes on. */
  paySlice(batchId: string, slice: number, progress: Progress = uninterrupted): Promise<SliceResult> {
    return this.sender.paySlice(batchId, slice, progress);
  }

  /** Asks the rail about every item without an end. */
  refreshOpenItems(batchId: string, progress: Progress = uninterrupted): Promise<BatchStatus> {
    return this.reports.refreshOpenItems(batchId, progress);
  }

  /** Tells each paid partner of a slice what it was paid for; how many were told now. */
  issueRemittanceAdvices(batchId: string, slice: number, progress: Progress = uninterrupted): Promise<number> {
    return this.completion.issueRemittanceAdvices(batchId, slice, progress);
  }

  /** PROCESSING → COMPLETED or PARTIAL, once no item is open. @throws DomainError `illegal-transition` before the release */
  complete(batchId: string): Promise<BatchStatus> {
    return this.completion.complete(batchId);
  }

  /** Takes in a webhook of the rail. @throws DomainError `unauthenticated` for one that the rail did not sign */
  receiveWebhook(rawBody: Uint8Array | string, signature: string): Promise<void> {
    return this.reports.receiveWebhook(rawBody, signature);
  }

  /** Applies an event of the inbox; harmless when repeated. */
  applyRailEvent(event: { rail: string; eventId: string }): Promise<void> {
    return this.reports.applyRailEvent(event);
  }

  /** A person's step after a failed or returned item. @throws DomainError `not-found`, `illegal-transition` */
  releaseHeld(input: { itemId: string; reason: string; actor: Actor }): Promise<void> {
    return this.held.releaseHeld(input.itemId, input.reason, input.actor);
  }

  /** A person's word that an item of unknown outcome was not paid. @throws DomainError `not-found`, `illegal-transition` */
  declareUnpaid(input: { itemId: string; reason: string; actor: Actor }): Promise<void> {
    return this.unknown.declareUnpaid(input.itemId, input.reason, input.actor);
  }

  /** Opens the partner's account at the rail unless it has one. @throws DomainError `not-found` */
  openPayoutAccount({ partnerId }: { partnerId: string }): Promise<void> {
    return this.accounts.openPayoutAccount(partnerId);
  }

  /** Batches by state and amount. @throws DomainError `malformed-request` for a wrong page */
  listBatches(programId: string, request: BatchesRequest = {}): Promise<Page<BatchSummary>> {
    return this.lists.batches(programId, request);
  }

  /** One batch with its items counted by state. @throws DomainError `not-found` */
  batch(batchId: string): Promise<BatchDetail> {
    return this.lists.batch(batchId);
  }

  /** One item and the program it is of. @throws DomainError `not-found` */
  item(itemId: string): Promise<ItemSummary & { programId: string }> {
    return this.lists.item(itemId);
  }

  /** The items of a batch. @throws DomainError `not-found`, `malformed-request` for a wrong page */
  listItems(batchId: string, request: ItemsRequest = {}): Promise<Page<ItemSummary>> {
    return this.lists.items(batchId, request);
  }

  /** Items, ledger and rail of a batch held against each other. @throws DomainError `not-found` */
  reconcile(batchId: string): Promise<Reconciliation> {
    return this.reconciler.reconcile(batchId);
  }
}
