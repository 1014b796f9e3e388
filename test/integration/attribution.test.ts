import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { CouponCodes, PartnerLinks } from '../../libs/attribution/index.js';
import { checkBooks } from '../../libs/books/index.js';
import type { EventResult } from '../../libs/commissions/index.js';
import { refund, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';
import { attributionHouse, click, counting, linear, names, sale, type Name } from '../support/attribution-house.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

const newHouse = (terms?: Terms) => attributionHouse(money, terms);

function told(results: readonly EventResult[]) {
  return results.map((result) => {
    if (result.status !== 'attributed') return result.status;
    return result.shares.map((share) => [
      share.allocated.amountMinor,
      share.status === 'priced' && share.amount.amountMinor,
    ]);
  });
}

describe('an event that names no partner', () => {
  test('is priced for each partner on its part, which add up exactly', async () => {
    const house = await newHouse();
    await house.touch(click('t1', 'a', '01'), click('t2', 'b', '02'), click('t3', 'c', '03'));
    // 10,001 / 3 leaves 2: to a and b by the order of their ids; 10 % each, half to even.
    expect(told(await house.ingest(sale('s1', '05')))).toEqual([
      [
        [3_334, 333],
        [3_334, 333],
        [3_333, 333],
      ],
    ]);
    expect(await house.lines()).toEqual({ 'a s1 sales': 333, 'b s1 sales': 333, 'c s1 sales': 333 });
    expect(await house.accrued('a')).toBe(333n);
    expect(told(await house.ingest(sale('s1', '05')))).toEqual(['duplicate']);
  });

  test('belongs to nobody without a touch that counts, and to the one whom it names as before', async () => {
    const house = await newHouse();
    await house.touch(click('t1', 'a', '10'));
    const results = await house.ingest(
      sale('early', '05'),
      sale('stranger', '12', { customer: 'c-2' }),
      sale('named', '12', { partner: 'b' }),
      { ...sale('bare', '12'), customer: undefined },
    );
    expect(told(results)).toEqual(['unattributed', 'unattributed', 'priced', 'refused']);
    expect(results[3]).toMatchObject({ problem: { errors: [{ pointer: '/partner', message: 'is missing' }] } });
    expect(await house.lines()).toEqual({ 'b named sales': 1_000 });
  });

  test('is found by its coupon and by the click that it names, which count for the customer from then on', async () => {
    const house = await newHouse(termsWith({ attribution: { model: 'last_touch', window: 'P30D' } }));
    const links = money.get(PartnerLinks);
    const codes = money.get(CouponCodes);
    const b = { id: house.ids.b, programId: house.programId };
    const code = await codes.create({ ...b, id: house.ids.c }, 'Spring 25', actor);
    expect(code.code).toBe('SPRING 25');
    const link = { destination: 'https://shop.example/', parameters: {}, clickParameter: 'click', name: 'test' };
    const { slug, id: linkId } = await links.create(b, link, actor);
    await house.touch({ id: 'k1', kind: 'click', occurredAt: '2026-01-03T00:00:00Z', link: slug });
    await house.ingest(
      { ...sale('by-click', '04', { click: 'k1' }), customer: undefined },
      sale('bound', '05', { click: 'k1' }),
      sale('later', '06'),
      sale('by-coupon', '07', { coupon: ' spring 25' }),
      sale('after-coupon', '08'),
    );
    expect(await house.lines()).toEqual({
      ...{ 'b by-click sales': 1_000, 'b bound sales': 1_000, 'b later sales': 1_000 },
      ...{ 'c by-coupon sales': 1_000, 'c after-coupon sales': 1_000 },
    });
    await codes.end(house.ids.c, code.id, actor);
    await links.end(house.ids.b, linkId, actor);
    const now = new Date().toISOString();
    const ended = await house.touch(
      { id: 'k2', kind: 'click', occurredAt: now, link: slug },
      { id: 'k3', kind: 'coupon', occurredAt: now, coupon: 'SPRING 25', customer: 'c-9' },
    );
    expect(ended).toMatchObject([
      { id: 'k2', status: 'refused', problem: { code: 'not-found', errors: [{ pointer: '/link' }] } },
      { id: 'k3', status: 'refused', problem: { code: 'not-found', errors: [{ pointer: '/coupon' }] } },
    ]);
    await expect(codes.create(b, 'SPRING 25', actor)).rejects.toMatchObject({ code: 'already-exists' });
  });

  test('gives flat amounts by the same shares, and is taken back by them', async () => {
    const terms = termsWith({
      commissions: [
        { id: 'sales', event: 'sale', reward: { kind: 'percent', rate: '10' } },
        { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 100 } },
      ],
      attribution: { model: 'roles', window: 'P30D', shares: { introducer: '50', influencer: '20', closer: '30' } },
    });
    const house = await newHouse(terms);
    await house.touch(click('t1', 'c', '01'), click('t2', 'a', '02'), click('t3', 'b', '03'));
    await house.ingest(sale('s1', '05', { amountMinor: 10_000 }), {
      ...sale('i1', '06'),
      type: 'install',
      amountMinor: 0,
    });
    // a influenced (20 %), b closed (30 %), c introduced (50 %).
    expect(await house.lines()).toEqual({
      ...{ 'a s1 sales': 200, 'b s1 sales': 300, 'c s1 sales': 500 },
      ...{ 'a i1 install': 20, 'b i1 install': 30, 'c i1 install': 50 },
    });
    const taken = await house.ingest(refund('r1', 's1', 2_500), refund('r2', 's1', 8_000), voidOf('v1', 'i1'));
    expect(taken.map(({ status }) => status)).toEqual(['attributed', 'attributed', 'attributed']);
    expect(taken[1]).toMatchObject({ shares: [{ status: 'unpriced', reason: 'refund_exceeds' }, {}, {}] });
    const lines = await house.lines();
    expect(lines).toMatchObject({ 'a r1 sales': -50, 'b r1 sales': -75, 'c r1 sales': -125 });
    expect(lines).toMatchObject({ 'a v1 install': -20, 'b v1 install': -30, 'c v1 install': -50 });
    expect(await house.accrued('c')).toBe(375n);
  });
});

