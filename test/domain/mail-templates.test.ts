import { languages, type Language } from '../../libs/kernel/language.js';
import {
  composeMail,
  fillTemplate,
  mailTemplates,
  mailWording,
  placeholdersOf,
  templateNamed,
  type AnyMailTemplate,
  type MailContent,
  type MailTemplate,
} from '../../libs/notifications/domain/index.js';
import { listProjectFiles, readProjectFile } from '../support/sources.js';

const names = Object.keys(mailTemplates) as (keyof typeof mailTemplates)[];
const recipientName = 'Ada & "Bo" <b>';
const programName = 'Crescent Records Partners';

function compose(template: AnyMailTemplate, facts: unknown, language: Language): MailContent {
  return fillTemplate(template as unknown as MailTemplate<unknown>, facts, { language, recipientName, programName });
}

/** Every mail in every language and in each form that it can take. */
const mails = names.flatMap((name) =>
  languages.flatMap((language) =>
    mailTemplates[name].examples.map((facts, index) => ({ name, language, form: index + 1, facts: facts })),
  ),
);
const marks = /[\u2068\u2069]/g;
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The tags of an HTML text that are opened and never closed, or closed and never opened. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, end, tag = ''] of html.replace('<!doctype html>', '').matchAll(/<(\/?)([a-z]+)[^<>]*>/g)) {
    if (['meta', 'br'].includes(tag)) continue;
    if (end === '') open.push(tag);
    else if (open.pop() !== tag) return [tag];
  }
  return open;
}

describe('mail templates', () => {
  it.each(mails)('$name in $language, form $form: whole in both forms', ({ name, language, facts }) => {
    const template = mailTemplates[name] as AnyMailTemplate;
    const { subject, text, html } = compose(template, facts, language);
    expect(subject).toContain(programName);
    expect(text).toContain(recipientName);
    for (const part of [subject, text, html]) expect(part).not.toMatch(/undefined|null|\[object|NaN|\{[a-zA-Z]+\}/);
    // Each value that the template makes of the facts is told, in the text and, escaped, in the HTML.
    const values = Object.values(template.values(facts as never, mailWording(language))).filter(
      (value) => value !== undefined,
    );
    for (const value of values) {
      expect(text).toContain(value);
      expect(html).toContain(escaped(value));
    }
    for (const block of template.blocks(facts as never)) {
      if (block === false || typeof block === 'string') continue;
      expect(text).toContain(block.link);
      expect(html).toContain(`href="${escaped(block.link)}"`);
    }
  });

  it.each(mails)('$name in $language, form $form: HTML of its language and direction', ({ name, language, facts }) => {
    const { html } = compose(mailTemplates[name], facts, language);
    const direction = language === 'ar' ? 'rtl' : 'ltr';
    expect(html).toMatch(new RegExp(`^<!doctype html><html lang="${language}" dir="${direction}">`));
    expect(html).toMatch(new RegExp(`<body dir="${direction}"`));
    expect(html).toContain(escaped(recipientName));
    expect(html).not.toContain('<b>');
    expect(unbalanced(html)).toEqual([]);
  });

  it.each(names)('%s is translated: the same placeholders in each text, other words', (name) => {
    const { texts } = mailTemplates[name] as AnyMailTemplate;
    const placeholders = (text = ''): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const language of ['id', 'ar'] as const) {
      expect(Object.keys(texts[language]).sort()).toEqual(Object.keys(texts.en).sort());
      for (const [key, english] of Object.entries(texts.en)) {
        expect(placeholders(texts[language][key])).toEqual(placeholders(english));
        expect(texts[language][key]).not.toBe(english);
      }
    }
    for (const text of Object.values(texts.ar)) expect(text).toMatch(/[\u0600-\u06ff]/);
  });

  it.each(names)('%s has no text that no form shows, and no placeholder that some form lacks', (name) => {
    const template = mailTemplates[name] as AnyMailTemplate;
    const shown = template.examples.flatMap((facts) =>
      template.blocks(facts as never).map((block) => (block && typeof block === 'object' ? block.label : block)),
    );
    const known = Object.keys(template.texts.en).filter((key) => key !== 'subject');
    expect([...new Set(shown.filter((key) => key !== false))].sort()).toEqual(known.sort());
    for (const [key, text] of Object.entries(template.texts.en)) {
      const used = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(placeholdersOf(template, key)).toEqual(expect.arrayContaining(used));
    }
  });

  it.each(languages)('have subjects that tell them apart in %s', (language) => {
    const subjects = names.map(
      (name) => compose(mailTemplates[name], mailTemplates[name].examples[0], language).subject,
    );
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it('exist for every name that the sources ask for', () => {
    const asked = listProjectFiles(['libs'], /[.]ts$/).flatMap((file) =>
      [...readProjectFile(file).matchAll(/\btemplate: '([a-z-]+)'/g)].map((match) => match[1] ?? ''),
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => templateNamed(name) === undefined)).toEqual([]);
  });

  it('keep values in Latin letters apart from an Arabic text, and leave others alone', () => {
    const template = mailTemplates['remittance-advice'];
    const [facts] = template.examples;
    const arabic = compose(template, facts, 'ar').text;
    expect(arabic).toContain('\u2068USD 1,234.56\u2069');
    expect(arabic.replace(marks, '')).toContain('31 مارس 2026، 22:00 (UTC)');
    expect(compose(template, facts, 'en').text).not.toMatch(marks);
  });

  it('do not read a value as a placeholder', () => {
    const facts = { reason: 'Write to {program} or {nobody}' };
    const { text } = compose(mailTemplates['application-rejected'], facts, 'en');
    expect(text).toContain('The reason: Write to {program} or {nobody}');
  });

  it.each(['javascript:alert(1)', 'ftp://a.example', 'not a link', 'https://a.example/\nx'])(
    'refuse the link %j',
    (link) => {
      expect(() => composeMail('en', 'Subject', [{ label: 'Open', link }])).toThrow(RangeError);
    },
  );
});

describe('the wording of values in mails', () => {
  const at = new Date('2026-03-31T22:05:00Z');
  it.each([
    ['en', 'USD 1,234,567.89', '1 April 2026, 00:05 (Europe/Berlin, UTC+02:00)', '31 March 2026, 22:05 (UTC)'],
    [
      'id',
      'USD 1.234.567,89',
      '1 April 2026 pukul 00.05 (Europe/Berlin, UTC+02:00)',
      '31 Maret 2026 pukul 22.05 (UTC)',
    ],
    ['ar', 'USD 1,234,567.89', '1 أبريل 2026، 00:05 (Europe/Berlin, UTC+02:00)', '31 مارس 2026، 22:05 (UTC)'],
  ] as const)('in %s', (language, money, berlin, universal) => {
    const wording = mailWording(language);
    expect(wording.money(123_456_789n, 'USD')).toBe(money);
    expect(wording.instant(at, 'Europe/Berlin')).toBe(berlin);
    expect(wording.instant(at, 'Etc/UTC')).toBe(universal);
  });
});
