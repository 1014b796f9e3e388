import fc from 'fast-check';
import {
  endByTerms,
  isSameTerm,
  lastNoticeAt,
  noticeEnd,
  termEnd,
  termRulesOf,
  versionIntervals,
  type TermRules,
} from '../../libs/agreements/domain/index.js';
import { versionAt } from '../../libs/commissions/domain/agreement-periods.js';
import { compileTerms } from '../../libs/commissions/domain/index.js';
import { demoProgram } from '../support/demo-program.js';

const utc: TermRules = { length: 'P1M', renewal: 'auto', notice: 'P30D', timeZone: 'Etc/UTC' };
const at = (text: string): Date => new Date(text);

const duration = fc
  .record({ months: fc.nat(30), days: fc.nat(90) })
  .filter(({ months, days }) => months + days > 0)
  .map(({ months, days }) => `P${months}M${days}D`);
const zone = fc.constantFrom('Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Jakarta');
const instant = fc.date({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z'), noInvalidDate: true });
const rules = fc.record({
  length: duration,
  renewal: fc.constantFrom('auto' as const, 'consent' as const, 'none' as const),
  notice: duration,
  timeZone: zone,
});

describe('terms of an agreement', () => {
  test('are counted from the beginning, so that a short month shortens no later one', () => {
    const ends = [1, 2, 3, 4].map((number) => termEnd(at('2026-01-31T10:00:00Z'), utc, number).toISOString());
    expect(ends).toEqual([
      '2026-02-28T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
      '2026-04-30T10:00:00.000Z',
      '2026-05-31T10:00:00.000Z',
    ]);
  });

  test('are read in the zone of the terms, over a change of clocks', () => {
    const berlin = { ...utc, timeZone: 'Europe/Berlin' };
    expect(termEnd(at('2026-03-15T11:00:00Z'), berlin, 1)).toEqual(at('2026-04-15T10:00:00Z'));
    // Midnight in Berlin is the day before in UTC: the month ends with its own midnight.
    expect(termEnd(at('2026-01-30T23:00:00Z'), berlin, 1)).toEqual(at('2026-02-27T23:00:00Z'));
  });

  test('follow each other without a gap, whatever the calendar', () => {
    fc.assert(
      fc.property(instant, rules, fc.integer({ min: 1, max: 24 }), (from, given, number) => {
        const [end, next] = [termEnd(from, given, number), termEnd(from, given, number + 1)];
        expect(next.getTime()).toBeGreaterThan(end.getTime());
        expect(end.getTime()).toBeGreaterThan(from.getTime());
      }),
    );
  });

  test('end the agreement unless they renew it by themselves', () => {
    const end = at('2027-01-01T00:00:00Z');
    expect(endByTerms({ renewal: 'auto' }, end)).toBeNull();
    expect(endByTerms({ renewal: 'consent' }, end)).toBe(end);
    expect(endByTerms({ renewal: 'none' }, end)).toBe(end);
  });

  test('go on over a version that changes only the notice, and begin anew with any other change', () => {
    expect(isSameTerm(utc, { ...utc, notice: 'P60D' })).toBe(true);
    for (const change of [{ length: 'P2M' }, { renewal: 'none' as const }, { timeZone: 'Asia/Jakarta' }]) {
      expect(isSameTerm(utc, { ...utc, ...change })).toBe(false);
    }
    const { timeZone: _named, ...withoutZone } = demoProgram().terms;
    expect(termRulesOf(withoutZone)).toEqual({ ...withoutZone.term, timeZone: 'Etc/UTC' });
  });
});

describe('notice', () => {
  test('ends an agreement after the days of the terms, in their zone', () => {
    expect(noticeEnd(at('2026-03-01T09:00:00Z'), utc)).toEqual(at('2026-03-31T09:00:00Z'));
    expect(noticeEnd(at('2026-03-20T11:00:00Z'), { ...utc, timeZone: 'Europe/Berlin' })).toEqual(
      at('2026-04-19T10:00:00Z'),
    );
  });

  test('given at the last moment is in time, also where clocks are put forward in between', () => {
    fc.assert(
      fc.property(instant, rules, (endsAt, given) => {
        expect(noticeEnd(lastNoticeAt(endsAt, given), given).getTime()).toBeLessThanOrEqual(endsAt.getTime());
      }),
      { numRuns: 500 },
    );
    // Going back 28 days from here lands at 02:30 on the night that has no 02:30: it has to be given before.
    const berlin = { ...utc, notice: 'P28D', timeZone: 'Europe/Berlin' };
    const endsAt = at('2026-04-26T00:30:00Z');
    expect(lastNoticeAt(endsAt, berlin)).toEqual(at('2026-03-29T00:30:00Z'));
  });
});

describe('intervals of versions', () => {
  const starts = fc
    .uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 6 })
    .map((days) => days.sort((a, b) => a - b).map((day) => new Date(Date.UTC(2026, 0, 1 + day))));
  const end = fc.option(fc.nat(1_200).map((day) => new Date(Date.UTC(2026, 0, 1 + day))));

  test('are half-open: at its beginning a version is in force, at its end the next one is, and at the last nothing', () => {
    const [first, second, until] = ['2026-01-01', '2026-02-01', '2026-03-01'].map((day) => at(`${day}T00:00:00Z`));
    const intervals = versionIntervals([first!, second!], until!);
    expect(intervals).toEqual([
      { from: first, until: second },
      { from: second, until },
    ]);
    const terms = compileTerms(demoProgram().terms, 'hash');
    const periods = intervals.map((interval, index) => ({
      ...{ fromMs: interval!.from.getTime(), untilMs: interval!.until!.getTime(), terms, versionId: String(index + 1) },
    }));
    const inForce = (instantMs: number): string | undefined => versionAt(periods, instantMs)?.versionId;
    expect([first!, second!, until!].map((each) => inForce(each.getTime()))).toEqual(['1', '2', undefined]);
    expect([second!, until!].map((each) => inForce(each.getTime() - 1))).toEqual(['1', '2']);
  });

  test('never overlap, leave no gap, and together last from the first beginning to the end', () => {
    fc.assert(
      fc.property(starts, end, (given, endsAt) => {
        const all = versionIntervals(given, endsAt);
        const present = all.flatMap((interval) => interval ?? []);
        expect(all).toHaveLength(given.length);
        if (endsAt !== null && endsAt <= given[0]!) return void expect(present).toEqual([]);
        expect(present[0]!.from).toEqual(given[0]);
        expect(present.at(-1)!.until).toEqual(endsAt);
        for (const [index, { from, until }] of present.entries()) {
          if (until !== null) expect(from.getTime()).toBeLessThan(until.getTime());
          if (index > 0) expect(present[index - 1]!.until).toEqual(from);
        }
      }),
    );
  });
});
