import { readBankReport, toBankText, type BankReport } from '../../libs/bank-files/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { notification, returnFile, statusReport, type ToldEntry } from '../support/bank-messages.js';

function read(text: string): BankReport {
  return readBankReport(Buffer.from(text));
}

/** Where a refusal says that something is wrong. */
function placeOf(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid-document') return error.errors[0]!.pointer;
    throw error;
  }
  return 'was not refused';
}

const original = '/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts';
const part = '/Document/CstmrPmtStsRpt/OrgnlPmtInfAndSts';
const entry = '/Document/BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry';

describe('a payment status report', () => {
  it('tells of a whole file', () => {
    const report = read(statusReport({ originalMessageId: 'PL1', group: 'ACCP' }));
    expect(report).toMatchObject({
      kind: 'pain.002',
      originalMessageId: 'PL1',
      group: { code: 'ACCP', meaning: 'accepted' },
    });
    const rejected = read(
      statusReport({ originalMessageId: 'PL1', group: 'RJCT', groupReason: 'FF01', version: '03' }),
    );
    expect(rejected).toMatchObject({ group: { meaning: 'rejected', reason: 'FF01' }, parts: [] });
  });

  it('tells of a part, and gives its reason to the payments that it rejects', () => {
    const transactions = [
      { endToEndId: 'A', code: 'RJCT' },
      { endToEndId: 'B', code: 'RJCT', reason: 'AC04' },
    ];
    const told = { originalMessageId: 'PL1', part: { id: 'PL1-1', code: 'RJCT', reason: 'AG01' }, transactions };
    expect(read(statusReport(told))).toMatchObject({
      parts: [
        {
          paymentInformationId: 'PL1-1',
          status: { meaning: 'rejected', reason: 'AG01' },
          transactions: [
            { endToEndId: 'A', status: { reason: 'AG01' } },
            { endToEndId: 'B', status: { reason: 'AC04' } },
          ],
        },
      ],
    });
  });

  it.each([
    ['ACCP', 'accepted'],
    ['ACSP', 'accepted'],
    ['ACSC', 'settled'],
    ['RJCT', 'rejected'],
    ['PDNG', 'received'],
  ])('reads %s of a payment as %s', (code, meaning) => {
    const amount = { value: '10.50', currency: 'EUR' };
    const transactions = [{ endToEndId: 'A', code, amount }];
    const report = read(statusReport({ originalMessageId: 'PL1', group: 'PART', part: { id: 'PL1-1' }, transactions }));
    expect(report).toMatchObject({
      parts: [{ transactions: [{ status: { meaning }, amount: { amountMinor: 1_050n, currency: 'EUR' } }] }],
    });
  });

  it('never takes over what a bank writes in words', () => {
    const report = read(statusReport({ originalMessageId: 'PL1', group: 'RJCT', groupReason: 'IBAN DE89 is wrong' }));
    expect(report).toMatchObject({ group: { reason: 'NARR' } });
    expect(
      JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain('DE');
  });

  it.each([
    ['a code that is not known', { group: 'WHAT' }, `${original}/GrpSts`],
    ['nothing at all', {}, original],
    ['a part of it, and not which', { group: 'PART' }, original],
    ['a part of a part, and not which', { part: { id: 'P', code: 'PART' } }, part],
    [
      'no status of a payment',
      { part: { id: 'P' }, transactions: [{ endToEndId: 'A', code: 'PART' }] },
      `${part}/TxInfAndSts/TxSts`,
    ],
    [
      'a payment that is accepted in a rejected part',
      { part: { id: 'P', code: 'RJCT' }, transactions: [{ endToEndId: 'A', code: 'ACCP' }] },
      `${part}/TxInfAndSts/TxSts`,
    ],
    ['an accepted part of a rejected file', { group: 'RJCT', part: { id: 'P', code: 'ACCP' } }, part],
    [
      'one payment twice',
      {
        part: { id: 'P' },
        transactions: [
          { endToEndId: 'A', code: 'ACCP' },
          { endToEndId: 'A', code: 'RJCT' },
        ],
      },
      original,
    ],
  ])('is refused where it says %s', (_what, told, place) => {
    expect(placeOf(statusReport({ originalMessageId: 'PL1', ...told }))).toBe(place);
  });

  it('is refused where it counts more rejections than it lists', () => {
    const told = { originalMessageId: 'PL1', part: { id: 'P' }, transactions: [{ endToEndId: 'A', code: 'RJCT' }] };
    const counts = (count: number) =>
      statusReport(told).replace(
        '</OrgnlGrpInfAndSts>',
        `<NbOfTxsPerSts><DtldNbOfTxs>${count}</DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts></OrgnlGrpInfAndSts>`,
      );
    expect(placeOf(counts(1))).toBe('was not refused');
    expect(placeOf(counts(2))).toBe(`${original}/NbOfTxsPerSts/DtldNbOfTxs`);
  });
});

describe('a debit and credit notification', () => {
  const debit: ToldEntry = { amount: '10.50', currency: 'EUR', direction: 'DBIT', endToEndId: 'A', reference: 'REF-1' };

  it('tells what was paid, what came back and why', () => {
    const back: ToldEntry = { ...debit, direction: 'CRDT', reference: 'REF-2', returnReason: 'AC04' };
    const bare = notification([{ ...debit, direction: 'CRDT', returnReason: 'X' }]).replace(/<Rsn>.*<\/Rsn>/, '');
    const report = read(notification([debit, back, { ...debit, status: 'PDNG', reference: 'REF-3' }]));
    expect(report).toMatchObject({
      kind: 'camt.054',
      createdAt: new Date('2026-04-03T16:00:00Z'),
      entries: [
        {
          direction: 'debit',
          amountMinor: 1_050n,
          currency: 'EUR',
          endToEndId: 'A',
          bankReference: 'REF-1',
          isBooked: true,
        },
        { direction: 'credit', returnReason: 'AC04', bankReference: 'REF-2', bookedOn: '2026-04-03' },
        { isBooked: false },
      ],
    });
    expect(read(bare)).toMatchObject({ entries: [{ returnReason: 'NARR' }] });
  });

  it('tells of payments that were booked as one', () => {
    const whole = { ...debit, batch: { paymentInformationId: 'PL1-1', count: 7 } };
    expect(read(notification([whole]))).toMatchObject({ entries: [{ paymentInformationId: 'PL1-1', payments: 7 }] });
  });

  it('is refused where the payments of an entry are not what it sums them to', () => {
    const text = notification([debit]);
    const tampered = text.replace('<Ntry><Amt Ccy="EUR">10.50', '<Ntry><Amt Ccy="EUR">10.51');
    expect(placeOf(tampered)).toBe(`${entry}/Amt`);
    // Where the bank took charges on the way, the two are not the same.
    expect(placeOf(tampered.replace('<NtryDtls>', '<Chrgs></Chrgs><NtryDtls>'))).toBe('was not refused');
  });

  it.each([
    ['no direction', notification([debit]).replace('DBIT', 'BOTH'), `${entry}/CdtDbtInd`],
    ['no status', notification([debit]).replace(/<Sts>.*<\/Sts>/, ''), `${entry}/Sts`],
    ['an amount that is finer than its currency', notification([{ ...debit, amount: '10.505' }]), `${entry}/Amt`],
    ['a currency that there is not', notification([{ ...debit, currency: 'XXX' }]), `${entry}/Amt/@Ccy`],
    ['no day', notification([debit]).replace('2026-04-03</Dt>', '2026-04-31</Dt>'), `${entry}/BookgDt`],
  ])('is refused where it has %s', (_what, text, place) => {
    expect(placeOf(text)).toBe(place);
  });
});

describe('a file of returned ACH entries', () => {
  const back = { originalTrace: '021000020000017', code: 'R03', cents: 12_345, reference: '121042880000001' };
  const change = { originalTrace: '021000020000018', code: 'C01', cents: 0, reference: '121042880000002' };

  it('tells of each return by the trace number that it was sent with, and of notices', () => {
    expect(read(returnFile([back, change]))).toMatchObject({
      kind: 'nacha-return',
      returns: [
        { originalTrace: '021000020000017', reasonCode: 'R03', amountMinor: 12_345n, bankReference: '121042880000001' },
      ],
      changes: [{ originalTrace: '021000020000018', changeCode: 'C01', bankReference: '121042880000002' }],
    });
  });

  it('says nothing of the corrected data, which is an account', () => {
    const report = read(returnFile([change]));
    expect(
      Object.values(report)
        .flat()
        .map((one) => JSON.stringify(one))
        .join(),
    ).not.toContain('1918171614');
  });

  it('is refused where any control was changed, or an entry is no return', () => {
    const text = returnFile([back, change]);
    expect(placeOf(text.replace('0000012345', '0000012346'))).toBe('/line/5/totalCredit');
    expect(placeOf(text.replace('799R03', '799X03'))).toBe('/line/4/reasonCode');
    expect(placeOf(text.replace('799R03', '705R03'))).toBe('/line/4/addendaType');
    expect(placeOf(text.replace(/^822000000200/m, '822000000300'))).toBe('/line/5/entryCount');
    expect(placeOf(text.replace(/^621121042882/m, '627121042882'))).toBe('/line/5/totalDebit');
    expect(placeOf(text.replace(/^621121042882/m, '621121042883'))).toBe('/line/3/checkDigit');
    expect(placeOf(text.slice(0, -400))).toMatch(/^\/line/);
    expect(placeOf(text.replace('RECEIVER', 'RECEIVÉR'))).toBe('');
  });
});

describe('a report', () => {
  it('is refused where it is none of those that are read', () => {
    expect(placeOf('<a xmlns="urn:x"/>')).toBe('');
    expect(placeOf('<a/>')).toBe('/a');
    expect(placeOf('hello')).toBe('/line/1');
    expect(placeOf('')).toMatch(/^(\/line\/1)?$/);
  });
});

describe('a text for a bank', () => {
  it.each([
    ['Müller & Söhne', 'Muller + Sohne'],
    ['Łódź–Straße', 'Lodz-Strasse'],
    ['Ærø Þór Œuvre', 'AEro THor OEuvre'],
    ['Ψυχή Θεός', 'Psychi Theos'],
    ['Щерев Юлия Цветанова', 'Shterev Yuliya Tsvetanova'],
    ['O’Neill “Bros”', "O'Neill 'Bros'"],
    ['//a//b//', 'a/b'],
    ['  a \t b  ', 'a b'],
    ['Ｆｕｌｌ', 'Full'],
    ['ﬁne', 'fine'],
    ['e\u0301', 'e'],
  ])('writes %s as %s', (given, written) => {
    expect(toBankText(given, 70, '')).toBe(written);
    expect(toBankText(written, 70, '')).toBe(written);
  });

  it.each(['東京', 'שלום', 'a\u0000b', 'a😀', '…', ''])('refuses %j, by the character and not the text', (given) => {
    expect(() => toBankText(given, 70, '/name')).toThrow(DomainError);
  });
});
