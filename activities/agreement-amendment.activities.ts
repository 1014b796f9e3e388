import { Injectable } from '@nestjs/common';
import { AmendmentSteps, ChangeNotices } from '../libs/lifecycle/index.js';
import type {
  AgreementAmendmentActivities,
  AmendmentRef,
  DecideAmendmentApprovalInput,
  ObjectInput,
  WithdrawAmendmentInput,
} from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class AgreementAmendmentActivitiesImpl implements AgreementAmendmentActivities {
  constructor(
    private readonly steps: AmendmentSteps,
    private readonly notices: ChangeNotices,
  ) {}

  readAmendment = (input: AmendmentRef) => asActivityFailure(() => this.steps.status(input.amendmentId));
  recordAmendmentApproval = (input: DecideAmendmentApprovalInput) =>
    asActivityFailure(() => this.steps.decideApproval(input));
  giveNoticeOfChange = (input: AmendmentRef) => asActivityFailure(() => this.notices.give(input.amendmentId));
  recordObjection = (input: ObjectInput) => asActivityFailure(() => this.notices.object(input));
  recordAmendmentWithdrawal = (input: WithdrawAmendmentInput) => asActivityFailure(() => this.notices.withdraw(input));
  followNegotiation = (input: AmendmentRef) => asActivityFailure(() => this.steps.followNegotiation(input.amendmentId));
  followSignature = (input: AmendmentRef) => asActivityFailure(() => this.steps.followSignature(input.amendmentId));
  adoptNotice = (input: AmendmentRef & { asOfMs?: number }) =>
    asActivityFailure(() => this.steps.adoptNotice(input.amendmentId, input.asOfMs));
}
