import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { validateXML } from 'xmllint-wasm';
import {
  attemptOfEndToEndId,
  checkedFile,
  endToEndIdOf,
  hasValidCheckDigits,
  messageIdOf,
  paymentParts,
  readPain001,
  writePain001,
  type CreditTransferFile,
} from '../../libs/bank-files/domain/index.js';
import { minorUnitExponent } from '../../libs/kernel/currency.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { newId } from '../../libs/kernel/ids.js';

const schemaFile = '../shared/standards/pain.001.001.09.xsd';

const debtor = { name: 'Pactline GmbH', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' };
const creditor = { name: 'Żółć & Söhne', iban: 'FR1420041010050500013M02606' };
const transfer = {
  endToEndId: '0190a3a0b0c070008000000000000001-1',
  amountMinor: 123_456n,
  currency: 'EUR',
  executionDate: '2026-04-02',
  creditor,
};
const file: CreditTransferFile = {
  messageId: 'PL0000000000000000000000001',
  createdAt: new Date('2026-04-01T08:30:15.750Z'),
  debtor,
  transfers: [transfer],
};

/** The text of a file, with `changes` made to it. */
function edited(...changes: readonly (readonly [string | RegExp, string])[]): Buffer {
  let text = Buffer.from(writePain001(file)).toString();
  for (const [from, to] of changes) {
    expect(text).toMatch(from);
    text = text.replace(from, to);
  }
  return Buffer.from(text);
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

const ibans = [
  debtor.iban,
  creditor.iban,
  'GB33BUKB20201555555555',
  'NO9386011117947',
  'MT84MALT011000012345MTLCAST001S',
];
const bics = ['COBADEFF', 'COBADEFFXXX', 'BUKBGB22', 'DNBANOKK'];
const names = fc
  .string({ unit: fc.constantFrom(...'abcXYZ 019äöüßñçøłŻÆąž&@_–’Ωδдйщ/()+,.'), minLength: 1, maxLength: 90 })
  .filter((text) => /[a-zA-Z0-9]/.test(text));
const accounts = fc.record(
  { name: names, iban: fc.constantFrom(...ibans), bic: fc.constantFrom(...bics) },
  { requiredKeys: ['name', 'iban'] },
);
const transfers = fc.record(
  {
    endToEndId: fc.tuple(fc.uuid({ version: 7 }), fc.integer({ min: 1, max: 99 })).map(([uuid, attempt]) => {
      return endToEndIdOf(`itm_${uuid.replaceAll('-', '')}`, attempt);
    }),
    amountMinor: fc.bigInt({ min: 1n, max: 99_999_999_999n }),
    currency: fc.constantFrom('EUR', 'USD', 'JPY', 'BHD', 'CLF', 'HUF'),
    executionDate: fc.constantFrom('2026-04-02', '2026-04-03', '2028-02-29'),
    creditor: accounts,
    remittance: names,
  },
  { requiredKeys: ['endToEndId', 'amountMinor', 'currency', 'executionDate', 'creditor'] },
);
const files = fc.record({
  messageId: fc.uuid({ version: 7 }).map((uuid) => messageIdOf(`bfl_${uuid.replaceAll('-', '')}`)),
  createdAt: fc.date({ min: new Date('2026-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
  debtor: accounts,
  transfers: fc.uniqueArray(transfers, { minLength: 1, maxLength: 25, selector: ({ endToEndId }) => endToEndId }),
});

/** What reading gives back: the same transfers, part by part. */
function inParts(given: CreditTransferFile): CreditTransferFile {
  const checked = checkedFile(given);
  return { ...checked, transfers: paymentParts(checked).flatMap((part) => part.transfers) };
}

describe('a credit transfer file', () => {
  it('reads back as it was written, to the minor unit', () => {
    fc.assert(fc.property(files, (given) => void expect(readPain001(writePain001(given))).toEqual(inParts(given))));
  });

  it.each([
    ['EUR', 123_456n, '1234.56'],
    ['JPY', 123_456n, '123456'],
    ['BHD', 123_456n, '123.456'],
    ['CLF', 123_456n, '12.3456'],
    ['HUF', 123_456n, '1234.56'],
    ['USD', 5n, '0.05'],
  ])('writes %s by its exponent', (currency, amountMinor, written) => {
    const text = Buffer.from(writePain001({ ...file, transfers: [{ ...transfer, currency, amountMinor }] })).toString();
    expect(text).toContain(`<InstdAmt Ccy="${currency}">${written}</InstdAmt>`);
  });

  it('sums over currencies of different exponents in major units', () => {
    // 1.23 + 45 + 0.678 = 46.908
    const amounts = [
      ['EUR', 123n],
      ['JPY', 45n],
      ['BHD', 678n],
    ] as const;
    const mixed = amounts.map(([currency, amountMinor], index) => ({
      ...transfer,
      ...{ currency, amountMinor, endToEndId: `E${index}` },
    }));
    const text = Buffer.from(writePain001({ ...file, transfers: mixed })).toString();
    expect(/<CtrlSum>([^<]*)/.exec(text)?.[1]).toBe('46.908');
    expect(minorUnitExponent('BHD')).toBe(3);
  });

  it('has a part for each day and currency, and asks for euros as SEPA transfers', () => {
    const varied = [
      transfer,
      { ...transfer, endToEndId: 'B', currency: 'USD' },
      { ...transfer, endToEndId: 'C', executionDate: '2026-04-01' },
      { ...transfer, endToEndId: 'D' },
    ];
    const written = { ...file, transfers: varied };
    expect(paymentParts(written).map((part) => part.transfers.map(({ endToEndId }) => endToEndId))).toEqual([
      ['C'],
      [transfer.endToEndId, 'D'],
      ['B'],
    ]);
    const parts = Buffer.from(writePain001(written)).toString().split('<PmtInf>').slice(1);
    expect(parts.map((part) => [part.includes('<Cd>SEPA'), /<ChrgBr>(\w+)/.exec(part)?.[1]])).toEqual([
      [true, 'SLEV'],
      [true, 'SLEV'],
      [false, 'SHAR'],
    ]);
  });

  it('keeps ids within 35 characters, and tells item and attempt from them', () => {
    const itemId = newId('itm');
    for (const attempt of [1, 99]) {
      const id = endToEndIdOf(itemId, attempt);
      expect(id.length).toBeLessThanOrEqual(35);
      expect(attemptOfEndToEndId(id)).toEqual({ itemId, attempt });
      expect(attemptOfEndToEndId(id.toUpperCase())).toEqual({ itemId, attempt });
    }
    expect(() => endToEndIdOf(itemId, 100)).toThrow(RangeError);
    expect(attemptOfEndToEndId('invoice 17')).toBeUndefined();
    expect(messageIdOf(newId('bfl'))).toHaveLength(27);
  });

  it('knows an IBAN by its check digits', () => {
    expect(ibans.filter(hasValidCheckDigits)).toEqual(ibans);
    expect(
      ['DE88370400440532013000', 'DE8937040044053201300', 'de89370400440532013000', ''].filter(hasValidCheckDigits),
    ).toEqual([]);
  });
});

describe('what cannot be written', () => {
  it.each([
    ['/transfers/0/creditor/name', { creditor: { ...creditor, name: '株式会社' } }],
    ['/transfers/0/creditor/name', { creditor: { ...creditor, name: '—…' } }],
    ['/transfers/0/creditor/iban', { creditor: { ...creditor, iban: 'FR1420041010050500013M02607' } }],
    ['/transfers/0/creditor/bic', { creditor: { ...creditor, bic: 'COBA' } }],
    ['/transfers/0/amountMinor', { amountMinor: 0n }],
    ['/transfers/0/amountMinor', { amountMinor: -5n }],
    ['/transfers/0/amountMinor', { amountMinor: 100_000_000_000n }],
    ['/transfers/0/currency', { currency: 'XXX' }],
    ['/transfers/0/executionDate', { executionDate: '2026-02-30' }],
    ['/transfers/0/endToEndId', { endToEndId: 'x'.repeat(36) }],
    ['/transfers/0/endToEndId', { endToEndId: '' }],
    ['/transfers/0/remittance', { remittance: '支払い' }],
  ])('is refused at %s', (place, change) => {
    expect(placeOf(() => writePain001({ ...file, transfers: [{ ...transfer, ...change }] }))).toBe(place);
  });

  it('is refused without a transfer, with one twice, and with a message id that is too long', () => {
    expect(placeOf(() => writePain001({ ...file, transfers: [] }))).toBe('/transfers');
    expect(placeOf(() => writePain001({ ...file, transfers: [transfer, transfer] }))).toBe('/transfers/1/endToEndId');
    expect(placeOf(() => writePain001({ ...file, messageId: 'M'.repeat(28) }))).toBe('/messageId');
  });
});

describe('what was changed on the way', () => {
  it.each([
    ['/Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs', [['<NbOfTxs>1<', '<NbOfTxs>2<']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CtrlSum', [[/(<PmtInf>[^]*<CtrlSum>)1234.56/, '$11234.57']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CtrlSum', [['>1234.56</InstdAmt>', '>1234.65</InstdAmt>']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt', [['>1234.56</InstdAmt>', '>1234.561</InstdAmt>']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt', [['>1234.56</InstdAmt>', '>1,234.56</InstdAmt>']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id/IBAN', [['FR1420041', 'FR1420042']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/UltmtDbtr', [['<ChrgBr>', '<UltmtDbtr></UltmtDbtr><ChrgBr>']]],
    ['/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Cdtr', [[/<Cdtr>[^]*<\/Cdtr>/, '']]],
    ['', [['pain.001.001.09', 'pain.001.001.03']]],
  ] as const)('is refused at %s', (place, changes) => {
    expect(placeOf(() => readPain001(edited(...changes)))).toBe(place);
  });

  it('is refused whichever digit of whichever amount or sum was changed', () => {
    const digits = [
      ...Buffer.from(writePain001(file))
        .toString()
        .matchAll(/<(?:InstdAmt[^>]*|CtrlSum|NbOfTxs)>([\d.]+)/g),
    ];
    expect(digits.length).toBe(5);
    for (const match of digits) {
      for (let at = match.index + match[0].length - match[1]!.length; at < match.index + match[0].length; at++) {
        const bytes = Buffer.from(writePain001(file));
        if (bytes[at] === 0x2e) continue;
        bytes[at] = bytes[at] === 0x39 ? 0x31 : bytes[at]! + 1;
        expect(placeOf(() => readPain001(bytes))).toMatch(/^\/Document/);
      }
    }
  });

  it('is refused where it would make the reader do more than read', () => {
    const root = /<Document/;
    const entity = edited(
      [root, '<!DOCTYPE Document [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document'],
      ['Pactline GmbH', '&b;'],
    );
    expect(placeOf(() => readPain001(entity))).toBe('');
    const external = edited([root, '<!DOCTYPE Document SYSTEM "file:///etc/passwd"><Document']);
    expect(placeOf(() => readPain001(external))).toBe('');
    expect(placeOf(() => readPain001(edited(['Pactline GmbH', '&unknown;'])))).toMatch(/InitgPty\/Nm$/);
    expect(placeOf(() => readPain001(edited(['Pactline GmbH', '<![CDATA[x]]>'])))).toBe('');
    expect(placeOf(() => readPain001(Buffer.from(`${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`)))).toBe('');
    expect(placeOf(() => readPain001(Buffer.alloc(20 * 1_048_576 + 1, 0x20)))).toBe('');
    expect(placeOf(() => readPain001(Buffer.from([0x3c, 0xff, 0xfe])))).toBe('');
    expect(placeOf(() => readPain001(edited(['encoding="UTF-8"', 'encoding="ISO-8859-1"'])))).toBe('');
    expect(placeOf(() => readPain001(edited(['</GrpHdr>', ''])))).toMatch(/^\/line\/\d+$/);
  });

  it('reads the same with a prefix, and never takes another namespace for ours', () => {
    const text = Buffer.from(writePain001(file)).toString();
    const prefixed = text.replace(/<(\/?)(?=[A-Z])/g, '<$1p:').replace('xmlns=', 'xmlns:p=');
    expect(readPain001(Buffer.from(prefixed))).toEqual(inParts(file));
    const foreign = prefixed.replace(/p:CtrlSum/g, 'q:CtrlSum');
    expect(placeOf(() => readPain001(Buffer.from(foreign)))).toMatch(/q:CtrlSum$/);
  });
});

describe('the published schema', () => {
  if (!existsSync(schemaFile)) {
    it('is not here', () => console.warn(`skipped: ${schemaFile} is missing, so no file was checked against it`));
    return;
  }
  const schema = readFileSync(schemaFile, 'utf8');

  async function complaints(xml: string): Promise<string[]> {
    const { errors } = await validateXML({ xml: [{ fileName: 'file.xml', contents: xml }], schema: [schema] });
    return errors.map(({ message }) => message);
  }

  it('accepts random files', async () => {
    const samples = [...fc.sample(files, { numRuns: 12, seed: 20_260_401 }), file];
    for (const sample of samples) expect(await complaints(Buffer.from(writePain001(sample)).toString())).toEqual([]);
  });

  it('would have refused an amount with a comma, or an id that is too long', async () => {
    const text = Buffer.from(writePain001(file)).toString();
    expect(await complaints(text.replace('>1234.56</InstdAmt>', '>1234,56</InstdAmt>'))).not.toEqual([]);
    expect(await complaints(text.replace(`<MsgId>`, `<MsgId>${'x'.repeat(20)}`))).not.toEqual([]);
  });
});
