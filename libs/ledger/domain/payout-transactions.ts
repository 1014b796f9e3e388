import { batchAccount, companyAccount, partnerAccount, type AccountRef, type CompanyAccountCode } from './accounts.js';
import {
  movement,
  type LedgerTransaction,
  type Movement,
  type Occasion,
  type TransactionKind,
} from './ledger-transaction.js';

/** What a transaction about one item of a payout batch says of itself. */
export interface ItemOccasion extends Omit<Occasion, 'refs'> {
  readonly partnerId: string;
  readonly batchId: string;
  readonly itemId: string;
  /** Minor units of the currency, more than 0: what is owed to the partner, before tax. */
  readonly amountMinor: bigint;
  /** What of it is kept back for the tax office once it is paid: less than the amount; nothing where it is absent. */
  readonly withheldMinor?: bigint | undefined;
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

/**
 * The rail has paid: Dr payout_clearing, Cr the account the money left, and Cr withholding_tax what was kept back. Tax is
 * withheld by paying, so that what is never paid owes none.
 */
export function settle(item: SettledItemOccasion): LedgerTransaction {
  const { paid, kept } = sidesOf(item);
  const debit = [{ account: companyAccount('payout_clearing'), amountMinor: item.amountMinor }];
  return movement('settle', occasionOf(item), { debit, credit: [paid, kept] });
}

/** The rail has refused for good: Dr payout_clearing, Cr held, until a person releases it. */
export function fail(item: ItemOccasion): LedgerTransaction {
  return transfer('fail', item, companyAccount('payout_clearing'), partnerAccount('held', item.partnerId));
}

/**
 * The money came back after it was paid: Dr the account it left and withholding_tax, Cr held, which has the whole again.
 * Fees are booked apart.
 */
export function returnToHeld(item: SettledItemOccasion): LedgerTransaction {
  const { paid, kept } = sidesOf(item);
  const credit = [{ account: partnerAccount('held', item.partnerId), amountMinor: item.amountMinor }];
  return movement('return', occasionOf(item), { debit: [paid, kept], credit });
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
  const { amountMinor } = item;
  const sides = { debit: [{ account: from, amountMinor }], credit: [{ account: to, amountMinor }] };
  return movement(kind, occasionOf(item), sides);
}

/** What of an item leaves the company's account, and what is owed to the tax office instead. */
function sidesOf({ amountMinor, withheldMinor = 0n, source }: SettledItemOccasion): { paid: Movement; kept: Movement } {
  return {
    paid: { account: companyAccount(source), amountMinor: amountMinor - withheldMinor },
    kept: { account: companyAccount('withholding_tax'), amountMinor: withheldMinor },
  };
}

function occasionOf({ key, eventAt, currency, actorId, partnerId, batchId, itemId }: ItemOccasion): Occasion {
  return { key, eventAt, currency, actorId, refs: { partnerId, batchId, itemId } };
}
