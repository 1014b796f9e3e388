import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalTermsText, termsHash, type Terms } from '../../libs/agreements/domain/index.js';
import { checkBooks } from '../../libs/books/index.js';
import { TermsSimulations, type SimulationRequest } from '../../libs/commissions/index.js';
import { activatedAt, BonusHouse, bonuses, rewards } from '../support/bonus-house.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner } from '../support/seed-rows.js';
import { runSimulation } from '../support/simulate.js';

const actor = { actorId: 'test' };
const terms: Terms = termsWith({ ...rewards, bonuses: [...bonuses] });

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(async () => {
  // Whatever was priced, taken back and vested: the books keep what they promise.
  expect((await checkBooks(money.owner)).violations).toEqual([]);
  await money.close();
});

const house = (own: Terms = terms) => BonusHouse.open(money, own);

describe('an explanation', () => {
  const explain = ({ programId }: BonusHouse, eventId: string, viewerId?: string) =>
    money.commissions.explain(programId, eventId, viewerId);

  test('says for each bonus with an event of its own why the line exists, by rule, clause and numbers', async () => {
    const own = await house();
    const at = new Date('2025-03-01T10:00:00Z');
    const accepted = { ...own, deliverable: 'guest-blog', acceptedAt: at, reason: 'Published' };
    await money.commissions.acceptDeliverable(accepted, actor);
    await own.run('2025-04-01T00:00:00Z');

    const retainer = await explain(own, 'base-fee@2025-03-15T12:00:00Z', own.partnerId);
    expect(retainer).toMatchObject({
      event: { id: 'base-fee@2025-03-15T12:00:00Z', type: 'bonus', occurredAt: '2025-03-15T12:00:00.000Z' },
      partnerId: own.partnerId,
      bonuses: [
        {
          ...{ bonus: 'base-fee', kind: 'retainer', outcome: 'line', every: 'P1M', number: 2, amountMinor: 5_000 },
          activatedAt: '2025-01-15T12:00:00.000Z',
        },
      ],
      lines: [{ rule: 'base-fee', kind: 'bonus', amount: { amountMinor: 5_000, currency: 'USD' } }],
    });
    const [line] = retainer.lines;
    expect(retainer.bonuses?.[0]).toMatchObject({ clause: line?.clause, agreement: { termsHash: line?.termsHash } });
    expect(retainer.sentences).toEqual([
      {
        ...{ rule: 'base-fee', clause: line?.clause },
        sentence: `Bonus base-fee (clause ${line?.clause}) gives USD 50.00 after every P1M counted from the activation at 2025-01-15T12:00:00.000Z; this is number 2, of 2025-03-15T12:00:00.000Z.`,
      },
    ]);
    expect((await explain(own, 'welcome@2025-01-15T12:00:00Z')).summary).toContain(
      'gives USD 100.00 at the activation of the partner; that was at 2025-01-15T12:00:00.000Z.',
    );
    expect((await explain(own, 'article@2025-03-01T10:00:00Z')).summary).toContain(
      'gives USD 150.00 for each guest-blog that is accepted; this one was accepted at 2025-03-01T10:00:00.000Z.',
    );
  });

  test('says why a bonus that fell due is not there: suspended, no agreement any more, or too early', async () => {
    const own = await house();
    await money.database.query(
      `insert into partner_suspensions (id, program_id, partner_id, cause, reason, actor_id, from_at, until_at)
       values ($1, $2, $3, 'other', 'test', 'test', '2025-02-15T12:00:00Z', '2025-03-15T12:00:00Z')`,
      [`sus_${own.partnerId.slice(4)}`, own.programId, own.partnerId],
    );
    await money.owner.query(
      `update agreement_versions set in_force = tstzrange(lower(in_force), '2025-05-01T00:00:00Z') where partner_id = $1`,
      [own.partnerId],
    );
    await own.run('2025-04-01T00:00:00Z');
    const told = async (instant: string) => {
      const { bonuses, summary, lines } = await explain(own, `base-fee@${instant}`, own.partnerId);
      expect(lines).toEqual([]);
      return [bonuses?.[0]?.outcome, bonuses?.[0]?.number, summary.split('; ')[1]];
    };
    expect(await told('2025-02-15T12:00:00Z')).toEqual([
      ...['suspended', 1, 'nothing is given: the partner was suspended when it fell due.'],
    ]);
    expect(await told('2025-04-15T12:00:00Z')).toEqual([
      ...['not_yet_due', 3, 'nothing is given: it is booked by the first cut-off after it falls due.'],
    ]);
    expect(await told('2025-05-15T12:00:00Z')).toEqual([
      ...['no_agreement', 4, 'nothing is given: no agreement was in force when it fell due.'],
    ]);
    for (const id of [
      'base-fee@2025-02-16T12:00:00Z',
      'other@2025-02-15T12:00:00Z',
      'base-fee@9999-02-15T12:00:00Z',
      '@',
    ]) {
      await expect(explain(own, id, own.partnerId)).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  test('of one instant for two partners shows each its own, and the company both', async () => {
    const own = await house();
    const other = await seedPartner(money.database, {
      ...{ programId: own.programId, reference: 'p2', terms, activatedAt: new Date(activatedAt) },
      effectiveFrom: new Date(activatedAt),
    });
    const stranger = await seedPartner(money.database, { programId: own.programId, reference: 'p3' });
    await own.run('2025-02-01T00:00:00Z');
    const id = 'welcome@2025-01-15T12:00:00Z';
    const all = await explain(own, id);
    expect(all.shares?.map(({ partnerId }) => partnerId)).toEqual([own.partnerId, other].sort());
    expect(all.lines).toHaveLength(2);
    expect(await explain(own, id, other)).toMatchObject({ partnerId: other, lines: [{ partnerId: other }] });
    await expect(explain(own, id, stranger)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('tells at the first sale of a customer what the customer was worth, sale by sale', async () => {
    const own = await house();
    await money.commissions.ingest(
      own.programId,
      [
        sale('first', { customer: 'c', occurredAt: '2025-02-01T00:00:00Z', amountMinor: 10_000 }),
        sale('second', { customer: 'c', occurredAt: '2025-03-01T00:00:00Z', amountMinor: 5_055 }),
        sale('too-late', { customer: 'c', occurredAt: '2025-05-01T00:00:00Z', amountMinor: 70_000 }),
        refund('back', 'first', 2_500, '2025-02-20T00:00:00Z'),
      ],
      actor,
    );
    await own.run('2025-03-15T00:00:00Z');
    const early = await explain(own, 'first', own.partnerId);
    expect(early.bonuses).toMatchObject([
      { bonus: 'ltv', outcome: 'not_yet_due', boughtMinor: 12_555, amountMinor: 0 },
    ]);
    await own.run('2025-06-01T00:00:00Z');
    const { bonuses, sentences, lines } = await explain(own, 'first', own.partnerId);
    // 2 % of 75.00 + 50.55 is 2.511, half to even 2.51.
    expect(bonuses).toMatchObject([
      {
        ...{ bonus: 'ltv', kind: 'lifetime_value', outcome: 'line', rate: '2', dueAt: '2025-05-01T00:00:00.000Z' },
        sales: [
          { event: 'first', netMinor: 7_500, currency: 'USD', convertedMinor: 7_500 },
          { event: 'second', netMinor: 5_055, currency: 'USD', convertedMinor: 5_055 },
        ],
        ...{ boughtMinor: 12_555, amountMinor: 251 },
      },
    ]);
    expect(lines.find(({ rule }) => rule === 'ltv')?.amount.amountMinor).toBe(251);
    expect(sentences?.map(({ sentence }) => sentence.replace(/ \(clause [^)]*\)/, ''))).toEqual([
      'Rule base gives 10 % of USD 100.00, which is USD 10.00.',
      'Bonus ltv gives 2 % of what the customer of event first bought before 2025-05-01T00:00:00.000Z, which is USD 125.55; that is USD 2.51.',
    ]);
    expect((await explain(own, 'second')).bonuses).toBeUndefined();
  });
});

describe('a simulation of terms', () => {
  const bought = (id: string, occurredAt: string, fields: Record<string, unknown>) =>
    sale(id, { customer: 'c', occurredAt, ...fields });
  const events = [
    bought('s1', '2025-02-01T00:00:00Z', { amountMinor: 40_000 }),
    bought('s2', '2025-02-20T00:00:00Z', { amountMinor: 5_055 }),
    refund('r1', 's1', 2_500, '2025-03-01T00:00:00Z'),
    bought('s3', '2025-07-01T00:00:00Z', { customer: 'late' }),
  ];
  const richer: Terms = {
    ...terms,
    bonuses: bonuses.map((each) => (each.kind === 'retainer' ? { ...each, amountMinor: 7_000 } : each)),
  };

  /** What becomes of `richer` beside the terms in force. */
  async function simulated(
    own: Pick<BonusHouse, 'programId' | 'partnerId'>,
    request: Pick<SimulationRequest, 'events'> & Partial<SimulationRequest>,
  ) {
    const [negotiation] = await money.database.query<{ id: string }>(
      `select id from negotiations where partner_id = $1`,
      [own.partnerId],
    );
    await money.database.query(
      `insert into terms_documents (program_id, hash, canonical, created_at) values ($1, $2, $3, now()) on conflict do nothing`,
      [own.programId, termsHash(richer), canonicalTermsText(richer)],
    );
    const hashes = { termsHash: termsHash(richer), baselineHash: termsHash(terms) };
    const service = money.get(TermsSimulations);
    const made = await service.request(
      { programId: own.programId, negotiationId: negotiation!.id, ...hashes, ...request },
      actor,
    );
    expect(await service.run(made.id, { signal: new AbortController().signal })).toBe('done');
    return (await service.get(made.id)).result!;
  }

  test('counts what falls due by the calendar and by decisions, as the books do', async () => {
    const own = await house();
    const acceptedAt = new Date('2025-03-01T10:00:00Z');
    await money.commissions.acceptDeliverable({ ...own, deliverable: 'guest-blog', acceptedAt, reason: 'Done' }, actor);
    await money.database.query(
      `insert into partner_suspensions (id, program_id, partner_id, cause, reason, actor_id, from_at, until_at)
       values ($1, $2, $3, 'other', 'test', 'test', '2025-03-15T12:00:00Z', '2025-03-16T12:00:00Z')`,
      [`sus_${own.partnerId.slice(4)}`, own.programId, own.partnerId],
    );
    // A partner that was never activated has nothing that counts from it, unless somebody says when it would be.
    const newcomer = await seedPartner(money.database, { programId: own.programId, reference: 'new', terms });
    await money.commissions.ingest(own.programId, events, actor);
    await own.run('2025-08-01T00:00:00Z');
    const stretch = { from: new Date('2025-02-01T00:00:00Z'), until: new Date('2025-06-15T12:00:00Z') };
    const result = await simulated(own, { events: stretch });
    // Of Feb, Apr and May 15th three retainers of 50.00 or 70.00, June's is not included; 150.00 for the deliverable; 2 % of 425.55.
    expect(result.baseline.bonuses).toEqual({ amountMinor: 3 * 5_000 + 15_000 + 851, currency: 'USD' });
    expect(result.proposed.bonuses).toEqual({ amountMinor: 3 * 7_000 + 15_000 + 851, currency: 'USD' });
    expect(result.difference.amountMinor).toBe(3 * 2_000);
    expect(result.booked).toEqual(result.baseline.total);
    expect(result.baseline.byRule.find(({ rule }) => rule === 'base-fee')).toMatchObject({ lines: 3 });
    const activatedAt = new Date('2025-05-01T00:00:00Z');
    const more = await simulated(
      { programId: own.programId, partnerId: newcomer },
      { events: { ...stretch, partnerId: newcomer }, activatedAt },
    );
    // 100.00 at once and 50.00 after a month.
    expect(more.baseline.bonuses?.amountMinor).toBe(15_000);
    expect(
      (
        await simulated(
          { programId: own.programId, partnerId: newcomer },
          { events: { ...stretch, partnerId: newcomer } },
        )
      ).baseline.bonuses?.amountMinor,
    ).toBe(0);
  });

  test('counts the steps of a milestone with the events that reached them, and not once more with the calendar', async () => {
    const stepped: Terms = {
      ...terms,
      bonuses: [
        ...bonuses,
        {
          ...{ id: 'steps', kind: 'milestone', event: 'sale', metric: 'count', period: 'year' },
          steps: [{ at: 2, amountMinor: 333 }],
        },
      ],
    };
    const own = await house(stepped);
    await money.commissions.ingest(own.programId, events, actor);
    await own.run('2025-08-01T00:00:00Z');
    const stretch = { from: new Date('2025-01-15T12:00:00Z'), until: new Date('2025-08-01T00:00:00Z') };
    const result = await simulated(own, { events: stretch, baselineHash: termsHash(stepped) });
    expect(result.baseline.byRule.find(({ rule }) => rule === 'steps')).toMatchObject({
      ...{ lines: 1, amount: { amountMinor: 333 } },
    });
    expect(result.booked).toEqual(result.baseline.total);
  });

  test('of a file comes to what the command says of it, by the same instants', async () => {
    const own = await house();
    const file = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    for (const asOf of [undefined, '2025-09-15T12:00:00Z']) {
      const { lines } = await runSimulation({ terms, events, activatedAt, ...(asOf !== undefined && { asOf }) });
      const given = lines!
        .filter(({ kind }) => kind === 'bonus')
        .reduce((sum, line) => sum + Number(line['amountMinor']), 0);
      const due = { activatedAt: new Date(activatedAt), ...(asOf !== undefined && { asOf: new Date(asOf) }) };
      const { baseline } = await simulated(own, { events: { file }, ...due });
      // 100.00, five or eight retainers, and the worth of one customer, later of two.
      expect(baseline.bonuses?.amountMinor).toBe(given);
      expect(given).toBeGreaterThanOrEqual(asOf === undefined ? 35_851 : 50_851);
    }
    expect((await simulated(own, { events: { file } })).baseline.bonuses?.amountMinor).toBe(851);
  });
});
