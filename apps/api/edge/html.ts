import { escapeHtml } from '../../../libs/notifications/index.js';

/** HTML whose texts are escaped. Only `markup` makes it, so that no text gets into a page by another way. */
export class Html {
  constructor(readonly text: string) {}
}

/** What may stand in a template: texts are escaped, HTML is not, lists are joined, and what is absent says nothing. */
export type HtmlPart = Html | string | number | false | null | undefined | readonly HtmlPart[];

/** HTML from a template (`<p>${text}</p>`), in which each text is escaped for its place between tags or in quotes. */
export function markup(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const written = strings.map((fixed, index) => fixed + (index < parts.length ? textOf(parts[index]) : ''));
  return new Html(written.join(''));
}

function textOf(part: HtmlPart): string {
  if (part === false || part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(textOf).join('');
}
