import { formatMoney } from '../../../kernel/money.js';
import { durationParts, joined, noBreak, readClock, type DurationUnit } from './values.js';
import type { CountedPeriod, Wording, WordingContext } from './wording.js';

const monthNames = 'Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember'.split(' ');

const units: Readonly<Record<DurationUnit, string>> = { year: 'tahun', month: 'bulan', week: 'minggu', day: 'hari' };

const periods = { month: 'bulan kalender', quarter: 'triwulan kalender', year: 'tahun kalender' } as const;

const methods: Readonly<Record<string, string>> = { bank_transfer: 'transfer bank', card: 'kartu' };

/** The Indonesian wording: `USD 1.234,56`, `12,5 %`, `1 tahun dan 6 bulan`. Nouns have no plural. */
export function indonesianWording({ currency, timeZone }: WordingContext): Wording {
  const named = (period: CountedPeriod, withPeriod: (name: string) => string, lifetime: string) =>
    period === 'lifetime' ? lifetime : withPeriod(periods[period]);
  return {
    money: (amountMinor) => swapSeparators(formatMoney(BigInt(amountMinor), currency)).replace(' ', noBreak),
    rate: (percent) => `${swapSeparators(percent)}${noBreak}%`,
    count: grouped,
    duration: (iso) =>
      joined(
        durationParts(iso).map(([value, unit]) => `${grouped(value)}${noBreak}${units[unit]}`),
        ', ',
        ' dan ',
      ),
    instant: (at) => instant(at, timeZone),
    quoted: (text) => `“${text}”`,
    any: (items) => joined(items, ', ', ' atau '),
    itemEnd: ';',
    period: (period) => periods[period],
    over: (period) => named(period, (name) => `dalam ${name} yang sama`, 'selama seluruh masa aturan ini'),
    within: (period) => named(period, (name) => `dalam satu ${name}`, 'sejak pengaktifan'),
    onceIn: (period) => named(period, (name) => `satu kali dalam setiap ${name}`, 'satu kali'),
    method: (method) => methods[method] ?? method.replaceAll('_', ' '),
  };
}

/** Indonesian writes `1.234,56` where English writes `1,234.56`. */
function swapSeparators(text: string): string {
  return text.replace(/[.,]/g, (separator) => (separator === '.' ? ',' : '.'));
}

function grouped(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, '.');
}

/** `1 Januari 2026 pukul 01.00 (Europe/Berlin, UTC+01:00)`: hours and minutes are parted by a full stop. */
function instant(at: string | Date, timeZone: string): string {
  const { day, month, year, hour, minute, second, millisecond, zone, offset } = readClock(at, timeZone);
  const seconds = second === undefined ? '' : `.${second}${millisecond === undefined ? '' : `,${millisecond}`}`;
  const place = offset === undefined ? zone : `${zone}, ${offset}`;
  return `${day} ${monthNames[month - 1]} ${year} pukul ${hour}.${minute}${seconds} (${place})`;
}
