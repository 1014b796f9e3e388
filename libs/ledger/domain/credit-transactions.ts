import { companyAccount, partnerAccount, type AccountRef } from './accounts.js';
import { of, type PartnerOccasion } from './commission-transactions.js';
import { movement, type LedgerTransaction, type TransactionKind } from './ledger-transaction.js';

/** Credit that a partner earned is issued as a code: Dr credit_balance, Cr store_credit, which the shop honours. */
export function issueCredit(occasion: PartnerOccasion): LedgerTransaction {
  return transfer('issue_credit', occasion, balanceOf(occasion), companyAccount('store_credit'));
}

/** A code that nobody redeemed is taken back: Dr store_credit, Cr credit_balance, which the next run looks at. */
export function voidCredit(occasion: PartnerOccasion): LedgerTransaction {
  return transfer('void_credit', occasion, companyAccount('store_credit'), balanceOf(occasion));
}

function balanceOf({ partnerId }: PartnerOccasion): AccountRef {
  return partnerAccount('credit_balance', partnerId);
}

function transfer(
  kind: TransactionKind,
  occasion: PartnerOccasion,
  from: AccountRef,
  to: AccountRef,
): LedgerTransaction {
  const { amountMinor } = occasion;
  return movement(kind, of(occasion), {
    debit: [{ account: from, amountMinor }],
    credit: [{ account: to, amountMinor }],
  });
}
