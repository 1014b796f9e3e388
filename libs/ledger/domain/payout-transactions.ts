import { batchAccount, companyAccount, partnerAccount, type AccountRef, type CompanyAccountCode } from './accounts.js';
import { movement, type LedgerTransaction, type Occasion, type TransactionKind } from './ledger-transaction.js';

/** What a transaction about one item of a payout batch says of itself. */
export interface ItemOccasion extends Omit<Occasion, 'refs'> {
  readonly partnerId: string;
  readonly batchId: string;
  readonly itemId: string;
  /** Minor units of the currency, more than 0. */
  readonly amountMinor: bigint;
}

/** An item's step that reaches the account at the provider or bank the money leaves from, as `psp:stripe`. */
export interface SettledItemOccasion extends ItemOccasion {
  readonly source: CompanyAccountCode;
}

/** The batch is frozen: Dr payable, Cr reserved of the batch. */
export function reserve(item: ItemOccasion): LedgerTransaction {
  return transfer('reserve', item, partnerAccount('payable', item.partnerId), batchAccount('reserved', item.batchId));
}

/** The batch was rejected, recalled or cancelled: Dr reserved, Cr payable. */
export function giveBack(item: ItemOccasion): LedgerTransaction {
  return transfer('give_back', item, batchAccount('reserved', item.batchId), partnerAccount('payable', item.partnerId));
}

/** The item goes to the rail: Dr reserved, Cr payout_clearing. */
export function submit(item: ItemOccasion): LedgerTransaction {
  return transfer('submit', item, batchAccount('reserved', item.batchId), companyAccount('payout_clearing'));
}

/** The rail has paid: Dr payout_clearing, Cr the account the money left. */
export function settle(item: SettledItemOccasion): LedgerTransaction {
  return transfer('settle', item, companyAccount('payout_clearing'), companyAccount(item.source));
}

/** The rail has refused for good: Dr payout_clearing, Cr held, until a person releases it. */
export function fail(item: ItemOccasion): LedgerTransaction {
  return transfer('fail', item, companyAccount('payout_clearing'), partnerAccount('held', item.partnerId));
}

/** The money came back after it was paid: Dr the account it left, Cr held. Fees are booked apart. */
export function returnToHeld(item: SettledItemOccasion): LedgerTransaction {
  return transfer('return', item, companyAccount(item.source), partnerAccount('held', item.partnerId));
}

/** A person releases what a failed or returned item left: Dr held, Cr payable. */
export function releaseHeld(item: ItemOccasion): LedgerTransaction {
  return transfer(
    'release_held',
    item,
    partnerAccount('held', item.partnerId),
    partnerAccount('payable', item.partnerId),
  );
}

/** A person has a failed item sent again in its own batch: Dr held, Cr reserved of the batch. */
export function reserveAgain(item: ItemOccasion): LedgerTransaction {
  return transfer(
    'reserve_again',
    item,
    partnerAccount('held', item.partnerId),
    batchAccount('reserved', item.batchId),
  );
}

function transfer(kind: TransactionKind, item: ItemOccasion, from: AccountRef, to: AccountRef): LedgerTransaction {
  const { key, eventAt, currency, actorId, partnerId, batchId, itemId, amountMinor } = item;
  const occasion = { key, eventAt, currency, actorId, refs: { partnerId, batchId, itemId } };
  return movement(kind, occasion, { debit: [{ account: from, amountMinor }], credit: [{ account: to, amountMinor }] });
}
