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
 * HTML. Throws a RangeError for a link that is not http or https: a mail never carries another kind.
 */
export function composeMail(subject: string, blocks: readonly MailBlock[]): MailContent {
  for (const block of blocks) if (typeof block !== 'string') checkLink(block.link);
  return { subject, text: `${blocks.map(textOf).join('\n\n')}\n`, html: htmlPage(subject, blocks) };
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

function htmlPage(subject: string, blocks: readonly MailBlock[]): string {
  const body = blocks.map((block) => {
    if (typeof block === 'string') return `<p>${escapeHtml(block).replaceAll('\n', '<br>')}</p>`;
    return `<p><a href="${escapeHtml(block.link)}">${escapeHtml(block.label)}</a></p>`;
  });
  const head = `<meta charset="utf-8"><title>${escapeHtml(subject)}</title>`;
  return `<!doctype html><html lang="en"><head>${head}</head><body>${body.join('')}</body></html>`;
}
