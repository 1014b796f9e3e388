import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { sha256 } from '../../../libs/kernel/sha256.js';
import type { SigningMark } from '../../../libs/signatures/index.js';
import type { ApiRequest, HtmlPage } from '../edge/index.js';
import { originOf } from '../envelopes/origin.js';
import { SignerActs, type SignerCall } from '../envelopes/signer-acts.js';
import type { Redirect } from './form-once.js';
import type { Fault, FormFields } from './page-context.js';
import type { Visit } from './signing-visits.js';
import { unlessOpen } from './signing-pages.controller.js';
import { declinePage, delegationPage, signaturePage } from './views/acts.js';

const maxName = 200;
const maxReason = 2_000;
const mailAddress = z.email().max(254);

/** The forms by which a signer acts. */
@Injectable()
export class SignerForms {
  constructor(private readonly acts: SignerActs) {}

  async sign(visit: Visit, fields: FormFields, request: ApiRequest): Promise<HtmlPage | Redirect> {
    const { context } = visit;
    const elsewhere = unlessOpen(visit);
    if (elsewhere) return elsewhere;
    const { signature } = context.texts;
    const { documentHash = '', consentVersion = '', mark = '' } = fields;
    const typedName = textOf(fields, 'typedName', maxName);
    const faults = faultsOf([
      [fields['consent'] === 'yes', 'consent', signature.consentMissing],
      [typedName !== '', 'typedName', signature.nameMissing],
    ]);
    if (faults.length > 0) return signaturePage(context, fields, faults);
    const drawn: SigningMark | undefined = mark === '' ? undefined : { kind: 'drawn', format: 'svg-path', data: mark };
    try {
      const words = { documentHash, consentVersion, typedName, mark: drawn };
      await this.acts.sign(callOf(visit, 'signature', fields, request), words);
    } catch (error) {
      const isMark = error instanceof DomainError && error.errors.some(({ pointer }) => pointer === '/mark/data');
      if (!isMark) throw error;
      const fault = { field: 'mark', message: signature.markUnreadable };
      return signaturePage(context, { ...fields, mark: '' }, [fault]);
    }
    return { location: `${context.base}/done` };
  }

  async decline(visit: Visit, fields: FormFields, request: ApiRequest): Promise<HtmlPage | Redirect> {
    const { context } = visit;
    const elsewhere = unlessOpen(visit);
    if (elsewhere) return elsewhere;
    const { decline } = context.texts;
    const reason = textOf(fields, 'reason', maxReason);
    const faults = faultsOf([
      [reason !== '', 'reason', decline.reasonMissing],
      [fields['confirm'] === 'yes', 'confirm', decline.confirmMissing],
    ]);
    if (faults.length > 0) return declinePage(context, fields, faults);
    await this.acts.decline(callOf(visit, 'decline', fields, request), reason);
    return { location: `${context.base}/done` };
  }

  async delegate(visit: Visit, fields: FormFields, request: ApiRequest): Promise<HtmlPage | Redirect> {
    const { context } = visit;
    const elsewhere = unlessOpen(visit);
    if (elsewhere) return elsewhere;
    const { delegation } = context.texts;
    const name = textOf(fields, 'name', maxName);
    const title = textOf(fields, 'position', maxName);
    const email = mailAddress.safeParse((fields['email'] ?? '').trim());
    const faults = faultsOf([
      [name !== '', 'name', delegation.nameMissing],
      [email.success, 'email', delegation.emailWrong],
      [fields['confirm'] === 'yes', 'confirm', delegation.confirmMissing],
    ]);
    if (faults.length > 0 || !email.success) return delegationPage(context, fields, faults);
    const person = { name, email: email.data, ...(title !== '' && { title }) };
    try {
      await this.acts.delegate(callOf(visit, 'delegation', fields, request), person);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'already-exists') throw error;
      return delegationPage(context, fields, [{ field: 'email', message: delegation.known }]);
    }
    // The link has ended with it, and says so.
    return { location: context.base };
  }
}

/** What the form says of itself: the same form with the same content, sent again, is the same act. */
function callOf({ link, session }: Visit, act: string, fields: FormFields, request: ApiRequest): SignerCall {
  const { timeZone = '', locale = '' } = fields;
  const origin = {
    ...originOf(request),
    ...(/^[A-Za-z0-9_+/-]{1,64}$/.test(timeZone) && { timeZone }),
    ...(/^[A-Za-z0-9-]{2,35}$/.test(locale) && { locale }),
  };
  return {
    link,
    session,
    origin,
    requestId: request.id,
    updateId: sha256(`form\n${link}\n${act}\n${canonicalJson(fields)}`),
  };
}

/** A field's text without spaces at its ends, as far as it may be long. */
function textOf(fields: FormFields, name: string, maxLength: number): string {
  return (fields[name] ?? '').trim().slice(0, maxLength);
}

/** The faults of those conditions that don't hold. */
function faultsOf(conditions: readonly (readonly [boolean, string, string])[]): Fault[] {
  return conditions.flatMap(([holds, field, message]) => (holds ? [] : [{ field, message }]));
}
