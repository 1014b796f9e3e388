import { Controller, Get, Post, Res } from '@nestjs/common';
import { ApiConsumes } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { NegotiationsService, TermsDocuments, type NegotiationRow } from '../../../libs/agreements/index.js';
import { TermsSimulations, type SimulationRequest, type SimulationRow } from '../../../libs/commissions/index.js';
import type { Principal } from '../../../libs/identity/index.js';
import { subtractCalendarDuration } from '../../../libs/kernel/calendar.js';
import { Clock } from '../../../libs/kernel/clock.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { mapPage } from '../../../libs/platform/index.js';
import { ProgramsService } from '../../../libs/programs/index.js';
import { Caller, CallingActor, Endpoint, EventFile, IdParam, RequestKey, ZodBody, ZodQuery } from '../edge/index.js';
import { companyReaders, deciders, NegotiationAccess } from './negotiation-access.js';
import {
  simulationBody,
  simulationFileQuery,
  simulationPage,
  simulationsQuery,
  simulationView,
} from './simulations.dto.js';

/** What a round would have cost. For the company alone: the partner never learns that it was asked. */
@Controller('v1/negotiations/:id')
export class SimulationsController {
  constructor(
    private readonly access: NegotiationAccess,
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
    private readonly programs: ProgramsService,
    private readonly simulations: TermsSimulations,
    private readonly clock: Clock,
  ) {}

  @Post('simulation')
  @Endpoint({
    summary: 'Ask what terms would have cost on the events of the past months',
    description:
      'Priced by the engine that prices live, in the background: the `Location` tells the result, beside that of the terms in force or the opening offer.',
    roles: deciders,
    status: 202,
    response: simulationView,
    bodyExample: { number: 3, months: 12, events: 'program' },
    errors: ['not-found', 'invalid-document'],
  })
  async simulate(
    @IdParam('id', 'neg') id: string,
    @ZodBody(simulationBody) { number, terms, months, events, ...due }: z.infer<typeof simulationBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @RequestKey() requestKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const row = await this.access.visible(id, caller, deciders);
    const { timeZone } = (await this.programs.get(row.program_id)).document;
    const until = this.clock.now();
    const from = subtractCalendarDuration(until, `P${months}M`, timeZone);
    const subject =
      terms === undefined
        ? await this.version(row, number)
        : { termsHash: await this.terms.propose(row.program_id, terms) };
    const partnerId = events === 'partner' ? row.partner_id : undefined;
    return this.ask(row, { ...subject, ...counted(due), events: { from, until, partnerId }, requestKey }, actor, reply);
  }

  @Post('simulation-file')
  @ApiConsumes('application/x-ndjson')
  @Endpoint({
    summary: 'Ask what a version would have cost on a file of events',
    description:
      'One JSON event a line (`application/x-ndjson`), at most 16 MiB. The file is forgotten once it is priced.',
    roles: deciders,
    status: 202,
    response: simulationView,
    errors: ['not-found', 'malformed-request', 'payload-too-large'],
  })
  async simulateFile(
    @IdParam('id', 'neg') id: string,
    @ZodQuery(simulationFileQuery) { number, ...due }: z.infer<typeof simulationFileQuery>,
    @EventFile() file: Buffer,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @RequestKey() requestKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const row = await this.access.visible(id, caller, deciders);
    const subject = await this.version(row, number);
    return this.ask(row, { ...subject, ...counted(due), events: { file }, requestKey }, actor, reply);
  }

  @Get('simulations')
  @Endpoint({
    summary: 'List the simulations of a negotiation, oldest first',
    roles: companyReaders,
    response: simulationPage,
    errors: ['not-found'],
  })
  async page(
    @IdParam('id', 'neg') id: string,
    @ZodQuery(simulationsQuery) query: z.infer<typeof simulationsQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    await this.access.visible(id, caller, companyReaders);
    return mapPage(await this.simulations.page(id, query), viewOf);
  }

  @Get('simulations/:simulationId')
  @Endpoint({
    summary: 'Read a simulation: whether it is done, and what came out',
    roles: companyReaders,
    response: simulationView,
    errors: ['not-found'],
  })
  async get(
    @IdParam('id', 'neg') id: string,
    @IdParam('simulationId', 'sim') simulationId: string,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    await this.access.visible(id, caller, companyReaders);
    const row = await this.simulations.get(simulationId);
    if (row.negotiation_id !== id) throw new DomainError('not-found', 'there is no such thing');
    return viewOf(row);
  }

  private async ask(
    row: NegotiationRow,
    request: Omit<SimulationRequest, 'programId' | 'negotiationId' | 'baselineHash'>,
    actor: Actor,
    reply: FastifyReply,
  ): Promise<unknown> {
    const { id: negotiationId, program_id: programId } = row;
    const baselineHash = await this.negotiations.baselineHash(row);
    const made = await this.simulations.request({ ...request, programId, negotiationId, baselineHash }, actor);
    void reply.header('location', `/v1/negotiations/${negotiationId}/simulations/${made.id}`);
    return viewOf(made);
  }

  private async version(
    row: NegotiationRow,
    number = row.current_number,
  ): Promise<{ number: number; termsHash: string }> {
    const { terms_hash: termsHash } = await this.negotiations.proposal(row.id, number);
    return { number, termsHash };
  }
}

/** From and up to when bonuses of the calendar count. */
function counted(due: { activatedAt?: string | undefined; asOf?: string | undefined }) {
  const [activatedAt, asOf] = [due.activatedAt, due.asOf].map((text) =>
    text === undefined ? undefined : new Date(text),
  );
  return { activatedAt, asOf };
}

function viewOf(row: SimulationRow): Record<string, unknown> {
  return {
    ...{ id: row.id, negotiationId: row.negotiation_id, number: row.number, termsHash: row.terms_hash },
    ...{ baselineHash: row.baseline_hash, events: row.source, from: row.from_at, until: row.until_at },
    ...{ state: row.state, requestedBy: row.requested_by, createdAt: row.created_at, result: row.result },
  };
}
