import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  accountSide,
  accrue,
  accrueTogether,
  balanceOn,
  clawback,
  companyAccount,
  fail,
  giveBack,
  net,
  partnerAccount,
  releaseHeld,
  reserve,
  returnToHeld,
  reverse,
  settle,
  submit,
  vest,
  vestReversal,
  type LedgerTransaction,
} from '../../libs/ledger/domain/index.js';

const common = { key: 'k', eventAt: new Date(0), currency: 'USD', actorId: 'test', partnerId: 'prt_1' };
const line = (amountMinor: bigint) => ({ ...common, refs: { eventId: 'e1', ruleId: 'r', clause: '2.1' }, amountMinor });
const item = (amountMinor: bigint) => ({ ...common, batchId: 'bat_1', itemId: 'itm_1', amountMinor });
const settled = (amountMinor: bigint) => ({ ...item(amountMinor), source: 'psp:stripe' as const });

/** Debits and credits by account, as `debit account amount` texts. */
function legsOf({ legs }: LedgerTransaction): string[] {
  return legs.map(({ account, amountMinor }) => {
    const side = amountMinor > 0n ? 'Dr' : 'Cr';
    return `${side} ${[account.code, account.ownerId].filter(Boolean).join('/')} ${amountMinor < 0n ? -amountMinor : amountMinor}`;
  });
}

describe('the transactions of money.md', () => {
  test.each<[string, LedgerTransaction, string[]]>([
    ['accrue', accrue(line(5n)), ['Dr commission_expense 5', 'Cr commission_accrued/prt_1 5']],
    [
      'accrue together',
      accrueTogether([line(5n), { ...line(2n), key: 'l' }], 'txn_1'),
      ['Dr commission_expense 7', 'Cr commission_accrued/prt_1 7'],
    ],
    ['reverse', reverse(line(5n)), ['Dr commission_accrued/prt_1 5', 'Cr commission_expense 5']],
    ['vest', vest(line(5n)), ['Dr commission_accrued/prt_1 5', 'Cr payable/prt_1 5']],
    ['net', net(line(5n)), ['Dr payable/prt_1 5', 'Cr partner_receivable/prt_1 5']],
    ['reserve', reserve(item(5n)), ['Dr payable/prt_1 5', 'Cr reserved/bat_1 5']],
    ['give back', giveBack(item(5n)), ['Dr reserved/bat_1 5', 'Cr payable/prt_1 5']],
    ['submit', submit(item(5n)), ['Dr reserved/bat_1 5', 'Cr payout_clearing 5']],
    ['settle', settle(settled(5n)), ['Dr payout_clearing 5', 'Cr psp:stripe 5']],
    ['fail', fail(item(5n)), ['Dr payout_clearing 5', 'Cr held/prt_1 5']],
    ['return', returnToHeld(settled(5n)), ['Dr psp:stripe 5', 'Cr held/prt_1 5']],
    [
      'settle less tax',
      settle({ ...settled(5n), withheldMinor: 2n }),
      ['Dr payout_clearing 5', 'Cr psp:stripe 3', 'Cr withholding_tax 2'],
    ],
    [
      'return less tax',
      returnToHeld({ ...settled(5n), withheldMinor: 2n }),
      ['Dr psp:stripe 3', 'Dr withholding_tax 2', 'Cr held/prt_1 5'],
    ],
    ['release', releaseHeld(item(5n)), ['Dr held/prt_1 5', 'Cr payable/prt_1 5']],
  ])('%s', (_name, transaction, legs) => {
    expect(legsOf(transaction)).toEqual(legs);
  });

  test('name what they are for, and a key of their kind', () => {
    expect(vest(line(5n))).toMatchObject({
      kind: 'vest',
      idempotencyKey: 'vest/k',
      refs: { partnerId: 'prt_1', eventId: 'e1', ruleId: 'r', clause: '2.1' },
    });
    expect(reserve(item(5n)).refs).toEqual({ partnerId: 'prt_1', batchId: 'bat_1', itemId: 'itm_1' });
  });

  test('what is taken back stops at what payable holds, and the partner owes the rest', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 15n }),
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        (amountMinor, payableMinor) => {
          for (const build of [clawback, vestReversal]) {
            const { legs } = build({ ...line(amountMinor), payableMinor });
            const taken = legs.find(({ account }) => account.code === 'payable')?.amountMinor ?? 0n;
            const owed = legs.find(({ account }) => account.code === 'partner_receivable')?.amountMinor ?? 0n;
            expect(taken).toBe(amountMinor < payableMinor ? amountMinor : payableMinor);
            expect(taken + owed).toBe(amountMinor);
            expect(legs.reduce((sum, leg) => sum + leg.amountMinor, 0n)).toBe(0n);
            expect(legs.every((leg) => leg.amountMinor !== 0n)).toBe(true);
          }
        },
      ),
    );
  });

  test.each([0n, -1n])('none moves %s', (amountMinor) => {
    expect(() => vest(line(amountMinor))).toThrow(RangeError);
    expect(() => reserve(item(amountMinor))).toThrow(RangeError);
  });

  test('none takes from a payable below zero', () => {
    expect(() => clawback({ ...line(1n), payableMinor: -1n })).toThrow(RangeError);
  });
});

describe('the chart of accounts', () => {
  test('says the side of every code, with the name of a bank or provider where there is one', () => {
    expect(
      ['psp:stripe', 'cash:main', 'payable', 'commission_expense', 'clawback_recovery', 'rounding'].map(accountSide),
    ).toEqual(['asset', 'asset', 'liability', 'expense', 'income', 'system']);
  });

  test.each(['psp', 'psp:', 'payable:x', 'toString', '', 'nothing'])('refuses the code %j', (code) => {
    expect(() => accountSide(code)).toThrow(RangeError);
  });

  test('gives no account of a partner without the partner', () => {
    expect(() => partnerAccount('payable', '')).toThrow(RangeError);
    expect(companyAccount('psp:stripe')).toEqual({ code: 'psp:stripe', ownerId: '' });
  });

  test('reads balances on the side of their account', () => {
    expect(balanceOn('liability', -5n)).toBe(5n);
    expect(balanceOn('asset', -5n)).toBe(-5n);
  });
});
