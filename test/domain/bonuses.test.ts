import {
  agreementPeriods,
  compileTerms,
  customerValues,
  fixedBonuses,
  RateTable,
  type PricedEvent,
  type Reversal,
  type Stretch,
} from '../../libs/commissions/domain/index.js';
import { parseTerms, termsHash, type Bonus, type Terms } from '../../libs/agreements/domain/index.js';
import { runSimulation } from '../support/simulate.js';
import { termsWith } from '../support/terms-with.js';

const ms = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);

function versionsOf(...versions: { bonuses: Bonus[]; from?: string; until?: string; more?: Partial<Terms> }[]) {
  return agreementPeriods(
    versions.map(({ bonuses, from, until, more }) => {
      const document = parseTerms(termsWith({ bonuses, ...more }));
      const fromMs = from === undefined ? -Infinity : ms(from);
      const terms = compileTerms(document, termsHash(document));
      return { fromMs, untilMs: until === undefined ? undefined : ms(until), terms };
    }),
  );
}

const welcome: Bonus = { id: 'welcome', kind: 'upfront', amountMinor: 10_000 };
const fee: Bonus = { id: 'fee', kind: 'retainer', every: 'P1M', amountMinor: 5_000 };

describe('upfront and retainer', () => {
  function fixed(
    versions: ReturnType<typeof versionsOf>,
    activatedAt: string,
    until: string,
    suspensions: Stretch[] = [],
  ): string[] {
    const facts = { activatedAtMs: ms(activatedAt), untilMs: ms(until), suspensions };
    return [...fixedBonuses({ versions }, facts)].map(({ eventId, amountMinor }) => `${eventId} ${amountMinor}`);
  }

  it('come at the activation and after each period counted from it, up to the instant that is asked for', () => {
    const versions = versionsOf({ bonuses: [welcome, fee] });
    expect(fixed(versions, '2026-01-31', '2026-04-30')).toEqual([
      'welcome@2026-01-31T00:00:00Z 10000',
      // Each from the activation: March has its 31st again.
      ...['fee@2026-02-28T00:00:00Z 5000', 'fee@2026-03-31T00:00:00Z 5000', 'fee@2026-04-30T00:00:00Z 5000'],
    ]);
    expect(fixed(versions, '2026-01-31', '2026-04-29T23:59:59.999Z')).toHaveLength(3);
    expect(fixed(versions, '2026-01-31', '2026-01-30')).toEqual([]);
  });

  it('are counted on the calendar of the zone of the terms', () => {
    const versions = versionsOf({ bonuses: [fee], more: { timeZone: 'Europe/Berlin' } });
    // Noon in Berlin, before and after the clocks are put forward.
    expect(fixed(versions, '2026-03-15T11:00:00Z', '2026-04-16')).toEqual(['fee@2026-04-15T10:00:00Z 5000']);
  });

  it('do not come while the partner is suspended, nor after the end', () => {
    const versions = versionsOf({ bonuses: [welcome, fee], until: '2026-05-01' });
    const suspended = [{ fromMs: ms('2026-02-01'), untilMs: ms('2026-03-01') }];
    expect(fixed(versions, '2026-01-01', '2026-12-31', suspended)).toEqual([
      'welcome@2026-01-01T00:00:00Z 10000',
      // The end of the suspension is not in it; the end of the agreement is not in force.
      ...['fee@2026-03-01T00:00:00Z 5000', 'fee@2026-04-01T00:00:00Z 5000'],
    ]);
    expect(fixed(versions, '2026-01-01', '2026-12-31', [{ fromMs: ms('2026-01-15') }])).toEqual([
      'welcome@2026-01-01T00:00:00Z 10000',
    ]);
  });

  it('are those of the version in force at their own instant', () => {
    const dearer: Bonus = { ...fee, amountMinor: 7_000 };
    const versions = versionsOf(
      { bonuses: [fee], until: '2026-03-01' },
      { bonuses: [welcome, dearer], from: '2026-03-01' },
    );
    expect(fixed(versions, '2026-01-01', '2026-04-15')).toEqual([
      ...['fee@2026-02-01T00:00:00Z 5000', 'fee@2026-03-01T00:00:00Z 7000', 'fee@2026-04-01T00:00:00Z 7000'],
    ]);
  });

  it('of nothing give no line', () => {
    const none = [welcome, fee].map((bonus): Bonus => ({ ...bonus, amountMinor: 0 }));
    expect(fixed(versionsOf({ bonuses: none }), '2026-01-01', '2026-12-31')).toEqual([]);
  });

  it('are simulated for each partner of the file from --activated-at up to the last instant, or --as-of', async () => {
    const sale = { type: 'sale', amountMinor: 1000, currency: 'USD' };
    const events = [
      { id: 'a', partner: 'p1', occurredAt: '2026-01-05T00:00:00Z', ...sale },
      { id: 'b', partner: 'p2', occurredAt: '2026-02-20T00:00:00Z', ...sale },
    ];
    const input = { terms: termsWith({ bonuses: [welcome, fee] }), events, activatedAt: '2026-01-05T00:00:00Z' };
    const told = async (asOf?: string): Promise<string[]> => {
      const { lines } = await runSimulation({ ...input, ...(asOf !== undefined && { asOf }) });
      return lines!.map((line) => ['event', 'partner', 'kind', 'rule', 'period'].map((name) => line[name]).join(' '));
    };
    const first = [
      'a p1 commission sales 2026-01',
      'welcome@2026-01-05T00:00:00Z p1 bonus welcome 2026-01',
      'welcome@2026-01-05T00:00:00Z p2 bonus welcome 2026-01',
      'fee@2026-02-05T00:00:00Z p1 bonus fee 2026-02',
      'fee@2026-02-05T00:00:00Z p2 bonus fee 2026-02',
      'b p2 commission sales 2026-02',
    ];
    expect(await told()).toEqual(first);
    expect(await told('2026-03-05T00:00:00Z')).toEqual([
      ...first,
      ...['p1', 'p2'].map((partner) => `fee@2026-03-05T00:00:00Z ${partner} bonus fee 2026-03`),
    ]);
  });
});

