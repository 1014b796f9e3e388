import { Controller, Get, Post } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import { NegotiationsService, TermsDocuments, type NegotiationRow, type Side } from '../../../libs/agreements/index.js';
import { TermsSimulations, type SimulationRow } from '../../../libs/commissions/index.js';
import type { Principal } from '../../../libs/identity/index.js';
import {
  accept,
  negotiation,
  propose,
  retractProposal,
  withdrawNegotiation,
  type Actor,
  type NegotiationStatus,
} from '../../../libs/orchestration/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { NegotiationAccess, parties, readers, rolesIn, sideOf, statusFor } from './negotiation-access.js';
import {
  acceptanceBody,
  negotiationStatus,
  negotiationView,
  negotiationWithdrawalBody,
  proposalBody,
  retractionBody,
} from './negotiations.dto.js';

type StatusView = Record<string, unknown>;
/** A lost move is answered with 409 and the round on the table as the problem's member `current`. */
const moveErrors = ['illegal-transition', 'round-changed', 'not-found'] as const;

/** Rounds of proposals. Each move names the hash that it answers, so nobody answers what it has not seen. */
@Controller('v1/negotiations')
export class NegotiationsController {
  constructor(
    private readonly access: NegotiationAccess,
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
    private readonly simulations: TermsSimulations,
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
    const row = await this.access.visible(id, caller, readers);
    const side = sideOf(caller, row);
    const { template_id: templateId, template_version: version } = row;
    const template = templateId === null ? null : { id: templateId, version };
    const { program_id: programId, application_id: applicationId, partner_id: partnerId, kind } = row;
    return {
      ...{ id, programId, applicationId, partnerId, kind, agreementId: row.agreement_id },
      ...(side === 'company' ? { template } : {}),
      ...statusFor(side, await this.negotiations.status(id)),
      versions: await this.versions(row, side),
    };
  }

  @Post(':id/proposals')
  @Endpoint({
    summary: 'Propose a full terms document in answer to the one on the table',
    description:
      "A proposal of the company outside of the caller's guardrails waits for internal approval: the partner sees nothing of it before.",
    roles: parties,
    response: negotiationStatus,
    errors: [...moveErrors, 'invalid-document', 'already-exists', 'outside-guardrails'],
    mayTakeLong: true,
  })
  async propose(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(proposalBody) { terms, ...body }: z.infer<typeof proposalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<StatusView> {
    const row = await this.access.visible(negotiationId, caller, parties);
    const termsHash = await this.terms.propose(row.program_id, terms);
    return this.move(row, caller, propose, { ...actor, termsHash, ...body }, updateId);
  }

  @Post(':id/acceptance')
  @Endpoint({
    summary: "Accept the other side's terms, by their hash",
    description: "The company's acceptance of terms outside of the caller's guardrails waits for internal approval.",
    roles: parties,
    response: negotiationStatus,
    errors: [...moveErrors, 'not-your-turn', 'outside-guardrails'],
    mayTakeLong: true,
  })
  async accept(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(acceptanceBody) body: z.infer<typeof acceptanceBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<StatusView> {
    const row = await this.access.visible(negotiationId, caller, parties);
    return this.move(row, caller, accept, { ...actor, ...body }, updateId);
  }

  @Post(':id/retraction')
  @Endpoint({
    summary: 'Take back your own unanswered proposal: the version before it stands again',
    roles: parties,
    response: negotiationStatus,
    errors: [...moveErrors, 'not-your-turn'],
    mayTakeLong: true,
  })
  async retract(
    @IdParam('id', 'neg') negotiationId: string,
    @ZodBody(retractionBody) body: z.infer<typeof retractionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<StatusView> {
    const row = await this.access.visible(negotiationId, caller, parties);
    return this.move(row, caller, retractProposal, { ...actor, ...body }, updateId);
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
    @ZodBody(negotiationWithdrawalBody) body: z.infer<typeof negotiationWithdrawalBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<StatusView> {
    const row = await this.access.visible(negotiationId, caller, parties);
    return this.move(row, caller, withdrawNegotiation, { ...actor, ...body }, updateId);
  }

  /** Sends a move to the workflow as the caller's side, and answers with what that side may see. */
  private async move<Input extends { side: 'company' | 'partner' }>(
    row: NegotiationRow,
    caller: Principal,
    definition: UpdateDefinition<NegotiationStatus, [Input]>,
    act: Omit<Input, 'side' | 'roles' | 'negotiationId'>,
    updateId: string,
  ): Promise<StatusView> {
    const side = sideOf(caller, row);
    const roles = side === 'company' ? { roles: rolesIn(caller, row) } : {};
    const input = { ...act, negotiationId: row.id, side, ...roles } as unknown as Input;
    const options = { updateId, location: `/v1/negotiations/${row.id}` };
    try {
      const status = await this.workflows.update(negotiation.workflowId(row.id), definition, input, options);
      return statusFor(side, status);
    } catch (error) {
      throw await this.access.withCurrent(error, row.id);
    }
  }

  private async versions({ id, program_id: programId }: NegotiationRow, side: Side): Promise<unknown[]> {
    const proposals = await this.negotiations.proposals(id);
    const hashes = proposals.map(({ terms_hash }) => terms_hash);
    const documents = await this.terms.getAll(programId, hashes);
    const simulations = side === 'company' ? await this.simulations.newest(id) : [];
    return proposals.map((proposal) => ({
      ...{ number: proposal.number, side: proposal.side, termsHash: proposal.terms_hash, note: proposal.note },
      ...{ answerWithin: proposal.answer_within, createdAt: proposal.created_at, retractedAt: proposal.retracted_at },
      ...(side === 'company' ? { simulations: simulationsOf(simulations, proposal.terms_hash) } : {}),
      terms: documents.get(proposal.terms_hash),
    }));
  }
}

/** The simulations of these very terms, whether they were priced before or after they came on the table. */
function simulationsOf(rows: readonly SimulationRow[], termsHash: string): unknown[] {
  return rows
    .filter(({ terms_hash: hash }) => hash === termsHash)
    .map(({ id, state, result }) => {
      return { id, state, total: result?.proposed.total ?? null, difference: result?.difference ?? null };
    });
}
