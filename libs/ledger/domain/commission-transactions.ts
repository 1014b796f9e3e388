import { sha256 } from '../../kernel/sha256.js';
import { companyAccount, partnerAccount, type CompanyAccountCode, type PartnerAccountCode } from './accounts.js';
import { movement, type LedgerTransaction, type Occasion } from './ledger-transaction.js';

/** In what a partner is rewarded: money, which payouts pay, or credit, which is never paid as money (terms.md, Pricing 4). */
export type Tender = 'money' | 'credit';

/**
 * The accounts of a partner in each tender: what has not vested, what has, and what the partner owes. The two never mix: a
 * credit that is taken back is never taken from money.
 */
export const tenderAccounts = {
  money: { accrued: 'commission_accrued', vested: 'payable', owed: 'partner_receivable' },
  credit: { accrued: 'credit_accrued', vested: 'credit_balance', owed: 'credit_receivable' },
} as const satisfies Record<Tender, Record<'accrued' | 'vested' | 'owed', PartnerAccountCode>>;

/** What a transaction about one partner's reward says of itself. Amounts are minor units of its currency. */
export interface PartnerOccasion extends Occasion {
  readonly partnerId: string;
  /** Money where nothing is said. */
  readonly tender?: Tender;
  /** The company's account that bears the reward; `commission_expense` where nothing is said. */
  readonly expense?: Extract<CompanyAccountCode, 'commission_expense' | 'bonus_expense'>;
  /** More than 0. */
  readonly amountMinor: bigint;
}

/** A debit of what has vested that may find less there than it takes. */
export interface PayableOccasion extends PartnerOccasion {
  /** What `payable` (or `credit_balance`) holds before, 0 or more: it never goes below zero, the partner owes the excess. */
  readonly payableMinor: bigint;
}

/** The company owes a reward that is not due yet: Dr expense, Cr accrued. */
export function accrue(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor, tender = 'money' } = occasion;
  return movement('accrue', of(occasion), {
    debit: [{ account: companyAccount(occasion.expense ?? 'commission_expense'), amountMinor }],
    credit: [{ account: partnerAccount(tenderAccounts[tender].accrued, partnerId), amountMinor }],
  });
}

/**
 * What several events gave, as one transaction with a part for each: Dr expense, Cr accrued. They are of one partner, rule,
 * clause, tender and currency; the transaction stands at the instant of the last of them. `id` is what it will be named by.
 * @throws RangeError for fewer than two
 */
export function accrueTogether(
  occasions: readonly [PartnerOccasion, ...PartnerOccasion[]],
  id: string,
): LedgerTransaction {
  if (occasions.length < 2) throw new RangeError('a ledger transaction sums up two rewards or more');
  const [first] = occasions;
  const parts = occasions.map(({ refs, eventAt, amountMinor }) => ({
    eventId: refs.eventId ?? '',
    eventAt,
    amountMinor,
  }));
  const amountMinor = parts.reduce((sum, part) => sum + part.amountMinor, 0n);
  const eventAt = parts.reduce((last, part) => (part.eventAt > last ? part.eventAt : last), first.eventAt);
  const key = `together/${sha256(occasions.map((each) => each.key).join('\n'))}`;
  const refs = { ...first.refs, eventId: undefined };
  return { ...accrue({ ...first, key, eventAt, refs, amountMinor }), id, parts };
}

/** Takes back what was accrued and has not vested: Dr accrued, Cr expense. */
export function reverse(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor, tender = 'money' } = occasion;
  return movement('reverse', of(occasion), {
    debit: [{ account: partnerAccount(tenderAccounts[tender].accrued, partnerId), amountMinor }],
    credit: [{ account: companyAccount(occasion.expense ?? 'commission_expense'), amountMinor }],
  });
}

/** The holding period is over: Dr accrued, Cr payable (of a credit: credit_accrued and credit_balance). */
export function vest(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor, tender = 'money' } = occasion;
  return movement('vest', of(occasion), {
    debit: [{ account: partnerAccount(tenderAccounts[tender].accrued, partnerId), amountMinor }],
    credit: [{ account: partnerAccount(tenderAccounts[tender].vested, partnerId), amountMinor }],
  });
}

/** A reversal vests: Dr payable as far as it reaches, then partner_receivable; Cr accrued. */
export function vestReversal(occasion: PayableOccasion): LedgerTransaction {
  const { partnerId, amountMinor, tender = 'money' } = occasion;
  return movement('vest_reversal', of(occasion), {
    debit: takenFromPayable(occasion),
    credit: [{ account: partnerAccount(tenderAccounts[tender].accrued, partnerId), amountMinor }],
  });
}

/** Takes back what has vested: Dr payable as far as it reaches, then partner_receivable; Cr expense. */
export function clawback(occasion: PayableOccasion): LedgerTransaction {
  const { amountMinor } = occasion;
  return movement('clawback', of(occasion), {
    debit: takenFromPayable(occasion),
    credit: [{ account: companyAccount(occasion.expense ?? 'commission_expense'), amountMinor }],
  });
}

/** What has vested first pays what the partner owes: Dr payable, Cr partner_receivable. */
export function net(occasion: PartnerOccasion): LedgerTransaction {
  const { partnerId, amountMinor, tender = 'money' } = occasion;
  return movement('net', of(occasion), {
    debit: [{ account: partnerAccount(tenderAccounts[tender].vested, partnerId), amountMinor }],
    credit: [{ account: partnerAccount(tenderAccounts[tender].owed, partnerId), amountMinor }],
  });
}

/** The debits of a taking that finds too little in payable: the excess is owed. */
export function takenFromPayable({ partnerId, amountMinor, payableMinor, tender = 'money' }: PayableOccasion) {
  if (payableMinor < 0n) throw new RangeError('payable never stands below zero');
  const covered = payableMinor < amountMinor ? payableMinor : amountMinor;
  return [
    { account: partnerAccount(tenderAccounts[tender].vested, partnerId), amountMinor: covered },
    { account: partnerAccount(tenderAccounts[tender].owed, partnerId), amountMinor: amountMinor - covered },
  ];
}

/** The occasion alone, its refs naming the partner. */
export function of({ key, eventAt, currency, actorId, refs, partnerId }: PartnerOccasion): Occasion {
  return { key, eventAt, currency, actorId, refs: { ...refs, partnerId } };
}
