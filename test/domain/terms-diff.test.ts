import fc from 'fast-check';
import {
  applyChanges,
  diffTerms,
  pointerOfChange,
  termsHash,
  type CommissionRule,
  type Terms,
} from '../../libs/agreements/domain/index.js';
import { demoProgram } from '../support/demo-program.js';
import { anyTerms } from '../support/terms-arbitrary.js';

const demo = demoProgram().terms;
const rule = (id: string, rate = '5'): CommissionRule => ({ id, event: 'sale', reward: { kind: 'percent', rate } });
const withRules = (...ids: string[]): Terms => ({ ...demo, commissions: ids.map((id) => rule(id)) });

/** Two documents that have much in common: parts of the second are put into the first, and its rules shuffled. */
const twoTerms = fc.tuple(anyTerms, anyTerms, fc.infiniteStream(fc.nat(1_000_000))).map(([first, second, numbers]) => {
  const next = (): number => Number(numbers.next().value ?? 0);
  const mixed: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) if (next() % 2 === 0) mixed[name] = value;
  const shuffled = (list: readonly { id: string }[]): unknown[] =>
    list
      .map((element) => ({ element, key: next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ element }) => element);
  const known = new Map([...first.commissions, ...second.commissions].map((each) => [each.id, each]));
  mixed['commissions'] = shuffled([...known.values()].filter(() => next() % 4 > 0));
  const bonuses = new Map([...(first.bonuses ?? []), ...(second.bonuses ?? [])].map((each) => [each.id, each]));
  if (bonuses.size > 0) mixed['bonuses'] = shuffled([...bonuses.values()]);
  return [first, mixed as unknown as Terms] as const;
});

describe('the difference between two terms documents', () => {
  it('makes the one of the other when it is applied', () => {
    fc.assert(
      fc.property(twoTerms, ([before, after]) => {
        const changed = applyChanges(before, diffTerms(before, after));
        expect(termsHash(changed)).toBe(termsHash(after));
      }),
      { numRuns: 400 },
    );
  });

  it('is empty exactly where the hashes are equal', () => {
    fc.assert(
      fc.property(twoTerms, ([before, after]) => {
        expect(diffTerms(before, after).length === 0).toBe(termsHash(before) === termsHash(after));
        expect(diffTerms(after, structuredClone(after))).toEqual([]);
      }),
    );
  });

  it('does not change what it compares', () => {
    const before = withRules('a', 'b', 'c');
    const text = JSON.stringify(before);
    applyChanges(before, diffTerms(before, withRules('c', 'x', 'a')));
    expect(JSON.stringify(before)).toBe(text);
  });

  it('finds rules by their id: one that stays is neither removed nor added', () => {
    const after = {
      ...demo,
      commissions: [demo.commissions[0]!, { ...demo.commissions[1]!, ...rule('every-order', '9') }],
    };
    expect(diffTerms(demo, after)).toEqual([
      {
        kind: 'changed',
        path: ['commissions', { key: 'id', value: 'every-order' }, 'reward', 'rate'],
        before: '8',
        after: '9',
      },
    ]);
  });

  it('tells the fewest moves that give the new order', () => {
    const moved = diffTerms(withRules('a', 'b', 'c', 'd'), withRules('d', 'a', 'b', 'c'));
    expect(moved).toEqual([{ kind: 'moved', path: ['commissions', { key: 'id', value: 'd' }], from: 3, at: 0 }]);
    const swapped = diffTerms(withRules('a', 'b'), withRules('b', 'a'));
    expect(swapped).toHaveLength(1);
    expect(diffTerms(withRules('a', 'b'), withRules('x', 'a', 'b'))).toEqual([
      { kind: 'added', path: ['commissions', { key: 'id', value: 'x' }], after: rule('x'), at: 0 },
    ]);
  });

  it('tells a rule that both moved and changed as both', () => {
    const after = { ...demo, commissions: [rule('c', '7'), rule('a'), rule('b')] };
    expect(diffTerms(withRules('a', 'b', 'c'), after).map(({ kind }) => kind)).toEqual(['moved', 'changed']);
  });

  it('holds a reward of another kind whole', () => {
    const flat: CommissionRule = { id: 'a', event: 'sale', reward: { kind: 'flat', amountMinor: 200 } };
    expect(diffTerms(withRules('a'), { ...demo, commissions: [flat] })).toEqual([
      {
        kind: 'changed',
        path: ['commissions', { key: 'id', value: 'a' }, 'reward'],
        before: { kind: 'percent', rate: '5' },
        after: { kind: 'flat', amountMinor: 200 },
      },
    ]);
  });

  it('points into the document that has the field', () => {
    const before = withRules('a', 'b');
    const after = { ...withRules('x', 'b'), timeZone: 'Asia/Jakarta' };
    const pointers = diffTerms(before, after).map(
      (change) => `${change.kind} ${pointerOfChange(change, before, after)}`,
    );
    expect(pointers).toEqual(['changed /timeZone', 'removed /commissions/0', 'added /commissions/0']);
  });
});
