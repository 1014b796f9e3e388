import { formatMoney } from '../../../kernel/money.js';
import { isolated } from '../direction.js';
import { durationParts, joined, noBreak, readClock, type DurationUnit } from './values.js';
import type { CountedPeriod, Wording, WordingContext } from './wording.js';

const monthNames = 'يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر'.split(' ');

/** The forms of a counted noun in the genitive: one, two, three to ten, eleven to ninety-nine, hundreds. */
interface NounForms {
  one: string;
  two: string;
  few: string;
  many: string;
  other: string;
}

const units: Readonly<Record<DurationUnit, NounForms>> = {
  year: { one: 'سنة واحدة', two: 'سنتين', few: 'سنوات', many: 'سنة', other: 'سنة' },
  month: { one: 'شهر واحد', two: 'شهرين', few: 'أشهر', many: 'شهرًا', other: 'شهر' },
  week: { one: 'أسبوع واحد', two: 'أسبوعين', few: 'أسابيع', many: 'أسبوعًا', other: 'أسبوع' },
  day: { one: 'يوم واحد', two: 'يومين', few: 'أيام', many: 'يومًا', other: 'يوم' },
};

const periods = { month: 'شهر ميلادي', quarter: 'ربع سنة ميلادية', year: 'سنة ميلادية' } as const;
const samePeriods = {
  month: 'في الشهر الميلادي نفسه',
  quarter: 'في ربع السنة الميلادية نفسه',
  year: 'في السنة الميلادية نفسها',
} as const;
const onePeriods = {
  month: 'خلال شهر ميلادي واحد',
  quarter: 'خلال ربع سنة ميلادية واحد',
  year: 'خلال سنة ميلادية واحدة',
} as const;

const methods: Readonly<Record<string, string>> = { bank_transfer: 'تحويل مصرفي', card: 'بطاقة' };

/**
 * The Arabic wording. Digits are Latin unless the program asks for Arabic-Indic ones: terms, rail and statements show
 * Latin digits, a reader can search for them with any keyboard, and a Latin amount cannot be misread next to a Latin
 * currency code. Amounts and rates keep their order in either direction of reading, as numbers do.
 */
export function arabicWording({ currency, timeZone, numerals = 'latin' }: WordingContext): Wording {
  const digits = (text: string) => (numerals === 'latin' ? text : arabicIndic(text));
  return {
    money: (amountMinor) => isolated(digits(formatMoney(BigInt(amountMinor), currency)).replace(' ', noBreak)),
    // The sign is joined to its number; with Arabic-Indic digits it stands to their left, where reading goes on.
    rate: (percent) => (numerals === 'latin' ? isolated(`${percent}%`) : digits(`${percent}%`)),
    count: (value) => digits(grouped(value)),
    duration: (iso) =>
      joined(
        durationParts(iso).map(([value, unit]) => counted(value, units[unit], digits)),
        '، ',
        ` و${noBreak}`,
      ),
    instant: (at) => instant(at, timeZone, digits),
    quoted: (text) => `«${isolated(text)}»`,
    any: (items) => joined(items, '، ', ' أو '),
    itemEnd: '؛',
    period: (period) => periods[period],
    over: (period) => ofPeriod(period, samePeriods, 'طوال سريان هذه القاعدة'),
    within: (period) => ofPeriod(period, onePeriods, 'منذ التفعيل'),
    onceIn: (period) => (period === 'lifetime' ? 'مرة واحدة' : `مرة واحدة في كل ${periods[period]}`),
    method: (method) => methods[method] ?? method.replaceAll('_', ' '),
  };
}

function ofPeriod(period: CountedPeriod, phrases: Record<keyof typeof periods, string>, lifetime: string): string {
  return period === 'lifetime' ? lifetime : phrases[period];
}

/**
 * A number with its noun as Arabic grammar has it: the dual from two, the plural from three to ten, the singular in the
 * accusative up to ninety-nine, the singular in the genitive with hundreds. One and two are words; the number stands
 * behind them, so that no number of the terms goes without its figure.
 */
function counted(value: number, noun: NounForms, digits: (text: string) => string): string {
  const figure = digits(grouped(value));
  if (value === 1) return `${noun.one}${noBreak}(${figure})`;
  if (value === 2) return `${noun.two}${noBreak}(${figure})`;
  const rest = value % 100;
  const form = rest >= 3 && rest <= 10 ? noun.few : rest >= 11 ? noun.many : noun.other;
  return `${figure}${noBreak}${form}`;
}

function grouped(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const arabicSigns: Readonly<Record<string, string>> = { '.': '٫', ',': '٬', '%': '٪' };

/** Latin digits and the signs of numbers as Arabic-Indic ones; currency codes stay. */
function arabicIndic(text: string): string {
  return text.replace(/[0-9]|[.,%]/g, (sign) => arabicSigns[sign] ?? String.fromCharCode(0x660 + Number(sign)));
}

/** `1 يناير 2026، الساعة 01:00 (Europe/Berlin, UTC+01:00)`. */
function instant(at: string | Date, timeZone: string, digits: (text: string) => string): string {
  const { day, month, year, hour, minute, second, millisecond, zone, offset } = readClock(at, timeZone);
  const seconds = second === undefined ? '' : `:${second}${millisecond === undefined ? '' : `.${millisecond}`}`;
  const place = offset === undefined ? zone : `${zone}, ${offset}`;
  const date = `${digits(day.toString())} ${monthNames[month - 1]} ${digits(year.toString())}`;
  return `${date}، الساعة ${digits(`${hour}:${minute}${seconds}`)} (${isolated(place)})`;
}
