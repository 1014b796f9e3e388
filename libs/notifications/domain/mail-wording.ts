import { Temporal } from 'temporal-polyfill';
import { englishInstant } from '../../documents/domain/index.js';
import type { Language } from '../../kernel/language.js';
import { formatMoney } from '../../kernel/money.js';

/** Turns the values that a mail tells into words of its language. Digits are Latin in every language. */
export interface MailWording {
  /** An amount in minor units of an ISO 4217 currency: `USD 1,234.56`. */
  money(amountMinor: bigint, currency: string): string;
  /** An instant on the clock of an IANA zone, with zone and offset named. */
  instant(at: Date, timeZone: string): string;
}

/** The wording of one language: the one place in which mails learn how values are written. */
export function mailWording(language: Language): MailWording {
  return wordings[language];
}

const wordings: Readonly<Record<Language, MailWording>> = {
  en: { money: formatMoney, instant: (at, timeZone) => englishInstant(at, timeZone) },
  id: {
    money: (amountMinor, currency) => swapSeparators(formatMoney(amountMinor, currency)),
    instant: (at, timeZone) =>
      localInstant(
        at,
        timeZone,
        'Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember'.split(' '),
        { day: ' pukul ', clock: '.', zone: ', ' },
      ),
  },
  ar: {
    money: formatMoney,
    instant: (at, timeZone) =>
      localInstant(
        at,
        timeZone,
        'يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر'.split(' '),
        { day: '، ', clock: ':', zone: ', ' },
      ),
  },
};

/** Indonesian writes `1.234,56` where English writes `1,234.56`. */
function swapSeparators(text: string): string {
  return text.replace(/[.,]/g, (separator) => (separator === '.' ? ',' : '.'));
}

function localInstant(
  at: Date,
  timeZone: string,
  months: readonly string[],
  between: { day: string; clock: string; zone: string },
): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
  const two = (value: number) => value.toString().padStart(2, '0');
  const offset = zoned.offset === '+00:00' ? 'UTC' : `UTC${zoned.offset}`;
  const zone = timeZone === 'Etc/UTC' || timeZone === 'UTC' ? 'UTC' : `${timeZone}${between.zone}${offset}`;
  const day = `${zoned.day} ${months[zoned.month - 1]} ${zoned.year}`;
  return `${day}${between.day}${two(zoned.hour)}${between.clock}${two(zoned.minute)} (${zone})`;
}
