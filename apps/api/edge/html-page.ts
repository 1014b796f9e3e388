import type { FastifyReply } from 'fastify';
import { isRightToLeft, type Language } from '../../../libs/kernel/language.js';
import { escapeHtml } from '../../../libs/notifications/index.js';
import type { ApiRequest } from './api-request.js';
import { formType } from './raw-bodies.js';

/** A small page that loads nothing and runs nothing. */
export interface HtmlPage {
  language: Language;
  title: string;
  /** HTML whose texts are escaped. */
  body: string;
  status?: number;
}

const style = `
  :root { color-scheme: light dark; }
  body { font: 17px/1.6 system-ui, sans-serif; max-width: 38rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
  h1 { font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere; }
  label, legend { display: block; font-weight: 600; margin: 1.25rem 0 .25rem; padding: 0; }
  fieldset { border: 0; margin: 0; padding: 0; }
  fieldset label { font-weight: 400; margin: .25rem 0; }
  textarea { box-sizing: border-box; width: 100%; min-height: 6rem; font: inherit; padding: .5rem; }
  button { font: inherit; font-weight: 600; margin-top: 1.5rem; padding: .75rem 1.5rem; min-height: 44px; }
  :focus-visible { outline: 3px solid #1f5fa8; outline-offset: 2px; }
  .fault { border-inline-start: 4px solid #b3261e; padding-inline-start: .75rem; }
`;
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Whether a person's browser asks: it sent a form, or says that it reads HTML. */
export function wantsHtml(request: ApiRequest): boolean {
  const sentForm = request.headers['content-type']?.startsWith(formType) === true;
  return sentForm || request.headers.accept?.includes('text/html') === true;
}

/** Prepares the answer for a page; its text is what the endpoint gives back. */
export function sendHtml(reply: FastifyReply, { language, title, body, status = 200 }: HtmlPage): string {
  void reply.status(status).headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'content-language': language,
  });
  const direction = isRightToLeft(language) ? 'rtl' : 'ltr';
  return `<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
}
