import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CapabilityLinks, publicUrl, Settings } from '../../../libs/platform/index.js';
import { SigningPages, type SigningSession } from '../../../libs/signatures/index.js';
import type { Language } from '../../../libs/kernel/language.js';
import type { ApiRequest } from '../edge/index.js';
import { cookieOf, sessionCookie } from '../envelopes/origin.js';
import type { PageContext } from './page-context.js';
import { isolated, signingTexts } from './texts/index.js';

/** One look at a signer's page, or one form of it. */
export interface Visit {
  link: string;
  /** The token of the session, whether it counts or not. */
  session: string | undefined;
  context: PageContext;
}

/** Known before there is a session: binds forms to the browser that they were shown in. */
const formCookie = 'signing_form';

/** Finds out who comes by which link, and ties forms to the browser that they are shown in. */
@Injectable()
export class SigningVisits {
  constructor(
    private readonly pages: SigningPages,
    private readonly links: CapabilityLinks,
    private readonly settings: Settings,
  ) {}

  /** @throws DomainError `not-found`, `link-replaced` */
  async open(link: string, request: ApiRequest, reply: FastifyReply): Promise<Visit> {
    const session = cookieOf(request, sessionCookie);
    const face = await this.pages.face(link, session);
    const language = face.language as Language;
    const secret = face.hasSession ? session! : this.formSecret(link, request, reply);
    const context: PageContext = {
      base: baseOf(link),
      language,
      texts: signingTexts(language),
      face,
      company: isolated(face.company),
      program: isolated(face.programName),
      form: { token: this.formToken(link, secret), key: randomUUID() },
    };
    return { link, session, context };
  }

  /** Whether a form was shown by us in this browser: its token is that of one of the browser's own cookies. */
  isOurs(link: string, token: string, request: ApiRequest): boolean {
    // Where the browser tells, a form of another site is refused whatever it holds.
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin') return false;
    const secrets = [cookieOf(request, sessionCookie), cookieOf(request, formCookie)];
    return secrets.some((secret) => secret !== undefined && this.links.isDigest(formSubject(link), secret, token));
  }

  /** The cookie of a session: for the pages below its link alone. */
  cookieOf(link: string, { token, expiresAt }: SigningSession): string {
    return `${sessionCookie}=${token}; ${this.attributes(link)}; Expires=${expiresAt.toUTCString()}`;
  }

  private formSecret(link: string, request: ApiRequest, reply: FastifyReply): string {
    const known = cookieOf(request, formCookie);
    if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
    const secret = randomBytes(32).toString('base64url');
    void reply.header('set-cookie', `${formCookie}=${secret}; ${this.attributes(link)}`);
    return secret;
  }

  private formToken(link: string, secret: string): string {
    return this.links.digest(formSubject(link), secret);
  }

  private attributes(link: string): string {
    const isSecure = publicUrl(this.settings.env).startsWith('https:');
    return `Path=${baseOf(link)}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }
}

/** The address of a link's pages. */
export function baseOf(link: string): string {
  return `/sign/${encodeURIComponent(link)}`;
}

function formSubject(link: string): string {
  return `form\n${CapabilityLinks.hash(link)}`;
}
