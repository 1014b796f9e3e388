import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { create } from 'fontkit';
import PDFDocument from 'pdfkit';
import { termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { contractClauses } from '../../libs/documents/domain/index.js';
import { renderContract, type ContractInput } from '../../libs/documents/index.js';
import { languages, type Language } from '../../libs/kernel/language.js';
import {
  LocalSealKey,
  makeSelfSignedKey,
  sealFields,
  sealPdf,
  verifyContract,
  type SealKey,
} from '../../libs/seals/index.js';
import { BareSigner } from './bare-signature.js';
import { median } from './median.js';

const warmUps = 20;
const rounds = 60;
/** What rendering and sealing may take, of what the bare libraries take. */
const mostTimesBare = 1.5;

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

/** What is measured, by the name that it is told under; each goes on from what the one before it made. */
type Stages = Readonly<Record<string, () => Promise<void>>>;

/**
 * `bench -- contract`: milliseconds to render a contract in each language and to seal it twice. Beside it stands what
 * pdfkit takes by itself for as many pages of the same text in the same faces, parsed before (no tags, no footers, no
 * form, no attachment), with two plain CMS signatures over those bytes by the same key. The check that the product makes
 * of each seal is told apart: it has no counterpart among the bare libraries.
 */
export async function benchContract(): Promise<void> {
  const made = makeSelfSignedKey({
    commonName: 'Northwind Music Ltd',
    notBefore: new Date('2025-01-01T00:00:00Z'),
    notAfter: new Date('2060-01-01T00:00:00Z'),
  });
  const key = LocalSealKey.fromPem(made.privateKey + made.certificate);
  const signer = await BareSigner.create(made.privateKey, made.certificate);
  for (const language of languages) {
    const input = inputIn(language);
    const pages = pagesOf(await renderContract(input));
    const bare = await barePages(input, language, pages);
    const own = ownStages(input, key, made.certificate);
    const theirs = bareStages(bare, signer);
    report(language, pages, await measure({ ...own, ...theirs }));
  }
}

function ownStages(input: ContractInput, key: SealKey, certificate: string): Stages {
  let [d0, d1, d2]: Uint8Array[] = [];
  const seal = (pdf: Uint8Array, field: string) =>
    sealPdf(pdf, { field, name: input.company, reason: 'Signed', at: input.createdAt }, key);
  return {
    [stage.render]: async () => void (d0 = await renderContract(input)),
    [stage.seal]: async () => {
      d1 = await seal(d0!, sealFields.partner);
      d2 = await seal(d1, sealFields.company);
    },
    [stage.verify]: () => {
      const trusted = [certificate];
      const first = verifyContract(d1!, { trusted, fields: [sealFields.partner] });
      const last = verifyContract(d2!, { trusted });
      if (!first.valid || !last.valid) throw new Error('what was sealed does not verify');
      return Promise.resolve();
    },
  };
}

function bareStages(render: () => Promise<Uint8Array>, signer: BareSigner): Stages {
  let document: Uint8Array;
  return {
    [stage.bareRender]: async () => void (document = await render()),
    [stage.bareSign]: async () => {
      await signer.sign(document);
      await signer.sign(document);
    },
  };
}

const stage = {
  render: 'render',
  seal: 'seal twice',
  verify: 'verify both seals (not in the ratio)',
  bareRender: 'bare pdfkit, the same text',
  bareSign: 'two bare CMS signatures',
} as const;

/** All stages in turn, so that what else the machine does falls on all alike; the median of each, in milliseconds. */
async function measure(stages: Stages): Promise<Record<string, number>> {
  const times = new Map<string, number[]>(Object.keys(stages).map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(stages)) {
      const start = performance.now();
      await work();
      if (round >= 0) times.get(name)!.push(performance.now() - start);
    }
  }
  return Object.fromEntries([...times].map(([name, each]) => [name, median(each)]));
}

function report(language: Language, pages: number, medians: Record<string, number>): void {
  process.stdout.write(`${language}, ${pages} pages\n`);
  for (const [name, milliseconds] of Object.entries(medians)) line(name, `${milliseconds.toFixed(2)} ms`);
  const of = (...names: string[]): number => names.reduce((sum, name) => sum + medians[name]!, 0);
  const ratio = of(stage.render, stage.seal) / of(stage.bareRender, stage.bareSign);
  line(`ratio (at most ${mostTimesBare})`, ratio.toFixed(2));
}

function line(name: string, value: string): void {
  process.stdout.write(`  ${name.padEnd(38)}${value.padStart(12)}\n`);
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
