import { companyAccount, partnerAccount } from './accounts.js';
import { movement, type LedgerTransaction } from './ledger-transaction.js';
import type { ItemOccasion } from './payout-transactions.js';

/** Tax is kept back from what a partner is paid, and owed to the tax office instead: Dr payable, Cr withholding_tax. */
export function withhold(item: ItemOccasion): LedgerTransaction {
  const { partnerId, batchId, itemId, amountMinor, ...occasion } = item;
  return movement(
    'withhold',
    { ...occasion, refs: { partnerId, batchId, itemId } },
    {
      debit: [{ account: partnerAccount('payable', partnerId), amountMinor }],
      credit: [{ account: companyAccount('withholding_tax'), amountMinor }],
    },
  );
}
