import { companyAccount, partnerAccount, type PartnerAccountCode } from './accounts.js';
import { of, takenFromPayable, type PartnerOccasion, type PayableOccasion } from './commission-transactions.js';
import { movement, type LedgerTransaction, type TransactionKind } from './ledger-transaction.js';

/** What an event has brought is held after it vested: Dr payable, Cr held. */
export function hold(occasion: PartnerOccasion): LedgerTransaction {
  return between('hold', occasion, 'payable', 'held');
}

/** What a hold had taken is given back: Dr held, Cr payable. */
export function releaseHold(occasion: PartnerOccasion): LedgerTransaction {
  return between('release_hold', occasion, 'held', 'payable');
}

/** What vests while a partner is suspended is held: Dr payable, Cr held. */
export function holdSuspended(occasion: PartnerOccasion): LedgerTransaction {
  return between('hold_suspended', occasion, 'payable', 'held');
}

/** The last suspension has ended: Dr held, Cr payable. */
export function releaseSuspended(occasion: PartnerOccasion): LedgerTransaction {
  return between('release_suspended', occasion, 'held', 'payable');
}

/** What a partner owes is given up: Dr bad_debt, Cr partner_receivable. */
export function writeOff(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('write_off', of(occasion), {
    debit: [{ account: companyAccount('bad_debt'), amountMinor }],
    credit: [{ account: partnerAccount('partner_receivable', partnerId), amountMinor }],
  });
}

/** A dispute gives the partner more: Dr commission_expense, Cr payable. The key names the dispute. */
export function adjustUp(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('adjust', of(occasion), {
    debit: [{ account: companyAccount('commission_expense'), amountMinor }],
    credit: [{ account: partnerAccount('payable', partnerId), amountMinor }],
  });
}

/** A dispute takes something back: Dr payable as far as it reaches, then partner_receivable; Cr commission_expense. */
export function adjustDown(occasion: PayableOccasion): LedgerTransaction {
  const { amountMinor } = occasion;
  return movement('adjust', of(occasion), {
    debit: takenFromPayable(occasion),
    credit: [{ account: companyAccount('commission_expense'), amountMinor }],
  });
}

function between(
  kind: TransactionKind,
  occasion: PartnerOccasion,
  from: PartnerAccountCode,
  to: PartnerAccountCode,
): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement(kind, of(occasion), {
    debit: [{ account: partnerAccount(from, partnerId), amountMinor }],
    credit: [{ account: partnerAccount(to, partnerId), amountMinor }],
  });
}
