import fc from 'fast-check';
import { clauseNumbers, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { renderContract, type ContractInput } from '../../libs/documents/contract-pdf.js';
import {
  clauseTexts,
  contractClauses,
  textKeys,
  type ContractStyle,
  type TextKey,
} from '../../libs/documents/domain/index.js';
import { languages, type Language } from '../../libs/kernel/language.js';
import { expectedPhrases, says, showsWithoutSpaces, type Reading } from '../support/contract-values.js';
import { contractInput, everyKindTerms } from '../support/documents.js';
import { flat, readClauses, readStructure, type PdfClause } from '../support/pdf-structure.js';
import { readPdf } from '../support/pdf-text.js';
import { anyTerms } from '../support/terms-arbitrary.js';

const single = (text: string) =>
  text
    .replace(/[\u2068\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();

/** The example's terms with the rate of its first rule replaced. */
function withFirstRate(rate: string): Terms {
  const commissions = everyKindTerms.commissions.map((rule, index) =>
    index === 0 ? { ...rule, reward: { kind: 'percent' as const, rate } } : rule,
  );
  return { ...everyKindTerms, commissions };
}

/** The text of a contract without its terms hash, so that two contracts differ only where their clauses do. */
async function wordsOf(terms: Terms): Promise<string> {
  const { text } = await readPdf(await renderContract(contractInput(terms)));
  return text.replaceAll(termsHash(terms), '');
}

/** Every sentence of a language said in another order of its values, as a program might have it. */
function rewordings(language: Language): Record<string, string> {
  const texts = clauseTexts(language);
  return Object.fromEntries(
    textKeys
      .filter((key: TextKey) => texts[key].includes('{') && !key.endsWith('heading'))
      .map((key) => [
        key,
        [...texts[key].matchAll(/\{\w+\}/g)]
          .map(([name]) => name)
          .reverse()
          .join(' — '),
      ]),
  );
}

const readings: [Reading, ContractStyle][] = languages.flatMap((language): [Reading, ContractStyle][] => [
  [{ language }, {}],
  [{ language }, { wordings: { [language]: rewordings(language) } }],
]);
readings.push([{ language: 'ar', numerals: 'arabic-indic' }, { numerals: 'arabic-indic' }]);

describe.each(readings)('the PDF in %j, reworded as %#', (reading, style) => {
  const render = (terms: Terms) => renderContract(contractInput(terms, { language: reading.language, style }));

  /** What of a part of the terms the clause lacks: in its glyphs, and in what it tells to those who listen. */
  function missing(clause: PdfClause | undefined, part: unknown, terms: Terms): string[] {
    const phrases = expectedPhrases(part, terms, reading);
    const drawn = [clause?.heading, ...(clause?.lines ?? [])].join(' ¶ ');
    const told = (clause?.told ?? []).join(' ¶ ');
    const isRightToLeft = reading.language === 'ar';
    return phrases.filter(
      (phrase) => !(isRightToLeft ? showsWithoutSpaces(drawn, phrase) : says(drawn, phrase)) || !says(told, phrase),
    );
  }

  it('prints each number of each rule and bonus in its clause, for any terms', async () => {
    await fc.assert(
      fc.asyncProperty(anyTerms, async (terms) => {
        const clauses = await readClauses(await render(terms));
        const numbers = clauseNumbers(terms);
        for (const part of [...terms.commissions, ...(terms.bonuses ?? [])]) {
          const own = clauses.filter(({ number }) => number === numbers.get(part.id));
          expect(own).toHaveLength(1);
          expect(missing(own[0], part, terms)).toEqual([]);
        }
        const section = (number: string): PdfClause => {
          const own = clauses.filter((clause) => clause.number.startsWith(`${number}.`));
          const heading = own.map((clause) => clause.heading).join(' ');
          return { number, heading, lines: own.flatMap(({ lines }) => lines), told: own.flatMap(({ told }) => told) };
        };
        const { methods, ...payment } = terms.payment;
        expect(methods.length).toBeGreaterThan(0);
        expect(missing(section('4'), terms.tiers, terms)).toEqual([]);
        expect(missing(section('6'), payment, terms)).toEqual([]);
        expect(missing(section('7'), terms.term, terms)).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});

describe.each(languages)('renderContract in %s', (language) => {
  const input = (changes: Partial<ContractInput> = {}) => contractInput(undefined, { language, ...changes });

  it('prints every clause with its number, in order', async () => {
    const printed = await readClauses(await renderContract(input()));
    const clauses = contractClauses(everyKindTerms, input(), language);
    const bare = (text: string) => single(text).replaceAll(' ', '').replaceAll('•', '');
    expect(
      printed
        .slice(0, clauses.length)
        .map(({ number, heading, lines }) => [number, bare(heading), bare(lines.join(''))]),
    ).toEqual(clauses.map(({ number, heading, text }) => [number, bare(heading), bare(text)]));
  });

  it('prints the terms hash and the page number on every page and attaches the terms that it is the hash of', async () => {
    const content = await readPdf(await renderContract(input()));
    expect(content.pages.length).toBeGreaterThan(1);
    const pageOf = { en: /Page (\d+) of (\d+)/, id: /Halaman (\d+) dari (\d+)/, ar: /صفحة ?(\d+) ?من ?(\d+)/ };
    content.pages.forEach((page, index) => {
      expect(page).toContain(`Terms hash ${termsHash(everyKindTerms)}`);
      const [, number, count] = pageOf[language].exec(page) ?? [];
      expect([number, count]).toEqual([`${index + 1}`, `${content.pages.length}`]);
    });
    const attached = Buffer.from(content.attachments.get('terms.json') ?? []).toString('utf8');
    expect(termsHash(JSON.parse(attached) as Terms)).toBe(termsHash(everyKindTerms));
  });

  it('is tagged, titled and in its language, and shows its title', async () => {
    const content = await readPdf(await renderContract(input()));
    const titles = { en: 'Partner agreement', id: 'Perjanjian kemitraan', ar: 'اتفاقية شراكة' };
    expect(content).toMatchObject({ tagged: true, language });
    expect(content.title).toBe(`${titles[language]}: Crescent Records Partners, Ada Perry`);
    expect(content.preferences).toMatchObject({ DisplayDocTitle: true });
    expect(content.preferences['Direction']).toBe(language === 'ar' ? 'R2L' : undefined);
  });

  it('tells headings, lists and form fields by their tags, and leaves footers out', async () => {
    const elements = flat(await readStructure(await renderContract(input())));
    const count = (role: string) => elements.filter((element) => element.role === role).length;
    expect(count('H1')).toBe(1);
    expect(count('Form')).toBe(2);
    expect(count('LI')).toBeGreaterThan(20);
    expect([count('Lbl'), count('LBody')]).toEqual([count('LI'), count('LI')]);
    for (const { role, children } of elements) {
      if (role === 'L') expect(children.every((child) => child.role === 'LI')).toBe(true);
    }
    expect(
      elements.some(({ drawn }) => drawn.includes('Terms hash') && drawn.includes(termsHash(everyKindTerms))),
    ).toBe(false);
    expect(elements.filter(({ role }) => role === 'LBody').every(({ drawn }) => !drawn.includes('•'))).toBe(true);
  });

  it('reserves an unsigned signature field for either party, below the names of those who sign for it', async () => {
    const signers = {
      partner: [{ name: 'Ada Perry', title: 'Owner' }, { name: 'Bo Perry' }],
      company: [{ name: 'Cy Marsh', title: 'Head of partnerships', organisation: 'Crescent Records Ltd.' }],
    };
    const bytes = await renderContract(input({ signers }));
    const { fields, pages } = await readPdf(bytes);
    expect(fields).toEqual([
      expect.objectContaining({ name: 'PartnerSeal', type: 'Sig', page: pages.length }),
      expect.objectContaining({ name: 'CompanySeal', type: 'Sig', page: pages.length }),
    ]);
    const texts = clauseTexts(language);
    expect(fields.map(({ description }) => description)).toEqual([
      texts['signatures.seal-partner'],
      texts['signatures.seal-company'],
    ]);
    const [partner, company] = fields.map(({ rectangle }) => rectangle);
    // The party that signs first stands where reading begins.
    if (language === 'ar') expect(company![2]).toBeLessThan(partner![0]);
    else expect(partner![2]).toBeLessThan(company![0]);
    for (const name of ['Ada Perry', 'Owner', 'Bo Perry', 'Cy Marsh', 'Head of partnerships']) {
      expect(pages.at(-1)).toContain(name);
    }
    // Sealing programs append to the classic cross-reference table; readers must not redraw what was signed.
    const source = Buffer.from(bytes).toString('latin1');
    expect(source).toMatch(/\nxref\n0 \d+\n/);
    expect(source).toContain('/SigFlags 3');
    expect(source).not.toContain('NeedAppearances');
  });

  it('has room for as many signers as a party may have, and never parts them from their field', async () => {
    const many = Array.from({ length: 10 }, (_, index) => ({ name: `Signer ${index}`, title: 'Director' }));
    const { fields, pages } = await readPdf(await renderContract(input({ signers: { partner: many, company: many } })));
    for (const { name } of many) expect(pages.at(-1)?.split(name)).toHaveLength(3);
    for (const { page, rectangle } of fields) {
      expect(page).toBe(pages.length);
      expect(rectangle[1]).toBeGreaterThan(76);
    }
  });

  it('gives the same bytes for the same input, and others for another date', async () => {
    const first = Buffer.from(await renderContract(input()));
    await renderContract(input({ partner: { name: 'Someone else 字' } }));
    expect(first.equals(await renderContract(input({ terms: structuredClone(everyKindTerms) })))).toBe(true);
    const later = await renderContract(input({ createdAt: new Date('2026-03-02T09:30:00Z') }));
    expect(first.equals(later)).toBe(false);
  });

  it('keeps all text inside the frame', async () => {
    const names = { partner: { name: 'شركة النخبة للتسويق Elite Marketing '.repeat(4) } };
    const boxes = await readPdf(await renderContract(input(names)));
    expect(boxes.left).toBeGreaterThanOrEqual(63.9);
    expect(boxes.right).toBeLessThanOrEqual(595.28 - 63.9);
  });
});

describe('renderContract', () => {
  it('follows a changed rate in that clause and nowhere else', async () => {
    const [before, after] = await Promise.all([wordsOf(everyKindTerms), wordsOf(withFirstRate('15'))]);
    expect(before).toContain('The commission is 12.5 % of the event’s amount.');
    expect(after).toBe(before.replace('The commission is 12.5 %', 'The commission is 15 %'));
  });

  it('refuses to print a hash that is not that of the terms', async () => {
    const wrong = contractInput(undefined, { termsHash: termsHash(withFirstRate('15')) });
    await expect(renderContract(wrong)).rejects.toMatchObject({ code: 'hash-mismatch' });
  });

  it('prints the clauses of the program in their section', async () => {
    const clauses = [{ id: 'brand', heading: { ar: 'العلامة' }, text: { ar: 'استخدم الشعار كما هو.\n• دون تمديد' } }];
    const bytes = await renderContract(contractInput(undefined, { language: 'ar', style: { clauses } }));
    const own = (await readClauses(bytes)).filter(({ number }) => number.startsWith('11'));
    expect(own.map(({ number, lines }) => [number, lines])).toEqual([
      ['11', []],
      ['11.1', ['استخدم الشعار كما هو.', 'دون تمديد']],
    ]);
  });

  it.each([
    'Łukasz Čapek-Nguyễn',
    'Ελένη Παπαδοπούλου',
    'Жанна Иванова',
    '張偉 王小明',
    '高橋さくら',
    '김철수',
    'สมชาย',
    'कमल',
    'محمد',
    'محمد بن علي',
    'שלום',
    'שלום כהן',
  ])('keeps the name %s readable in contracts of every language', async (name) => {
    const flatText = (words: string) => words.normalize('NFC').replace(/\s/g, '');
    for (const language of languages) {
      const { text } = await readPdf(await renderContract(contractInput(undefined, { language, partner: { name } })));
      expect(flatText(text)).toContain(flatText(name));
    }
  });

  it('keeps Arabic letters that share a shape apart for those who search', async () => {
    const words = 'بتثنيئ جحخ دذ رز سش صض طظ عغ فق';
    const { text } = await readPdf(await renderContract(contractInput(undefined, { partner: { name: words } })));
    for (const word of words.split(' ')) expect(text).toContain(word);
  });

  it('writes characters that no font has, and those that turn the reading direction, as code points', async () => {
    const { text } = await readPdf(
      await renderContract(contractInput(undefined, { partner: { name: 'A\u202Eb 😀' } })),
    );
    expect(text).toContain('A[U+202E]b [U+1F600]');
  });

  it('tells what is drawn in another order than it is read in its reading order', async () => {
    for (const name of ['हिन्दी शर्मा', 'محمد بن علي']) {
      const clauses = await readClauses(await renderContract(contractInput(undefined, { partner: { name } })));
      expect(clauses.find(({ number }) => number === '1.1')?.told.join(' ')).toContain(`${name} (the “Partner”)`);
    }
  });

  it('breaks ids and texts without spaces instead of running off the page', async () => {
    const id = 'x'.repeat(128);
    const obligations = [{ id, text: '字'.repeat(3000) }];
    const { text, pages, right } = await readPdf(
      await renderContract(contractInput({ ...everyKindTerms, obligations })),
    );
    expect(text.replace(/\s/g, '')).toContain(`Obligation${id}`);
    expect(text.match(/字/g)).toHaveLength(3000);
    expect(pages.length).toBeGreaterThan(4);
    expect(right).toBeLessThanOrEqual(595.28 - 63.9);
  });
});
