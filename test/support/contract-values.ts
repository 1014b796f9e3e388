import { timeZoneOf, type Terms } from '../../libs/agreements/domain/index.js';
import type { Numerals } from '../../libs/documents/domain/index.js';
import type { Language } from '../../libs/kernel/language.js';

/** In which language and digits the values of a contract are looked for. */
export interface Reading {
  language: Language;
  numerals?: Numerals;
}

/** Minor units of the currencies that generated terms are in (ISO 4217). */
const exponents: Readonly<Record<string, number>> = { USD: 2, EUR: 2, JPY: 0, KWD: 3 };

const locales: Readonly<Record<Language, string>> = {
  en: 'en-US',
  id: 'id-ID',
  ar: 'ar-EG-u-nu-latn-ca-gregory',
};

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** Making a format costs a hundred times what using it does. */
function kept<Format extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => Format): Format {
  const known = formats.get(key) as Format | undefined;
  const format = known ?? make();
  formats.set(key, format);
  return format;
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(`${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options));
}

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(`${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options));
}

/** How the country's own conventions (CLDR, by Node) write values: another source than the wording that is tested. */
export class Conventions {
  private readonly locale: string;

  constructor(
    private readonly reading: Reading,
    private readonly terms: Terms,
  ) {
    const isIndic = reading.numerals === 'arabic-indic';
    this.locale = isIndic ? 'ar-EG-u-nu-arab-ca-gregory' : locales[reading.language];
  }

  money(minor: number): string {
    const digits = exponents[this.terms.currency] ?? 2;
    const text = minor.toString().padStart(digits + 1, '0');
    const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
    const format = numberFormat(this.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `${this.terms.currency} ${format.format(decimal as unknown as number)}`;
  }

  count(value: number): string {
    return numberFormat(this.locale, { maximumFractionDigits: 0 }).format(value);
  }

  rate(percent: string): string {
    const number = numberFormat(this.locale, { maximumFractionDigits: 6 }).format(percent as unknown as number);
    if (this.reading.language !== 'ar') return `${number} %`;
    return this.reading.numerals === 'arabic-indic' ? `${number}٪` : `${number}%`;
  }

  /** Each unit of a duration that is not zero. */
  durations(iso: string): string[] {
    const units: Record<string, 'year' | 'month' | 'week' | 'day'> = { Y: 'year', M: 'month', W: 'week', D: 'day' };
    return [...iso.matchAll(/(\d+)([YMWD])/g)]
      .map(([, count, unit = '']) => [Number(count), units[unit] ?? 'day'] as const)
      .filter(([count]) => count > 0)
      .map(([count, unit]) => this.duration(count, unit));
  }

  instant(text: string): string[] {
    const at = new Date(text);
    const format = (options: Intl.DateTimeFormatOptions) =>
      dateFormat(this.reading.language === 'en' ? 'en-GB' : this.locale, {
        timeZone: timeZoneOf(this.terms),
        ...options,
      }).format(at);
    const isWholeMinute = at.getTime() % 60_000 === 0;
    const millis = at.getTime() % 1000 === 0 ? {} : { fractionalSecondDigits: 3 as const };
    const seconds = isWholeMinute ? {} : { second: '2-digit' as const, ...millis };
    return [
      format({ day: 'numeric', month: 'long', year: 'numeric' }),
      format({ hour: '2-digit', minute: '2-digit', ...seconds, hourCycle: 'h23' }),
    ];
  }

  private duration(count: number, unit: 'year' | 'month' | 'week' | 'day'): string {
    // CLDR writes the Arabic one and two without a figure; contracts keep it, in brackets behind the word.
    if (this.reading.language === 'ar' && count <= 2) return `(${this.count(count)})`;
    return numberFormat(this.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
  }
}

/**
 * What a part of the terms must be found as in its clause: every number and name in it, but for the words that the
 * clause tells as a sentence.
 */
export function expectedPhrases(part: unknown, terms: Terms, reading: Reading): string[] {
  return phrasesOf(part, '', {}, new Conventions(reading, terms));
}

function phrasesOf(value: unknown, key: string, owner: Record<string, unknown>, say: Conventions): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => phrasesOf(element, key, owner, say));
  if (typeof value === 'object' && value !== null) {
    const part = value as Record<string, unknown>;
    const context = { ...owner, ...part };
    return Object.entries(part).flatMap(([name, inner]) => phrasesOf(inner, name, context, say));
  }
  if (typeof value === 'number') return [measured(value, key, owner, say)];
  if (typeof value !== 'string') return [];
  if (key === 'rate' || key === 'share') return [say.rate(value)];
  if (/^P\d/.test(value)) return say.durations(value);
  if (key === 'from' || key === 'until') return say.instant(value);
  return wordsOfSentences.includes(key) ? [] : [value];
}

const wordsOfSentences = [
  ...['kind', 'basis', 'mode', 'metric', 'of', 'customer', 'period', 'requalify', 'renewal', 'frequency'],
];

/** Whole numbers that stand for money or for a count, by what the element around them measures. */
function measured(value: number, key: string, owner: Record<string, unknown>, say: Conventions): string {
  const isByAmount = owner['basis'] === 'amount' || owner['metric'] === 'amount';
  const isMoney = key.endsWith('Minor') || (isByAmount && (key === 'from' || key === 'at'));
  return isMoney ? say.money(value) : say.count(value);
}

/** `phrase` stands in `text`, and not as a part of a longer number or word. */
export function says(text: string, phrase: string): boolean {
  const escaped = plain(phrase).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z\\p{N}])(?<!\\p{N}[.,٫٬])${escaped}(?![A-Za-z\\p{N}]|[.,٫٬]\\p{N})`, 'u').test(
    plain(text),
  );
}

/**
 * The same over glyphs of an Arabic page: pdf.js leaves out the spaces where the direction turns, so that spaces cannot
 * be asked for there.
 */
export function showsWithoutSpaces(text: string, phrase: string): boolean {
  const bare = (each: string) => plain(each).replaceAll(' ', '');
  const escaped = bare(phrase).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<!\\p{N})(?<!\\p{N}[.,٫٬])${escaped}(?!\\p{N}|[.,٫٬]\\p{N})`, 'u').test(bare(text));
}

/** Without isolates and other marks that nobody sees, and with plain spaces. */
function plain(text: string): string {
  return text.replace(/[\u200e\u200f\u061c\u2066-\u2069]/g, '').replace(/\s/g, ' ');
}
