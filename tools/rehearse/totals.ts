import type { TierPeriod } from '../../libs/commissions/domain/index.js';
import {
  forEachLimited,
  HttpClient,
  type BatchDetail,
  type LedgerAccountView,
  type PartnerView,
  type SandboxTotals,
} from '../client/index.js';
import { PartnerTotals } from '../simulate/partner-totals.js';
import { filesCurrency } from './inputs.js';
import type { Payouts } from './payouts.js';
import type { Rehearsal } from './rehearsal.js';

const readersInFlight = 8;

/** What the books, the rail and the batches say at the end. Amounts are minor units. */
export interface Totals {
  commission: { currency: string; lines: number; totalMinor: number; byPartner: Record<string, number> };
  payouts: {
    batches: number;
    items: number;
    settled: number;
    failed: number;
    totalMinor: number;
    carriedMinor: number;
  };
  ledger: {
    transactions: number;
    balanced: boolean;
    expenseMinor: number;
    payableMinor: number;
    /** Earned and not vested yet. */
    accruedMinor: number;
    /** What left by the rail. */
    paidMinor: number;
  };
  rail: { transfers: number; totalMinor: number };
}

/** What the partners of the program have earned, by their references. */
export interface Earned {
  partners: readonly PartnerView[];
  totals: PartnerTotals;
}

/** Reads every commission line of every partner. */
export async function readEarned({ api, programId, progress }: Rehearsal): Promise<Earned> {
  const partners: PartnerView[] = [];
  for await (const partner of api.partners(programId)) partners.push(partner);
  const totals = new PartnerTotals();
  await progress.phase('lines', partners.length, async (advance) => {
    await forEachLimited(partners, readersInFlight, async ({ id, reference }) => {
      for await (const { amount } of api.earnings(id)) totals.add(reference, amount.currency, amount.amountMinor);
      advance();
    });
  });
  return { partners, totals };
}

/** The tiers that the partners' reviews have recorded, by their references. */
export async function readTiers(
  { api }: Rehearsal,
  partners: readonly PartnerView[],
): Promise<Map<string, TierPeriod[]>> {
  const tiers = new Map<string, TierPeriod[]>();
  await forEachLimited(partners, readersInFlight, async ({ id, reference }) => {
    const reviews = await api.tierReviews(id);
    const periods = reviews.map(({ boundary, tier }) => ({ fromMs: Date.parse(boundary), tier }));
    tiers.set(
      reference,
      periods.sort((a, b) => a.fromMs - b.fromMs),
    );
  });
  return tiers;
}

/** Reads all sums from where they are kept: nothing is taken from what the rehearsal itself counted. */
export async function readTotals(rehearsal: Rehearsal, earned: Earned, payouts: Payouts): Promise<Totals> {
  const [ledger, rail] = await Promise.all([ledgerTotals(rehearsal), railTotals(rehearsal)]);
  return { commission: commissionTotals(earned), payouts: payoutTotals(payouts), ledger, rail };
}

function commissionTotals({ partners, totals }: Earned): Totals['commission'] {
  const sums = partners.map(({ reference }): [string, number] => {
    return [reference, Number(totals.of(reference, filesCurrency)?.amountMinor ?? 0n)];
  });
  const byPartner = Object.fromEntries(sums.sort(([a], [b]) => (a < b ? -1 : 1)));
  const totalMinor = sums.reduce((total, [, sum]) => total + sum, 0);
  const lines = totals.sorted().reduce((sum, total) => sum + total.lines, 0);
  return { currency: filesCurrency, lines, totalMinor, byPartner };
}

function payoutTotals({ batches, carriedMinor }: Payouts): Totals['payouts'] {
  const states = batches.flatMap(({ itemStates }: BatchDetail) => itemStates);
  const of = (...names: string[]) => states.filter(({ state }) => names.includes(state));
  const count = (some: BatchDetail['itemStates']): number => some.reduce((sum, { items }) => sum + items, 0);
  return {
    batches: batches.length,
    items: count(states),
    settled: count(of('settled')),
    failed: count(of('failed', 'returned')),
    totalMinor: of('settled').reduce((sum, { total }) => sum + total.amountMinor, 0),
    carriedMinor,
  };
}

async function ledgerTotals({ api, programId }: Rehearsal): Promise<Totals['ledger']> {
  const [trial, accounts] = await Promise.all([api.trialBalance(programId), api.ledgerAccounts(programId)]);
  const sum = (isWanted: (account: LedgerAccountView) => boolean): number =>
    accounts.filter(isWanted).reduce((total, { balance }) => total + balance.amountMinor, 0);
  return {
    transactions: trial.reduce((total, { transactions }) => total + transactions, 0),
    balanced: trial.every(({ balanced }) => balanced),
    expenseMinor: sum(({ code }) => code === 'commission_expense' || code === 'bonus_expense'),
    payableMinor: sum(({ code }) => code === 'payable'),
    accruedMinor: sum(({ code }) => code === 'commission_accrued'),
    // Money at the provider stands on the debit side, so what left it is negative there.
    paidMinor: 0 - sum(({ code }) => code.startsWith('psp:') || code.startsWith('cash:')),
  };
}

async function railTotals({ sandboxUrl, signal }: Rehearsal): Promise<Totals['rail']> {
  const sandbox = new HttpClient(sandboxUrl, { signal });
  const totals = await sandbox.json<SandboxTotals>({ method: 'GET', path: '/sandbox/totals' });
  const sent = totals.totalMinor[filesCurrency] ?? 0;
  return { transfers: totals.transfers, totalMinor: sent - (totals.reversedMinor[filesCurrency] ?? 0) };
}

/** What does not agree, to the cent, in words; empty where all does. */
export function disagreements({ commission, payouts, ledger, rail }: Totals): string[] {
  const pairs: [string, number, string, number][] = [
    ['commission lines', commission.totalMinor, 'the expense in the ledger', ledger.expenseMinor],
    ['settled payouts', payouts.totalMinor, 'what left by the ledger', ledger.paidMinor],
    ['settled payouts', payouts.totalMinor, "the rail's transfers", rail.totalMinor],
    ['what is carried over', payouts.carriedMinor, 'what is payable in the ledger', ledger.payableMinor],
  ];
  const differing = pairs.filter(([, left, , right]) => left !== right);
  return [
    ...(ledger.balanced ? [] : ['the ledger is not in balance']),
    ...differing.map(([what, left, other, right]) => `${what} (${left}) are not ${other} (${right}), in cents`),
  ];
}