describe('the lifetime value of a customer', () => {
  const ltv: Bonus = { id: 'ltv', kind: 'lifetime_value', after: 'P1M', rate: '2' };
  const rates = new RateTable([
    { date: '2026-01-01', from: 'EUR', to: 'USD', rate: '1.5' },
    { date: '2026-01-10', from: 'EUR', to: 'USD', rate: '2' },
  ]);

  type Sale = [at: string, amount: number, more?: Partial<PricedEvent>];

  function values(
    list: readonly Sale[],
    more: { reversals?: Record<string, Reversal[]>; versions?: ReturnType<typeof versionsOf>; until?: string } = {},
  ): string[] {
    const { reversals = {}, versions = versionsOf({ bonuses: [ltv] }), until = '2026-12-31' } = more;
    const events = list.map(([at, amount, other], index) => ({
      ...{ id: `e${index}`, type: 'sale', currency: 'USD', customer: 'c', amountMinor: BigInt(amount) },
      ...{ occurredAtMs: ms(at), ...other },
    }));
    const found = customerValues(events, (id) => reversals[id] ?? [], { versions, tiers: [], rates }, ms(until));
    return [...found].map(({ bonus, eventId, occurredAtMs, amountMinor }) => {
      return `${bonus.id} ${eventId} ${new Date(occurredAtMs).toISOString().slice(0, 10)} ${amountMinor}`;
    });
  }

  const refund = (at: string, amountMinor: bigint, id = 'x'): Reversal => {
    return { kind: 'refund', id, occurredAtMs: ms(at), amountMinor };
  };

  it('is a part of what it bought in the time after its first sale, the end of it not included', () => {
    // 2 % of 1000 + 2000; what is bought at the very end does not count.
    expect(
      values([
        ['2026-01-01', 1000],
        ['2026-01-31T23:59:59.999Z', 2000],
        ['2026-02-01', 4000],
      ]),
    ).toEqual(['ltv e0 2026-02-01 60']);
  });

  it('comes once for each customer, at its own time, and not before it is due', () => {
    const list: Sale[] = [
      ['2026-01-01', 1000],
      ['2026-01-05', 3000, { customer: 'd' }],
      ['2026-01-06', 9000, { customer: undefined }],
      ['2026-01-07', 9000, { type: 'install' }],
    ];
    expect(values(list)).toEqual(['ltv e0 2026-02-01 20', 'ltv e1 2026-02-05 60']);
    expect(values(list, { until: '2026-02-04T23:59:59.999Z' })).toEqual(['ltv e0 2026-02-01 20']);
  });

  it('leaves out what was taken back before that instant, and keeps what was taken back later', () => {
    const list: Sale[] = [
      ['2026-01-01', 1000],
      ['2026-01-02', 2000],
      ['2026-01-03', 4000],
    ];
    const voided: Reversal = { kind: 'void', id: 'v', occurredAtMs: ms('2026-01-20') };
    const reversals = {
      e0: [refund('2026-01-31T23:59:59.999Z', 400n), refund('2026-02-01', 600n, 'y')],
      e1: [voided],
      // More than the sale has no effect.
      e2: [refund('2026-01-05', 4001n)],
    };
    // 2 % of 600 + 0 + 4000.
    expect(values(list, { reversals })).toEqual(['ltv e0 2026-02-01 92']);
  });

  it('converts each sale as one net amount by the rate of its own date, and counts none without a rate', () => {
    const euros = { currency: 'EUR' };
    const list: Sale[] = [
      ['2026-01-01', 1001, euros],
      ['2026-01-10', 1000, euros],
      ['2026-01-11', 50_000, euros],
    ];
    // 1001 - 2 = 999 EUR are 1498.5, to the even 1498; 1000 EUR are 2000: 2 % of 3498 is 69.96.
    expect(values(list, { reversals: { e0: [refund('2026-01-02', 2n)] } })).toEqual(['ltv e0 2026-02-01 70']);
    // What has no rate is in nobody's history: the first sale is the one that has one.
    expect(
      values([
        ['2026-01-09', 1, euros],
        ['2026-01-10', 1000, euros],
      ]),
    ).toEqual(['ltv e1 2026-02-10 40']);
  });

  it('is that of the version in force when it falls due', () => {
    const quicker: Bonus = { ...ltv, after: 'P2M', rate: '5' };
    const versions = versionsOf({ bonuses: [ltv], until: '2026-02-01' }, { bonuses: [quicker], from: '2026-02-01' });
    // Due on 1 February by the first version, which is over then; on 1 March by the second.
    expect(values([['2026-01-01', 1000]], { versions })).toEqual(['ltv e0 2026-03-01 50']);
    expect(values([['2026-01-01', 1000]], { versions: versions.slice(0, 1) })).toEqual([]);
  });

  it('of nothing gives no line', () => {
    expect(values([['2026-01-01', 0]])).toEqual([]);
  });
});
