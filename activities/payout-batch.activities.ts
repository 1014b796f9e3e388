import { Injectable } from '@nestjs/common';
import type {
  ApproveBatchInput,
  EditBatchInput,
  EndBatchInput,
  PayoutBatchActivities,
  ReleaseBatchInput,
  SubmitBatchInput,
} from '../libs/orchestration/index.js';
import { PayoutsService } from '../libs/payouts/index.js';
import { asActivityFailure } from './activity-failure.js';
import { whileBeating } from './while-beating.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class PayoutBatchActivitiesImpl implements PayoutBatchActivities {
  constructor(private readonly payouts: PayoutsService) {}

  recordSubmission = (input: SubmitBatchInput) => asActivityFailure(() => this.payouts.submit(input));
  recordApproval = (input: ApproveBatchInput) => asActivityFailure(() => this.payouts.approve(input));
  recordRelease = (input: ReleaseBatchInput) => asActivityFailure(() => this.payouts.release(input));
  recordRecall = (input: EndBatchInput) => asActivityFailure(() => this.payouts.recall(input));
  recordEdit = (input: EditBatchInput) => asActivityFailure(() => this.payouts.edit(input));
  recordRejection = (input: EndBatchInput) => asActivityFailure(() => this.payouts.reject(input));
  recordCancellation = (input: EndBatchInput) => asActivityFailure(() => this.payouts.cancel(input));
  readBatch = ({ batchId }: { batchId: string }) => asActivityFailure(() => this.payouts.status(batchId));
  paySlice = ({ batchId, slice }: { batchId: string; slice: number }) =>
    asActivityFailure(() => whileBeating((progress) => this.payouts.paySlice(batchId, slice, progress)));
  refreshOpenItems = ({ batchId }: { batchId: string }) =>
    asActivityFailure(() => whileBeating((progress) => this.payouts.refreshOpenItems(batchId, progress)));
  issueRemittanceAdvices = ({ batchId, slice }: { batchId: string; slice: number }) =>
    asActivityFailure(async () => ({
      issued: await whileBeating((progress) => this.payouts.issueRemittanceAdvices(batchId, slice, progress)),
    }));
  completeBatch = ({ batchId }: { batchId: string }) => asActivityFailure(() => this.payouts.complete(batchId));
}
