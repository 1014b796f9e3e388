import fc from 'fast-check';
import {
  checkDestination,
  checkTaxProfile,
  decideWithholding,
  expiryOf,
  isReportable,
  isRoutingNumber,
  isTaxId,
  maskDestination,
  normalTaxId,
  ScreeningIndex,
  type StatedTaxProfile,
} from '../../libs/payees/domain/index.js';

describe('accounts', () => {
  test.each([
    ['021000021', true],
    ['011401533', true],
    ['021000022', false],
    ['000000000', false],
    ['991000028', false],
    ['02100002', false],
  ])('routing number %s: %s', (text, expected) => expect(isRoutingNumber(text)).toBe(expected));

  test('a digit of a routing number that is mistyped is always found', () => {
    const mistyped = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(mistyped, ([at, by]) => {
        const digits = [...'021000021'];
        digits[at] = String((Number(digits[at]) + by) % 10);
        return !isRoutingNumber(digits.join(''));
      }),
    );
  });

  test('a mask never shows more than half of a short account', () => {
    expect(maskDestination({ kind: 'handle', provider: 'paypal', handle: 'abc' }).ending).toBe('c');
    const stated = { kind: 'iban', holder: ' Ada ', iban: 'nl91 abna 0417 1643 00', bic: 'abnanl2a' } as const;
    const iban = checkDestination(stated);
    expect(iban).toEqual({ kind: 'iban', holder: 'Ada', iban: 'NL91ABNA0417164300', bic: 'ABNANL2A', country: 'NL' });
    expect(maskDestination(iban)).toEqual({ kind: 'iban', ending: '4300', country: 'NL', provider: null });
  });
});

describe('tax ids', () => {
  test.each([
    ['ssn', '123-45-6789', 'US', true],
    ['ssn', '000-45-6789', 'US', false],
    ['ssn', '666-45-6789', 'US', false],
    ['ssn', '900-45-6789', 'US', false],
    ['ssn', '123-00-6789', 'US', false],
    ['ssn', '123-45-0000', 'US', false],
    ['itin', '912-70-1234', 'US', true],
    ['itin', '912-93-1234', 'US', false],
    ['ein', '12-3456789', 'US', true],
    ['ein', '07-3456789', 'US', false],
    ['vat', 'DE 123 456 789', 'DE', true],
    ['vat', 'FR123456789', 'DE', false],
    ['vat', 'EL123456789', 'GR', true],
    ['vat', 'GR123456789', 'GR', false],
    ['vat', 'ESX1234567X', 'ES', true],
    ['vat', 'ES123456789', 'ES', false],
    ['vat', 'ATU12345678', 'AT', true],
    ['vat', 'NL123456789B01', 'NL', true],
    ['vat', 'US123456789', 'US', false],
    ['foreign_tin', 'AB-12/34', 'IN', true],
    ['foreign_tin', 'ABCDEF', 'IN', false],
  ] as const)('%s %s of %s: %s', (kind, id, country, expected) => {
    expect(isTaxId(kind, normalTaxId(id), country)).toBe(expected);
  });
});

describe('tax profiles', () => {
  const w9 = {
    ...{
      form: 'w9',
      country: 'US',
      legalName: 'Ada Perry',
      address: ['1 Main St'],
      taxId: '123-45-6789',
      taxIdKind: 'ssn',
    },
    signedOn: '2026-01-10',
  } as const satisfies StatedTaxProfile;
  const pointers = (stated: StatedTaxProfile): string[] => {
    try {
      checkTaxProfile(stated, '2026-03-01');
      return [];
    } catch (error) {
      expect(String((error as { message: string }).message)).not.toMatch(/\d{4}/);
      return (error as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);
    }
  };

  test('a W-8 ends with the third calendar year after its own; a W-9 does not end', () => {
    expect(expiryOf('w8ben', '2023-01-01')).toBe('2026-12-31');
    expect(expiryOf('w8ben_e', '2023-12-31')).toBe('2026-12-31');
    expect(expiryOf('w9', '2023-01-01')).toBeNull();
  });

  test('each fault is told where it is', () => {
    expect(pointers(w9)).toEqual([]);
    expect(pointers({ ...w9, country: 'DE' })).toEqual(['/country']);
    expect(pointers({ ...w9, taxId: undefined, taxIdKind: undefined })).toEqual(['/taxId']);
    expect(pointers({ ...w9, taxIdKind: 'vat' })).toEqual(['/taxIdKind']);
    expect(pointers({ ...w9, signedOn: '2026-03-02' })).toEqual(['/signedOn']);
    const w8 = { ...w9, form: 'w8ben', country: 'ID', taxId: '1234567890123456', taxIdKind: 'foreign_tin' } as const;
    expect(pointers({ ...w8, signedOn: '2022-06-01' })).toEqual(['/signedOn']);
    expect(pointers({ ...w8, country: 'US' })).toEqual(['/form']);
    expect(pointers({ ...w8, taxId: undefined, taxIdKind: undefined })).toEqual([]);
  });
});

