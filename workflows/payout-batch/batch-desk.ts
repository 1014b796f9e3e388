import { ApplicationFailure, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import {
  approveBatch,
  cancelBatch,
  editBatch,
  recallBatch,
  rejectBatch,
  releaseBatch,
  searchAttributes,
  submitBatch,
  type ApproveBatchInput,
  type BatchStatus,
  type EditBatchInput,
  type EndBatchInput,
  type PayoutBatchActivities,
  type ReleaseBatchInput,
  type SubmitBatchInput,
} from '../../libs/orchestration/index.js';
import { batchStates, type BatchAction, type BatchState } from '../../libs/payouts/domain/batch-state.js';

/** Whose turn it is, for operations; the lists that people see come from the rows. */
const awaitedRole: Partial<Record<BatchState, string>> = {
  draft: 'finance',
  frozen: 'finance_approver',
  in_approval: 'finance_approver',
  approval_blocked: 'finance',
  approved: 'finance',
};

/** Where people's decisions about a batch arrive. What can never be any more is refused before it enters the history. */
export class BatchDesk {
  batch: BatchStatus;
  private hasDecision = false;

  constructor(
    private readonly batchId: string,
    private readonly records: PayoutBatchActivities,
  ) {
    this.batch = { batchId, state: 'draft', openItems: 0, slices: 0 };
  }

  get awaitsPeople(): boolean {
    return awaitedRole[this.batch.state] !== undefined;
  }

  open(): void {
    const { records } = this;
    setHandler(submitBatch, (input) => this.decide(() => records.recordSubmission(input)), {
      validator: (input: SubmitBatchInput) => this.refuseUnless('submit', input),
    });
    setHandler(approveBatch, (input) => this.decide(() => records.recordApproval(input)), {
      validator: (input: ApproveBatchInput) => this.refuseUnless('approve', input),
    });
    setHandler(rejectBatch, (input) => this.decide(() => records.recordRejection(input)), {
      validator: (input: EndBatchInput) => this.refuseUnless('reject', input),
    });
    setHandler(cancelBatch, (input) => this.decide(() => records.recordCancellation(input)), {
      validator: (input: EndBatchInput) => this.refuseUnless('cancel', input),
    });
    setHandler(releaseBatch, (input) => this.decide(() => records.recordRelease(input)), {
      validator: (input: ReleaseBatchInput) => this.refuseUnless('release', input),
    });
    setHandler(recallBatch, (input) => this.decide(() => records.recordRecall(input)), {
      validator: (input: EndBatchInput) => this.refuseUnless('recall', input),
    });
    setHandler(editBatch, (input) => this.decide(() => records.recordEdit(input)), {
      validator: (input: EditBatchInput) => this.refuseUnless('edit', input),
    });
  }

  /** What the row says, unless a decision came first. */
  begin(found: BatchStatus): void {
    if (!this.hasDecision) this.show(found);
  }

  show(batch: BatchStatus): void {
    this.batch = batch;
    const role = awaitedRole[batch.state];
    upsertSearchAttributes([
      { key: searchAttributes.batchStatus, value: batch.state },
      { key: searchAttributes.awaitingRole, value: role === undefined ? [] : [role] },
    ]);
  }

  private async decide(record: () => Promise<BatchStatus>): Promise<BatchStatus> {
    const decided = await record();
    this.hasDecision = true;
    this.show(decided);
    return decided;
  }

  /** The activity decides for good, against the row: its state may be a newer one than is known here, and so may its content. */
  private refuseUnless(action: BatchAction, input: { batchId: string }): void {
    if (input.batchId !== this.batchId) throw ApplicationFailure.nonRetryable('this is another batch', 'not-found');
    if (batchStates.mayComeToAllow(this.batch.state, action)) return;
    throw ApplicationFailure.nonRetryable(`cannot ${action} while ${this.batch.state}`, 'illegal-transition');
  }
}
