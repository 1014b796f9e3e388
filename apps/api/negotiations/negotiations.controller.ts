import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { NegotiationsService, TermsDocuments, type NegotiationRow, type Side } from '../../../libs/agreements/index.js';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import {
  accept,
  negotiation,
  propose,
  withdrawNegotiation,
  type Actor,
  type NegotiationStatus,
} from '../../../libs/orchestration/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import {
  acceptanceBody,
  negotiationStatus,
  negotiationView,
  negotiationWithdrawalBody,
  proposalBody,
} from './negotiations.dto.js';

const parties: readonly Role[] = ['partner_manager', 'applicant', 'partner'];
const readers: readonly Role[] = [...parties, 'legal', 'admin', 'auditor'];
const moveErrors = ['illegal-transition', 'hash-mismatch', 'not-found'] as const;

/** Rounds of proposals. Each move names the hash that it answers, so nobody answers what it has not seen. */
@Controller('v1/negotiations')
export class NegotiationsController {
  constructor(
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
    private readonly workflows: Workflows,
  ) {}

  @Get(':id')
  @Endpoint({
    summary: 'Read a negotiation with every version on the table',
    roles: readers,
    response: negotiationView,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'neg') id: string, @Caller() caller: Principal): Promise<unknown> {
    const row = await this.visible(id, caller, readers);
    const status = await this.negotiations.status(id);
    const proposals = await this.negotiations.proposals(id);
    const versions = await Promise.all(
      proposals.map(async ({ number, side, terms_hash: termsHash, note, created_at: createdAt }) => {
        return { number, side, termsHash, note, createdAt, terms: await this.terms.get(row.program_id, termsHash) };
      }),
    );
    const { program_id: programId, application_id: applicationId, partner_id: partnerId } = row;
    return { id, programId, applicationId, partnerId, ...status, versions };
  }

  @Post(':id/proposals')
  @Endpoint({
    summary: 'Propose a full terms document in answer to the one on the table',
    roles: parties,
    response: negotiationStatus,
    errors: [...moveErrors, 'invalid-document', 'unsupported-terms', 'already-exists'],
    mayTakeLong: true,
  })
  async propose(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(proposalBody) { terms, answersHash, note }: z.infer<typeof proposalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<NegotiationStatus> {
    const row = await this.visible(negotiationId, caller, parties);
    const termsHash = await this.terms.propose(row.program_id, terms);
    const input = {
      ...actor,
      negotiationId,
      side: sideOf(caller, row),
      termsHash,
      answersHash,
      ...(note === undefined ? {} : { note }),
    };
    return this.workflows.update(
      negotiation.workflowId(negotiationId),
      propose,
      input,
      options(negotiationId, updateId),
    );
  }

  @Post(':id/acceptance')
  @Endpoint({
    summary: "Accept the other side's terms, by their hash",
    roles: parties,
    response: negotiationStatus,
    errors: [...moveErrors, 'not-your-turn'],
    mayTakeLong: true,
  })
  async accept(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(acceptanceBody) { termsHash }: z.infer<typeof acceptanceBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<NegotiationStatus> {
    const row = await this.visible(negotiationId, caller, parties);
    const input = { ...actor, negotiationId, side: sideOf(caller, row), termsHash };
    return this.workflows.update(
      negotiation.workflowId(negotiationId),
      accept,
      input,
      options(negotiationId, updateId),
    );
  }

  @Post(':id/withdrawal')
  @Endpoint({
    summary: 'Withdraw from a negotiation: no contract comes of it',
    roles: parties,
    response: negotiationStatus,
    errors: moveErrors,
    mayTakeLong: true,
  })
  async withdraw(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(negotiationWithdrawalBody) { reason }: z.infer<typeof negotiationWithdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<NegotiationStatus> {
    const row = await this.visible(negotiationId, caller, parties);
    const input = { ...actor, negotiationId, side: sideOf(caller, row), ...(reason === undefined ? {} : { reason }) };
    return this.workflows.update(
      negotiation.workflowId(negotiationId),
      withdrawNegotiation,
      input,
      options(negotiationId, updateId),
    );
  }

  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<NegotiationRow> {
    const row = await this.negotiations.get(id);
    requireAccess(
      caller,
      { programId: row.program_id, applicationId: row.application_id, partnerId: row.partner_id },
      roles,
    );
    return row;
  }
}

/** The side follows from whose the negotiation is, never from what the caller says. */
function sideOf(caller: Principal, row: NegotiationRow): Side {
  return caller.applicationId === row.application_id || caller.partnerId === row.partner_id ? 'partner' : 'company';
}

function options(negotiationId: string, updateId: string): { updateId: string; location: string } {
  return { updateId, location: `/v1/negotiations/${negotiationId}` };
}
