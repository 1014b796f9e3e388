import { companyAccount, partnerAccount } from './accounts.js';
import { movement, type LedgerTransaction, type Occasion } from './ledger-transaction.js';

/** What a transaction about one partner's commission says of itself. Amounts are minor units of its currency. */
export interface PartnerOccasion extends Occasion {
  readonly partnerId: string;
  /** More than 0. */
  readonly amountMinor: bigint;
}

/** A debit of payable that may find less there than it takes. */
export interface PayableOccasion extends PartnerOccasion {
  /** What `payable` holds before, 0 or more: it never goes below zero, the partner owes the excess. */
  readonly payableMinor: bigint;
}

/** The company owes a commission that is not due yet: Dr commission_expense, Cr commission_accrued. */
export function accrue(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('accrue', of(occasion), {
    debit: [{ account: companyAccount('commission_expense'), amountMinor }],
    credit: [{ account: partnerAccount('commission_accrued', partnerId), amountMinor }],
  });
}

/** Takes back what was accrued and has not vested: Dr commission_accrued, Cr commission_expense. */
export function reverse(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('reverse', of(occasion), {
    debit: [{ account: partnerAccount('commission_accrued', partnerId), amountMinor }],
    credit: [{ account: companyAccount('commission_expense'), amountMinor }],
  });
}

/** The holding period is over: Dr commission_accrued, Cr payable. */
export function vest(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('vest', of(occasion), {
    debit: [{ account: partnerAccount('commission_accrued', partnerId), amountMinor }],
    credit: [{ account: partnerAccount('payable', partnerId), amountMinor }],
  });
}

/** A reversal vests: Dr payable as far as it reaches, then partner_receivable; Cr commission_accrued. */
export function vestReversal(occasion: PayableOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('vest_reversal', of(occasion), {
    debit: takenFromPayable(occasion),
    credit: [{ account: partnerAccount('commission_accrued', partnerId), amountMinor }],
  });
}

/** Takes back what has vested: Dr payable as far as it reaches, then partner_receivable; Cr commission_expense. */
export function clawback(occasion: PayableOccasion): LedgerTransaction {
  const { amountMinor } = occasion;
  return movement('clawback', of(occasion), {
    debit: takenFromPayable(occasion),
    credit: [{ account: companyAccount('commission_expense'), amountMinor }],
  });
}

/** What has vested first pays what the partner owes: Dr payable, Cr partner_receivable. */
export function net(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor } = occasion;
  return movement('net', of(occasion), {
    debit: [{ account: partnerAccount('payable', partnerId), amountMinor }],
    credit: [{ account: partnerAccount('partner_receivable', partnerId), amountMinor }],
  });
}

/** The debits of a taking that finds too little in payable: the excess is owed. */
export function takenFromPayable({ partnerId, amountMinor, payableMinor }: PayableOccasion) {
  if (payableMinor < 0n) throw new RangeError('payable never stands below zero');
  const covered = payableMinor < amountMinor ? payableMinor : amountMinor;
  return [
    { account: partnerAccount('payable', partnerId), amountMinor: covered },
    { account: partnerAccount('partner_receivable', partnerId), amountMinor: amountMinor - covered },
  ];
}

/** The occasion alone, its refs naming the partner. */
export function of({ key, eventAt, currency, actorId, refs, partnerId }: PartnerOccasion): Occasion {
  return { key, eventAt, currency, actorId, refs: { ...refs, partnerId } };
}
