import { Controller, HttpCode, Post } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import type { Principal, Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import {
  correctRecipient,
  delegate,
  extendEnvelope,
  resendRequest,
  retrySeal,
  signature,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import {
  EnvelopesService,
  SignerAuthentication,
  SigningPages,
  type EnvelopeRow,
  type EnvelopeView,
  type RecipientRow,
} from '../../../libs/signatures/index.js';
import { Caller, CallingActor, Endpoint, IdParam, UpdateId, ZodBody } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import { EnvelopeAccess, recipientIn, rolesIn } from './envelope-access.js';
import {
  accessCodeBody,
  correctionBody,
  delegationBody,
  endBody,
  envelopeStatus,
  extensionBody,
  resendBody,
  unlockBody,
} from './envelopes.dto.js';
import { outcomeOf } from './origin.js';

const companySigners: readonly Role[] = ['legal', 'partner_manager', 'finance', 'finance_approver', 'admin'];
const keepers: readonly Role[] = ['legal', 'partner_manager'];
const changeErrors = ['illegal-transition', 'not-found', 'malformed-request'] as const;

/** What the company changes about an envelope that is out. */
@Controller('v1/envelopes')
export class EnvelopeChangesController {
  constructor(
    private readonly access: EnvelopeAccess,
    private readonly envelopes: EnvelopesService,
    private readonly pages: SigningPages,
    private readonly authentication: SignerAuthentication,
    private readonly workflows: Workflows,
  ) {}

  @Post(':id/delegation')
  @Endpoint({
    summary: 'Name another person who countersigns in the place of one that the program names',
    description: 'By that person itself, or by legal. The partner’s signers delegate by their links.',
    roles: companySigners,
    response: envelopeStatus,
    errors: [...changeErrors, 'already-exists'],
    mayTakeLong: true,
  })
  async delegate(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(delegationBody) { recipientId, reason, ...person }: z.infer<typeof delegationBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, companySigners);
    const party = await this.party(envelopeId, recipientId);
    const { party: side, subject_id: subjectId } = party.recipient;
    const isOwn = subjectId !== null && subjectId === caller.id;
    if (side !== 'company' || !(isOwn || rolesIn(caller, view.programId).includes('legal'))) {
      throw new DomainError('forbidden', 'this place is not the caller’s to give away');
    }
    if (person.subjectId === undefined) {
      const error = { pointer: '/subjectId', message: 'is needed: the company’s people sign with their accounts' };
      throw new DomainError('malformed-request', 'the person cannot be known again', [error]);
    }
    return this.change(view, party, person, delegate, { ...actor, reason }, updateId, 'delegation_intent');
  }

  @Post(':id/correction')
  @Endpoint({
    summary: 'Mend the address or the name of one who has still to sign',
    description:
      'A new address keeps the contract and changes the link. A new name or title, which stand in the contract, supersede the envelope by a new one.',
    roles: keepers,
    response: envelopeStatus,
    errors: [...changeErrors, 'already-exists', 'forbidden'],
    mayTakeLong: true,
  })
  async correct(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(correctionBody) { recipientId, reason, ...changes }: z.infer<typeof correctionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, keepers);
    const party = await this.party(envelopeId, recipientId);
    const { name, email } = party.recipient;
    if (name === null || email === null)
      throw new DomainError('forbidden', 'there is no person in this place to correct');
    const person = { name, email, ...changes };
    return this.change(view, party, person, correctRecipient, { ...actor, reason }, updateId, 'correction_intent');
  }

  @Post(':id/extension')
  @Endpoint({
    summary: 'Put the expiry off; those who have still to sign are told',
    roles: keepers,
    response: envelopeStatus,
    errors: [...changeErrors, 'invalid-document'],
    mayTakeLong: true,
  })
  async extend(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(extensionBody) { expiresAt, reason }: z.infer<typeof extensionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, keepers);
    const input = { ...actor, envelopeId, expiresAtMs: new Date(expiresAt).getTime(), reason };
    return this.update(view, extendEnvelope, input, updateId);
  }

  @Post(':id/resend')
  @Endpoint({
    summary: 'Send the request to one whose turn it is again, with the same link',
    roles: keepers,
    response: envelopeStatus,
    errors: [...changeErrors, 'not-your-turn'],
    mayTakeLong: true,
  })
  async resend(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(resendBody) { recipientId }: z.infer<typeof resendBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, keepers);
    recipientIn(view, recipientId);
    return this.update(view, resendRequest, { ...actor, envelopeId, recipientId }, updateId);
  }

  @Post(':id/seal-retry')
  @Endpoint({
    summary: 'Have a seal tried again whose document did not verify',
    roles: ['legal'],
    response: envelopeStatus,
    errors: changeErrors,
    mayTakeLong: true,
  })
  async retrySeal(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(endBody) { reason }: z.infer<typeof endBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const view = await this.access.visible(envelopeId, caller, ['legal']);
    // What is executed and lacks its time-stamp alone is followed by a run of its own.
    const isLate = view.state === 'executed' && view.overlays.timestampPending;
    const run = isLate ? signature.timestampWorkflowId(view.negotiationId) : undefined;
    return this.update(view, retrySeal, { ...actor, envelopeId, reason }, updateId, run);
  }

  @Post(':id/access-code')
  @HttpCode(204)
  @Endpoint({
    summary: 'Set the code that the company tells a signer by another way than mail',
    roles: keepers,
    errors: changeErrors,
  })
  async setAccessCode(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(accessCodeBody) { recipientId, code }: z.infer<typeof accessCodeBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    recipientIn(await this.access.visible(envelopeId, caller, keepers), recipientId);
    await this.authentication.setAccessCode(envelopeId, recipientId, code, actor);
  }

  @Post(':id/unlock')
  @HttpCode(204)
  @Endpoint({
    summary: 'Let a signer try again who was locked out by wrong codes',
    roles: ['legal'],
    errors: changeErrors,
  })
  async unlock(
    @IdParam('id', 'env') envelopeId: string,
    @ZodBody(unlockBody) { recipientId, reason }: z.infer<typeof unlockBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<void> {
    recipientIn(await this.access.visible(envelopeId, caller, ['legal']), recipientId);
    await this.authentication.unlock(envelopeId, recipientId, reason, actor);
  }

  private async change(
    view: EnvelopeView,
    party: { row: EnvelopeRow; recipient: RecipientRow },
    person: Parameters<SigningPages['changeIntent']>[1],
    definition: typeof delegate,
    { reason, ...actor }: Actor & { reason?: string | undefined },
    updateId: string,
    type: 'delegation_intent' | 'correction_intent',
  ): Promise<unknown> {
    const intent = await this.pages.changeIntent(party, person, { actorId: actor.actorId, type });
    const { personId, evidenceId } = intent;
    const names = { envelopeId: view.id, recipientId: party.recipient.id, personId, evidenceId };
    const input = { ...actor, ...names, ...(reason !== undefined && { reason }) };
    return intent.orUndo(() => this.update(view, definition, input, updateId));
  }

  private async party(envelopeId: string, recipientId: string): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    const row = await this.envelopes.get(envelopeId);
    const recipient = row.recipients.find(({ id }) => id === recipientId);
    if (!recipient) throw new DomainError('not-found', 'the envelope has no such recipient');
    return { row, recipient };
  }

  private async update<Input>(
    { id, negotiationId }: EnvelopeView,
    definition: UpdateDefinition<EnvelopeStatus, [Input]>,
    input: Input,
    updateId: string,
    workflowId = signature.workflowId(negotiationId),
  ): Promise<unknown> {
    const options = { updateId, location: `/v1/envelopes/${id}` };
    return outcomeOf(await this.workflows.update(workflowId, definition, input, options));
  }
}
