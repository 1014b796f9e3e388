import fc from 'fast-check';
import {
  approvalBar,
  isApprovalBlocked,
  requiredApprovals,
  type ApprovalBars,
} from '../../libs/payouts/domain/index.js';

const policy = {
  required: 1,
  rules: [
    { fromMinor: 100_000, required: 2 },
    { fromMinor: 1_000_000, required: 1 },
    { fromMinor: 50_000, required: 1 },
  ],
};

describe('how many approvals a batch needs', () => {
  test.each([
    [0n, 1],
    [99_999n, 1],
    [100_000n, 2],
    [999_999n, 2],
    // The rule with the highest amount wins, though another that is reached asks for more.
    [1_000_000n, 1],
  ])('%s minor units need %s', (totalMinor, required) => {
    expect(requiredApprovals(policy, totalMinor)).toBe(required);
  });

  test('an amount that cannot be compared takes the strictest rule', () => {
    expect(requiredApprovals(policy, undefined)).toBe(2);
    expect(requiredApprovals({ required: 2, rules: [{ fromMinor: 0, required: 1 }] }, undefined)).toBe(2);
  });

  test('the order of the rules changes nothing', () => {
    const amounts = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 6 });
    const drawn = amounts.chain((list) =>
      fc.tuple(
        ...list.map((fromMinor) => fc.record({ fromMinor: fc.constant(fromMinor), required: fc.constantFrom(1, 2) })),
      ),
    );
    fc.assert(
      fc.property(drawn, fc.bigInt({ min: 0n, max: 60n }), (rules, total) => {
        const turned = [...rules].reverse();
        expect(requiredApprovals({ required: 1, rules: turned }, total)).toBe(
          requiredApprovals({ required: 1, rules }, total),
        );
      }),
    );
  });
});

describe('who may approve', () => {
  const bars: ApprovalBars = {
    makers: ['maker', 'editor', null],
    bankDetailEditors: new Set(['clerk']),
    approvers: ['first'],
    named: undefined,
  };

  test.each([
    ['maker', 'maker'],
    ['editor', 'maker'],
    ['clerk', 'bank_details'],
    ['first', 'approved_before'],
    ['other', undefined],
  ])('%s is barred as %s', (person, bar) => {
    expect(approvalBar(person, bars)).toBe(bar);
  });

  test('only those who are named, where some are', () => {
    expect(approvalBar('other', { ...bars, named: ['another'] })).toBe('not_named');
    expect(approvalBar('another', { ...bars, named: ['another'] })).toBeUndefined();
  });

  test.each([
    [undefined, 2, false],
    [['maker', 'clerk'], 2, true],
    [['maker', 'second'], 2, false],
    [['maker', 'second'], 3, true],
    // The same person twice is one person.
    [['second', 'second'], 3, true],
    [['first', 'second', 'third'], 3, false],
  ])('with %s named, %s approvals are blocked: %s', (named, required, blocked) => {
    expect(isApprovalBlocked({ ...bars, named }, required)).toBe(blocked);
  });
});