describe('withholding', () => {
  const settings = {
    rules: [
      { id: 'treaty-id', forms: ['w8ben', 'w8ben_e'], countries: ['ID'], ratePercent: '10' },
      { id: 'nonresident', forms: ['w8ben', 'w8ben_e'], ratePercent: '30' },
    ],
    backupRatePercent: '24',
  } as const;

  test.each([
    // 24 % of 123.45 is 29.628; of 0.02 it is 0.0048; 10 % of 0.05 is 0.005, half to the even 0, and of 0.15 it is 0.015, to 0.02.
    [12_345n, 'missing', 'US', 2_963n, 'us-backup'],
    [2n, 'missing', 'US', 0n, 'us-backup'],
    [12_345n, 'w9', 'US', 0n, 'none'],
    [12_345n, 'missing', 'DE', 0n, 'none'],
    [12_345n, 'missing', null, 0n, 'none'],
    [5n, 'w8ben', 'ID', 0n, 'treaty-id'],
    [15n, 'w8ben', 'ID', 2n, 'treaty-id'],
    [1_000n, 'w8ben_e', 'BR', 300n, 'nonresident'],
  ] as const)('%s of %s in %s: %s by %s', (amount, form, country, withheldMinor, ruleId) => {
    const decision = decideWithholding(amount, { form, country }, settings);
    expect(decision).toMatchObject({ withheldMinor, ruleId, netMinor: amount - withheldMinor });
  });

  test('nothing is withheld without a form of the US where the program does not say so', () => {
    const decision = decideWithholding(12_345n, { form: 'missing', country: 'US' }, { rules: [] });
    expect(decision).toMatchObject({ withheldMinor: 0n, netMinor: 12_345n, ruleId: 'none' });
  });

  test('withheld and paid always make up the amount', () => {
    const rate = fc.integer({ min: 0, max: 1_000_000 }).map((value) => (value / 10_000).toFixed(4));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), rate, (amount, ratePercent) => {
        const rules = [{ id: 'all', ratePercent }];
        const facts = { form: 'vat', country: 'DE' } as const;
        const { withheldMinor, netMinor } = decideWithholding(amount, facts, { rules, backupRatePercent: '0' });
        return withheldMinor >= 0n && netMinor >= 0n && withheldMinor + netMinor === amount;
      }),
    );
  });
});

test('the threshold of form 1099-NEC is the one of the year', () => {
  expect(isReportable(2025, 60_000n, 0n)).toBe(true);
  expect(isReportable(2025, 59_999n, 0n)).toBe(false);
  expect(isReportable(2026, 199_999n, 0n)).toBe(false);
  expect(isReportable(2026, 200_000n, 0n)).toBe(true);
  expect(isReportable(2026, 100n, 24n)).toBe(true);
});

describe('screening', () => {
  const index = new ScreeningIndex([
    { id: 'e1', names: ['Müller, Jörg-Peter', 'Jorge Muller'], countries: ['DE'] },
    { id: 'e2', names: ['Crescent Trading Ltd.'], countries: [] },
    { id: 'e3', names: ['Абрамов Иван'], countries: [] },
  ]);
  const found = (name: string): string[] => index.matches(name).map(({ entryId }) => entryId);

  test.each([
    ['jorg peter MULLER', ['e1']],
    ['Peter Jörg Müler', ['e1']],
    ['CRESCENT TRADING LIMITED', ['e2']],
    ['Иван Абрамов', ['e3']],
    ['Jörg Schmidt', []],
    ['Crescent Records Ltd', []],
    ['Trading Ltd', []],
    ['', []],
  ])('%s finds %j', (name, expected) => expect(found(name)).toEqual(expected));

  test('the order, case and accents of words change nothing', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['Jörg', 'PETER', 'müller'], { minLength: 3 }), (words) =>
        found(words.join(' ')).includes('e1'),
      ),
    );
  });
});
