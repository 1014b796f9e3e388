import type { TransactionKind } from './ledger-transaction.js';

/** What a transaction did to a partner's account, as the partner reads it. */
const words = {
  accrue: 'Earned',
  reverse: 'Taken back',
  vest: 'Vested',
  vest_reversal: 'Taken back, vested',
  net: 'Set off against debt',
  clawback: 'Taken back after vesting',
  reserve: 'Set aside for payment',
  give_back: 'Payment not made',
  submit: 'Payment sent',
  settle: 'Paid',
  fail: 'Payment failed, held',
  return: 'Payment returned, held',
  release_held: 'Released after review',
  hold: 'Held for review',
  release_hold: 'Released after review',
  hold_suspended: 'Held while suspended',
  release_suspended: 'Released after suspension',
  write_off: 'Debt written off',
  adjust: 'Adjusted',
  reserve_again: 'Set aside again',
  issue_credit: 'Issued as a credit code',
  void_credit: 'Credit code taken back',
} as const satisfies Record<TransactionKind, string>;

/** A kind of transaction in the partner's words. */
export function partnerWords(kind: TransactionKind): string {
  return (words as Readonly<Record<string, string>>)[kind] ?? kind;
}
