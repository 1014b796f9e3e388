import { Controller, Get, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { StoredDocument } from '../../../libs/documents/index.js';
import { SigningPages } from '../../../libs/signatures/index.js';
import { Endpoint, ZodParam, type ApiRequest, type HtmlPage } from '../edge/index.js';
import { originOf } from '../envelopes/origin.js';
import type { Redirect } from './form-once.js';
import { SigningSite } from './signing-site.js';
import type { Visit } from './signing-visits.js';
import { declinePage, delegationPage, signaturePage } from './views/acts.js';
import { contractPage } from './views/contract.js';
import { endPage, recordingPage, waitingPage } from './views/end.js';
import { codePage, landingPage } from './views/identity.js';

export const linkParam = z.string().min(1).max(300);
const page = { roles: 'public', contentType: 'text/html' } as const;

/**
 * What a signer sees. Nothing here decides anything: mail servers open links too. The contract is shown to a browser in
 * which somebody pressed the button before, and only that counts as a look at it.
 */
@ApiExcludeController()
@Controller('sign/:token')
export class SigningPagesController {
  constructor(
    private readonly site: SigningSite,
    private readonly pages: SigningPages,
  ) {}

  @Get()
  @Endpoint({ ...page, summary: 'Who asks for a signature, and how to begin' })
  landing(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, async ({ context }) => {
      const { face, base } = context;
      if (face.isWaiting) return waitingPage(context);
      if (face.hasSession) return { location: face.isOpen ? `${base}/contract` : `${base}/done` };
      if (!face.isOpen) return endPage(context);
      await this.pages.opened(link, originOf(request));
      return landingPage(context, { hasEnded: asks(request, 'ended') });
    });
  }

  @Get('code')
  @Endpoint({ ...page, summary: 'Where the code is entered' })
  code(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, ({ context }) => {
      const { face, base } = context;
      const hasCode = face.authentication.method !== 'link' && !face.isWaiting && !face.hasSession;
      return Promise.resolve(hasCode ? codePage(context) : { location: base });
    });
  }

  @Get('contract')
  @Endpoint({ ...page, summary: 'The contract as text; this is the look at it' })
  contract(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, async (visit) => {
      const elsewhere = unlessOpen(visit);
      if (elsewhere) return elsewhere;
      const { view, text } = await this.pages.read(link, visit.session, originOf(request), request.id);
      return contractPage(visit.context, view, text);
    });
  }

  @Get('contract.pdf')
  @Endpoint({ summary: 'The contract, byte for byte', roles: 'public', contentType: 'application/pdf' })
  contractFile(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | StreamableFile> {
    return this.file({ link, request, reply }, 'contract.pdf', (session) => this.pages.openedDocument(link, session));
  }

  @Get('evidence.pdf')
  @Endpoint({ summary: 'The evidence certificate', roles: 'public', contentType: 'application/pdf' })
  evidenceFile(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | StreamableFile> {
    return this.file({ link, request, reply }, 'evidence.pdf', (session) => this.pages.certificate(link, session));
  }

  @Get('signature')
  @Endpoint({ ...page, summary: 'Where the contract is signed' })
  signature(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, async (visit) => {
      const elsewhere = unlessOpen(visit);
      if (elsewhere) return elsewhere;
      // Nobody signs what was not on the screen.
      if (visit.context.face.recipientState !== 'viewed') return { location: `${visit.context.base}/contract` };
      await this.pages.consentShown(link, visit.session);
      return signaturePage(visit.context);
    });
  }

  @Get('decline')
  @Endpoint({ ...page, summary: 'Where a signer declines' })
  decline(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, (visit) =>
      Promise.resolve(unlessOpen(visit) ?? declinePage(visit.context)),
    );
  }

  @Get('delegation')
  @Endpoint({ ...page, summary: 'Where another person is named' })
  delegation(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, (visit) => {
      const { face, base } = visit.context;
      const refused = face.mayDelegate ? undefined : { location: `${base}/contract` };
      return Promise.resolve(unlessOpen(visit) ?? refused ?? delegationPage(visit.context));
    });
  }

  @Get('done')
  @Endpoint({ ...page, summary: 'How it goes on, and the documents' })
  done(
    @ZodParam('token', linkParam) link: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return this.site.page({ link, request, reply }, ({ context }) => {
      const { face, base } = context;
      if (!face.isOpen && !face.isWaiting) return Promise.resolve(endPage(context));
      if (asks(request, 'recording') && face.hasSession) return Promise.resolve(recordingPage(context));
      return Promise.resolve({ location: base });
    });
  }

  private async file(
    exchange: { link: string; request: ApiRequest; reply: FastifyReply },
    name: string,
    read: (session: string | undefined) => Promise<StoredDocument>,
  ): Promise<string | StreamableFile> {
    let file: StreamableFile | undefined;
    const page = await this.site.page(exchange, async ({ context, session }) => {
      if (!context.face.hasSession || context.face.isWaiting) return { location: context.base };
      const { bytes, mediaType } = await read(session);
      file = new StreamableFile(bytes, { type: mediaType, disposition: `inline; filename="${name}"` });
      return { location: context.base };
    });
    if (!file) return page;
    exchange.reply.removeHeader('location');
    void exchange.reply.status(200);
    return file;
  }
}

/** Where a signer is sent who has no session, or nothing to do here. */
export function unlessOpen({ session, context: { face, base } }: Visit): Redirect | HtmlPage | undefined {
  if (face.isWaiting) return { location: base };
  if (!face.isOpen) return { location: `${base}/done` };
  if (!face.hasSession) return { location: session === undefined ? base : `${base}?ended` };
  return undefined;
}

function asks(request: ApiRequest, name: string): boolean {
  return (request.query as Record<string, unknown>)[name] !== undefined;
}
