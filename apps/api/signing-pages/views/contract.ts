import type {
  ContractParagraph,
  ContractPart,
  ContractSection,
  ContractText,
} from '../../../../libs/documents/index.js';
import type { SigningView } from '../../../../libs/signatures/index.js';
import { markup, type Html, type HtmlPage } from '../../edge/index.js';
import type { PageContext } from '../page-context.js';
import { pageOf, paragraph, steps } from './parts.js';

/** How much of a fingerprint is told at first: enough to compare at a glance. */
const shortHash = 16;

/** The contract as text under headings, beside the PDF that is signed. */
export function contractPage(context: PageContext, view: SigningView, text: ContractText | null): HtmlPage {
  const { texts } = context;
  const { contract } = texts;
  const documentHash = view.documentHash ?? '';
  const head = markup`${text && markup`<p class="subtitle">${text.subtitle}</p>`}
${paragraph(text ? contract.intro : contract.withoutText)}${pdfLinks(context)}${fingerprints(context, documentHash, view.termsHash ?? '')}`;
  const whole = text
    ? markup`<div class="reading">${contents(context, text.sections)}
<article class="contract" data-reading="${context.base}/progress" data-document="${documentHash}" data-token="${context.form.token}">${text.sections.map(sectionOf)}</article></div>`
    : undefined;
  const body = markup`${head}${whole}<div id="end" class="closing">${signers(context, view)}${ways(context)}</div>`;
  return pageOf(context, {
    title: text?.title ?? texts.landing.agreement(context.program),
    lead: steps(context, 'read'),
    body,
    isWide: true,
  });
}

function pdfLinks({ base, texts: { contract } }: PageContext): Html {
  return markup`<p class="actions"><a class="quiet" href="${base}/contract.pdf">${contract.openPdf}</a>
<a class="quiet" href="${base}/contract.pdf" download="contract.pdf">${contract.downloadPdf}</a></p>
<p class="ways"><a href="#end">${contract.toEnd}</a></p>`;
}

function fingerprints({ texts: { contract } }: PageContext, documentHash: string, termsHash: string): Html {
  return markup`<div class="fingerprint"><p>${contract.fingerprint}: <code dir="ltr">${documentHash.slice(0, shortHash)}…</code>
<span class="note">${contract.fingerprintHelp}</span></p>
<details><summary>${contract.wholeFingerprint}</summary><dl><dt>${contract.fingerprint}</dt><dd><code dir="ltr">${documentHash}</code></dd>
<dt>${contract.termsFingerprint}</dt><dd><code dir="ltr">${termsHash}</code></dd></dl></details></div>`;
}

/** Contents beside the text; on a narrow screen they are opened where they are wanted. */
function contents({ texts: { contract } }: PageContext, sections: readonly ContractSection[]): Html {
  const items = sections.map(
    ({ number, heading }) => markup`<li><a href="#section-${number}"><span>${number}</span> ${heading}</a></li>`,
  );
  const navigation = markup`<nav aria-label="${contract.contents}"><ul>${items}</ul></nav>`;
  return markup`<div class="contents beside"><h2>${contract.contents}</h2>${navigation}</div>
<details class="contents above"><summary>${contract.contents}</summary>${navigation}</details>`;
}

function sectionOf(section: ContractSection): Html {
  const { number, heading, paragraphs, clauses } = section;
  return markup`<section id="section-${number}" aria-labelledby="title-${number}" data-section="${number}">
<h2 id="title-${number}"><span>${number}</span> ${heading}</h2>${paragraphs.map(written)}${clauses.map(clauseOf)}</section>`;
}

function clauseOf({ number, heading, paragraphs }: ContractPart): Html {
  return markup`<h3><span>${number}</span> ${heading}</h3>${paragraphs.map(written)}`;
}

function written(text: ContractParagraph): Html {
  if (typeof text === 'string') return markup`<p>${text}</p>`;
  return markup`<ul>${text.items.map((item) => markup`<li>${item}</li>`)}</ul>`;
}

function signers({ texts: { contract } }: PageContext, { signers: people }: SigningView): Html | undefined {
  if (!people || people.length < 2) return undefined;
  const items = people.map(({ name, title, state }) => {
    const stands = state === 'signed' ? contract.signed : contract.toSign;
    return markup`<li><bdi>${name}</bdi>${title !== null && markup` (<bdi>${title}</bdi>)`}: ${stands}</li>`;
  });
  return markup`<h2>${contract.signers}</h2><ul>${items}</ul>`;
}

function ways({ base, texts: { contract }, face }: PageContext): Html {
  return markup`<p class="actions"><a class="main" href="${base}/signature">${contract.proceed}</a></p>
<h2 class="small">${contract.otherwise}</h2><ul class="ways"><li><a href="${base}/decline">${contract.decline}</a></li>
${face.mayDelegate && markup`<li><a href="${base}/delegation">${contract.delegate}</a></li>`}
<li><a href="#content">${contract.toTop}</a></li></ul>`;
}
