import { Injectable } from '@nestjs/common';
import { NegotiationsService } from '../libs/agreements/index.js';
import type {
  AcceptInput,
  DecideApprovalInput,
  NegotiationActivities,
  ProposeInput,
  RetractInput,
  WithdrawNegotiationInput,
} from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class NegotiationActivitiesImpl implements NegotiationActivities {
  constructor(private readonly negotiations: NegotiationsService) {}

  recordProposal = (input: ProposeInput) => asActivityFailure(() => this.negotiations.propose(input));
  recordAcceptance = (input: AcceptInput) => asActivityFailure(() => this.negotiations.accept(input));
  recordRetraction = (input: RetractInput) => asActivityFailure(() => this.negotiations.retract(input));
  recordNegotiationWithdrawal = (input: WithdrawNegotiationInput) =>
    asActivityFailure(() => this.negotiations.withdraw(input));
  recordApprovalDecision = (input: DecideApprovalInput) =>
    asActivityFailure(() => this.negotiations.decideApproval(input));
  keepDeadline = ({ negotiationId, asOfMs }: { negotiationId: string; asOfMs: number }) =>
    asActivityFailure(() => this.negotiations.keepDeadline(negotiationId, asOfMs));
  readNegotiation = (input: { negotiationId: string }) =>
    asActivityFailure(() => this.negotiations.status(input.negotiationId));
}
