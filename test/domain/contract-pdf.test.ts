import { inflateSync } from 'node:zlib';
import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { renderContract } from '../../libs/documents/contract-pdf.js';
import { contractClauses } from '../../libs/documents/domain/index.js';
import { contractInput, everyKindTerms } from '../support/documents.js';
import { readPdf } from '../support/pdf-text.js';

const single = (text: string) => text.replace(/\s+/g, ' ').trim();

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

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Undoes the backslashes of PDF strings. */
function withoutEscapes(stream: Buffer): Buffer {
  const unescaped = stream
    .toString('latin1')
    .replace(/\\([nrtbf()\\])/g, (_, letter: string) => escapes[letter] ?? letter);
  return Buffer.from(unescaped, 'latin1');
}

/** The compressed streams of a PDF, inflated. */
function streamsOf(bytes: Buffer): Buffer[] {
  const streams: Buffer[] = [];
  for (let at = bytes.indexOf('\nstream\n'); at >= 0; at = bytes.indexOf('\nstream\n', at + 8)) {
    const stream = bytes.subarray(at + 8, bytes.indexOf('\nendstream', at));
    if (stream[0] === 0x78) streams.push(withoutEscapes(inflateSync(stream)));
  }
  return streams;
}

describe('renderContract', () => {
  it('prints every clause with its number, in order', async () => {
    const { text } = await readPdf(await renderContract(contractInput()));
    // Footers fall between the lines of a clause that crosses a page.
    const body = text.replaceAll(/ ?Terms hash [0-9a-f]{64} ?Page \d+ of \d+ ?/g, ' ');
    let from = 0;
    for (const clause of contractClauses(everyKindTerms, contractInput())) {
      const at = body.indexOf(single(`${clause.number} ${clause.heading} ${clause.text}`), from);
      expect({ clause: clause.number, found: at >= from }).toEqual({ clause: clause.number, found: true });
      from = at;
    }
  });

  it('prints the terms hash and the page number on every page and attaches the terms that it is the hash of', async () => {
    const content = await readPdf(await renderContract(contractInput()));
    expect(content.pages.length).toBeGreaterThan(1);
    content.pages.forEach((page, index) => {
      expect(page).toContain(`Terms hash ${termsHash(everyKindTerms)}`);
      expect(page).toContain(`Page ${index + 1} of ${content.pages.length}`);
    });
    const attached = Buffer.from(content.attachments.get('terms.json') ?? []).toString('utf8');
    expect(termsHash(JSON.parse(attached) as Terms)).toBe(termsHash(everyKindTerms));
  });

  it('is tagged, titled and in a named language, with an area for either signature', async () => {
    const content = await readPdf(await renderContract(contractInput()));
    expect(content).toMatchObject({ tagged: true, language: 'en' });
    expect(content.title).toBe('Partner agreement: Crescent Records Partners, Ada Perry');
    expect(content.text).toContain('For the Partner');
    expect(content.text).toContain('For the Company');
    expect(content.text.match(/Electronic signature, recorded separately with its evidence/g)).toHaveLength(2);
  });

  it('reserves an unsigned signature field for either party, below the names of those who sign for it', async () => {
    const signers = {
      partner: [{ name: 'Ada Perry', title: 'Owner' }, { name: 'Bo Perry' }],
      company: [{ name: 'Cy Marsh', title: 'Head of partnerships', organisation: 'Crescent Records Ltd.' }],
    };
    const bytes = await renderContract(contractInput(undefined, { signers }));
    const { fields, pages } = await readPdf(bytes);
    expect(fields).toEqual([
      expect.objectContaining({ name: 'PartnerSeal', type: 'Sig', page: pages.length }),
      expect.objectContaining({ name: 'CompanySeal', type: 'Sig', page: pages.length }),
    ]);
    expect(fields.map(({ description }) => description)).toEqual(['Seal for the partner', 'Seal for the company']);
    const [partner, company] = fields.map(({ rectangle }) => rectangle);
    expect(partner![2]).toBeLessThan(company![0]);
    const names = [
      'For the Partner',
      'Ada Perry Owner',
      'Bo Perry',
      'For the Company',
      'Cy Marsh Head of partnerships',
    ];
    for (const name of names) expect(pages.at(-1)).toContain(name);
    // Sealing programs append to the classic cross-reference table; readers must not redraw what was signed.
    const source = Buffer.from(bytes).toString('latin1');
    expect(source).toMatch(/\nxref\n0 \d+\n/);
    expect(source).toContain('/SigFlags 3');
    expect(source).not.toContain('NeedAppearances');
  });

  it('gives the same bytes for the same input, and others for another date', async () => {
    const first = Buffer.from(await renderContract(contractInput()));
    expect(first.equals(await renderContract(contractInput(structuredClone(everyKindTerms))))).toBe(true);
    const later = await renderContract(contractInput(undefined, { createdAt: new Date('2026-03-02T09:30:00Z') }));
    expect(first.equals(later)).toBe(false);
  });

  it('follows a changed rate in that clause and nowhere else', async () => {
    const [before, after] = await Promise.all([wordsOf(everyKindTerms), wordsOf(withFirstRate('15'))]);
    expect(before).toContain('The commission is 12.5 % of the event’s amount.');
    expect(after).toBe(before.replace('The commission is 12.5 %', 'The commission is 15 %'));
  });

  it('refuses to print a hash that is not that of the terms', async () => {
    const wrong = contractInput(undefined, { termsHash: termsHash(withFirstRate('15')) });
    await expect(renderContract(wrong)).rejects.toMatchObject({ code: 'hash-mismatch' });
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
    'שלום',
  ])('keeps the name %s readable', async (name) => {
    const { text } = await readPdf(await renderContract(contractInput(undefined, { partner: { name } })));
    const flat = (words: string) => words.normalize('NFC').replace(/\s/g, '');
    expect(flat(text)).toContain(flat(`${name} (the “Partner”)`));
  });

  it('writes characters that no font has, and those that turn the reading direction, as code points', async () => {
    const { text } = await readPdf(
      await renderContract(contractInput(undefined, { partner: { name: 'A\u202Eb 😀' } })),
    );
    expect(text).toContain('A[U+202E]b [U+1F600]');
  });

  it('carries the letters of scripts that are drawn in another order in their reading order', async () => {
    for (const name of ['हिन्दी शर्मा', 'محمد بن علي']) {
      const bytes = Buffer.from(await renderContract(contractInput(undefined, { partner: { name } })));
      const spoken = Buffer.from(name, 'utf16le').swap16();
      expect(streamsOf(bytes).some((stream) => stream.includes(spoken))).toBe(true);
    }
  });

  it('breaks ids and texts without spaces instead of running off the page', async () => {
    const id = 'x'.repeat(128);
    const obligations = [{ id, text: '字'.repeat(3000) }];
    const { text, pages } = await readPdf(await renderContract(contractInput({ ...everyKindTerms, obligations })));
    expect(text.replace(/\s/g, '')).toContain(`Obligation${id}`);
    expect(text.match(/字/g)).toHaveLength(3000);
    expect(pages.length).toBeGreaterThan(4);
  });
});
