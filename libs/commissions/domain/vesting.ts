import { net, vest, vestReversal, type LedgerTransaction } from '../../ledger/domain/index.js';
import { lineOccasion, RunningBalances, type BookedLine, type PayableOf } from './line-movements.js';

/** Where the partners stand before their lines vest. Minor units, 0 or more. */
export interface VestingBalances {
  readonly payableOf: PayableOf;
  /** What partners owe, from clawbacks that found too little in payable. */
  readonly receivableOf: PayableOf;
}

/**
 * The ledger transactions by which lines vest: one for each line, dated with the cut-off. What partners gain comes first
 * and pays what they owe; what reversals take then reaches as far as payable does, and the partner owes the rest.
 */
export function vestingTransactions(
  lines: readonly BookedLine[],
  { payableOf, receivableOf }: VestingBalances,
  cutOff: Date,
  actorId: string,
): LedgerTransaction[] {
  const payable = new RunningBalances(payableOf);
  const receivable = new RunningBalances(receivableOf);
  const unvested = (line: BookedLine): bigint => line.amountMinor - line.vestedMinor;
  const transactions: LedgerTransaction[] = [];
  for (const line of lines.filter((each) => unvested(each) > 0n)) {
    const amountMinor = unvested(line);
    transactions.push(vest(lineOccasion(line, amountMinor, cutOff, actorId)));
    const owed = receivable.take(line, amountMinor);
    const netted = owed < amountMinor ? owed : amountMinor;
    if (netted > 0n) transactions.push(net(lineOccasion(line, netted, cutOff, actorId)));
    payable.add(line, amountMinor - netted);
  }
  for (const line of lines.filter((each) => unvested(each) < 0n)) {
    const amountMinor = -unvested(line);
    const payableMinor = payable.take(line, amountMinor);
    transactions.push(vestReversal({ ...lineOccasion(line, amountMinor, cutOff, actorId), payableMinor }));
  }
  return transactions;
}
