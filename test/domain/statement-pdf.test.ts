import { renderStatement, type StatementEntry, type StatementPaper } from '../../libs/documents/index.js';
import { readPdf } from '../support/pdf-text.js';

const nothing = { accruedMinor: 0n, payableMinor: 0n, heldMinor: 0n, receivableMinor: 0n, totalMinor: 0n };

/** Entries that follow each other from `openingMinor` on. */
function entries(amounts: readonly bigint[], openingMinor = 0n): StatementEntry[] {
  let balanceMinor = openingMinor;
  return amounts.map((amountMinor, index) => {
    balanceMinor += amountMinor;
    return {
      bookedAt: new Date(Date.UTC(2026, 2, 1, 0, index)),
      eventAt: new Date('2026-01-10T00:00:00Z'),
      what: amountMinor === 0n ? 'Vested' : amountMinor > 0n ? 'Earned' : 'Taken back',
      subject: `order-${index}`,
      rule: 'new-customers',
      clause: index % 2 === 0 ? '2.1' : '10.2',
      termsHash: 'ab12'.repeat(16),
      ...{ amountMinor, balanceMinor, movedMinor: 1_234n },
    };
  });
}

function statement(own: readonly StatementEntry[], changes: Partial<StatementPaper> = {}): StatementPaper {
  const totalMinor = own.at(-1)?.balanceMinor ?? 0n;
  return {
    programName: 'Crescent Records Partners',
    company: 'Crescent Records Ltd.',
    partnerName: 'Ada Perry',
    partnerReference: 'ada',
    partnerId: 'prt_1',
    from: '2026-03-01',
    to: '2026-03-31',
    readAt: new Date('2026-04-02T10:00:00Z'),
    timeZone: 'Etc/UTC',
    sections: [
      {
        currency: 'USD',
        opening: nothing,
        closing: { ...nothing, payableMinor: totalMinor, totalMinor },
        entries: own,
      },
    ],
    ...changes,
  };
}

describe('a statement of account on paper', () => {
  it('shows opening, sums, clauses and each booking with the balance after it', async () => {
    const { text, tagged } = await readPdf(await renderStatement(statement(entries([123_456n, 0n, -2_345n, 1_000n]))));
    expect(tagged).toBe(true);
    expect(text).toContain('Booked from 2026-03-01 to 2026-03-31');
    expect(text).toContain('Closing 0.00 1,221.11 0.00 0.00 1,221.11');
    expect(text).toContain('Opening balance USD 0.00 Earned 2 USD 1,244.56 Taken back 1 -USD 23.45');
    expect(text).toContain('Closing balance USD 1,221.11');
    // Two clauses of one document, in its order, each with what it gave.
    expect(text).toMatch(/2\.1 new-customers (ab12 ?)+ 2 USD 1,211\.11 10\.2 new-customers (ab12 ?)+ 1 USD 10\.00/);
    expect(text).toContain('1 Mar 2026, 00:00 Earned of 10 Jan 2026 order-0 new-customers 2.1 1,234.56 1,234.56');
    expect(text).toContain('Vested: 12.34 of 10 Jan 2026 order-1 new-customers 10.2 0.00 1,234.56');
    expect(text).toContain('order-2 new-customers 2.1 -23.45 1,211.11');
  });

  it('goes on over pages with the head repeated and no booking lost', async () => {
    const own = entries(Array.from({ length: 500 }, (_, index) => 100n + BigInt(index)));
    const { pages, text } = await readPdf(await renderStatement(statement(own)));
    expect(pages.length).toBeGreaterThan(8);
    for (const each of pages.filter((one) => one.includes('order-'))) {
      expect(each).toContain('Booked What Event or payment Rule Clause Amount Balance');
    }
    pages.forEach((each, index) => expect(each).toContain(`Page ${index + 1} of ${pages.length}`));
    const listed = [...text.matchAll(/order-(\d+) /g)].map((match) => Number(match[1]));
    expect(listed).toEqual(own.map((_, index) => index));
  });

  it('sums by day what would be too much to list, and loses nothing', async () => {
    const own = entries(Array.from({ length: 2_001 }, () => 100n));
    const { text, pages } = await readPdf(await renderStatement(statement(own)));
    expect(pages.length).toBe(1);
    expect(text).toContain('Earned 2001 USD 2,001.00');
    expect(text).toContain('1 Mar 2026 1440 1,440.00 1,440.00 2 Mar 2026 561 561.00 2,001.00');
    expect(text).not.toContain('order-');
  });

  it('has a section for each currency, each with its own minor units', async () => {
    const [first] = statement(entries([500n])).sections;
    const yen = { ...first!, currency: 'JPY' };
    const dinar = { ...first!, currency: 'KWD', opening: nothing, closing: nothing, entries: [] };
    const { text } = await readPdf(await renderStatement(statement([], { sections: [first!, yen, dinar] })));
    for (const sum of ['USD 5.00', 'JPY 500', 'KWD 0.000']) expect(text).toContain(`Closing balance ${sum}`);
    expect(text.match(/Account in/g)).toHaveLength(3);
    expect(text).toContain('Nothing was booked on these days.');
  });

  it('keeps long and right-to-left names and ids within the page', async () => {
    const long = entries([500n]).map((entry) => ({ ...entry, subject: 'x'.repeat(200), rule: 'r'.repeat(64), clause: '12.34.56' }));
    const names = ['متجر النجوم للتسويق بالعمولة', 'Donaudampfschifffahrts'.repeat(8), 'שותפים בע"מ (Ltd.)'];
    for (const partnerName of names) {
      const { text, left, right } = await readPdf(await renderStatement(statement(long, { partnerName })));
      expect(text.replaceAll(' ', '')).toContain(partnerName.replaceAll(' ', ''));
      expect(text.replaceAll(/[^x]/g, '').length).toBeGreaterThanOrEqual(200);
      expect(left).toBeGreaterThanOrEqual(64);
      expect(right).toBeLessThanOrEqual(595.28 - 63);
    }
  }); // prettier-ignore

  it('gives the same bytes for the same input', async () => {
    const first = Buffer.from(await renderStatement(statement(entries([5n]))));
    expect(first.equals(await renderStatement(statement(entries([5n]))))).toBe(true);
  });

  it('is not made where opening, bookings and closing do not follow from each other', async () => {
    const own = entries([5n, 6n]);
    const [section] = statement(own).sections;
    const closing = { ...section!.closing, totalMinor: 12n };
    await expect(renderStatement(statement(own, { sections: [{ ...section!, closing }] }))).rejects.toThrow(RangeError);
    const wrong = [own[0]!, { ...own[1]!, balanceMinor: 12n }];
    await expect(
      renderStatement(statement(own, { sections: [{ ...section!, closing, entries: wrong }] })),
    ).rejects.toThrow(RangeError);
  });
});
