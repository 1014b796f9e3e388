import fc from 'fast-check';
import {
  attribute,
  type AttributionModel,
  type AttributionTerms,
  type NoTerms,
  type Touch,
} from '../../libs/attribution/domain/index.js';
import { allocate } from '../../libs/kernel/allocation.js';

const day = 86_400_000;
const at = Date.parse('2026-03-31T12:00:00Z');
const roleShares = { introducer: '50', influencer: '20', closer: '30' };

function terms(model: AttributionModel, window = 'P30D'): AttributionTerms {
  return { model, window, timeZone: 'Etc/UTC', ...(model === 'roles' && { shares: roleShares }) };
}

/** A click of a partner some days before the event. */
function click(partnerId: string, daysBefore: number, more: Partial<Touch> = {}): Touch {
  return { id: `${partnerId}-${daysBefore}`, kind: 'click', partnerId, occurredAtMs: at - daysBefore * day, ...more };
}

function shared(model: AttributionModel, ...touches: Touch[]) {
  const { shares } = attribute(at, touches, () => terms(model));
  return Object.fromEntries(shares.map(({ partnerId, weight }) => [partnerId, Number(weight)]));
}

function verdicts(touches: Touch[], termsOf: (partnerId: string) => AttributionTerms | NoTerms) {
  return attribute(at, touches, termsOf).touches.map(({ touch, verdict }) => `${touch.id}: ${verdict}`);
}

describe('the models of attribution', () => {
  // A introduced the customer, B and C reached it in between, A once more, and D closed.
  const path = [click('A', 9), click('B', 7), click('A', 6), click('C', 5), click('B', 4), click('D', 1)];

  it('give the whole to the last or the first touch', () => {
    expect(shared('last_touch', ...path)).toEqual({ D: 1 });
    expect(shared('first_touch', ...path)).toEqual({ A: 1 });
  });

  it('give all partners the same part where they are linear, however often each came', () => {
    expect(shared('linear', ...path)).toEqual({ A: 1, B: 1, C: 1, D: 1 });
  });

  it('give two fifths to either end and a fifth to all between', () => {
    // 40 % : 10 % : 10 % : 40 %
    expect(shared('position_based', ...path)).toEqual({ A: 4, B: 1, C: 1, D: 4 });
    expect(shared('position_based', click('A', 2), click('B', 1))).toEqual({ A: 1, B: 1 });
    // The first and the last: 40 % + 40 %.
    expect(shared('position_based', click('A', 3), click('B', 2), click('A', 1))).toEqual({ A: 4, B: 1 });
    expect(shared('position_based', click('A', 3))).toEqual({ A: 1 });
  });

  it('give roles by place: two influencers share theirs', () => {
    // 50 : 20 / 2 : 20 / 2 : 30
    expect(shared('roles', ...path)).toEqual({ A: 5, B: 1, C: 1, D: 3 });
    // Nobody is an influencer: 50 : 30.
    expect(shared('roles', click('A', 2), click('B', 1))).toEqual({ A: 5, B: 3 });
    expect(shared('roles', click('A', 2))).toEqual({ A: 1 });
  });

  it('give a role that a touch states to its partner alone', () => {
    const referral = click('E', 3, { kind: 'referral', role: 'introducer' });
    // E introduced, so A with the first touch is an influencer; the terms give a sponsor nothing.
    expect(shared('roles', click('A', 5), referral, click('B', 1))).toEqual({ A: 2, B: 3, E: 5 });
    const stranger = click('F', 3, { role: 'sponsor' });
    expect(shared('roles', click('A', 5), stranger, click('B', 1))).toEqual({ A: 5, B: 3 });
  });
});

describe('the window', () => {
  it('is half open, by the calendar of the terms’ zone', () => {
    const monthly = { ...terms('linear'), window: 'P1M', timeZone: 'America/New_York' };
    // A month after 28 February 12:00 is 28 March 12:00, over the change of clocks an hour less than 28 days of 24 h.
    const touched = Date.parse('2026-02-28T17:00:00Z');
    const touch = { id: 't', kind: 'click', partnerId: 'A', occurredAtMs: touched } as const;
    const closes = Date.parse('2026-03-28T16:00:00Z');
    expect(attribute(closes - 1, [touch], () => monthly).shares).toHaveLength(1);
    expect(attribute(closes, [touch], () => monthly).touches[0]?.verdict).toBe('outside_window');
  });

  it('never shuts out what came with the event itself', () => {
    const { shares } = attribute(at, [click('A', 0)], () => terms('last_touch', 'P0D'));
    expect(shares).toEqual([{ partnerId: 'A', weight: 1n }]);
  });

  it('says of each touch why it doesn’t count', () => {
    const touches = [click('A', 40), click('B', 10), click('C', 9), click('D', 8), click('E', 2), click('E', -1)];
    const termsOf = (partnerId: string): AttributionTerms | NoTerms => {
      if (partnerId === 'B') return 'no_agreement';
      return partnerId === 'C' ? 'no_attribution_terms' : terms('last_touch');
    };
    expect(verdicts(touches, termsOf)).toEqual([
      'A-40: outside_window',
      'B-10: no_agreement',
      'C-9: no_attribution_terms',
      'D-8: not_last_touch',
      'E-2: credited',
      'E--1: after_event',
    ]);
    expect(verdicts([click('A', 2), click('B', 1)], () => terms('first_touch'))).toEqual([
      'A-2: credited',
      'B-1: not_first_touch',
    ]);
    const shares = { closer: '100' };
    expect(verdicts([click('A', 2), click('B', 1)], () => ({ ...terms('roles'), shares }))).toEqual([
      'A-2: role_without_share',
      'B-1: credited',
    ]);
  });

  it('gives nobody anything where no touch counts', () => {
    expect(attribute(at, [], () => terms('linear'))).toEqual({ decidedBy: undefined, shares: [], touches: [] });
    expect(attribute(at, [click('A', 31)], () => terms('linear'))).toMatchObject({ decidedBy: undefined, shares: [] });
  });

  it('is each partner’s own, while the terms of the last decide', () => {
    const own: Record<string, AttributionTerms> = { A: terms('first_touch', 'P5D'), B: terms('linear', 'P90D') };
    const decided = attribute(at, [click('B', 60), click('A', 6), click('A', 4)], (id) => own[id]!);
    expect(decided.decidedBy?.partnerId).toBe('A');
    expect(decided.shares).toEqual([{ partnerId: 'B', weight: 1n }]);
    const other = attribute(at, [click('A', 4), click('B', 2)], (id) => own[id]!);
    expect(other.shares.map(({ partnerId }) => partnerId)).toEqual(['A', 'B']);
  });
});

