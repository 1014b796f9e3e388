import fc from 'fast-check';
import {
  checkedAchFile,
  isRoutingNumber,
  readAchFile,
  writeAchFile,
  type AchFile,
} from '../../libs/bank-files/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';

const entry = {
  entryClass: 'PPD',
  effectiveDate: '2026-04-02',
  routingNumber: '121042882',
  accountNumber: '000123456789',
  accountType: 'checking',
  amountMinor: 12_345n,
  individualId: '0190A3A0B0C0700',
  name: 'Ana López',
  traceNumber: '021000020000001',
} as const;
const file: AchFile = {
  immediateDestination: '021000021',
  immediateDestinationName: 'Bank of Examples',
  immediateOrigin: '1234567890',
  companyName: 'Pactline Inc',
  companyId: '1234567890',
  originatingBank: '021000021',
  entryDescription: 'PAYOUT',
  createdAt: new Date('2026-04-01T08:30:00Z'),
  fileIdModifier: 'A',
  referenceCode: 'REF1',
  entries: [entry],
};

function linesOf(given: AchFile): string[] {
  return Buffer.from(writeAchFile(given)).toString().replace(/\n$/, '').split('\n');
}

/** Where a refusal says that something is wrong. */
function placeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid-document') return error.errors[0]!.pointer;
    throw error;
  }
  return 'was not refused';
}

const words = fc
  .string({ unit: fc.constantFrom(...'ABZ 019éß-'), minLength: 1, maxLength: 30 })
  .map((text) => `a${text}`);
const entries = fc.record(
  {
    entryClass: fc.constantFrom('PPD' as const, 'CCD' as const),
    effectiveDate: fc.constantFrom('2026-04-02', '2026-04-03'),
    routingNumber: fc.constantFrom('121042882', '021000021', '011401533', '091000019'),
    accountNumber: fc.stringMatching(/^[A-Z0-9][A-Z0-9-]{0,16}$/),
    accountType: fc.constantFrom('checking' as const, 'savings' as const),
    amountMinor: fc.bigInt({ min: 1n, max: 9_999_999_999n }),
    individualId: words,
    name: words,
    information: words,
  },
  {
    requiredKeys: [
      'entryClass',
      'effectiveDate',
      'routingNumber',
      'accountNumber',
      'accountType',
      'amountMinor',
      'individualId',
      'name',
    ],
  },
);
const files = fc.array(entries, { minLength: 1, maxLength: 30 }).map((given) => ({
  ...file,
  entries: given.map((one, index) => ({ ...one, traceNumber: `02100002${String(index + 1).padStart(7, '0')}` })),
}));

