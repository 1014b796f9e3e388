import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import { companyTokens, distantSchedule, MailBox, PactlineApi, PartnerWalk, standardProgram } from '../client/index.js';
import { startProduct, type Product } from '../embedded/product.js';
import { Steps } from '../embedded/steps.mjs';

/** The whole product with its embedded servers, in a home of its own that is removed when the work is over. */
export interface BenchProduct {
  readonly product: Product;
  readonly api: PactlineApi;
  /** Walks partners of a program that pays and vests only when asked. */
  readonly walk: PartnerWalk;
  readonly programId: string;
  /** A token with which events are reported. */
  readonly token: string;
}

const patienceMs = 3_600_000;

/** What a benchmark wants otherwise than the others. */
export interface BenchSettings {
  /** Changes the program that the work is done in. */
  program?: (standard: ProgramDocument) => ProgramDocument;
}

/**
 * Runs the work on a product that nobody else uses. Nothing of the environment reaches it. Where the work is interrupted, or
 * nobody reads what it prints (`| head`), it is left and the product's servers are stopped.
 */
export async function onBenchProduct(
  work: (bench: BenchProduct) => Promise<void>,
  settings: BenchSettings = {},
): Promise<void> {
  const home = mkdtempSync(path.join(tmpdir(), 'pactline-bench-'));
  const stop = new AbortController();
  const interrupted = (): void => stop.abort(new Error('Stopped.'));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  process.stdout.on('error', interrupted);
  try {
    // As a rehearsal, so that neither the limits per address nor the dates of a living program are measured.
    const product = await startProduct({
      home,
      port: 0,
      given: { REHEARSAL: 'true' },
      steps: new Steps({ quiet: true }),
      signal: stop.signal,
    });
    try {
      await Promise.race([open(product, settings, stop.signal).then(work), aborted(stop.signal)]);
    } finally {
      await product.stop();
    }
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    process.stdout.off('error', interrupted);
    rmSync(home, { recursive: true, force: true });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

async function open(
  product: Product,
  { program = (standard) => standard }: BenchSettings,
  signal: AbortSignal,
): Promise<BenchProduct> {
  const { mail } = product.urls;
  if (mail === undefined) throw new Error('The product has no mail catcher.');
  const tokens = await companyTokens(product.env);
  const api = new PactlineApi(product.urls.api, tokens, { patienceMs, signal });
  const mails = new MailBox(mail, { patienceMs, signal });
  const standard = program(standardProgram());
  const schedule = distantSchedule(new Date());
  const { id: programId } = await api.makeProgram(
    {
      ...standard,
      slug: 'bench',
      vesting: { schedule },
      payout: { ...standard.payout, schedule },
      agreement: { ...standard.agreement, calendar: { schedule } },
      // Without rules of its own and questions to others, so that each partner goes the same way.
      review: { decisionWithin: standard.review.decisionWithin, erasure: { schedule } },
    },
    'bench/program',
  );
  const consentVersion = standard.application.consent?.version;
  const walk = new PartnerWalk({ api, mails, programId, consentVersion, patienceMs, signal });
  return { product, api, walk, programId, token: tokens.service };
}
