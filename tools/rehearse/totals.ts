import {
  forEachLimited,
  HttpClient,
  type BatchDetail,
  type LedgerAccountView,
  type PartnerView,
  type SandboxTotals,
} from '../client/index.js';
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

/** Reads all sums from where they are kept: nothing is taken from what the rehearsal itself counted. */
export async function readTotals(rehearsal: Rehearsal, payouts: Payouts): Promise<Totals> {
  const [commission, ledger, rail] = await Promise.all([
    commissionTotals(rehearsal),
    ledgerTotals(rehearsal),
    railTotals(rehearsal),
  ]);
  return { commission, payouts: payoutTotals(payouts), ledger, rail };
}

async function commissionTotals({ api, programId, progress }: Rehearsal): Promise<Totals['commission']> {
  const partners: PartnerView[] = [];
  for await (const partner of api.partners(programId)) partners.push(partner);
  const byPartner = new Map<string, number>();
  let lines = 0;
  await progress.phase('lines', partners.length, async (advance) => {
    await forEachLimited(partners, readersInFlight, async ({ id, reference }) => {
      let sum = 0;
      for await (const { amount } of api.earnings(id)) {
        sum += amount.amountMinor;
        lines += 1;
      }
      byPartner.set(reference, sum);
      advance();
    });
  });
  const sorted = [...byPartner].sort(([a], [b]) => (a < b ? -1 : 1));
  const totalMinor = sorted.reduce((total, [, sum]) => total + sum, 0);
  return { currency: filesCurrency, lines, totalMinor, byPartner: Object.fromEntries(sorted) };
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
