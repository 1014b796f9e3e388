import { DomainError } from '../../libs/kernel/domain-error.js';
import { applyRules, holds, type ReviewFacts } from '../../libs/partners/domain/index.js';
import { parseProgram, type Condition, type ReviewRule } from '../../libs/programs/domain/index.js';
import { demoProgram } from '../support/demo-program.js';

const facts: ReviewFacts = {
  country: 'ID',
  partnerType: 'media',
  language: 'id',
  company: 'Lestari Media',
  emailDomain: 'lestari.example',
  webSites: 2,
  webSiteHosts: ['lestari.example', 'blog.example'],
  references: 0,
  attachments: 1,
  duplicates: 0,
  form: {
    size: 5_000,
    channels: ['Blog', 'video'],
    about: 'Music from Java',
    address: { town: 'Bandung' },
    agreed: true,
  },
};
const rule = (
  id: string,
  then: ReviewRule['then'],
  condition: Condition,
  more: Partial<ReviewRule> = {},
): ReviewRule => ({
  id,
  then,
  if: condition,
  ...(then === 'score' ? { points: 10 } : { reason: `because of ${id}` }),
  ...more,
});
const yes: Condition = { fact: 'webSites', atLeast: 1 };
const no: Condition = { fact: 'webSites', atLeast: 9 };

describe('a condition', () => {
  test.each<[Condition, boolean]>([
    [{ fact: 'country', is: 'ID' }, true],
    [{ fact: 'country', is: 'id' }, true],
    [{ fact: 'country', in: ['GB', 'ID'] }, true],
    [{ fact: 'country', in: ['GB'] }, false],
    [{ fact: 'partnerType', is: 'app' }, false],
    [{ fact: 'webSites', atLeast: 2 }, true],
    [{ fact: 'webSites', atLeast: 3 }, false],
    [{ fact: 'form/size', atMost: 5_000 }, true],
    [{ fact: 'form/size', atMost: 4_999 }, false],
    [{ fact: 'form/about', contains: 'java' }, true],
    [{ fact: 'form/channels', contains: 'blog' }, true],
    [{ fact: 'form/channels', contains: 'blo' }, false],
    [{ fact: 'form/address/town', is: 'Bandung' }, true],
    [{ fact: 'form/agreed', is: true }, true],
    [{ fact: 'webSiteHosts', contains: 'blog.example' }, true],
    [{ fact: 'emailDomain', is: 'lestari.example' }, true],
    [{ fact: 'form/nothing', given: false }, true],
    [{ fact: 'form/size', given: true }, true],
    [{ fact: 'references', given: true }, false],
    [{ fact: 'form/nothing', is: 'x' }, false],
    [{ fact: 'form/nothing', atMost: 5 }, false],
    [{ fact: 'form/about', atLeast: 1 }, false],
    [{ fact: 'form/toString', given: true }, false],
    [{ fact: 'form/about/length', given: true }, false],
    [{ fact: 'score', atLeast: 7 }, true],
    [{ all: [yes, { fact: 'country', is: 'ID' }] }, true],
    [{ all: [yes, no] }, false],
    [{ any: [no, yes] }, true],
    [{ any: [no] }, false],
    [{ not: no }, true],
    [{ not: { all: [yes, { any: [no, yes] }] } }, false],
  ])('%j is %s', (condition, expected) => {
    expect(holds(condition, facts, 7)).toBe(expected);
  });
});

describe('rules', () => {
  test('add their points up, before any other rule looks at the score', () => {
    const rules = [
      rule('enough', 'approve', { fact: 'score', atLeast: 25 }),
      rule('one', 'score', yes),
      rule('two', 'score', yes, { points: 20 }),
      rule('less', 'score', yes, { points: -5 }),
      rule('not-met', 'score', no, { points: 100 }),
    ];
    expect(applyRules(rules, facts)).toEqual({
      score: 25,
      flags: [],
      decision: { action: 'approve', rule: 'enough', reason: 'because of enough' },
    });
  });

  test.each([
    ['before', [rule('odd', 'flag', yes), rule('fine', 'approve', yes)]],
    ['behind', [rule('fine', 'approve', yes), rule('odd', 'flag', yes)]],
  ])('never approve what another one %s flagged', (_where, rules) => {
    expect(applyRules(rules, facts)).toEqual({ score: 0, flags: [{ rule: 'odd', reason: 'because of odd' }] });
  });

  test('never approve a duplicate: every program flags it', () => {
    const { flags, decision } = applyRules([rule('fine', 'approve', yes)], { ...facts, duplicates: 2 });
    expect(decision).toBeUndefined();
    expect(flags).toEqual([{ rule: 'duplicate', reason: expect.stringMatching(/2 other applications/) as string }]);
  });

  test('reject also what is flagged, and rather than approve', () => {
    const rules = [
      rule('fine', 'approve', yes),
      rule('odd', 'flag', yes),
      rule('bad', 'reject', yes, { reasonCode: 'no-fit' }),
      rule('worse', 'reject', yes),
    ];
    expect(applyRules(rules, facts)).toMatchObject({
      flags: [{ rule: 'odd' }],
      decision: { action: 'reject', rule: 'bad', reasonCode: 'no-fit' },
    });
  });

  test('decide nothing where none is met', () => {
    expect(applyRules([rule('fine', 'approve', no)], facts)).toEqual({ score: 0, flags: [] });
  });
});

