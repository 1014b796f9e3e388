import { escapeHtml } from '../../libs/notifications/domain/index.js';
import type { CaughtMail, MailFilter } from './mail-store.js';

const style = `
  :root { color-scheme: light dark; --muted: #66707c; --line: #d9dee4; --accent: #1f5fa8; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
  a { color: var(--accent); }
  form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin-bottom: 1.25rem; }
  label { color: var(--muted); font-size: .85rem; }
  input { display: block; font: inherit; padding: .25rem .5rem; min-width: 16rem; }
  button { font: inherit; padding: .25rem .9rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  th { color: var(--muted); font-weight: 500; font-size: .85rem; }
  time, .count { color: var(--muted); white-space: nowrap; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
  dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
  details pre { font: 13px/1.5 ui-monospace, monospace; }
`;

/** Pages load nothing and run nothing, whatever a mail says. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'";

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>${body}</body></html>`;
}

/** The list, newest first. `olderThan` is the cursor of the next page, where there is one. */
export function mailListPage(
  mails: readonly CaughtMail[],
  filter: MailFilter,
  total: number,
  olderThan?: number,
): string {
  const rows = mails.map(
    (
      mail,
    ) => `<tr><td><a href="/mails/${encodeURIComponent(mail.id)}">${escapeHtml(mail.subject || '(no subject)')}</a></td>
      <td>${escapeHtml(mail.to.join(', '))}</td><td>${timeElement(mail.receivedAt)}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? '<p>No mails here.</p>'
      : `<table><thead><tr><th scope="col">Subject</th><th scope="col">To</th><th scope="col">Received</th></tr></thead>
        <tbody>${rows.join('')}</tbody></table>`;
  const older =
    olderThan === undefined ? '' : `<p><a href="${escapeHtml(listLink(filter, olderThan))}">Older mails</a></p>`;
  return page(
    'Mails',
    `<h1>Mails <span class="count">${total}</span></h1>
    <form method="get" action="/">
      <label>To<input name="to" value="${escapeHtml(filter.to ?? '')}"></label>
      <label>Subject<input name="subject" value="${escapeHtml(filter.subject ?? '')}"></label>
      <button>Filter</button>
    </form>${table}${older}`,
  );
}

function listLink(filter: MailFilter, before: number): string {
  const query = new URLSearchParams({ before: String(before) });
  if (filter.to !== undefined) query.set('to', filter.to);
  if (filter.subject !== undefined) query.set('subject', filter.subject);
  return `/?${query.toString()}`;
}

/** One mail: its plain text with links that can be followed, and its HTML as source. */
export function mailPage(mail: CaughtMail): string {
  const facts = [
    ['From', escapeHtml(mail.from)],
    ['To', escapeHtml(mail.to.join(', '))],
    ['Received', timeElement(mail.receivedAt)],
    ['Message id', escapeHtml(mail.messageId)],
    ...mail.attachments.map(({ fileName, contentType, sizeBytes }) => [
      'Attachment',
      escapeHtml(`${fileName} (${contentType}, ${sizeBytes} bytes)`),
    ]),
  ];
  const list = facts.map(([term, value]) => `<dt>${term}</dt><dd>${value}</dd>`).join('');
  const html =
    mail.html === '' ? '' : `<details><summary>HTML source</summary><pre>${escapeHtml(mail.html)}</pre></details>`;
  return page(
    mail.subject,
    `<p><a href="/">All mails</a></p><h1>${escapeHtml(mail.subject || '(no subject)')}</h1>
    <dl>${list}</dl><pre>${linked(mail.text)}</pre>${html}`,
  );
}

export function notFoundPage(): string {
  return page('Not found', '<h1>There is no such mail</h1><p><a href="/">All mails</a></p>');
}

function timeElement(receivedAt: string): string {
  const readable = receivedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return `<time datetime="${escapeHtml(receivedAt)}">${escapeHtml(readable)}</time>`;
}

/** Escaped text in which http and https addresses, and no others, are links. */
function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/)
    .map((part, index) => {
      const safe = escapeHtml(part);
      return index % 2 === 1 ? `<a href="${safe}" rel="noreferrer noopener">${safe}</a>` : safe;
    })
    .join('');
}
