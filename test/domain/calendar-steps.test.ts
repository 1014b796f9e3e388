import fc from 'fast-check';
import {
  checkedObligations,
  dueCheckpoints,
  endByTerms,
  nextCheckpointAfter,
  nextStep,
  termEnd,
  type CalendarFacts,
  type CalendarStep,
} from '../../libs/agreements/domain/index.js';
import { termsWith } from '../support/terms-with.js';

const dayMs = 86_400_000;
const at = (text: string): Date => new Date(`${text}T00:00:00Z`);
const rules = { noticesBeforeMs: [60 * dayMs, 14 * dayMs], offerBeforeMs: 45 * dayMs };
const base: CalendarFacts = {
  state: 'in_force',
  renewal: 'none',
  endsAt: at('2027-01-01'),
  termEndsAt: at('2027-01-01'),
  knownSince: at('2026-01-01'),
  offer: undefined,
  noticedMs: [],
  checkpointAt: null,
};
const openEnded: Partial<CalendarFacts> = { renewal: 'auto', endsAt: null };

describe('what is due', () => {
  test.each<[string, Partial<CalendarFacts>, string, CalendarStep | undefined]>([
    ['nothing before the first notice', {}, '2026-11-01', undefined],
    ['the first notice, at its very instant', {}, '2026-11-02', { do: 'notify', leadMs: 60 * dayMs, isSent: true }],
    ['nothing between notices', { noticedMs: [60 * dayMs] }, '2026-12-17', undefined],
    [
      'the second notice',
      { noticedMs: [60 * dayMs] },
      '2026-12-18',
      { do: 'notify', leadMs: 14 * dayMs, isSent: true },
    ],
    [
      'of two that were missed the earlier one, unsent',
      {},
      '2026-12-20',
      { do: 'notify', leadMs: 60 * dayMs, isSent: false },
    ],
    [
      'no second mail where a later notice was sent before',
      { noticedMs: [14 * dayMs] },
      '2026-12-20',
      { do: 'notify', leadMs: 60 * dayMs, isSent: false },
    ],
    ['the end, at its very instant, and no notice any more', {}, '2027-01-01', { do: 'end' }],
    ['nothing after the end', { state: 'ended' }, '2028-01-01', undefined],
    ['the renewal of what renews itself', openEnded, '2027-01-01', { do: 'renew' }],
    ['a notice of that renewal', openEnded, '2026-11-02', { do: 'notify', leadMs: 60 * dayMs, isSent: true }],
    ['an offer where consent is needed', { renewal: 'consent' }, '2026-11-17', { do: 'offer' }],
    ['no second offer', { renewal: 'consent', offer: 'declined', noticedMs: [60 * dayMs] }, '2026-11-20', undefined],
    [
      'no offer under notice',
      { renewal: 'consent', state: 'under_notice' },
      '2026-11-02',
      { do: 'notify', leadMs: 60 * dayMs, isSent: true },
    ],
    [
      'the end of a notice',
      { ...openEnded, state: 'under_notice', endsAt: at('2026-06-01') },
      '2026-06-01',
      { do: 'end' },
    ],
    [
      'no renewal while a notice runs',
      { ...openEnded, state: 'under_notice', endsAt: at('2027-01-20'), noticedMs: [14 * dayMs, 60 * dayMs] },
      '2027-01-10',
      undefined,
    ],
    ['no notice from before anybody knew', { knownSince: at('2026-11-05') }, '2026-12-01', undefined],
    ['a checkpoint', { checkpointAt: at('2026-04-01') }, '2026-04-01', { do: 'check' }],
  ])('%s', (_name, changes, cutOff, expected) => {
    expect(nextStep({ ...base, ...changes }, rules, at(cutOff))).toEqual(expected);
  });

  /** An agreement as the calendar's steps change it. */
  function after(facts: CalendarFacts, step: CalendarStep, term: number): CalendarFacts {
    if (step.do === 'end') return { ...facts, state: 'ended' };
    if (step.do === 'offer') return { ...facts, offer: 'open' };
    if (step.do === 'check') return { ...facts, checkpointAt: null };
    if (step.do === 'notify') return { ...facts, noticedMs: [...facts.noticedMs, step.leadMs] };
    const [from, until] = [term, term + 1].map((number) => termEnd(at('2026-01-01'), monthly, number));
    return { ...facts, termEndsAt: until!, endsAt: endByTerms(facts, until!), knownSince: from!, noticedMs: [] };
  }
  const monthly = { length: 'P1M', renewal: 'auto' as const, notice: 'P1M', timeZone: 'Etc/UTC' };

  /** Everything that a list of runs does, and how it leaves the agreement. */
  function run(renewal: CalendarFacts['renewal'], cutOffs: readonly Date[]) {
    const termEndsAt = termEnd(at('2026-01-01'), monthly, 1);
    let facts: CalendarFacts = { ...base, renewal, termEndsAt, endsAt: endByTerms({ renewal }, termEndsAt) };
    const done: string[] = [];
    for (const cutOff of cutOffs) {
      for (let step = nextStep(facts, short, cutOff); step; step = nextStep(facts, short, cutOff)) {
        if (done.length > 500) throw new Error('this never ends');
        facts = after(facts, step, done.filter((each) => each === 'renew').length + 1);
        done.push(step.do);
      }
    }
    return { facts, done };
  }
  const short = { noticesBeforeMs: [10 * dayMs, 2 * dayMs], offerBeforeMs: 8 * dayMs };

  test('comes to the same state however often the calendar is looked at, and nothing is done twice', () => {
    const days = fc.uniqueArray(fc.nat(400), { maxLength: 40 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.constantFrom('auto' as const, 'consent' as const, 'none' as const), days, (renewal, looks) => {
        const last = new Date(Date.UTC(2026, 0, 1) + 401 * dayMs);
        const cutOffs = looks.map((day) => new Date(Date.UTC(2026, 0, 1) + day * dayMs));
        const often = run(
          renewal,
          [...cutOffs, ...cutOffs, last].sort((a, b) => a.getTime() - b.getTime()),
        );
        const once = run(renewal, [last]);
        expect({ ...often.facts, offer: undefined, noticedMs: [] }).toEqual({
          ...once.facts,
          offer: undefined,
          noticedMs: [],
        });
        const count = (done: string[], what: string): number => done.filter((each) => each === what).length;
        for (const what of ['renew', 'end']) expect(count(often.done, what)).toBe(count(once.done, what));
        expect(count(often.done, 'offer')).toBeLessThanOrEqual(renewal === 'consent' ? 1 : 0);
      }),
    );
  });
});

