import { Controller, Post, Req } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import type { Principal, Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import {
  countersign,
  signature,
  voidEnvelope,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import {
  EnvelopesService,
  ProviderInbox,
  SignerAuthentication,
  type EnvelopeRow,
  type EnvelopeView,
  type RecipientRow,
  type SigningMark,
} from '../../../libs/signatures/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody, type ApiRequest } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { EnvelopeAccess, rolesIn } from './envelope-access.js';
import { countersignatureBody, endBody, envelopeStatus, signatureBody } from './envelopes.dto.js';
import { originOf, outcomeOf, sessionOf } from './origin.js';
import { SignerActs } from './signer-acts.js';

/** Whoever works for the company may be named as a signer; a place that is open to legal takes legal alone. */
const companySigners: readonly Role[] = ['legal', 'partner_manager', 'finance', 'finance_approver', 'admin'];
const actErrors = ['illegal-transition', 'not-your-turn', 'not-found'] as const;

/** The acts that decide about a contract, by those who have an account. */
@Controller('v1/envelopes')
export class EnvelopeActsController {
  constructor(
    private readonly access: EnvelopeAccess,
    private readonly envelopes: EnvelopesService,
    private readonly inbox: ProviderInbox,
    private readonly authentication: SignerAuthentication,
    private readonly workflows: Workflows,
    private readonly acts: SignerActs,
  ) {}

  @Post(':id/countersignature')
  @Endpoint({
    summary: 'Countersign for the company, by the hash of what was read',
    description:
      'What is countersigned carries the seal of the partner (`newestDocumentHash`). Never by anyone of the partner’s side. With the last countersignature the contract is concluded.',
    roles: companySigners,
    response: envelopeStatus,
    errors: [...actErrors, 'hash-mismatch'],
    mayTakeLong: true,
  })
  async countersign(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(countersignatureBody) { documentHash, typedName, title }: z.infer<typeof countersignatureBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, companySigners);
    if (caller.partnerId === view.partnerId) {
      throw new DomainError('forbidden', 'the partner cannot countersign its own contract');
    }
    const roles = rolesIn(caller, view.programId);
    if (!roles.includes('legal') && !(await this.isNamed(envelopeId, caller.id))) {
      throw new DomainError('forbidden', 'somebody else is to countersign');
    }
    const { name: accountName, email: accountEmail } = caller.person ?? {};
    const intent = { documentHash, typedName, title, accountName, accountEmail, ...originOf(request) };
    const evidenceId = await this.inbox.note(envelopeId, actor.actorId, 'countersigning_intent', intent);
    return this.update(view, countersign, { ...actor, envelopeId, documentHash, roles, evidenceId }, updateId);
  }

  @Post(':id/signature')
  @Endpoint({
    summary: 'Sign as the partner, with its own account',
    description:
      'For the applicant itself; other signers have their links. Where a proof is asked for, its session goes with the request.',
    roles: ['partner'],
    response: envelopeStatus,
    errors: [...actErrors, 'hash-mismatch', 'authentication-required'],
    mayTakeLong: true,
  })
  async sign(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(signatureBody) body: z.infer<typeof signatureBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, ['partner']);
    const { row, recipient } = await this.own(envelopeId, caller);
    const sessionId = await this.authentication.require(recipient, sessionOf(request));
    const { timeZone, ...words } = body;
    const origin = { ...originOf(request), ...(timeZone !== undefined && { timeZone }) };
    const act = { actor, origin, updateId, location: locationOf(view) };
    const said = { ...words, mark: words.mark as SigningMark | undefined };
    return outcomeOf(await this.acts.signAs({ row, recipient, sessionId }, act, said));
  }

  @Post(':id/decline')
  @Endpoint({
    summary: 'Decline to sign as the partner, with its own account and a reason',
    roles: ['partner'],
    response: envelopeStatus,
    errors: [...actErrors, 'authentication-required'],
    mayTakeLong: true,
  })
  async decline(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(endBody) { reason }: z.infer<typeof endBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
    @Req() request: ApiRequest,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, ['partner']);
    const { row, recipient } = await this.own(envelopeId, caller);
    await this.authentication.require(recipient, sessionOf(request));
    const act = { actor, origin: originOf(request), updateId, location: locationOf(view) };
    return outcomeOf(await this.acts.declineAs({ row, recipient }, act, reason));
  }

  @Post(':id/void')
  @Endpoint({
    summary: 'Take an envelope back before the company has countersigned',
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
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, ['legal', 'partner_manager']);
    return this.update(view, voidEnvelope, { ...actor, envelopeId, reason }, updateId);
  }

  private async update<Input>(
    view: EnvelopeView,
    definition: UpdateDefinition<EnvelopeStatus, [Input]>,
    input: Input,
    updateId: string,
  ): Promise<unknown> {
    const options = { updateId, location: locationOf(view) };
    const workflowId = signature.workflowId(view.negotiationId);
    return outcomeOf(await this.workflows.update(workflowId, definition, input, options));
  }

  private async isNamed(envelopeId: string, subjectId: string): Promise<boolean> {
    const { recipients } = await this.envelopes.get(envelopeId);
    return recipients.some((recipient) => recipient.subject_id === subjectId);
  }

  /** The place of the applicant itself. A status link is no account: what it is worth, the signing link decides. */
  private async own(envelopeId: string, caller: Principal): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    if (caller.kind !== 'user') throw new DomainError('forbidden', 'the signing link in the mail is what signs');
    const row = await this.envelopes.get(envelopeId);
    const recipient = row.recipients.find(
      ({ party, person_id, state }) => party === 'partner' && person_id === row.person_id && state !== 'delegated',
    );
    if (!recipient) throw new DomainError('forbidden', 'somebody else signs in the place of the applicant');
    return { row, recipient };
  }
}

function locationOf({ id }: EnvelopeView): string {
  return `/v1/envelopes/${id}`;
}
