import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import type { z } from 'zod';
import { NegotiationsService } from '../../../libs/agreements/index.js';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { NamedSigners, type NamedSigner } from '../../../libs/signatures/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { namedSignersView, namedSignerView, signerBody } from './envelopes.dto.js';

const parties: readonly Role[] = ['partner_manager', 'legal', 'applicant', 'partner'];
const readers: readonly Role[] = [...parties, 'admin', 'auditor'];

/** Who signs for the partner beside the applicant: named while terms are negotiated, by either side. */
@Controller('v1/negotiations')
export class NamedSignersController {
  constructor(
    private readonly negotiations: NegotiationsService,
    private readonly signers: NamedSigners,
  ) {}

  @Get(':id/signers')
  @Endpoint({
    summary: 'Read who signs for the partner beside the applicant, in the order of signing',
    roles: readers,
    response: namedSignersView,
    errors: ['not-found'],
  })
  async list(@IdParam('id', 'neg') id: string, @Caller() caller: Principal): Promise<{ signers: NamedSigner[] }> {
    await this.visible(id, caller, readers);
    return { signers: await this.signers.list(id) };
  }

  @Post(':id/signers')
  @Endpoint({
    summary: 'Name a further person who signs for the partner, until the contract is made',
    roles: parties,
    status: 201,
    response: namedSignerView,
    bodyExample: { name: 'Sri Mulyani', email: 'sri@example.org', title: 'Finance director' },
    errors: ['illegal-transition', 'not-found', 'already-exists', 'invalid-document'],
  })
  async name(
    @IdParam('id', 'neg') id: string,
    @ZodBody(signerBody) body: z.infer<typeof signerBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<NamedSigner> {
    await this.visible(id, caller, parties);
    return this.signers.name(id, body, actor);
  }

  @Post(':id/signers/:signerId/removal')
  @HttpCode(204)
  @Endpoint({
    summary: 'Take a named signer back, until the contract is made',
    roles: parties,
    errors: ['illegal-transition', 'not-found'],
  })
  async remove(
    @IdParam('id', 'neg') id: string,
    @IdParam('signerId', 'sgn') signerId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    await this.visible(id, caller, parties);
    await this.signers.remove(id, signerId, actor);
  }

  private async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const {
      program_id: programId,
      application_id: applicationId,
      partner_id: partnerId,
    } = await this.negotiations.get(id);
    requireAccess(caller, { programId, applicationId, partnerId }, roles);
  }
}
