import {
  renderRemittanceAdvice,
  type RemittanceAdvice,
  type RemittanceLine,
} from '../../libs/documents/remittance-pdf.js';
import { readPdf } from '../support/pdf-text.js';

function line(index: number, amountMinor: bigint): RemittanceLine {
  const occurredAt = new Date(Date.UTC(2026, 0, 1, 0, index));
  return { eventId: `order-${index}`, occurredAt, rule: 'new-customers', clause: '2.1', amountMinor };
}

function advice(lines: readonly RemittanceLine[], changes: Partial<RemittanceAdvice> = {}): RemittanceAdvice {
  return {
    programName: 'Crescent Records Partners',
    company: 'Crescent Records Ltd.',
    partnerName: 'Ada Perry',
    batchId: 'bat_1',
    itemId: 'itm_1',
    cutOff: new Date('2026-03-01T00:00:00Z'),
    settledAt: new Date('2026-03-04T10:00:00Z'),
    railReference: 'tr_123',
    currency: 'USD',
    timeZone: 'Etc/UTC',
    lines,
    broughtForwardMinor: 0n,
    totalMinor: lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    ...changes,
  };
}

describe('renderRemittanceAdvice', () => {
  it('lists what was paid, line by line with its clause, and the sums', async () => {
    const lines = [line(1, 123456n), line(2, -2345n)];
    const bytes = await renderRemittanceAdvice(advice(lines, { broughtForwardMinor: 1000n, totalMinor: 122111n }));
    const { text, tagged } = await readPdf(bytes);
    expect(tagged).toBe(true);
    expect(text).toContain('1 Jan 2026, 00:01 order-1 new-customers 2.1 USD 1,234.56');
    expect(text).toContain('order-2 new-customers 2.1 -USD 23.45');
    expect(text).toContain('Sum of 2 lines USD 1,211.11');
    expect(text).toContain('Brought forward USD 10.00');
    expect(text).toContain('Paid USD 1,221.11');
    expect(text).toContain('Payment reference tr_123');
    expect(text).toContain('Vested before 1 March 2026, 00:00 (UTC)');
  });

  it('goes on over pages with the header repeated and no line lost', async () => {
    const lines = Array.from({ length: 400 }, (_, index) => line(index, 100n + BigInt(index)));
    const { pages, text } = await readPdf(await renderRemittanceAdvice(advice(lines)));
    expect(pages.length).toBeGreaterThan(5);
    const withLines = pages.filter((page) => page.includes('order-'));
    for (const page of withLines) expect(page).toContain('Date Event Rule Clause Amount');
    pages.forEach((page, index) => expect(page).toContain(`Page ${index + 1} of ${pages.length}`));
    const listed = [...text.matchAll(/order-(\d+) /g)].map((match) => Number(match[1]));
    expect(listed).toEqual(lines.map((_, index) => index));
  });

  it('gives the same bytes for the same input', async () => {
    const first = Buffer.from(await renderRemittanceAdvice(advice([line(1, 5n)])));
    expect(first.equals(await renderRemittanceAdvice(advice([line(1, 5n)])))).toBe(true);
  });

  it('refuses sums that do not explain the payment', async () => {
    await expect(renderRemittanceAdvice(advice([line(1, 5n)], { totalMinor: 6n }))).rejects.toThrow(RangeError);
  });
});