describe('a touch that comes late', () => {
  test('moves what earlier events have earned, and what counts after them', async () => {
    const terms = termsWith({
      commissions: [
        { id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '20' } },
        { id: 'existing', event: 'sale', match: { customer: 'existing' }, reward: { kind: 'percent', rate: '5' } },
      ],
      bonuses: [
        {
          ...{ id: 'steps', kind: 'milestone', event: 'sale', metric: 'count', period: 'month' },
          steps: [{ at: 2, amountMinor: 700 }],
        },
      ],
      attribution: { model: 'last_touch', window: 'P30D' },
    });
    const house = await newHouse(terms);
    await house.touch(click('t1', 'a', '01'));
    await house.ingest(
      sale('s1', '05'),
      sale('s2', '10'),
      sale('own', '12', { partner: 'a' }),
      refund('r1', 's1', 10_001),
    );
    expect(await house.lines()).toEqual({
      ...{ 'a s1 new': 2_000, 'a r1 new': -2_000, 'a s2 existing': 500, 'a s2 steps': 700, 'a own existing': 500 },
    });
    const [result] = await house.touch(click('t2', 'b', '04'));
    expect(result).toEqual({ id: 't2', status: 'accepted', partnerId: house.ids.b });
    // All that names nobody is b's now: a's own sale is its customer's first, and no second of the month.
    expect(await house.lines()).toEqual({
      ...{ 'b s1 new': 2_000, 'b r1 new': -2_000, 'b s2 existing': 500, 'b s2 steps': 700, 'a own new': 2_000 },
    });
    await house.ingest(sale('own-2', '13', { partner: 'a' }));
    expect(await house.lines()).toMatchObject({ 'a own-2 existing': 500, 'a own-2 steps': 700 });
    const announced = await money.database.query<{ payload: { subjectId: string; data: { conversionId: string } } }>(
      `select payload from outbox_messages where program_id = $1 and payload ->> 'type' = 'partner.event_share_changed' order by id`,
      [house.programId],
    );
    const changes = announced.map(
      ({ payload }) => `${payload.subjectId === house.ids.a ? 'a' : 'b'} ${payload.data.conversionId}`,
    );
    expect(changes.sort()).toEqual(['a s1', 'a s2', 'b s1', 'b s2']);
    expect(await house.touch(click('t2', 'b', '04'))).toEqual([{ id: 't2', status: 'duplicate' }]);
    expect(await house.touch(click('t2', 'c', '04'))).toMatchObject([
      { id: 't2', status: 'refused', problem: { code: 'event-conflict' } },
    ]);
  });

  test('leaves nothing counted of what it took away, though nothing else came in that month', async () => {
    const bands = [
      { from: 0, rate: '5' },
      { from: 10_000, rate: '10' },
    ];
    const reward = { kind: 'banded', basis: 'amount', period: 'lifetime', mode: 'whole', bands } as const;
    const attribution = { model: 'last_touch', window: 'P30D' } as const;
    const house = await newHouse(termsWith({ commissions: [{ id: 'volume', event: 'sale', reward }], attribution }));
    await house.touch(click('t1', 'a', '01'));
    await house.ingest(sale('s1', '05'));
    await house.touch(click('t2', 'b', '02'));
    await house.ingest({
      ...sale('own', '05', { partner: 'a', amountMinor: 1_000 }),
      occurredAt: '2026-02-05T00:00:00Z',
    });
    // 5 % of 10.00: with the sale that is b's by now it would have been 10 %.
    expect(await house.lines()).toEqual({ 'b s1 volume': 1_000, 'a own volume': 50 });
  });

  test('answers in order, and one bad item never hides the others', async () => {
    const house = await newHouse();
    const results = await house.touch(
      click('t1', 'a', '01'),
      { id: 't2', kind: 'referral', occurredAt: 'yesterday', partner: 'a', ip: '192.0.2.1' },
      click('t3', 'nobody' as Name, '01'),
      { ...click('t4', 'a', '01'), kind: 'coupon' },
      'nonsense',
    );
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'refused', 'refused', 'refused', 'refused']);
    expect(results[1]).toMatchObject({ id: 't2', problem: { code: 'invalid-document' } });
    expect(JSON.stringify(results)).not.toContain('192.0.2.1');
    expect(results[4]).not.toHaveProperty('id');
  });
});