describe('the review of a program', () => {
  const standard = demoProgram();
  const pointers = (review: object): string[] => {
    try {
      parseProgram({ ...standard, review: { decisionWithin: 'P1D', ...review } });
      return [];
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return error.errors.map(({ pointer }) => pointer);
    }
  };
  const rejectReasons = [{ code: 'no-fit', text: 'No' }];
  const deep = { not: { not: { not: { not: { not: yes } } } } };

  test('may be a deadline alone, as old programs say it', () => {
    const { review } = parseProgram({ ...standard, review: { decisionWithin: 'P1D' } });
    expect(review).toMatchObject({ rules: [], checklist: [], reviewers: [], reapplyAfter: 'P0D', maxReminders: 3 });
  });

  test.each<[string, object, string]>([
    ['two rules of one name', { rules: [rule('a', 'score', yes), rule('a', 'score', yes)] }, '/review/rules/1/id'],
    ['the name of the built-in rule', { rules: [rule('duplicate', 'score', yes)] }, '/review/rules/0/id'],
    ['points of a flag', { rules: [rule('a', 'flag', yes, { points: 5 })] }, '/review/rules/0/points'],
    ['a score without points', { rules: [{ id: 'a', then: 'score', if: yes }] }, '/review/rules/0/points'],
    ['a flag without a reason', { rules: [{ id: 'a', then: 'flag', if: yes }] }, '/review/rules/0/reason'],
    ['an unknown reason', { rules: [rule('a', 'reject', yes, { reasonCode: 'x' })] }, '/review/rules/0/reasonCode'],
    [
      'a reason for an approval',
      { rejectReasons, rules: [rule('a', 'approve', yes, { reasonCode: 'no-fit' })] },
      '/review/rules/0/reasonCode',
    ],
    ['a score of the score', { rules: [rule('a', 'score', { fact: 'score', atLeast: 1 })] }, '/review/rules/0/if'],
    ['no such country', { rules: [rule('a', 'flag', { fact: 'country', in: ['XX'] })] }, '/review/rules/0/if'],
    ['no such type', { rules: [rule('a', 'flag', { fact: 'partnerType', is: 'x' })] }, '/review/rules/0/if'],
    ['conditions too deep', { rules: [rule('a', 'flag', deep)] }, '/review/rules/0/if'],
    ['an unknown fact', { rules: [rule('a', 'flag', { fact: 'shoeSize', is: 1 })] }, '/review/rules/0/if/fact'],
    ['a test without a fact', { rules: [rule('a', 'flag', { is: 1 })] }, '/review/rules/0/if/fact'],
    ['a fact without a test', { rules: [rule('a', 'flag', { fact: 'country' })] }, '/review/rules/0/if'],
    ['two tests', { rules: [rule('a', 'flag', { fact: 'country', is: 'ID', given: true })] }, '/review/rules/0/if'],
    [
      'a fault inside',
      { rules: [rule('a', 'flag', { all: [{ fact: 'x', is: 1 }] })] },
      '/review/rules/0/if/all/0/fact',
    ],
    [
      'an item twice',
      {
        checklist: [
          { id: 'a', label: 'A' },
          { id: 'a', label: 'B' },
        ],
      },
      '/review/checklist/1/id',
    ],
    ['a reviewer twice', { reviewers: ['usr_a', 'usr_a'] }, '/review/reviewers/1'],
    ['a reason twice', { rejectReasons: [...rejectReasons, ...rejectReasons] }, '/review/rejectReasons/1/code'],
    ['too many reminders', { maxReminders: 201 }, '/review/maxReminders'],
    ['an unknown role', { escalation: { before: 'P1D', to: 'boss' } }, '/review/escalation/to'],
  ])('is refused for %s', (_what, review, pointer) => {
    expect(pointers(review)).toContain(pointer);
  });
});