const models = ['last_touch', 'first_touch', 'linear', 'position_based', 'roles'] as const;
const touch = fc.record({
  id: fc.integer({ min: 0, max: 40 }),
  partner: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
  hours: fc.integer({ min: -20, max: 1_000 }),
  role: fc.constantFrom(undefined, undefined, 'introducer', 'influencer', 'closer', 'sponsor'),
});
const touches = fc.uniqueArray(touch, { maxLength: 12, selector: ({ id }) => id }).map((list) =>
  list.map(({ id, partner, hours, role }) => {
    return click(partner, 0, { id: `t${id}`, occurredAtMs: at - hours * 3_600_000, role });
  }),
);
const case_ = fc.record({ model: fc.constantFrom(...models), touches, seed: fc.integer() });

/** The same list with every touch once or twice, in another order. */
function disturbed(list: readonly Touch[], seed: number): Touch[] {
  const keyed = [...list, ...list.filter((_, index) => (seed >> index) % 2 !== 0)];
  return keyed
    .map((each, index) => ({ each: { ...each }, key: Math.sin(seed + index * 7.13) }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each);
}

describe('an attribution', () => {
  it('is the same whatever the order of the touches and however often each is told', () => {
    fc.assert(
      fc.property(case_, ({ model, touches: list, seed }) => {
        const termsOf = () => terms(model);
        expect(attribute(at, disturbed(list, seed), termsOf)).toEqual(attribute(at, list, termsOf));
      }),
    );
  });

  it('divides every amount without losing a minor unit, to those who touched in time alone', () => {
    fc.assert(
      fc.property(case_, fc.bigInt({ min: 0n, max: 10n ** 15n }), ({ model, touches: list }, amountMinor) => {
        const { shares, decidedBy, touches: judged } = attribute(at, list, () => terms(model));
        if (shares.length === 0) {
          // Only roles that the terms don't name leave nobody to share.
          expect(decidedBy === undefined || model === 'roles').toBe(true);
          return;
        }
        const parts = allocate(
          amountMinor,
          shares.map(({ weight }) => weight),
        );
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amountMinor);
        const credited = judged
          .filter(({ verdict }) => verdict === 'credited')
          .map(({ touch: { partnerId } }) => partnerId);
        expect([...new Set(credited)].sort()).toEqual(shares.map(({ partnerId }) => partnerId));
      }),
    );
  });

  it('is not changed by more touches of the same partner between its first and its last', () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.integer({ min: 1, max: 50 }), (model, times) => {
        const path = [click('A', 20), click('B', 15), click('C', 2)];
        const more = Array.from({ length: times }, (_, index) => click('B', 3 + index / 10, { id: `more-${index}` }));
        expect(shared(model, ...path, ...more)).toEqual(shared(model, ...path));
      }),
    );
  });
});

describe('an allocation', () => {
  it('gives what is left to the largest remainders, then by place', () => {
    // 100 / 3 leaves one unit and equal remainders; 5 : 3 : 2 of 101 leaves one, and .5 is the largest remainder.
    expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(allocate(101n, [5n, 3n, 2n])).toEqual([51n, 30n, 20n]);
    expect(allocate(101n, [2n, 5n, 3n])).toEqual([20n, 51n, 30n]);
    expect(allocate(0n, [1n, 2n])).toEqual([0n, 0n]);
    expect(() => allocate(1n, [0n, 0n])).toThrow(RangeError);
  });

  it('is never a unit away from the exact part', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.bigInt({ min: 0n, max: 10n ** 12n }), (list, amountMinor) => {
        const total = list.reduce((sum, weight) => sum + weight, 0n);
        fc.pre(total > 0n);
        allocate(amountMinor, list).forEach((part, place) => {
          const exact = amountMinor * list[place]!;
          expect(part * total - exact < total && exact - part * total < total).toBe(true);
        });
      }),
    );
  });
});
