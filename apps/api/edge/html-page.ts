import type { FastifyReply } from 'fastify';
import { isRightToLeft, type Language } from '../../../libs/kernel/language.js';
import type { ApiRequest } from './api-request.js';
import { markup, type Html } from './html.js';
import { pageAssets } from './page-assets.js';
import { formType } from './raw-bodies.js';

/** A page for a person. It loads its style from here and runs no script but our own, where it says so. */
export interface HtmlPage {
  language: Language;
  /** The one heading of the first level, and the title of the window. */
  title: string;
  body: Html;
  status?: number;
  /** Who speaks: stands above the heading, and in the title of the window behind it. */
  sender?: string;
  /** What stands between sender and heading, such as the steps of a form. */
  lead?: Html;
  /** Said before the title of the window alone: that the form came back with an error. */
  notice?: string;
  /** For long texts, which stand beside their contents. */
  isWide?: boolean;
  hasScript?: boolean;
}

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const skipTexts: Readonly<Record<Language, string>> = {
  en: 'Skip to the content',
  id: 'Lewati ke isi',
  ar: 'انتقل إلى المحتوى',
};

/** Whether a person's browser asks: it sent a form, or says that it reads HTML. */
export function wantsHtml(request: ApiRequest): boolean {
  const sentForm = request.headers['content-type']?.startsWith(formType) === true;
  return sentForm || request.headers.accept?.includes('text/html') === true;
}

/** Prepares the answer for a page; its text is what the endpoint gives back. */
export function sendHtml(reply: FastifyReply, page: HtmlPage): string {
  void reply.status(page.status ?? 200).headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'content-language': page.language,
    'x-frame-options': 'DENY',
  });
  return documentOf(page).text;
}

function documentOf({ language, title, body, sender, lead, notice, isWide, hasScript }: HtmlPage): Html {
  const direction = isRightToLeft(language) ? 'rtl' : 'ltr';
  const windowTitle = `${notice === undefined ? '' : `${notice}: `}${title}${sender === undefined ? '' : ` – ${sender}`}`;
  return markup`<!doctype html>
<html lang="${language}" dir="${direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark"><title>${windowTitle}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="${pageAssets.style.path}">${hasScript && markup`<script src="${pageAssets.script.path}" defer></script>`}</head>
<body><a class="skip" href="#content">${skipTexts[language]}</a>
<header class="sender">${sender !== undefined && markup`<p><bdi>${sender}</bdi></p>`}</header>
<main id="content" tabindex="-1"${isWide && markup` class="wide"`}>${lead}<h1>${title}</h1>${body}</main></body></html>`;
}
