import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { SigningPages } from '../../../libs/signatures/index.js';
import { Endpoint, parseWith, ZodBody, ZodParam, type ApiRequest } from '../edge/index.js';
import { sha256Field } from '../edge/fields.js';
import { cookieOf, sessionCookie } from '../envelopes/origin.js';
import { IdentityForms } from './identity-forms.js';
import type { FormFields } from './page-context.js';
import { SignerForms } from './signer-forms.js';
import { SigningSite } from './signing-site.js';
import { linkParam } from './signing-pages.controller.js';

/** The fields of any of our forms; each form says which ones it reads. */
const formBody = z.record(z.string().max(40), z.string().max(40_000));
const progressBody = z.strictObject({
  formToken: z.string().max(100),
  documentHash: sha256Field,
  /** Numbers of sections, with commas between. */
  sections: z.string().regex(/^\d{1,2}(,\d{1,2}){0,49}$/),
});
const form = { roles: 'public', contentType: 'text/html', takes: 'form' } as const;

/** What a signer does by the forms of its pages: each leads to a page by another address, or comes back with its faults. */
@ApiExcludeController()
@Controller('sign/:token')
export class SigningFormsController {
  constructor(
    private readonly site: SigningSite,
    private readonly identity: IdentityForms,
    private readonly acts: SignerForms,
    private readonly pages: SigningPages,
  ) {}

  @Post('code')
  @Endpoint({ ...form, summary: 'Have a one-time code sent' })
  code(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(formBody) fields: FormFields,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.form({ link, request, reply }, fields, (visit) => this.identity.send(visit));
  }

  @Post('session')
  @Endpoint({ ...form, summary: 'Begin: by the link alone, or with a code' })
  session(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(formBody) fields: FormFields,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const exchange = { link, request, reply };
    return this.site.form(exchange, fields, (visit) => this.identity.begin(visit, fields, request));
  }

  @Post('signature')
  @Endpoint({ ...form, summary: 'Sign' })
  signature(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(formBody) fields: FormFields,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.form({ link, request, reply }, fields, (visit) => this.acts.sign(visit, fields, request));
  }

  @Post('decline')
  @Endpoint({ ...form, summary: 'Decline to sign' })
  decline(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(formBody) fields: FormFields,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.form({ link, request, reply }, fields, (visit) => this.acts.decline(visit, fields, request));
  }

  @Post('delegation')
  @Endpoint({ ...form, summary: 'Name another person' })
  delegation(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(formBody) fields: FormFields,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.form({ link, request, reply }, fields, (visit) => this.acts.delegate(visit, fields, request));
  }

  @Post('progress')
  @HttpCode(204)
  @Endpoint({ summary: 'The script tells which sections were on the screen', roles: 'public', takes: 'form' })
  async progress(
    @ZodParam('token', linkParam) link: string,
    @ZodBody(progressBody) body: z.infer<typeof progressBody>,
    @Req() request: ApiRequest,
  ): Promise<void> {
    const { formToken, documentHash, sections } = parseWith(progressBody, body, 'the body is not as described');
    this.site.refuseForeign({ link, request }, formToken);
    const read = { documentHash, sections: sections.split(',') };
    await this.pages.sectionsRead(link, cookieOf(request, sessionCookie), read);
  }
}