describe('checkpoints of obligations', () => {
  const withCheck = (checkpoint?: string, id = 'disclosure') =>
    termsWith({ obligations: [{ id, text: 'Say so', ...(checkpoint !== undefined && { checkpoint }) }] });

  test('are counted from where the obligation first stood, over versions that keep it', () => {
    const versions = [
      { from: at('2026-01-01'), terms: withCheck('P90D') },
      { from: at('2026-02-01'), terms: { ...withCheck('P90D'), currency: 'EUR' } },
    ];
    const [checked] = checkedObligations(versions);
    expect(checked).toMatchObject({ id: 'disclosure', countedFrom: at('2026-01-01') });
    const changed = [...versions, { from: at('2026-03-01'), terms: withCheck('P30D') }];
    expect(checkedObligations(changed)[0]).toMatchObject({ countedFrom: at('2026-03-01') });
    expect(checkedObligations([...versions, { from: at('2026-03-01'), terms: withCheck() }])).toEqual([]);
  });

  test('come due one after the other, and of several that were missed the newest is told of', () => {
    const checked = checkedObligations([{ from: at('2026-01-31'), terms: withCheck('P1M') }]);
    expect(nextCheckpointAfter(checked, at('2026-01-31'))).toEqual(at('2026-02-28'));
    expect(nextCheckpointAfter(checked, at('2026-02-28'))).toEqual(at('2026-03-31'));
    expect(dueCheckpoints(checked, at('2026-02-28'), at('2026-02-27'))).toEqual([]);
    expect(dueCheckpoints(checked, at('2026-02-28'), at('2026-05-01'))).toEqual([
      { obligationId: 'disclosure', at: at('2026-04-30') },
    ]);
    // It was told of before: nothing new is due.
    expect(dueCheckpoints(checked, at('2026-05-31'), at('2026-05-01'))).toEqual([]);
    expect(nextCheckpointAfter([], at('2026-01-01'))).toBeNull();
  });

  test('are found in a few steps, also after decades of days', () => {
    const checked = checkedObligations([{ from: at('2026-01-01'), terms: withCheck('P1D') }]);
    fc.assert(
      fc.property(fc.nat(20_000), (days) => {
        const now = new Date(at('2026-01-01').getTime() + days * dayMs);
        expect(nextCheckpointAfter(checked, now)!.getTime()).toBe(now.getTime() + dayMs);
      }),
    );
  });
});
