import { englishCounted, englishWording, wordingOf } from '../../libs/documents/domain/index.js';

/** With plain spaces, and without the marks that isolate directions. */
const plain = (text: string) => text.replace(/[\u2068\u2069]/g, '').replaceAll('\u00a0', ' ');

describe('the English wording', () => {
  const wording = wordingOf('en', { currency: 'USD', timeZone: 'Europe/Berlin' });

  it.each([
    ['P30D', '30 days'],
    ['P1D', '1 day'],
    ['P12M', '12 months'],
    ['P1Y6M', '1 year and 6 months'],
    ['P2Y1M3W4D', '2 years, 1 month, 3 weeks and 4 days'],
    ['P0D', '0 days'],
    ['P1000D', '1,000 days'],
  ])('tells %s as %s', (iso, words) => expect(plain(wording.duration(iso))).toBe(words));

  it.each([
    ['2026-10-25T00:30:00Z', '25 October 2026, 02:30 (Europe/Berlin, UTC+02:00)'],
    ['2026-10-25T01:30:00Z', '25 October 2026, 02:30 (Europe/Berlin, UTC+01:00)'],
    ['2026-06-30T23:59:59.5+02:00', '30 June 2026, 23:59:59.500 (Europe/Berlin, UTC+02:00)'],
  ])('tells %s apart as %s', (text, words) => expect(wording.instant(text)).toBe(words));

  it('tells rates, amounts, counts and lists', () => {
    expect(plain(wording.rate('12.5'))).toBe('12.5 %');
    expect(plain(wording.money(-123456n))).toBe('-USD 1,234.56');
    expect(englishCounted(1, 'line')).toBe('1 line');
    expect(englishCounted(1200, 'line')).toBe('1,200 lines');
    expect([wording.any(['a']), wording.any(['a', 'b']), wording.any(['a', 'b', 'c'])]).toEqual([
      'a',
      'a or b',
      'a, b or c',
    ]);
    expect(englishWording('USD', 'Etc/UTC').instant('2026-01-01T00:00:00Z')).toBe('1 January 2026, 00:00 (UTC)');
  });

  it('keeps an amount and its currency on one line', () => {
    expect(wording.money(100)).not.toMatch(/ /);
    expect(wording.rate('1')).not.toMatch(/ /);
  });
});

describe('the Indonesian wording', () => {
  const wording = wordingOf('id', { currency: 'IDR', timeZone: 'Asia/Jakarta' });

  it('writes numbers as Indonesian has them, and no plural', () => {
    expect(plain(wording.money(123_456_789))).toBe('IDR 1.234.567,89');
    expect(plain(wording.rate('12.5'))).toBe('12,5 %');
    expect(wording.count(1_234_567)).toBe('1.234.567');
    expect(plain(wording.duration('P1Y6M'))).toBe('1 tahun dan 6 bulan');
    expect(plain(wording.duration('P2Y1M3W4D'))).toBe('2 tahun, 1 bulan, 3 minggu dan 4 hari');
    expect(wording.any(['a', 'b', 'c'])).toBe('a, b atau c');
  });

  it('names months, and parts hours from minutes by a full stop', () => {
    expect(wording.instant('2026-08-16T17:05:00Z')).toBe('17 Agustus 2026 pukul 00.05 (Asia/Jakarta, UTC+07:00)');
    expect(wording.instant('2026-08-16T17:05:07.25Z')).toContain('pukul 00.05.07,250 ');
  });
});

describe('the Arabic wording', () => {
  const wording = wordingOf('ar', { currency: 'USD', timeZone: 'Asia/Dubai' });
  const indic = wordingOf('ar', { currency: 'USD', timeZone: 'Asia/Dubai', numerals: 'arabic-indic' });

  it.each([
    ['P1D', 'يوم واحد (1)'],
    ['P2D', 'يومين (2)'],
    ['P3D', '3 أيام'],
    ['P10D', '10 أيام'],
    ['P11D', '11 يومًا'],
    ['P30D', '30 يومًا'],
    ['P99D', '99 يومًا'],
    ['P100D', '100 يوم'],
    ['P102D', '102 يوم'],
    ['P103D', '103 أيام'],
    ['P111D', '111 يومًا'],
    ['P1000D', '1,000 يوم'],
    ['P0D', '0 يوم'],
    ['P1M', 'شهر واحد (1)'],
    ['P2M', 'شهرين (2)'],
    ['P6M', '6 أشهر'],
    ['P12M', '12 شهرًا'],
    ['P1Y', 'سنة واحدة (1)'],
    ['P2Y', 'سنتين (2)'],
    ['P5Y', '5 سنوات'],
    ['P20Y', '20 سنة'],
    ['P2W', 'أسبوعين (2)'],
    ['P3W', '3 أسابيع'],
    ['P52W', '52 أسبوعًا'],
    ['P1Y6M', 'سنة واحدة (1) و 6 أشهر'],
    ['P2Y1M3W4D', 'سنتين (2)، شهر واحد (1)، 3 أسابيع و 4 أيام'],
  ])('tells %s as %s, with the noun in the number that it needs', (iso, words) => {
    expect(plain(wording.duration(iso))).toBe(words);
  });

  it('writes Latin digits unless the program asks for Arabic-Indic ones', () => {
    expect(plain(wording.money(123_456))).toBe('USD 1,234.56');
    expect(plain(wording.rate('12.5'))).toBe('12.5%');
    expect(plain(indic.money(123_456))).toBe('USD ١٬٢٣٤٫٥٦');
    expect(plain(indic.rate('12.5'))).toBe('١٢٫٥٪');
    expect(plain(indic.duration('P30D'))).toBe('٣٠ يومًا');
    expect(indic.count(1_234_567)).toBe('١٬٢٣٤٬٥٦٧');
  });

  it('names months and quotes as Arabic does', () => {
    expect(plain(wording.instant('2026-01-01T00:00:00Z'))).toBe('1 يناير 2026، الساعة 04:00 (Asia/Dubai, UTC+04:00)');
    expect(plain(indic.instant('2026-01-01T00:00:00Z'))).toBe('١ يناير ٢٠٢٦، الساعة ٠٤:٠٠ (Asia/Dubai, UTC+04:00)');
    expect(plain(wording.any(['a', 'b', 'c'].map((name) => wording.quoted(name))))).toBe('«a»، «b» أو «c»');
  });

  it('isolates what is read from left to right', () => {
    expect(wording.money(100)).toBe('\u2068USD\u00a01.00\u2069');
    expect(wording.quoted('sale')).toBe('«\u2068sale\u2069»');
  });
});
