import type { Terms } from '../../libs/agreements/domain/index.js';
import { readEnvironment } from '../../libs/config/index.js';
import { demoToken } from '../../libs/identity/index.js';
import {
  companyTokens,
  distantSchedule,
  forEachLimited,
  HttpClient,
  MailBox,
  PactlineApi,
  PartnerWalk,
  standardProgram,
  waitFor,
  type CompanyTokens,
  type SandboxTotals,
} from '../client/index.js';
import type { Product } from '../embedded/product.js';

/** A partner under contract, with an account at the rail. */
export interface ChaosPartner {
  id: string;
  envelopeId: string;
  /** Of the partner itself. */
  token: string;
}

/** A program with its partners. */
export interface ChaosProgram {
  id: string;
  currency: string;
  terms: Terms;
  /** Whether finance releases an approved batch, or the last approval does. */
  releasesByHand: boolean;
  partners: ChaosPartner[];
}

export interface World {
  tokens: CompanyTokens;
  programs: ChaosProgram[];
}

const walkers = 4;
const patienceMs = 300_000;

/** Makes two programs in two currencies, with rules of different kinds, and takes their partners through contracting. */
export async function makeWorld(product: Product, partners: number, signal: AbortSignal): Promise<World> {
  const { env, urls } = product;
  if (!urls.mail || !urls.sandbox) throw new Error('The product has no mail catcher or no sandbox.');
  const tokens = await companyTokens(env);
  const api = new PactlineApi(urls.api, tokens, { patienceMs, signal });
  const mails = new MailBox(urls.mail, { patienceMs, signal });
  const programs: ChaosProgram[] = [];
  for (const each of [
    { currency: 'USD', releasesByHand: false, commissions: byCustomer },
    { currency: 'EUR', releasesByHand: true, commissions: byMonth },
  ]) {
    programs.push(await makeProgram(api, each));
  }
  const people = programs.flatMap((program) => Array.from({ length: partners }, (_, index) => ({ program, index })));
  await forEachLimited(people, walkers, async ({ program, index }) => {
    const consentVersion = standardProgram().application.consent?.version;
    const walk = new PartnerWalk({ api, mails, programId: program.id, consentVersion, patienceMs, signal });
    const ref = `chaos-${program.currency.toLowerCase()}-${index}`;
    const walked = await walk.activate({ ref, name: `Ada ${ref}`, email: `${ref}@partners.example` });
    const token = await demoToken(readEnvironment(env), { partnerId: walked.partnerId }, { programId: program.id });
    program.partners.push({ id: walked.partnerId, envelopeId: walked.envelopeId, token });
  });
  // In an order that does not depend on who was quicker.
  for (const program of programs) program.partners.sort((a, b) => (a.id < b.id ? -1 : 1));
  await accountsOpened(urls.sandbox, people.length, signal);
  return { tokens, programs };
}

/** A new customer's sale and every other one. */
const byCustomer: Terms['commissions'] = standardProgram().terms.commissions;

/** Bands of the month, so that late sales and refunds change what other sales earned. */
const byMonth = [
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
        { from: 50_000, rate: '10' },
        { from: 200_000, rate: '12.5' },
      ],
    },
  },
];

interface ProgramPlan {
  currency: string;
  releasesByHand: boolean;
  commissions: unknown;
}

/** Everything is due at once and nothing runs by a schedule: finance asks for what it wants. */
async function makeProgram(
  api: PactlineApi,
  { currency, releasesByHand, commissions }: ProgramPlan,
): Promise<ChaosProgram> {
  const standard = standardProgram();
  const schedule = distantSchedule(new Date());
  const { tiers: _, ...terms } = standard.terms;
  const slug = `chaos-${currency.toLowerCase()}`;
  const { id, document } = await api.makeProgram(
    {
      ...standard,
      slug,
      currency,
      vesting: { schedule },
      payout: { ...standard.payout, schedule, release: releasesByHand ? 'manual' : 'automatic' },
      agreement: { ...standard.agreement, calendar: { schedule } },
      holds: { ...standard.holds, review: { schedule } },
      review: { decisionWithin: standard.review.decisionWithin, erasure: { schedule } },
      payees: { ...standard.payees, coolingOff: 'PT1S', firstDetails: releasesByHand ? 'approved' : 'trusted' },
      terms: {
        ...terms,
        currency,
        commissions,
        payment: { ...terms.payment, holding: 'P0D', minimumMinor: 100 },
      },
    },
    `chaos/${slug}`,
  );
  return { id, currency, terms: document.terms, releasesByHand, partners: [] };
}

/** Accounts at the rail open a moment after activation. */
async function accountsOpened(sandboxUrl: string, partners: number, signal: AbortSignal): Promise<void> {
  const sandbox = new HttpClient(sandboxUrl, { signal });
  const isDone = async (): Promise<true | undefined> => {
    const { accounts } = await sandbox.json<SandboxTotals>({ method: 'GET', path: '/sandbox/totals' });
    return accounts >= partners ? true : undefined;
  };
  await waitFor(isDone, { what: 'the accounts of the partners at the rail', patienceMs, signal });
}
