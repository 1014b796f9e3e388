import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { create } from 'fontkit';
import PDFDocument from 'pdfkit';
import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { contractClauses } from '../../libs/documents/domain/index.js';
import { renderContract, type ContractInput } from '../../libs/documents/index.js';
import { languages, type Language } from '../../libs/kernel/language.js';

const warmUps = 20;
const rounds = 60;

/** A contract as partners get them: several rules, bands, bonuses, tiers and obligations. */
const terms: Terms = {
  schema: 'pactline.terms/1',
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  commissions: [
    {
      id: 'new-customers',
      event: 'sale',
      match: {
        customer: 'new',
        minAmountMinor: 1000,
        countries: ['US', 'CA'],
        coupons: ['SPRING'],
        withinFirst: 'P6M',
      },
      reward: { kind: 'percent', rate: '12.5' },
      limits: { perEventMinor: 5000, perPeriod: { period: 'month', maxMinor: 100_000 } },
    },
    {
      id: 'volume',
      event: 'sale',
      reward: {
        kind: 'banded',
        basis: 'amount',
        period: 'month',
        mode: 'marginal',
        bands: [
          { from: 0, rate: '8' },
          { from: 500_000, rate: '10' },
          { from: 2_000_000, rate: '12.25' },
        ],
      },
    },
    { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 200 } },
  ],
  bonuses: [
    { id: 'welcome', kind: 'upfront', amountMinor: 10_000 },
    {
      id: 'steps',
      kind: 'milestone',
      event: 'sale',
      metric: 'count',
      period: 'month',
      steps: [
        { at: 50, amountMinor: 5000 },
        { at: 100, amountMinor: 10_000 },
      ],
    },
  ],
  tiers: {
    lookback: 'P90D',
    requalify: 'month',
    metric: 'amount',
    graceReviews: 1,
    list: [
      { name: 'bronze', from: 0 },
      { name: 'silver', from: 200_000 },
      { name: 'gold', from: 1_000_000 },
    ],
  },
  attribution: { model: 'last_touch', window: 'P30D' },
  payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 2500, methods: ['bank_transfer'] },
  term: { length: 'P12M', renewal: 'auto', notice: 'P30D' },
  obligations: [{ id: 'disclosure', text: 'Say plainly that you earn a commission.', checkpoint: 'P90D' }],
  legal: { governingLaw: 'the law of England and Wales', exclusivity: false },
};

function inputIn(language: Language): ContractInput {
  return {
    terms,
    termsHash: termsHash(terms),
    language,
    programName: 'Northwind Partners',
    company: 'Northwind Music Ltd',
    partner: { name: 'Ada Perry', company: 'Perry Reviews' },
    effective: { kind: 'on-countersignature' },
    createdAt: new Date('2026-03-01T09:30:00Z'),
  };
}

/** One piece of work that is measured, with what it is measured by. */
interface Measured {
  name: string;
  work: () => Promise<Uint8Array>;
  baseline: { name: string; work: () => Promise<Uint8Array> };
}

/**
 * `bench -- contract`: milliseconds to render a contract in each language. Beside it stands what pdfkit takes by itself
 * for as many pages of the same text in the same faces, parsed before: no tags, no footers, no form, no attachment.
 */
export async function benchContract(): Promise<void> {
  for (const language of languages) {
    const input = inputIn(language);
    const pages = pagesOf(await renderContract(input));
    const bare = await barePages(input, language, pages);
    await report({
      name: `render, ${language}, ${pages} pages`,
      work: () => renderContract(input),
      baseline: { name: 'bare pdfkit, the same text', work: bare },
    });
  }
}

/** The two in turn, so that what else the machine does falls on both alike; the medians are told. */
async function report({ name, work, baseline }: Measured): Promise<void> {
  const times: [number[], number[]] = [[], []];
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [index, each] of [work, baseline.work].entries()) {
      const start = performance.now();
      await each();
      if (round >= 0) times[index]?.push(performance.now() - start);
    }
  }
  const [own, bare] = times.map(median);
  line(name, own);
  line(baseline.name, bare);
  process.stdout.write(`${'ratio'.padEnd(36)}${((own ?? 0) / (bare ?? 1)).toFixed(2).padStart(10)}\n`);
}

function line(name: string, milliseconds = 0): void {
  process.stdout.write(`${name.padEnd(36)}${milliseconds.toFixed(2).padStart(10)} ms\n`);
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1] ?? 0;
}

const resolve = createRequire(import.meta.url).resolve;
const noto = '@expo-google-fonts/noto-sans';
const faces = {
  latin: [`${noto}/400Regular/NotoSans_400Regular.ttf`, `${noto}/700Bold/NotoSans_700Bold.ttf`],
  arabic: [
    `${noto}-arabic/400Regular/NotoSansArabic_400Regular.ttf`,
    `${noto}-arabic/700Bold/NotoSansArabic_700Bold.ttf`,
  ],
} as const;

/** The contract's text by pdfkit alone, in as many pages. */
async function barePages(input: ContractInput, language: Language, pages: number): Promise<() => Promise<Uint8Array>> {
  const [regular, bold] = faces[language === 'ar' ? 'arabic' : 'latin'].map((file) =>
    create(readFileSync(resolve(file))),
  );
  const clauses = contractClauses(terms, input, language).map(({ number, heading, text }) => ({
    heading: `${number} ${heading}`,
    text,
  }));
  const options = { width: 431, align: language === 'ar' ? 'right' : 'left' } as const;
  const render = (): Promise<Uint8Array> => {
    const document = new PDFDocument({ size: 'A4', margins: { top: 64, bottom: 76, left: 100, right: 64 }, font: '' });
    const bytes = collect(document);
    for (const { heading, text } of clauses) {
      document.font(bold as unknown as Uint8Array, 'bold', 9.5).text(heading, options);
      if (text !== '') document.font(regular as unknown as Uint8Array, 'regular', 9.5).text(text, options);
    }
    while (document.bufferedPageRange().start + document.bufferedPageRange().count < pages) document.addPage();
    document.end();
    return bytes;
  };
  if (pagesOf(await render()) !== pages) throw new Error('the baseline has another number of pages');
  return render;
}

function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolveBytes, reject) => {
    const chunks: Uint8Array[] = [];
    document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    document.on('end', () => resolveBytes(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}

function pagesOf(pdf: Uint8Array): number {
  return Number(/\/Type \/Pages\s+\/Count (\d+)/.exec(Buffer.from(pdf).toString('latin1'))?.[1] ?? 0);
}
