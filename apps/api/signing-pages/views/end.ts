import { markup, type Html, type HtmlPage } from '../../edge/index.js';
import type { PageContext } from '../page-context.js';
import type { Message } from '../texts/index.js';
import { lockedPage, proof } from './identity.js';
import { messagePage, paragraph } from './parts.js';

/** Where the contract stands once this signer has nothing to do, and the documents that are there. */
export function endPage(context: PageContext): HtmlPage {
  const { face } = context;
  const { message, next, hasDocuments } = standing(context);
  if (!hasDocuments) return messagePage(context, message, { more: next && paragraph(next) });
  if (!face.hasSession && face.authentication.isLocked) return lockedPage(context);
  const documents = face.hasSession ? documentLinks(context) : proof(context, context.texts.end.identify);
  const more = markup`${next && paragraph(next)}<h2>${context.texts.end.documents}</h2>${documents}`;
  return messagePage(context, message, { more });
}

/** An act is still at work that was accepted. */
export function recordingPage(context: PageContext): HtmlPage {
  const { texts, base } = context;
  const more = markup`<p class="actions"><a class="main" href="${base}/done?recording">${texts.form.again}</a></p>`;
  return messagePage(context, texts.end.recording, { more });
}

/** Others sign before. */
export function waitingPage(context: PageContext): HtmlPage {
  return messagePage(context, context.texts.end.waiting, { status: 409 });
}

interface Standing {
  message: Message;
  next?: string;
  /** Whether the signer may have copies. */
  hasDocuments: boolean;
}

function standing({ face, texts: { end }, company }: PageContext): Standing {
  const over = (message: Message): Standing => ({ message, hasDocuments: false });
  switch (face.state) {
    case 'executed':
      return { message: end.executed, hasDocuments: true };
    case 'countersigned':
    case 'sealing':
      return { message: end.sealing, hasDocuments: true };
    case 'declined':
      return over(end.declined(company));
    case 'voided':
      return over(end.voided(company));
    case 'expired':
      return over(end.expired(company));
    case 'superseded':
      return over(end.superseded);
    default: {
      const isPartnersTurn = face.state === 'sent' || face.state === 'viewed';
      return {
        message: end.signed,
        next: isPartnersTurn ? end.othersNext : end.companyNext(company),
        hasDocuments: true,
      };
    }
  }
}

function documentLinks({ base, face, texts: { end } }: PageContext): Html {
  const isExecuted = face.state === 'executed';
  const contract = isExecuted ? end.sealedContract : end.contract;
  return markup`<ul class="ways"><li><a href="${base}/contract.pdf" download="contract.pdf">${contract}</a></li>
${face.hasCertificate && markup`<li><a href="${base}/evidence.pdf" download="evidence.pdf">${end.evidence}</a></li>`}</ul>`;
}
