import { Controller, Get, HttpCode, Post, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  declineEnvelope,
  delegate,
  sign,
  signature,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import { publicUrl, Settings } from '../../../libs/platform/index.js';
import {
  ProviderInbox,
  SignerAuthentication,
  SigningPages,
  type AuthenticationView,
  type SigningMark,
} from '../../../libs/signatures/index.js';
import { CallingActor, Endpoint, UpdateId, ZodBody, ZodParam, type ApiRequest } from '../edge/index.js';
import { Workflows } from '../workflows.js';
import {
  authenticationView,
  endBody,
  envelopeStatus,
  pagesBody,
  sessionBody,
  sessionView,
  signatureBody,
  signerDelegationBody,
  signingView,
} from './envelopes.dto.js';
import { originOf, outcomeOf, sessionCookie, sessionOf, signerActor } from './origin.js';

const token = z.string().min(1).max(300);
const linkErrors = ['not-found', 'link-replaced', 'not-your-turn'] as const;
const shownErrors = [...linkErrors, 'authentication-required'] as const;
const actErrors = [...shownErrors, 'illegal-transition', 'malformed-request'] as const;

/**
 * The signer's side. The link in the mail is the right to all of this, beside the code that the program may ask for; it
 * is derived, never stored, and reading with it uses nothing up.
 */
@Controller('v1/signing')
export class SigningController {
  constructor(
    private readonly pages: SigningPages,
    private readonly authentication: SignerAuthentication,
    private readonly inbox: ProviderInbox,
    private readonly settings: Settings,
    private readonly workflows: Workflows,
  ) {}

  @Get(':token')
  @Endpoint({
    summary: 'Read what is to be signed',
    description:
      'What the contract is stays empty until the signer has proved who it is, where the program asks for a proof.',
    roles: 'public',
    response: signingView,
    errors: linkErrors,
  })
  async view(@ZodParam('token', token) link: string, @Req() request: ApiRequest): Promise<unknown> {
    const view = await this.pages.view(link, sessionOf(request), originOf(request), request.id);
    return { ...view, documentUrl: `${publicUrl(this.settings.env)}/v1/signing/${link}/document` };
  }

  @Post(':token/challenge')
  @Endpoint({
    summary: 'Have a one-time code sent to the signer',
    roles: 'public',
    response: authenticationView,
    errors: [...linkErrors, 'illegal-transition', 'signer-locked', 'rate-limited'],
  })
  async challenge(@ZodParam('token', token) link: string): Promise<AuthenticationView> {
    const { row, recipient } = await this.pages.resolve(link);
    return this.authentication.challenge(row.id, recipient.id);
  }

  @Post(':token/session')
  @Endpoint({
    summary: 'Begin a session with the code that proves who signs',
    description:
      'Send the token with each further request, as `x-signing-session`; it is set as a cookie too. It ends by itself, and with the link that it belongs to.',
    roles: 'public',
    response: sessionView,
    errors: [...linkErrors, 'illegal-transition', 'authentication-failed', 'signer-locked', 'malformed-request'],
  })
  async session(
    @ZodParam('token', token) link: string,
    @ZodBody(sessionBody) { code }: z.infer<typeof sessionBody>,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.input<typeof sessionView>> {
    const { row, recipient } = await this.pages.resolve(link);
    const session = await this.authentication.open(row.id, recipient.id, code, originOf(request));
    const isSecure = publicUrl(this.settings.env).startsWith('https:');
    const attributes = `Path=/; HttpOnly; SameSite=Strict; Expires=${session.expiresAt.toUTCString()}${isSecure ? '; Secure' : ''}`;
    void reply.header('set-cookie', `${sessionCookie}=${session.token}; ${attributes}`);
    return { sessionToken: session.token, expiresAt: session.expiresAt.toISOString() };
  }

  @Get(':token/document')
  @Endpoint({
    summary: 'Read the contract, byte for byte',
    roles: 'public',
    contentType: 'application/pdf',
    errors: shownErrors,
  })
  async document(@ZodParam('token', token) link: string, @Req() request: ApiRequest): Promise<StreamableFile> {
    const { bytes, mediaType } = await this.pages.document(link, sessionOf(request));
    return new StreamableFile(bytes, { type: mediaType, disposition: 'inline; filename="contract.pdf"' });
  }

  @Get(':token/evidence-certificate')
  @Endpoint({
    summary: 'Read the evidence certificate of the signed contract',
    roles: 'public',
    contentType: 'application/pdf',
    errors: shownErrors,
  })
  async certificate(@ZodParam('token', token) link: string, @Req() request: ApiRequest): Promise<StreamableFile> {
    const { bytes, mediaType } = await this.pages.certificate(link, sessionOf(request));
    return new StreamableFile(bytes, { type: mediaType, disposition: 'inline; filename="evidence.pdf"' });
  }

  @Post(':token/pages')
  @HttpCode(204)
  @Endpoint({
    summary: 'Tell which pages of the contract were read',
    roles: 'public',
    errors: [...actErrors, 'hash-mismatch'],
  })
  async pagesRead(
    @ZodParam('token', token) link: string,
    @ZodBody(pagesBody) body: z.infer<typeof pagesBody>,
    @Req() request: ApiRequest,
  ): Promise<void> {
    await this.pages.pagesRead(link, sessionOf(request), body);
  }

  @Post(':token/signature')
  @Endpoint({
    summary: 'Sign: the hash of what was seen, the consent, the typed name',
    roles: 'public',
    response: envelopeStatus,
    errors: [...actErrors, 'hash-mismatch', 'rate-limited'],
    mayTakeLong: true,
  })
  async sign(
    @ZodParam('token', token) link: string,
    @ZodBody(signatureBody) body: z.infer<typeof signatureBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const { row, recipient, sessionId } = await this.pages.party(link, sessionOf(request));
    const { documentHash, consentVersion, typedName, mark, timeZone } = body;
    const said = { typedName, documentHash, consentVersion, mark: mark as SigningMark | undefined, timeZone };
    const evidenceId = await this.inbox.intent(row.id, recipient.id, { ...said, ...originOf(request, sessionId) });
    const proof = sessionId === null ? {} : { authProofId: sessionId };
    const act = { envelopeId: row.id, recipientId: recipient.id, documentHash, consentVersion, evidenceId, ...proof };
    const input = { ...signerActor(recipient.id, requestId), ...act };
    const workflowId = signature.workflowId(row.negotiation_id);
    return outcomeOf(await this.workflows.update(workflowId, sign, input, this.options(link, updateId)));
  }

  @Post(':token/decline')
  @Endpoint({
    summary: 'Decline to sign, with a reason',
    roles: 'public',
    response: envelopeStatus,
    errors: actErrors,
    mayTakeLong: true,
  })
  async decline(
    @ZodParam('token', token) link: string,
    @ZodBody(endBody) { reason }: z.infer<typeof endBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const { row, recipient } = await this.pages.party(link, sessionOf(request));
    const input = { ...signerActor(recipient.id, requestId), envelopeId: row.id, recipientId: recipient.id, reason };
    const workflowId = signature.workflowId(row.negotiation_id);
    return outcomeOf(await this.workflows.update(workflowId, declineEnvelope, input, this.options(link, updateId)));
  }

  @Post(':token/delegation')
  @Endpoint({
    summary: 'Name another person who signs in one’s place; this link ends with it',
    roles: 'public',
    response: envelopeStatus,
    errors: [...actErrors, 'forbidden', 'already-exists'],
    mayTakeLong: true,
  })
  async delegate(
    @ZodParam('token', token) link: string,
    @ZodBody(signerDelegationBody) { reason, ...person }: z.infer<typeof signerDelegationBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    const party = await this.pages.party(link, sessionOf(request));
    const { row, recipient } = party;
    const actor = signerActor(recipient.id, requestId);
    const intent = await this.pages.changeIntent(party, person, { actorId: recipient.id, type: 'delegation_intent' });
    const { personId, evidenceId } = intent;
    const input = {
      ...actor,
      envelopeId: row.id,
      recipientId: recipient.id,
      personId,
      evidenceId,
      ...(reason !== undefined && { reason }),
    };
    const workflowId = signature.workflowId(row.negotiation_id);
    return outcomeOf(
      await intent.orUndo(() =>
        this.workflows.update<EnvelopeStatus, typeof input>(workflowId, delegate, input, this.options(link, updateId)),
      ),
    );
  }

  private options(link: string, updateId: string): { updateId: string; location: string } {
    return { updateId, location: `/v1/signing/${link}` };
  }
}
