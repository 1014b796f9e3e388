import { isRightToLeft, type Language } from '../../kernel/language.js';

/** What a mail says; who gets it and under which id is the sender's part. */
export interface MailContent {
  subject: string;
  /** The whole message as plain text. */
  text: string;
  /** The same message as HTML. */
  html: string;
}

/** A paragraph, or a link that stands on its own line. */
export type MailBlock = string | { label: string; link: string };

/**
 * One message in both forms, from one list of blocks, so that they cannot say different things. All text is escaped in
 * HTML, whose language and direction are the mail's. Throws a RangeError for a link that is not http or https: a mail
 * never carries another kind.
 */
export function composeMail(language: Language, subject: string, blocks: readonly MailBlock[]): MailContent {
  for (const block of blocks) if (typeof block !== 'string') checkLink(block.link);
  return { subject, text: `${blocks.map(textOf).join('\n\n')}\n`, html: htmlPage(language, subject, blocks) };
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** `text` as it may stand in HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function checkLink(link: string): void {
  const isWebLink = URL.canParse(link) && ['http:', 'https:'].includes(new URL(link).protocol);
  if (!isWebLink || /\s/.test(link)) throw new RangeError('a link in a mail is an http or https address');
}

function textOf(block: MailBlock): string {
  return typeof block === 'string' ? block : `${block.label}:\n${block.link}`;
}

/** Mail programs ignore style sheets, so what little style there is stands on the elements. */
const bodyStyle = 'margin:0 auto;max-width:36rem;padding:1rem;font-family:sans-serif;font-size:1rem;line-height:1.5';

function htmlPage(language: Language, subject: string, blocks: readonly MailBlock[]): string {
  const body = blocks.map((block) => {
    if (typeof block === 'string') return `<p>${escapeHtml(block).replaceAll('\n', '<br>')}</p>`;
    return `<p><a href="${escapeHtml(block.link)}">${escapeHtml(block.label)}</a></p>`;
  });
  const direction = isRightToLeft(language) ? 'rtl' : 'ltr';
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title>`;
  // The direction stands on the body too: some mail programs drop the html element.
  return `<!doctype html><html lang="${language}" dir="${direction}"><head>${head}</head><body dir="${direction}" style="${bodyStyle}">${body.join('')}</body></html>`;
}
