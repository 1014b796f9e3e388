import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { checkBooks } from '../../libs/books/index.js';
import { attributionHouse, click, counting, linear, sale, type Name } from '../support/attribution-house.js';
import { refund, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

const newHouse = (terms: Terms, late: readonly Name[]) => attributionHouse(money, terms, late);
const agreedFrom = new Date('2026-01-06T00:00:00Z');

describe.each([
  ['whose terms count nothing', termsWith({ attribution: { model: 'linear', window: 'P12D' } })],
  ['whose terms count', { ...counting, attribution: linear }],
])('an agreement that is recorded late, of partners %s', (_, terms) => {
  const touches = [
    ...[click('t1', 'a', '01'), click('t2', 'b', '02'), click('t3', 'c', '08'), click('t4', 'b', '11', 'c-2')],
    { ...click('k1', 'b', '03'), customer: undefined },
  ];
  const events = [
    // Before the agreement, at its very beginning, and after it.
    ...[
      sale('s1', '05'),
      sale('s2', '06'),
      sale('s3', '09', { amountMinor: 7_777 }),
      sale('s4', '12', { partner: 'a' }),
    ],
    ...[sale('s5', '12', { customer: 'c-2' }), { ...sale('s6', '13', { click: 'k1' }), customer: undefined }],
    ...[sale('s7', '14', { customer: 'c-3', click: 'k1' }), sale('s8', '15', { customer: 'c-3' })],
    ...[refund('r1', 's3', 3_000), voidOf('v1', 's5')],
  ];

  test('gives the same lines as if it had been there first, whenever it comes', async () => {
    const reference = await newHouse(terms, ['b']);
    await reference.agree('b', agreedFrom);
    await reference.touch(...touches);
    await reference.ingest(...events);
    const expected = await reference.lines();
    expect(Object.keys(expected).filter((line) => line.startsWith('b ')).length).toBeGreaterThan(4);
    expect(expected).not.toHaveProperty(['b s1 sales']);
    for (const seed of [2, 5, 11]) {
      const house = await newHouse(terms, ['b']);
      const steps = [
        ...touches.map((item) => () => house.touch(item)),
        ...events.map((item) => () => house.ingest(item)),
        () => house.agree('b', agreedFrom),
      ].map((step, index) => ({ step, key: Math.sin(seed * 41 + index * 17.3) }));
      // The last run records the agreement when all else is there.
      if (seed === 11) steps.at(-1)!.key = 2;
      for (const { step } of steps.sort((x, y) => x.key - y.key)) await step();
      expect(await house.lines()).toEqual(expected);
    }
  }, 30_000);

  test('and one that turns out to have ended gives up what came after it', async () => {
    const until = new Date('2026-01-12T12:00:00Z');
    const reference = await newHouse(terms, ['b']);
    await reference.agree('b', agreedFrom);
    await reference.end('b', until);
    await reference.touch(...touches);
    await reference.ingest(...events);
    const house = await newHouse(terms, ['b']);
    await house.touch(...touches);
    await house.ingest(...events);
    await house.agree('b', agreedFrom);
    const before = await house.lines();
    await house.end('b', until);
    expect(await house.lines()).toEqual(await reference.lines());
    expect(await house.lines()).not.toEqual(before);
  });

  test('loses nothing that comes at the same time', async () => {
    const reference = await newHouse(terms, ['b']);
    await reference.agree('b', agreedFrom);
    await reference.touch(...touches);
    await reference.ingest(...events);
    const house = await newHouse(terms, ['b']);
    await Promise.all([
      ...touches.map((each) => house.touch(each)),
      house.agree('b', agreedFrom),
      ...events.map((each) => house.ingest(each)),
    ]);
    expect(await house.lines()).toEqual(await reference.lines());
  });
});

test('terms that a partner agreed to later decide how what its touches closed is divided', async () => {
  const house = await newHouse(termsWith({ attribution: linear }), ['b']);
  await house.touch(click('t1', 'a', '01'), click('t2', 'b', '02'));
  await house.ingest(sale('s1', '07'));
  expect(await house.lines()).toEqual({ 'a s1 sales': 1_000 });
  // By b's model, whose touch came last, all of it is b's.
  await house.agree('b', agreedFrom, termsWith({ attribution: { model: 'last_touch', window: 'P30D' } }));
  expect(await house.lines()).toEqual({ 'b s1 sales': 1_000 });
  expect([await house.accrued('a'), await house.accrued('b')]).toEqual([0n, 1_000n]);
});
