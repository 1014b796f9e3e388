import { Controller, Get, HttpCode, Post, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Actor } from '../../../libs/orchestration/index.js';
import { publicUrl, Settings } from '../../../libs/platform/index.js';
import {
  SignerAuthentication,
  SigningPages,
  type AuthenticationView,
  type SigningMark,
} from '../../../libs/signatures/index.js';
import { CallingActor, Endpoint, UpdateId, ZodBody, ZodParam, type ApiRequest } from '../edge/index.js';
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
import { originOf, outcomeOf, sessionCookie, sessionOf } from './origin.js';
import { SignerActs, type SignerCall } from './signer-acts.js';

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
    private readonly acts: SignerActs,
    private readonly settings: Settings,
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
    const { documentHash, consentVersion, typedName, mark, timeZone } = body;
    const words = { documentHash, consentVersion, typedName, mark: mark as SigningMark | undefined };
    return outcomeOf(await this.acts.sign(callOf(link, request, { requestId, updateId, timeZone }), words));
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
    return outcomeOf(await this.acts.decline(callOf(link, request, { requestId, updateId }), reason));
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
    @ZodBody(signerDelegationBody) body: z.infer<typeof signerDelegationBody>,
    @Req() request: ApiRequest,
    @CallingActor() { requestId }: Actor,
    @UpdateId() updateId: string,
  ): Promise<unknown> {
    return outcomeOf(await this.acts.delegate(callOf(link, request, { requestId, updateId }), body));
  }
}

function callOf(
  link: string,
  request: ApiRequest,
  { timeZone, ...ids }: { requestId: string | undefined; updateId: string; timeZone?: string | undefined },
): SignerCall {
  const origin = { ...originOf(request), ...(timeZone !== undefined && { timeZone }) };
  return { link, session: sessionOf(request), origin, ...ids };
}
