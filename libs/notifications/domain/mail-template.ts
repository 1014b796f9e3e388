import { languages, type Language } from '../../kernel/language.js';
import { composeMail, type MailBlock, type MailContent } from './mail-content.js';
import { mailWording, type MailWording } from './mail-wording.js';

/** The texts of one mail in one language: the subject, the texts that its blocks name, and the frame around them. */
export type MailTexts<Name extends string = string> = Readonly<Record<Name | 'subject', string>>;

/** Texts that stand in every mail, first and last. */
const frame: Readonly<Record<Language, Readonly<Record<'greeting' | 'closing', string>>>> = {
  en: { greeting: 'Hello {recipient},', closing: '{program}' },
  id: { greeting: 'Halo {recipient},', closing: '{program}' },
  ar: { greeting: 'مرحبًا {recipient}،', closing: '{program}' },
};

/** A block names its text: a paragraph, or the label of a link. */
export type TextBlock<Name extends string> = Name | { label: Name; link: string };

/**
 * One kind of mail. Its texts hold `{placeholders}`: `{recipient}` and `{program}` are known to every mail, the others
 * are what `values` makes of the facts. A program may replace single texts, never what stands in the placeholders.
 */
export interface MailTemplate<Facts, Name extends string = string> {
  /** To whom it goes and when, in a sentence. */
  purpose: string;
  texts: Readonly<Record<Language, MailTexts<Name>>>;
  /** The placeholders' values; undefined for one that these facts have nothing for. */
  values(facts: Facts, wording: MailWording): Readonly<Record<string, string | undefined>>;
  /** Which texts the mail is made of, in order; false leaves one out. */
  blocks(facts: Facts): readonly (TextBlock<Name> | false)[];
  /** Facts for each form that the mail can take: tests and the check of a program's own texts compose them all. */
  examples: readonly [Facts, ...Facts[]];
}

/** A template of facts unknown: whoever uses it gives it nothing but its own examples. */
export interface AnyMailTemplate {
  purpose: string;
  texts: Readonly<Record<Language, MailTexts>>;
  values(facts: never, wording: MailWording): Readonly<Record<string, string | undefined>>;
  blocks(facts: never): readonly (TextBlock<string> | false)[];
  examples: readonly unknown[];
}

/** What a mail is about, as `blocks` and `values` of its template read it. */
export type FactsOf<Template> = Template extends MailTemplate<infer Facts, infer _Name> ? Facts : never;

/** Declares a template; the compiler demands the same texts in every language and refuses blocks without a text. */
export function mailTemplate<Facts, Name extends string>(
  template: MailTemplate<Facts, Name>,
): MailTemplate<Facts, Name> {
  return template;
}

/** Who is written to, and about which program. */
export interface MailFrame {
  language: Language;
  recipientName: string;
  programName: string;
}

/** Texts that a program has put in the place of ours, by their name. */
export type ReplacedTexts = Readonly<Record<string, string>>;

/**
 * The mail in its language. A replaced text that cannot be filled from these facts gives way to ours: a mail is never
 * held back by a wording. Throws a RangeError where one of our own texts asks for what is not there.
 */
export function fillTemplate<Facts, Name extends string>(
  template: MailTemplate<Facts, Name>,
  facts: Facts,
  { language, recipientName, programName }: MailFrame,
  replaced: ReplacedTexts = {},
): MailContent {
  const ours: Readonly<Record<string, string>> = { ...frame[language], ...template.texts[language] };
  const values: Readonly<Record<string, string | undefined>> = {
    recipient: recipientName,
    program: programName,
    ...template.values(facts, mailWording(language)),
  };
  const filled = (name: string): string => {
    const theirs = replaced[name] === undefined ? undefined : fill(replaced[name], values, language);
    const result = theirs ?? fill(ours[name] ?? '', values, language);
    if (!result) throw new RangeError(`the mail's text ${name} cannot be filled`);
    return result;
  };
  const named = template.blocks(facts).filter((block) => block !== false);
  const blocks = named.map((block): MailBlock =>
    typeof block === 'string' ? filled(block) : { label: filled(block.label), link: block.link },
  );
  const subject = filled('subject').replace(/\s+/g, ' ').trim();
  return composeMail(language, subject, [filled('greeting'), ...blocks, filled('closing')]);
}

const placeholderPattern = /\{([a-zA-Z]{1,40})\}/g;

/** The text with its placeholders replaced, in one pass: a value that looks like a placeholder stays as it is. */
function fill(
  text: string,
  values: Readonly<Record<string, string | undefined>>,
  language: Language,
): string | undefined {
  let isComplete = true;
  const filled = text.replace(placeholderPattern, (_match, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) isComplete = false;
    return isolate(value ?? '', language);
  });
  return isComplete ? filled : undefined;
}

/**
 * In a text from right to left, a name or an amount in Latin letters would pull its neighbours out of order: it stands
 * between the marks that keep it apart (Unicode UAX #9, FSI and PDI).
 */
function isolate(value: string, language: Language): string {
  return language === 'ar' ? `\u2068${value}\u2069` : value;
}

/** What is wrong with texts that a program would put in the place of ours; paths are names of languages and texts. */
export interface TextFault {
  path: readonly string[];
  message: string;
}

/**
 * Checks a program's own texts of one template. A text may use the placeholders that are there in every form of the mail
 * in which the text appears, so that it can always be filled.
 */
export function faultsOfTexts(
  template: AnyMailTemplate,
  texts: Readonly<Partial<Record<Language, ReplacedTexts | undefined>>>,
): TextFault[] {
  const faults: TextFault[] = [];
  for (const language of languages) {
    for (const [name, text] of Object.entries(texts[language] ?? {})) {
      const message = faultOfText(template, language, name, text);
      if (message !== undefined) faults.push({ path: [language, name], message });
    }
  }
  return faults;
}

function faultOfText(template: AnyMailTemplate, language: Language, name: string, text: string): string | undefined {
  const known = Object.keys({ ...template.texts[language], ...frame[language] });
  if (!known.includes(name)) return `is not a text of this mail: those are ${known.join(', ')}`;
  if (name === 'subject' && /[\p{Cc}\u2028\u2029]/u.test(text)) return 'must be one line';
  if (/[{}]/.test(text.replace(placeholderPattern, ''))) return 'has a brace that belongs to no placeholder';
  const allowed = placeholdersOf(template, name);
  const wrong = [...text.matchAll(placeholderPattern)]
    .map((match) => match[1] ?? '')
    .find((used) => !allowed.includes(used));
  if (wrong === undefined) return undefined;
  return `has {${wrong}}; this text may use ${allowed.map((placeholder) => `{${placeholder}}`).join(', ')}`;
}

/** The placeholders that have a value in every form of the mail that shows the text. */
export function placeholdersOf(template: AnyMailTemplate, name: string): string[] {
  const isInFrame = name === 'subject' || name in frame.en;
  const examples = template.examples as readonly never[];
  const showing = examples.filter((facts) => isInFrame || namesIn(template, facts).includes(name));
  const known = showing.map((facts) =>
    Object.entries(template.values(facts, mailWording('en')))
      .filter(([, value]) => value !== undefined)
      .map(([placeholder]) => placeholder),
  );
  const [first = []] = known;
  return [
    'recipient',
    'program',
    ...first.filter((placeholder) => known.every((names) => names.includes(placeholder))),
  ];
}

/** The names of the texts that these facts bring into the mail. */
function namesIn(template: AnyMailTemplate, facts: never): string[] {
  return template
    .blocks(facts)
    .filter((block) => block !== false)
    .map((block) => (typeof block === 'string' ? block : block.label));
}
