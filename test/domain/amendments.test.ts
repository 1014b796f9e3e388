import fc from 'fast-check';
import {
  amendmentStates,
  noticePeriod,
  signedStart,
  versionIntervals,
  type AmendmentAction,
  type AmendmentState,
} from '../../libs/agreements/domain/index.js';
import { contractClauses } from '../../libs/documents/domain/index.js';
import { languages, type Language } from '../../libs/kernel/language.js';
import { contractInput, everyKindTerms } from '../support/documents.js';

const instants = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => new Date(ms));
const wanted = fc.option(instants, { nil: null });
const open: readonly AmendmentState[] = ['awaiting_approval', 'announcing', 'noticed', 'negotiating', 'signing'];

describe('the states of an amendment', () => {
  const allowed: readonly string[] = [
    ...['announce', 'negotiate', 'refuse', 'withdraw', 'cancel'].map((action) => `awaiting_approval ${action}`),
    ...['notify', 'withdraw', 'cancel'].map((action) => `announcing ${action}`),
    ...['object', 'adopt', 'withdraw', 'cancel'].map((action) => `noticed ${action}`),
    ...['agree', 'withdraw', 'expire', 'cancel'].map((action) => `negotiating ${action}`),
    ...['adopt', 'refuse', 'withdraw', 'expire', 'cancel'].map((action) => `signing ${action}`),
  ];

  test('allow these actions and no others', () => {
    const states = Object.keys(amendmentStates.table) as AmendmentState[];
    const actions = [...new Set(allowed.map((each) => each.split(' ')[1] as AmendmentAction))];
    const found = states.flatMap((state) =>
      actions.filter((action) => amendmentStates.allows(state, action)).map((action) => `${state} ${action}`),
    );
    expect(found.sort()).toEqual([...allowed].sort());
  });

  test('end in a new version or without one, and every open one can end with its agreement', () => {
    for (const state of open) expect(amendmentStates.next(state, 'cancel')).toBe('cancelled');
    const ends = (Object.keys(amendmentStates.table) as AmendmentState[]).filter((each) => !open.includes(each));
    expect(ends.every((state) => amendmentStates.isTerminal(state))).toBe(true);
  });

  test('lead to a new version only from both signatures or a notice', () => {
    const states = Object.keys(amendmentStates.table) as AmendmentState[];
    expect(states.filter((state) => amendmentStates.allows(state, 'adopt'))).toEqual(['noticed', 'signing']);
  });
});

describe('the beginning of a change', () => {
  test('that is signed: never before the last signature, never before the day that it names, and one of the two', () => {
    fc.assert(
      fc.property(wanted, instants, (from, countersignedAt) => {
        const start = signedStart(from, countersignedAt);
        expect(start >= countersignedAt).toBe(true);
        expect(from === null || start >= from).toBe(true);
        expect([from?.getTime(), countersignedAt.getTime()]).toContain(start.getTime());
      }),
    );
  });

  test('of which notice is given: never before the whole period is over', () => {
    fc.assert(
      fc.property(instants, wanted, fc.integer({ min: 0, max: 400 * 86_400_000 }), (givenAt, from, periodMs) => {
        const { endsAt, effectiveFrom } = noticePeriod(givenAt, from, periodMs);
        expect(endsAt.getTime() - givenAt.getTime()).toBe(periodMs);
        expect(effectiveFrom >= endsAt).toBe(true);
        expect(from === null || effectiveFrom >= from).toBe(true);
        expect([from?.getTime(), endsAt.getTime()]).toContain(effectiveFrom.getTime());
      }),
    );
  });

  test('is where the version before ends, to the millisecond: every instant has one version', () => {
    fc.assert(
      fc.property(instants, fc.array(fc.tuple(wanted, instants), { maxLength: 6 }), (begin, signed) => {
        const starts = [begin];
        for (const [from, countersignedAt] of signed) {
          const start = signedStart(from, countersignedAt);
          if (start > starts.at(-1)!) starts.push(start);
        }
        const intervals = versionIntervals(starts, null);
        for (const at of starts.flatMap((start) => [start.getTime() - 1, start.getTime(), start.getTime() + 1])) {
          const inForce = intervals.filter(
            (each) => each && each.from.getTime() <= at && (each.until === null || at < each.until.getTime()),
          );
          expect(inForce).toHaveLength(at < begin.getTime() ? 0 : 1);
        }
      }),
    );
  });
});

describe('the contract of a change', () => {
  const termsHash = 'ab'.repeat(32);
  const effectiveFrom = new Date('2026-03-29T00:30:00Z');
  const clauseOf = (language: Language, from: Date | null): string => {
    const facts = contractInput(everyKindTerms, { amends: { version: 3, termsHash, effectiveFrom: from } });
    const found = contractClauses(everyKindTerms, facts, language).filter(({ number }) => number === '1.3');
    expect(found).toHaveLength(1);
    return `${found[0]!.heading}\n${found[0]!.text}`;
  };

  test.each(languages)(
    'says in %s which version it is, which one it replaces, and by which terms that one goes',
    (language) => {
      for (const from of [effectiveFrom, null]) {
        const text = clauseOf(language, from);
        expect(text).toContain('3');
        expect(text).toContain('4');
        expect(text.split('\n').at(-1)).toBe(termsHash);
      }
      expect(clauseOf(language, effectiveFrom)).toMatch(/29 .* 2026/);
      expect(clauseOf(language, null)).not.toMatch(/2026/);
    },
  );

  test('says from when: on a day, or with the last signature', () => {
    expect(clauseOf('en', effectiveFrom)).toContain(
      'on 29 March 2026, 01:30 (Europe/Berlin, UTC+01:00), or at the moment',
    );
    expect(clauseOf('en', null)).toContain(
      'at the moment of the Company’s countersignature, once the Partner has signed',
    );
    expect(clauseOf('id', effectiveFrom)).toContain('29 Maret 2026 pukul 01.30');
    expect(clauseOf('ar', effectiveFrom)).toContain('29 مارس 2026، الساعة 01:30');
  });
});
