import type { Transaction } from '../database/index.js';
import { tenderAccounts, type LedgerService } from '../ledger/index.js';
import type { PayableOf, Purse } from './domain/line-movements.js';

/** What these purses hold that has vested, or owe, as this transaction sees it; nothing is read where there are none. */
export async function readPurses(
  ledger: LedgerService,
  tx: Transaction,
  programId: string,
  purses: readonly Purse[],
  side: 'vested' | 'owed',
): Promise<PayableOf> {
  if (purses.length === 0) return () => 0n;
  const partnerIds = [...new Set(purses.map(({ partnerId }) => partnerId))];
  const codes = [...new Set(purses.map(({ tender }) => tenderAccounts[tender][side]))];
  const balances = await ledger.partnerBalances(tx, programId, codes, partnerIds);
  return ({ partnerId, currency, tender }) => balances.of(tenderAccounts[tender][side], partnerId, currency);
}