describe('an ACH file', () => {
  it('reads back as it was written, to the cent', () => {
    fc.assert(
      fc.property(files, (given) => {
        const read = readAchFile(writeAchFile(given));
        // Of the originating bank the file has the first eight digits; the ninth follows from them.
        expect(read).toEqual({ ...checkedAchFile(given), originatingBank: '02100002' });
      }),
    );
  });

  it('is made of records of 94 characters in blocks of ten', () => {
    fc.assert(
      fc.property(files, (given) => {
        const lines = linesOf(given);
        expect(lines.length % 10).toBe(0);
        expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([94]));
      }),
    );
  });

  it('stands as the rules lay it out', () => {
    const lines = linesOf({ ...file, entries: [{ ...entry, information: 'one payment' }] });
    expect(lines).toEqual([
      `101 02100002112345678902604010830A094101${'BANK OF EXAMPLES'.padEnd(23)}${'PACTLINE INC'.padEnd(23)}REF1    `,
      `5220PACTLINE INC    ${' '.repeat(20)}1234567890PPDPAYOUT    260402260402   1021000020000001`,
      `622121042882000123456789     00000123450190A3A0B0C0700${'ANA LOPEZ'.padEnd(22)}  1021000020000001`,
      `705${'ONE PAYMENT'.padEnd(80)}00010000001`,
      // Two records; the hash is 12104288; no debit; 123.45 dollars of credit.
      `82200000020012104288000000000000000000012345${'1234567890'}${' '.repeat(25)}021000020000001`,
      `9000001000001000000020012104288000000000000000000012345${' '.repeat(39)}`,
      ...Array.from({ length: 4 }, () => '9'.repeat(94)),
    ]);
  });

  it('keeps the last ten digits of the hash, and adds over batches', () => {
    // 9 × 91,000,001... of two classes: (121042882 → 12104288) × 900 = 10,893,859,200, of which ten digits are kept.
    const many = Array.from({ length: 900 }, (_each, index) => ({
      ...entry,
      entryClass: index % 2 === 0 ? ('PPD' as const) : ('CCD' as const),
      traceNumber: `02100002${String(index + 1).padStart(7, '0')}`,
    }));
    const control = linesOf({ ...file, entries: many }).find((line) => line.startsWith('9000002'));
    expect(control?.slice(21, 31)).toBe('0893859200');
    expect(control?.slice(43, 55)).toBe('000011110500');
  });

  it('takes other ends of lines, none at all, and stripped spaces', () => {
    const text = Buffer.from(writeAchFile(file)).toString();
    const expected = readAchFile(Buffer.from(text));
    for (const other of [text.replaceAll('\n', '\r\n'), text.replaceAll('\n', ''), text.replace(/ +$/gm, '')]) {
      expect(readAchFile(Buffer.from(other))).toEqual(expected);
    }
  });

  it('is refused whichever digit of whichever amount, hash, count or bank was changed', () => {
    const fields = [
      ...[
        [2, 3, 12],
        [2, 29, 39],
        [3, 4, 10],
        [3, 10, 20],
        [3, 20, 44],
        [4, 1, 7],
        [4, 7, 13],
        [4, 13, 21],
        [4, 21, 55],
      ],
    ] as const;
    for (const [line, from, to] of fields) {
      for (let at = from; at < to; at++) {
        const lines = linesOf(file);
        const text = lines[line]!;
        const digit = (Number(text.charAt(at)) + 1) % 10;
        lines[line] = `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;
        expect([line, at, placeOf(() => readAchFile(Buffer.from(lines.join('\n'))))]).toEqual([
          line,
          at,
          expect.stringMatching(/^\/line\/\d+/),
        ]);
      }
    }
  });

  it.each([
    [
      'a record that is too long',
      (lines: string[]) => lines.map((line, index) => (index === 2 ? `${line}x` : line)),
      '/line/3',
    ],
    ['no file control', (lines: string[]) => lines.slice(0, 4), '/line/5'],
    ['something behind its end', (lines: string[]) => [...lines, lines[2]!], '/line/11'],
    ['an entry outside of a batch', (lines: string[]) => [lines[0]!, ...lines.slice(2)], '/line/2'],
    ['a debit', (lines: string[]) => lines.map((line) => line.replace(/^622/, '627')), '/line/4/totalDebit'],
    [
      'letters in an amount',
      (lines: string[]) => lines.map((line) => line.replace('0000012345019', '00000x2345019')),
      '/line/3/amount',
    ],
    [
      'an addenda that it does not announce',
      (lines: string[]) => lines.map((line) => line.replace(/^(6.{77})0/, '$11')),
      '/line/3/addendaIndicator',
    ],
  ])('is refused with %s', (_what, change, place) => {
    expect(placeOf(() => readAchFile(Buffer.from(change(linesOf(file)).join('\n'))))).toBe(place);
  });

  it.each([
    ['/entries/0/routingNumber', { routingNumber: '121042883' }],
    ['/entries/0/routingNumber', { routingNumber: '000000000' }],
    ['/entries/0/accountNumber', { accountNumber: '1'.repeat(18) }],
    ['/entries/0/accountNumber', { accountNumber: '12 34' }],
    ['/entries/0/amountMinor', { amountMinor: 10_000_000_000n }],
    ['/entries/0/amountMinor', { amountMinor: 0n }],
    ['/entries/0/name', { name: '東京' }],
    ['/entries/0/effectiveDate', { effectiveDate: '2026-02-29' }],
    ['/entries/0/traceNumber', { traceNumber: '121042880000001' }],
    ['/entries/0/traceNumber', { traceNumber: '1' }],
  ])('is not written where %s is wrong', (place, change) => {
    expect(placeOf(() => writeAchFile({ ...file, entries: [{ ...entry, ...change }] }))).toBe(place);
  });

  it('is not written with one trace number for two entries, nor for a bank that there is not', () => {
    expect(placeOf(() => writeAchFile({ ...file, entries: [entry, entry] }))).toBe('/entries/1/traceNumber');
    expect(placeOf(() => writeAchFile({ ...file, originatingBank: '021000022' }))).toBe('/originatingBank');
    expect(placeOf(() => writeAchFile({ ...file, entries: [] }))).toBe('/entries');
  });

  it('knows a routing number by its ninth digit', () => {
    expect(['021000021', '121042882', '011401533'].every(isRoutingNumber)).toBe(true);
    // Two digits that changed places are found out, and so is any other ninth digit.
    expect(['021000012', '121042828', '021000020', '02100002', '0210000211', ''].some(isRoutingNumber)).toBe(false);
  });
});
