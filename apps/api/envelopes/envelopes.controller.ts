import { Controller, Get, Post, StreamableFile } from '@nestjs/common';
import type { z } from 'zod';
import { DocumentStore } from '../../../libs/documents/index.js';
import { programsOf, requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import {
  countersign,
  signature,
  voidEnvelope,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { brokenAt, EnvelopeList, EnvelopeLog, type EnvelopeView } from '../../../libs/signatures/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody, ZodQuery } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import {
  countersignatureBody,
  endBody,
  envelopePage,
  envelopesQuery,
  envelopeStatus,
  envelopeView,
  evidenceView,
} from './envelopes.dto.js';

const companyReaders: readonly Role[] = ['legal', 'partner_manager', 'admin', 'auditor'];
const readers: readonly Role[] = [...companyReaders, 'applicant', 'partner'];

/** Envelopes for the company's side. The partner's signing link is not among what any of these tell. */
@Controller('v1/envelopes')
export class EnvelopesController {
  constructor(
    private readonly list: EnvelopeList,
    private readonly log: EnvelopeLog,
    private readonly documents: DocumentStore,
    private readonly workflows: Workflows,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List envelopes by state and whose turn it is, the longest waiting first',
    roles: companyReaders,
    response: envelopePage,
    csv: ['id', 'programId', 'partnerId', 'state', 'awaiting', 'expiresAt', 'remindersSent', 'stateSince', 'createdAt'],
  })
  page(
    @ZodQuery(envelopesQuery) query: z.infer<typeof envelopesQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<EnvelopeView>> {
    const { programId, stateBefore, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, companyReaders);
    const programs = programId === undefined ? programsOf(caller, companyReaders) : [programId];
    return this.list.page({
      ...rest,
      programs,
      ...(stateBefore === undefined ? {} : { stateBefore: new Date(stateBefore) }),
    });
  }

  @Get(':id')
  @Endpoint({ summary: 'Read an envelope', roles: readers, response: envelopeView, errors: ['not-found'] })
  get(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<EnvelopeView> {
    return this.visible(id, caller, readers);
  }

  @Get(':id/evidence')
  @Endpoint({
    summary: 'Read the hash-chained evidence of an envelope',
    roles: companyReaders,
    response: evidenceView,
    errors: ['not-found'],
  })
  async evidence(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<unknown> {
    await this.visible(id, caller, companyReaders);
    const facts = await this.log.read(id);
    return { envelopeId: id, brokenAt: brokenAt(facts) ?? null, facts };
  }

  @Get(':id/document')
  @Endpoint({
    summary: 'Read the contract, byte for byte',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async document(@IdParam('id', 'env') id: string, @Caller() caller: Principal): Promise<StreamableFile> {
    const { programId, documentHash } = await this.visible(id, caller, readers);
    const { bytes, mediaType } = await this.documents.get(programId, documentHash);
    return new StreamableFile(bytes, { type: mediaType, disposition: `inline; filename="contract-${id}.pdf"` });
  }

  @Post(':id/countersignature')
  @Endpoint({
    summary: 'Countersign for the company, by the hash of what was read',
    description: 'Never by the partner itself. The contract is executed with it.',
    roles: ['legal'],
    response: envelopeStatus,
    errors: ['illegal-transition', 'hash-mismatch', 'not-found'],
    mayTakeLong: true,
  })
  async countersign(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(countersignatureBody) { documentHash }: z.infer<typeof countersignatureBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<EnvelopeStatus> {
    const { negotiationId, partnerId } = await this.visible(envelopeId, caller, ['legal']);
    if (caller.partnerId === partnerId)
      throw new DomainError('forbidden', 'the partner cannot countersign its own contract');
    const input = { ...actor, envelopeId, documentHash };
    return this.workflows.update(
      signature.workflowId(negotiationId),
      countersign,
      input,
      options(envelopeId, updateId),
    );
  }

  @Post(':id/void')
  @Endpoint({
    summary: 'Take an envelope back before it is executed',
    roles: ['legal', 'partner_manager'],
    response: envelopeStatus,
    errors: ['illegal-transition', 'not-found'],
    mayTakeLong: true,
  })
  async void(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(endBody) { reason }: z.infer<typeof endBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<EnvelopeStatus> {
    const { negotiationId } = await this.visible(envelopeId, caller, ['legal', 'partner_manager']);
    const input = { ...actor, envelopeId, reason };
    return this.workflows.update(
      signature.workflowId(negotiationId),
      voidEnvelope,
      input,
      options(envelopeId, updateId),
    );
  }

  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<EnvelopeView> {
    const view = await this.list.view(id);
    if (!view) throw new DomainError('not-found', 'there is no such thing');
    requireAccess(caller, view, roles);
    return view;
  }
}

function options(envelopeId: string, updateId: string): { updateId: string; location: string } {
  return { updateId, location: `/v1/envelopes/${envelopeId}` };
}
