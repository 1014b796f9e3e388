/** The five kinds of accounts. What stands on the debit side of assets and expenses stands on the credit side of the rest. */
export type AccountSide = 'asset' | 'liability' | 'expense' | 'income' | 'system';

/** Whom the accounts of a code belong to: one for each partner, one for each batch, or one alone. */
type Ownership = 'partner' | 'batch' | 'none';

/** The chart of accounts (money.md, Ledger). A code that ends in `:` is followed by the name of a bank or provider. */
const chart = {
  'cash:': { side: 'asset', ownership: 'none' },
  'psp:': { side: 'asset', ownership: 'none' },
  payout_clearing: { side: 'asset', ownership: 'none' },
  returns_clearing: { side: 'asset', ownership: 'none' },
  partner_receivable: { side: 'asset', ownership: 'partner' },
  commission_accrued: { side: 'liability', ownership: 'partner' },
  payable: { side: 'liability', ownership: 'partner' },
  credit_accrued: { side: 'liability', ownership: 'partner' },
  credit_balance: { side: 'liability', ownership: 'partner' },
  credit_receivable: { side: 'asset', ownership: 'partner' },
  held: { side: 'liability', ownership: 'partner' },
  reserved: { side: 'liability', ownership: 'batch' },
  store_credit: { side: 'liability', ownership: 'none' },
  withholding_tax: { side: 'liability', ownership: 'none' },
  vat: { side: 'liability', ownership: 'none' },
  commission_expense: { side: 'expense', ownership: 'none' },
  bonus_expense: { side: 'expense', ownership: 'none' },
  psp_fees: { side: 'expense', ownership: 'none' },
  bad_debt: { side: 'expense', ownership: 'none' },
  clawback_recovery: { side: 'income', ownership: 'none' },
  fx_gain_loss: { side: 'income', ownership: 'none' },
  fx_bridge: { side: 'system', ownership: 'none' },
  rounding: { side: 'system', ownership: 'none' },
} as const satisfies Record<string, { side: AccountSide; ownership: Ownership }>;

type ChartKey = keyof typeof chart;
type OwnedBy<Owner extends Ownership> = {
  [Key in ChartKey]: (typeof chart)[Key]['ownership'] extends Owner ? Key : never;
}[ChartKey];
type Named<Key extends string> = Key extends `${string}:` ? `${Key}${string}` : Key;

export type PartnerAccountCode = OwnedBy<'partner'>;
export type BatchAccountCode = OwnedBy<'batch'>;
export type CompanyAccountCode = Named<OwnedBy<'none'>>;
export type AccountCode = PartnerAccountCode | BatchAccountCode | CompanyAccountCode;

/** An account of a program, apart from its currency. `ownerId` is a partner's or a batch's id, empty for the company's. */
export interface AccountRef {
  readonly code: AccountCode;
  readonly ownerId: string;
}

export function partnerAccount(code: PartnerAccountCode, partnerId: string): AccountRef {
  return owned(code, partnerId);
}

export function batchAccount(code: BatchAccountCode, batchId: string): AccountRef {
  return owned(code, batchId);
}

export function companyAccount(code: CompanyAccountCode): AccountRef {
  accountSide(code);
  return { code, ownerId: '' };
}

function owned(code: AccountCode, ownerId: string): AccountRef {
  if (ownerId === '') throw new RangeError(`an account ${code} needs an owner`);
  return { code, ownerId };
}

/** The side of the accounts of a code; throws RangeError for a code that the chart lacks. */
export function accountSide(code: string): AccountSide {
  const colon = code.indexOf(':');
  const key = colon < 0 ? code : code.slice(0, colon + 1);
  // A provider's account needs the provider's name, and no other code has one.
  const isComplete = colon < 0 || colon < code.length - 1;
  if (!isComplete || !Object.hasOwn(chart, key)) throw new RangeError(`no account has the code ${code}`);
  return chart[key as ChartKey].side;
}

/**
 * A sum of entries (debits positive) as people read it: positive where the account stands on its own side, so that what
 * we owe in `payable` and what we own in `cash` are both positive.
 */
export function balanceOn(side: AccountSide, debitMinor: bigint): bigint {
  return side === 'liability' || side === 'income' ? -debitMinor : debitMinor;
}
