import { checkedEntry, checkedTransfer, endToEndIdOf, maxAchCents } from '../../../bank-files/domain/index.js';
import { RailRefusal, type SendRequest } from '../../domain/index.js';
import { BankFileRail } from './bank-file-rail.js';
import type { InstructionRow } from './bank-rows.js';
import type { PayoutDestination } from './payout-destination.js';

/** Any day: what is checked before a file is made is everything else. */
const someDay = '2026-01-02';

/** The names of the rails whose payments leave in files; part of idempotency keys, so they never change. */
export const isoRailName = 'iso-credit-transfer';
export const nachaRailName = 'nacha';

/** Payments by ISO 20022 credit transfer files (pain.001.001.09) to accounts that have an IBAN. */
export class IsoCreditTransferRail extends BankFileRail {
  readonly name = isoRailName;

  protected check(request: SendRequest, destination: PayoutDestination, endToEndId: string): void {
    checkedTransfer(transferOf({ ...request, endToEndId }, destination, someDay));
  }
}

/** Payments in US dollars by ACH files to American bank accounts. */
export class NachaRail extends BankFileRail {
  readonly name = nachaRailName;

  protected check(request: SendRequest, destination: PayoutDestination, endToEndId: string): void {
    if (request.currency !== 'USD') throw new RailRefusal('currency_not_supported', 'an ACH file pays in US dollars');
    if (request.amountMinor > maxAchCents)
      throw new RailRefusal('amount_too_large', 'an ACH entry has ten digits of cents');
    const { itemId, amountMinor } = request;
    checkedEntry(achEntryOf({ itemId, endToEndId, amountMinor }, destination, someDay, '0'.repeat(15)));
  }
}

/** A payment as a credit transfer file has it. @throws RailRefusal where the destination is no IBAN */
export function transferOf(
  payment: { endToEndId: string; amountMinor: bigint; currency: string },
  destination: PayoutDestination,
  executionDate: string,
) {
  if (destination.kind !== 'iban') throw new RailRefusal('no_iban', 'a credit transfer needs an account with an IBAN');
  const { holder: name, iban, bic } = destination;
  const { endToEndId, amountMinor, currency } = payment;
  const creditor = { name, iban, ...(bic === undefined ? {} : { bic }) };
  return { endToEndId, amountMinor, currency, executionDate, creditor, remittance: `Payout ${endToEndId}` };
}

/** A payment as an ACH file has it; the addenda carry the id that tells item and attempt. @throws RailRefusal */
export function achEntryOf(
  payment: { itemId: string; endToEndId: string; amountMinor: bigint },
  destination: PayoutDestination,
  effectiveDate: string,
  traceNumber: string,
) {
  if (destination.kind !== 'us_bank')
    throw new RailRefusal('no_us_account', 'an ACH payment needs an American account');
  const { holder, routingNumber, accountNumber, accountType, holderType } = destination;
  return {
    entryClass: holderType === 'company' ? ('CCD' as const) : ('PPD' as const),
    ...{ effectiveDate, routingNumber, accountNumber, accountType, traceNumber },
    amountMinor: payment.amountMinor,
    // The random end of the item's id: enough for people to tell payments apart by.
    individualId: payment.itemId.slice(-15),
    name: holder,
    information: payment.endToEndId,
  };
}

/** What both of the above take from an instruction. */
export function paymentOf(row: InstructionRow) {
  return {
    itemId: row.item_id,
    endToEndId: endToEndIdOf(row.item_id, row.attempt),
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
  };
}
