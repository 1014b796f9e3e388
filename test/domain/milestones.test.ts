import { explainEvent, priceTimeline, startOfTimeline } from '../../libs/commissions/domain/index.js';
import type { Bonus } from '../../libs/agreements/domain/index.js';
import { play, sales, steps, under, type Sale } from '../support/priced-sales.js';

describe('milestones', () => {
  const milestone = (fields: Partial<Extract<Bonus, { kind: 'milestone' }>> = {}): Bonus => ({
    ...{ id: 'm', kind: 'milestone', event: 'sale', metric: 'count', period: 'month' },
    ...{
      steps: [
        { at: 2, amountMinor: 500 },
        { at: 3, amountMinor: 900 },
      ],
      ...fields,
    },
  });
  const withBonus = (...bonuses: Bonus[]) => under({ terms: { bonuses } });

  it('give one line for each step and period', () => {
    const list: Sale[] = [
      ['2026-01-01', 1],
      ['2026-01-02', 1],
      ['2026-01-03', 1],
      ['2026-01-04', 1],
      ['2026-02-01', 1],
      ['2026-02-02', 1],
    ];
    expect(steps(withBonus(milestone()), list)).toEqual(['1 m 2 500', '2 m 3 900', '5 m 2 500']);
    expect(steps(withBonus(milestone({ period: 'lifetime' })), list)).toEqual(['1 m 2 500', '2 m 3 900']);
  });

  it('give a line for every step that one event jumps over', () => {
    const bonus = milestone({
      metric: 'amount',
      steps: [
        { at: 100, amountMinor: 1 },
        { at: 200, amountMinor: 2 },
        { at: 301, amountMinor: 3 },
      ],
    });
    expect(
      steps(withBonus(bonus), [
        ['2026-01-01', 99],
        ['2026-01-02', 201],
        ['2026-01-03', 1],
      ]),
    ).toEqual([...['1 m 100 1', '1 m 200 2', '2 m 301 3']]);
  });

  it('count new customers once, by sales and by other events', () => {
    const c = (customer: string) => ({ customer });
    const list: Sale[] = [
      ['2026-01-01', 1, c('a')],
      ['2026-01-02', 1, c('a')],
      ['2026-01-03', 1],
      ['2026-01-04', 1, c('b')],
    ];
    const bonus = milestone({ metric: 'new_customers', steps: [{ at: 2, amountMinor: 7 }] });
    expect(steps(withBonus(bonus), list)).toEqual(['3 m 2 7']);
    const signups = list.map(([at, amount, more]): Sale => [at, amount, { ...more, type: 'signup' }]);
    const other = milestone({ metric: 'new_customers', event: 'signup', steps: [{ at: 2, amountMinor: 7 }] });
    expect(steps(withBonus(other), signups)).toEqual(['3 m 2 7']);
    // Who has bought before is not new, and a new period counts those who still are once more.
    const bought: Sale[] = [
      ['2025-12-01', 1, c('a')],
      ...signups,
      ['2026-02-01', 1, { ...c('b'), type: 'signup' }],
      ['2026-02-02', 1, { ...c('d'), type: 'signup' }],
    ];
    expect(steps(withBonus(other), bought)).toEqual(['6 m 2 7']);
  });

  it('are explained for every event that they count', () => {
    const context = withBonus(milestone());
    const list = sales([
      ['2026-01-01', 1],
      ['2026-01-02', 1],
    ]);
    const state = startOfTimeline();
    play(priceTimeline(list.slice(0, 1), state, context));
    expect(explainEvent(list[1]!, state, context).milestones).toEqual([
      {
        bonus: 'm',
        clause: '3.1',
        metric: 'count',
        period: '2026-01',
        before: 1,
        after: 2,
        reached: [{ at: 2, amountMinor: 500 }],
      },
    ]);
  });
});
