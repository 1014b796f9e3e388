import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { CaughtMail } from '../../apps/mail-catcher/mail-store.js';
import { startMailCatcher, type MailCatcher, type MailCatcherOptions } from '../../apps/mail-catcher/mail-catcher.js';
import { readMailCatcherSettings } from '../../apps/mail-catcher/settings.js';
import { fillTemplate, Mailer, mailTemplates, SmtpMailer, type Mail } from '../../libs/notifications/index.js';
import { TcpGate } from '../support/tcp-gate.js';
import { until } from '../support/until.js';

let folder: string;
let catcher: MailCatcher;
let mailer: SmtpMailer;

async function start(options: Partial<MailCatcherOptions> = {}): Promise<void> {
  const stateFile = join(folder, 'mails.ndjson');
  catcher = await startMailCatcher({ host: '127.0.0.1', smtpPort: 0, httpPort: 0, stateFile, ...options });
  mailer = new SmtpMailer({ url: catcher.smtpUrl, from: 'Pactline <partners@pactline.example>', timeoutMs: 5_000 });
}

async function stop(): Promise<void> {
  mailer.close();
  await catcher.close();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mail-catcher-'));
  await start();
});

afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true });
});

function mail(number: number, changes: Partial<Mail> = {}): Mail {
  const to = { name: 'Ada Perry', address: `ada${number}@partner.example` };
  return { id: `mal_${number}`, to, subject: `Mail ${number}`, text: `Text ${number}\n`, ...changes };
}

