import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { CommissionRule, Terms } from '../../libs/agreements/domain/index.js';
import { renderRedline, type RedlineInput } from '../../libs/documents/index.js';
import { markedRuns } from '../../libs/documents/pdf/marked-text.js';
import { demoProgram } from '../support/demo-program.js';
import { readPdf } from '../support/pdf-text.js';

const demo = demoProgram().terms;
const [newCustomers, everyOrder] = demo.commissions as [CommissionRule, CommissionRule];
const changed: Terms = {
  ...demo,
  commissions: [
    { id: 'spring', event: 'sale', match: { coupons: ['SPRING'] }, reward: { kind: 'flat', amountMinor: 750 } },
    { ...newCustomers, reward: { kind: 'percent', rate: '15' } },
    everyOrder,
  ],
  term: { ...demo.term, notice: 'P60D' },
  obligations: [],
};
const input = (before = demo, after = changed, more: Partial<RedlineInput> = {}): RedlineInput => ({
  ...{ before, after, beforeName: 'version 1', afterName: 'version 3', language: 'en' },
  facts: { programName: 'Northwind Partners', company: 'Northwind Music Ltd' },
  createdAt: new Date('2026-03-01T09:00:00Z'),
  ...more,
});

/** Alternative texts as the file's structure holds them (PDF text strings, hexadecimal or literal). */
function alternatives(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/\/Alt \(((?:\\.|[^\\)])*)\)/gs)].map(([, raw = '']) => {
    const plain = Buffer.from(raw.replace(/\\([nrtbf()\\])/g, '$1'), 'latin1');
    return plain[0] === 0xfe ? plain.subarray(2).swap16().toString('utf16le') : plain.toString('latin1');
  });
}

describe('a redline', () => {
  it('tells the changes in words, then shows both texts', async () => {
    const bytes = await renderRedline(input());
    if (process.env['REDLINE_OUT']) writeFileSync(process.env['REDLINE_OUT'], bytes);
    const { text, title, language, tagged } = await readPdf(bytes);
    expect([title, language, tagged]).toEqual(['Changes of the terms: Northwind Partners', 'en', true]);
    for (const words of [
      'From version 1 to version 3',
      'commission on new customers: 12.5 % → 15 %',
      'notice: 30 days → 60 days',
      'What is struck through is deleted. What is underlined is new.',
    ]) {
      expect(text).toContain(words);
    }
    // The clause of a rule is found by the rule's id although its number changed.
    expect(text).toMatch(/The commission is 12\.5 15 % of the event’s amount/);
    expect(text).toContain('USD 7.50 for each event');
    expect(text).toContain('Say plainly, wherever you recommend us');
  });

  it('says of every deletion and insertion what it is, for those who do not see it', async () => {
    const said = alternatives(await renderRedline(input()));
    expect(said).toContain('Deleted: 12.5');
    expect(said).toContain('New: 15');
    expect(said.some((text) => text.startsWith('Deleted: ') && text.includes('Say plainly'))).toBe(true);
    expect(said.every((text) => /^(Deleted|New): ./.test(text))).toBe(true);
  });

  it('strikes and underlines with lines, so that colour is not the only sign', async () => {
    const none = await renderRedline(input(demo, demo));
    const { text } = await readPdf(none);
    expect(text).toContain('The two documents are the same.');
    expect(alternatives(none)).toEqual([]);
  });

  it('has equal bytes for equal input', async () => {
    expect(Buffer.from(await renderRedline(input())).equals(Buffer.from(await renderRedline(input())))).toBe(true);
  });

  it.each(['id', 'ar'] as const)('has its own words in %s', async (language) => {
    const { language: said, text } = await readPdf(await renderRedline(input(demo, changed, { language })));
    expect(said).toBe(language);
    expect(text.length).toBeGreaterThan(500);
  });
});

describe('the marks of a text', () => {
  it('give the old text without insertions and the new one without deletions', () => {
    const words = fc
      .array(fc.constantFrom('a', 'b', '12.5', '%', ' ', '\n', '.', ',', 'عمولة', '“x”'), { maxLength: 40 })
      .map((list) => list.join(''));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const runs = markedRuns(before, after);
        const without = (mark: string) =>
          runs
            .filter((run) => run.mark !== mark)
            .map(({ text }) => text)
            .join('');
        expect([without('inserted'), without('deleted')]).toEqual([before, after]);
      }),
    );
  });

  it('keep a number whole', () => {
    expect(markedRuns('is 12.5 % of', 'is 12.7 % of')).toEqual([
      { mark: 'same', text: 'is ' },
      { mark: 'deleted', text: '12.5' },
      { mark: 'inserted', text: '12.7' },
      { mark: 'same', text: ' % of' },
    ]);
  });
});