describe.each([
  ['whose terms count nothing', termsWith({ attribution: { model: 'position_based', window: 'P12D' } })],
  ['whose terms count', { ...counting, attribution: linear }],
])('touches and events of partners %s', (_, terms) => {
  test('give the same lines in whatever order and batches they come', async () => {
    const touches = [
      ...[click('t1', 'a', '01'), click('t2', 'b', '04'), click('t3', 'c', '06'), click('t4', 'a', '11')],
      ...[
        click('t5', 'b', '02', 'c-2'),
        click('t6', 'c', '08', 'c-2'),
        { ...click('k1', 'a', '03'), customer: undefined },
      ],
    ];
    const events = [
      ...[
        sale('s1', '05'),
        sale('s2', '07', { amountMinor: 7_777 }),
        sale('s3', '12'),
        sale('s4', '14', { partner: 'a' }),
      ],
      ...[sale('s5', '03', { customer: 'c-2' }), sale('s6', '09', { customer: 'c-2', click: 'k1' }), sale('s7', '15')],
      ...[refund('r1', 's2', 3_000), refund('r2', 's6', 333, '2026-01-22T00:00:00Z'), voidOf('v1', 's3')],
    ];
    const reference = await newHouse(terms);
    await reference.touch(...touches);
    await reference.ingest(...events);
    const expected = await reference.lines();
    expect(Object.keys(expected).length).toBeGreaterThan(12);
    // So does the command, which knows the same touches: names stand there for ids, and sort as they do.
    const { lines } = await runSimulation({ terms, events, touches });
    const simulated = lines!.map((line) => [
      [line['partner'], line['event'], line['rule']].join(' '),
      line['amountMinor'],
    ]);
    expect(Object.fromEntries(simulated)).toEqual(expected);
    for (const seed of [3, 8, 21]) {
      const house = await newHouse(terms);
      const all = [
        ...touches.map((item) => ({ item, isTouch: true })),
        ...events.map((item) => ({ item, isTouch: false })),
      ];
      const shuffled = all
        .map((each, index) => ({ ...each, key: Math.sin(seed * 97 + index * 13.7) }))
        .sort((x, y) => x.key - y.key);
      for (const { item, isTouch } of shuffled) await (isTouch ? house.touch(item) : house.ingest(item));
      expect(await house.lines()).toEqual(expected);
    }
  }, 30_000);

  test('give the same lines when they come at the same time', async () => {
    const house = await newHouse(terms);
    const touches = names.map((name, index) => click(`t-${name}`, name, `0${index + 1}`));
    const events = Array.from({ length: 6 }, (_, index) => sale(`s${index}`, `1${index}`));
    await Promise.all([...touches.map((each) => house.touch(each)), ...events.map((each) => house.ingest(each))]);
    const reference = await newHouse(terms);
    await reference.touch(...touches);
    await reference.ingest(...events);
    expect(await house.lines()).toEqual(await reference.lines());
  });
});