async function list(query = ''): Promise<{ mails: CaughtMail[]; nextCursor: number }> {
  const response = await fetch(`${catcher.httpUrl}/api/mails${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as { mails: CaughtMail[]; nextCursor: number };
}

async function pageAt(path: string): Promise<string> {
  return (await fetch(`${catcher.httpUrl}${path}`)).text();
}

async function statusOf(path: string): Promise<number> {
  return (await fetch(`${catcher.httpUrl}${path}`)).status;
}

describe('the mail catcher and the SMTP mailer', () => {
  it('carry a mail of every part over SMTP', async () => {
    const content = fillTemplate(
      mailTemplates['signature-requested'],
      {
        link: 'https://pactline.example/sign/abc?x=1&y=2',
        expiresAt: new Date('2026-03-31T22:00:00Z'),
        timeZone: 'Europe/Berlin',
      },
      { language: 'en', recipientName: '김철수', programName: 'Crescent Records Partners' },
    );
    const attachment = { fileName: 'Übersicht.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.7') };
    await mailer.send(
      mail(1, { to: { name: '김철수', address: 'Kim@Partner.example' }, ...content, attachments: [attachment] }),
    );
    const { mails } = await list('?to=kim@partner.example');
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      subject: content.subject,
      messageId: '<mal_1@pactline.example>',
      to: ['Kim@partner.example'],
      from: '"Pactline" <partners@pactline.example>',
      attachments: [{ fileName: 'Übersicht.pdf', contentType: 'application/pdf', sizeBytes: 8 }],
    });
    expect(mails[0]?.text.trim()).toBe(content.text.trim());
    expect(mails[0]?.html).toContain('href="https://pactline.example/sign/abc?x=1&amp;y=2"');
    expect(mails[0]?.text).toContain('1 April 2026, 00:00 (Europe/Berlin, UTC+02:00)');
  });

  it('give a mail that is sent again the same message id', async () => {
    await mailer.send(mail(1));
    await mailer.send(mail(1));
    const { mails } = await list();
    expect(mails.map(({ messageId }) => messageId)).toEqual(['<mal_1@pactline.example>', '<mal_1@pactline.example>']);
    expect(new Set(mails.map(({ id }) => id)).size).toBe(2);
  });

  it('list by recipient, by subject and after a cursor, and show one', async () => {
    for (let number = 1; number <= 6; number += 1) {
      await mailer.send(
        mail(number, { to: { address: number % 2 === 0 ? 'even@partner.example' : 'odd@partner.example' } }),
      );
    }
    const first = await list('?to=EVEN@partner.example&limit=2');
    expect(first.mails.map(({ subject }) => subject)).toEqual(['Mail 2', 'Mail 4']);
    const rest = await list(`?to=even@partner.example&after=${first.nextCursor}`);
    expect(rest.mails.map(({ subject }) => subject)).toEqual(['Mail 6']);
    expect((await list(`?after=${rest.nextCursor}`)).mails).toEqual([]);
    expect((await list('?subject=mail%205')).mails.map(({ subject }) => subject)).toEqual(['Mail 5']);
    expect((await list('?to=nobody@partner.example')).mails).toEqual([]);
    const id = rest.mails[0]?.id ?? '';
    expect(await (await fetch(`${catcher.httpUrl}/api/mails/${id}`)).json()).toMatchObject({ id, text: 'Text 6\n' });
  });

  it('answer wrong queries and unknown mails with their status', async () => {
    expect(await statusOf('/api/mails?limit=0')).toBe(400);
    expect(await statusOf('/api/mails?after=x')).toBe(400);
    expect(await statusOf('/api/mails?recipient=a')).toBe(400);
    expect(await statusOf('/api/mails/mal_none')).toBe(404);
    expect(await statusOf('/mails/mal_none')).toBe(404);
    expect(await statusOf('/health')).toBe(200);
  });

  it('keep mails over a restart, a torn last line notwithstanding, and go on counting', async () => {
    await mailer.send(mail(1));
    await mailer.send(mail(2));
    const before = await list();
    await stop();
    await appendFile(join(folder, 'mails.ndjson'), '{"id":"mal_torn","seq');
    await start();
    expect(await list()).toEqual(before);
    await mailer.send(mail(3));
    await stop();
    await start();
    const after = await list(`?after=${before.nextCursor}`);
    expect(after.mails.map(({ subject }) => subject)).toEqual(['Mail 3']);
    expect((await list()).mails).toHaveLength(3);
  });

  it('keep the newest mails only, in memory and in the file', async () => {
    await stop();
    await start({ maxMails: 3 });
    for (let number = 1; number <= 8; number += 1) await mailer.send(mail(number));
    expect((await list()).mails.map(({ subject }) => subject)).toEqual(['Mail 6', 'Mail 7', 'Mail 8']);
    expect((await list('?to=ada1@partner.example')).mails).toEqual([]);
    const lines = (await readFile(join(folder, 'mails.ndjson'), 'utf8')).trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(6);
    await stop();
    await start({ maxMails: 3 });
    expect((await list()).mails.map(({ subject }) => subject)).toEqual(['Mail 6', 'Mail 7', 'Mail 8']);
  });

  it('forget everything on request, also after a restart', async () => {
    await mailer.send(mail(1));
    expect((await fetch(`${catcher.httpUrl}/api/mails`, { method: 'DELETE' })).status).toBe(204);
    expect((await list()).mails).toEqual([]);
    await stop();
    await start();
    expect((await list()).mails).toEqual([]);
  });

  it('take many mails at once, none lost', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => mailer.send(mail(index))));
    const { mails } = await list('?limit=500');
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(200);
  });
});

describe('the pages of the mail catcher', () => {
  it('escape whatever a mail says and follow web links alone', async () => {
    const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    const text = `${hostile}\njavascript:alert(3)\nSee https://pactline.example/s?a=1&b="><b>x (http://a.example/).\n`;
    await mailer.send(mail(1, { subject: `"Hi" ${hostile}`, text, html: `<h1>${hostile}</h1>` }));
    const { mails } = await list();
    for (const path of ['/', `/mails/${mails[0]?.id}`, `/?to=${encodeURIComponent(`"${hostile}`)}`]) {
      const page = await pageAt(path);
      expect(page).not.toMatch(/<script|<img|<h1>&lt;script&gt;[^<]*<img|<b>/);
      expect(page).not.toContain('href="javascript');
    }
    const shown = await pageAt(`/mails/${mails[0]?.id}`);
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(shown).toContain('href="https://pactline.example/s?a=1&amp;b="');
    expect(shown).toContain('href="http://a.example/"');
    const { headers } = await fetch(`${catcher.httpUrl}/mails/${mails[0]?.id}`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('list the newest mail first and page to older ones', async () => {
    await Promise.all(Array.from({ length: 101 }, (_, index) => mailer.send(mail(index))));
    const newest = (await list(`?after=100`)).mails[0];
    const first = await pageAt('/');
    expect(first.indexOf(`/mails/${newest?.id}`)).toBeGreaterThan(0);
    expect(first.match(/href="\/mails\//g)).toHaveLength(100);
    const older = /href="(\/\?before=\d+)"/.exec(first)?.[1] ?? '';
    expect((await pageAt(older)).match(/href="\/mails\//g)).toHaveLength(1);
  });
});

describe('the SMTP mailer', () => {
  it.each([
    ['a line break in the subject', mail(1, { subject: 'Hello\r\nBcc: other@else.example' }), '/subject'],
    ['a line break in the name', mail(1, { to: { name: 'Ada\nBcc: x', address: 'ada@partner.example' } }), '/to/name'],
    ['a second recipient', mail(1, { to: { address: 'a@partner.example,b@else.example' } }), '/to/address'],
    ['a line break in the address', mail(1, { to: { address: 'a@partner.example\r\nRCPT TO:<b@c>' } }), '/to/address'],
    ['a line break in the id', mail(1, { id: 'mal_1>\r\nBcc: x' }), '/id'],
    [
      'a line break in a file name',
      mail(1, { attachments: [{ fileName: 'a\r\nX: y', contentType: 'text/plain', content: Buffer.from('a') }] }),
      '/attachments/0/fileName',
    ],
  ])('refuses %s and sends nothing', async (_case, hostile, pointer) => {
    const refusal = mailer.send(hostile);
    await expect(refusal).rejects.toMatchObject({ code: 'malformed-request', errors: [{ pointer }] });
    expect((await list()).mails).toEqual([]);
  });

  it('keeps its connections for the next mail, and none when its process shuts down in order', async () => {
    const gate = await TcpGate.start();
    gate.target = new URL(catcher.smtpUrl);
    const url = `smtp://127.0.0.1:${gate.port}`;
    const useFactory = () => new SmtpMailer({ url, from: 'p@pactline.example' });
    const context = await Test.createTestingModule({ providers: [{ provide: Mailer, useFactory }] }).compile();
    try {
      await context.get<Mailer>(Mailer).send(mail(8));
      expect(gate.openEnds).toBe(2);
      await context.close();
      await until('closed connections', () => Promise.resolve(gate.openEnds === 0));
    } finally {
      await gate.close();
    }
  });

  it('tells a server that is away by our id and not by the address', async () => {
    const url = catcher.smtpUrl;
    await catcher.close();
    const lonely = new SmtpMailer({ url, from: 'p@pactline.example', timeoutMs: 1_000 });
    const error: unknown = await lonely.send(mail(7)).catch((reason: unknown) => reason);
    lonely.close();
    expect(error).toMatchObject({ name: 'MailDeliveryError', mailId: 'mal_7', permanent: false });
    expect(String(error)).not.toContain('partner.example');
    await start();
  });
});

describe('the settings of the mail catcher', () => {
  it('are refused in production and named when wrong', () => {
    expect(() => readMailCatcherSettings({ NODE_ENV: 'production', MAIL_STATE_FILE: 'x' })).toThrow(/production/);
    expect(() => readMailCatcherSettings({ MAIL_SMTP_PORT: '99999' })).toThrow(/MAIL_SMTP_PORT.*MAIL_STATE_FILE/);
    expect(readMailCatcherSettings({ MAIL_STATE_FILE: '/x', MAIL_HTTP_PORT: '8025' })).toEqual({
      host: '127.0.0.1',
      smtpPort: 0,
      httpPort: 8025,
      stateFile: '/x',
    });
  });

  it('that name a taken port stop the start', async () => {
    const httpPort = Number(new URL(catcher.httpUrl).port);
    const second = { host: '127.0.0.1', smtpPort: 0, httpPort, stateFile: join(folder, 'mails.ndjson') };
    await expect(startMailCatcher(second)).rejects.toThrow(/EADDRINUSE/);
  });
});
