import { Injectable } from '@nestjs/common';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { SignerAuthentication, SigningPages } from '../../../libs/signatures/index.js';
import type { ApiRequest, HtmlPage } from '../edge/index.js';
import { originOf } from '../envelopes/origin.js';
import type { Redirect } from './form-once.js';
import type { FormFields } from './page-context.js';
import { SigningVisits, type Visit } from './signing-visits.js';
import { codePage, lockedPage, unsetPage } from './views/identity.js';

/** The forms by which a signer shows who it is. */
@Injectable()
export class IdentityForms {
  constructor(
    private readonly pages: SigningPages,
    private readonly authentication: SignerAuthentication,
    private readonly visits: SigningVisits,
  ) {}

  /** Has a one-time code sent. Whoever is in already needs none. */
  async send({ context }: Visit): Promise<HtmlPage | Redirect> {
    const { face, base } = context;
    if (face.isWaiting || face.hasSession || face.authentication.method !== 'email_otp') return { location: base };
    try {
      await this.authentication.challenge(face.envelopeId, face.recipientId);
    } catch (error) {
      if (isCode(error, 'signer-locked')) return lockedPage(context);
      if (isCode(error, 'rate-limited')) return { ...codePage(context, [], true), status: 429 };
      throw error;
    }
    return { location: `${base}/code` };
  }

  /** Begins a session: by the press of the button where the link is the proof, else with a code. */
  async begin(visit: Visit, { code = '' }: FormFields, request: ApiRequest): Promise<HtmlPage | Redirect> {
    const { link, context } = visit;
    const { face, base, texts } = context;
    if (face.isWaiting || face.hasSession) return { location: base };
    const given = code.replace(/\s/g, '');
    const needsCode = face.authentication.method !== 'link';
    if (needsCode && given === '') return codePage(context, [{ field: 'code', message: texts.identity.missing }]);
    try {
      const proof = needsCode ? given : undefined;
      const session = await this.authentication.open(face.envelopeId, face.recipientId, proof, originOf(request));
      const location = face.isOpen ? `${base}/contract` : `${base}/done`;
      return { location, cookie: this.visits.cookieOf(link, session) };
    } catch (error) {
      if (isCode(error, 'signer-locked')) return lockedPage(context);
      if (isCode(error, 'illegal-transition')) return unsetPage(context);
      if (!isCode(error, 'authentication-failed')) throw error;
      const counted = { ...context, face: await this.pages.face(link, visit.session) };
      return codePage(counted, [{ field: 'code', message: texts.identity.wrong }]);
    }
  }
}

function isCode(error: unknown, code: DomainError['code']): boolean {
  return error instanceof DomainError && error.code === code;
}
