import { markup, type Html, type HtmlPage } from '../../edge/index.js';
import type { Fault, PageContext } from '../page-context.js';
import { isolated } from '../texts/index.js';
import {
  button,
  cameBack,
  faultSummary,
  field,
  form,
  instant,
  messagePage,
  pageOf,
  paragraph,
  steps,
} from './parts.js';

/** Who asks for what, until when; and how to go on. Nothing is done by looking at it. */
export function landingPage(context: PageContext, { hasEnded = false }: { hasEnded?: boolean } = {}): HtmlPage {
  const { texts, face, company, program } = context;
  const { landing } = texts;
  if (face.authentication.isLocked) return lockedPage(context);
  const body = markup`${hasEnded && markup`<p class="notice" role="status">${landing.sessionEnded}</p>`}
<dl class="facts"><div><dt>${landing.from}</dt><dd>${company}</dd></div>
<div><dt>${landing.document}</dt><dd>${landing.agreement(program)}</dd></div>
${face.expiresAt && markup`<div><dt>${landing.until}</dt><dd>${instant(context, face.expiresAt)}</dd></div>`}
<div><dt>${landing.turn}</dt><dd>${landing.yourTurn}</dd></div></dl>
${proof(context, landing.read)}${paragraph(landing.nothingSigned)}`;
  return pageOf(context, { title: landing.title(company), lead: steps(context, 'identity'), body });
}

/** How this signer comes in: by a button, by having a code sent, or with a code that it has. */
export function proof(context: PageContext, enter: string): Html {
  const { texts, face, company, base } = context;
  const { identity } = texts;
  const { method, target } = face.authentication;
  if (method === 'link') return form(context, 'session', button(enter));
  if (method === 'access_code') {
    return markup`${paragraph(identity.why)}${paragraph(identity.given(company))}${codeForm(context, [])}`;
  }
  return markup`${paragraph(identity.why)}${paragraph(identity.mailed(isolated(target ?? '')))}
<div class="actions">${form(context, 'code', button(identity.send))}<a class="quiet" href="${base}/code">${identity.haveCode}</a></div>`;
}

/** Where a code is entered. `isSpent`: no further one can be sent. */
export function codePage(context: PageContext, faults: readonly Fault[] = [], isSpent = false): HtmlPage {
  const { texts, face, company } = context;
  const { identity } = texts;
  if (face.authentication.isLocked) return lockedPage(context);
  const { method, target } = face.authentication;
  const isMailed = method === 'email_otp';
  const body = markup`${faultSummary(context, faults)}
${paragraph(isMailed ? identity.sent(isolated(target ?? '')) : identity.given(company))}
${isSpent && markup`<p class="notice" role="status">${identity.spent(company)}</p>`}
${codeForm(context, faults)}
${isMailed && !isSpent && markup`<div class="actions">${form(context, 'code', button(identity.sendAgain, 'quiet'))}</div>`}`;
  return pageOf(context, {
    title: identity.title,
    lead: steps(context, 'identity'),
    body,
    ...cameBack(context, faults),
  });
}

/** Too many wrong codes. */
export function lockedPage(context: PageContext): HtmlPage {
  return messagePage(context, context.texts.identity.locked(context.company), { status: 423 });
}

/** The company has to say the access code first. */
export function unsetPage(context: PageContext): HtmlPage {
  return messagePage(context, context.texts.identity.unset(context.company), { status: 409 });
}

function codeForm(context: PageContext, faults: readonly Fault[]): Html {
  const { texts, face } = context;
  const { identity } = texts;
  const isMailed = face.authentication.method === 'email_otp';
  const left = identity.attemptsLeft(String(face.authentication.attemptsLeft));
  const input = field(context, {
    name: 'code',
    label: isMailed ? identity.code : identity.accessCode,
    help: isMailed ? `${identity.once} ${left}` : left,
    given: {},
    faults,
    autocomplete: isMailed ? 'one-time-code' : 'off',
    ...(isMailed && { inputMode: 'numeric' }),
    maxLength: 64,
  });
  return form(context, 'session', markup`${input}${button(identity.enter)}`);
}
