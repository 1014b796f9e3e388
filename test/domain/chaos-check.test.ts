import { Dice } from '../../tools/chaos/dice.js';
import { transferDifferences, type ItemRow } from '../../tools/chaos/money-check.js';
import { readChaosOptions, UsageError } from '../../tools/chaos/options.js';
import type { RailTransfer } from '../../tools/chaos/rail-client.js';

const item = (more: Partial<ItemRow> = {}): ItemRow => ({
  id: 'itm_1',
  partner_id: 'prt_1',
  currency: 'EUR',
  state: 'settled',
  attempt: 2,
  amount_minor: '1250',
  failure_code: null,
  settled_told: 1,
  returned_told: 0,
  ...more,
});

const transfer = (more: Partial<RailTransfer> = {}): RailTransfer => ({
  id: 'tr_1',
  amount: 1250,
  amount_reversed: 0,
  currency: 'eur',
  destination: 'acct_1',
  metadata: { pactline_item: 'itm_1', pactline_attempt: '2' },
  ...more,
});

const untold = { settled_told: 0 };
const codes = (items: ItemRow[], transfers: RailTransfer[]) =>
  transferDifferences(items, transfers).map(({ code, subject }) => `${code} ${subject}`);

describe('transfers held against items', () => {
  it('agree where each paid item has its one transfer, and no other has one', () => {
    const back = item({ id: 'itm_2', state: 'returned', returned_told: 1 });
    const returned = transfer({
      id: 'tr_2',
      amount_reversed: 1250,
      metadata: { pactline_item: 'itm_2', pactline_attempt: '2' },
    });
    const unpaid = ['failed', 'superseded'].map((state, index) => item({ id: `itm_${index + 3}`, state, ...untold }));
    expect(codes([item(), back, ...unpaid], [transfer(), returned])).toEqual([]);
  });

  it.each([
    ['a transfer of no item', [], [transfer()], ['transfer_without_item tr_1']],
    [
      'a transfer that names nothing',
      [item()],
      [transfer(), transfer({ id: 'tr_2', metadata: {} })],
      ['transfer_without_item tr_2'],
    ],
    ['an item without its transfer', [item()], [], ['paid_without_transfer itm_1']],
    ['a second transfer', [item()], [transfer(), transfer({ id: 'tr_2' })], ['paid_twice itm_1']],
    [
      'a transfer of what was refused',
      [item({ state: 'failed', ...untold })],
      [transfer()],
      ['transfer_of_unpaid_item itm_1'],
    ],
    ['another amount', [item()], [transfer({ amount: 1251 })], ['transfer_differs itm_1']],
    ['another currency', [item()], [transfer({ currency: 'usd' })], ['transfer_differs itm_1']],
    ['an earlier attempt', [item({ attempt: 3 })], [transfer()], ['transfer_differs itm_1']],
    ['a return that we do not know of', [item()], [transfer({ amount_reversed: 1250 })], ['transfer_differs itm_1']],
    [
      'a return that there was not',
      [item({ state: 'returned', returned_told: 1 })],
      [transfer()],
      ['transfer_differs itm_1'],
    ],
    ['an item without an end', [item({ state: 'unknown', ...untold })], [], ['item_open itm_1']],
    [
      'what the rail contradicts',
      [item({ failure_code: 'contradicted_by_rail' })],
      [transfer()],
      ['item_contradicted itm_1'],
    ],
    ['what was told twice', [item({ settled_told: 2 })], [transfer()], ['told_otherwise itm_1']],
  ] as const)('name %s', (_what, items, transfers, expected) => {
    expect(codes([...items], [...transfers])).toEqual(expected);
  });
});

describe('dice', () => {
  const rolls = (dice: Dice) => Array.from({ length: 50 }, () => dice.next());

  it('roll the same for the same seed and name, and otherwise for others', () => {
    const first = rolls(new Dice(7, 'chaos').of('storm'));
    expect(rolls(new Dice(7, 'chaos').of('storm'))).toEqual(first);
    expect(rolls(new Dice(8, 'chaos').of('storm'))).not.toEqual(first);
    expect(rolls(new Dice(7, 'chaos').of('rail'))).not.toEqual(first);
  });

  it('of one part do not depend on how far another one came', () => {
    const all = new Dice(7, 'chaos');
    const first = rolls(all.of('storm'));
    rolls(all);
    expect(rolls(all.of('storm'))).toEqual(first);
  });

  it('never choose what has no weight', () => {
    const dice = new Dice(7, 'weights');
    const chosen = new Set(Array.from({ length: 500 }, () => dice.weighted({ never: 0, seldom: 1, often: 9 })));
    expect([...chosen].sort()).toEqual(['often', 'seldom']);
  });
});

describe('the options of a run', () => {
  it('have a seed of their own where none is given, and take one', () => {
    expect(readChaosOptions(['--seed', '12', '--minutes', '0.5', '--kills', '200'])).toMatchObject({
      ...{ seed: 12, stormMs: 30_000, kills: 200, keep: false },
    });
    expect(Number.isInteger(readChaosOptions([])?.seed)).toBe(true);
    expect(readChaosOptions(['--help'])).toBeUndefined();
  });

  it.each([[['--seed', 'x']], [['--minutes', '0']], [['--kills', '1.5']], [['--partners', '0']], [['--unknown']]])(
    'refuse %j',
    (argv) => {
      expect(() => readChaosOptions(argv)).toThrow(UsageError);
    },
  );
});
