import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CouponCodes } from '../../libs/attribution/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { refund, sale, startMoneyServices, termsWith, voidOf, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'usr_finance' };
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});
const vestsAt = Date.parse('2026-03-01T00:00:00Z');

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

async function newProgram(rules: object = {}) {
  const programId = await seedProgram(money.database, { holds: { rules } });
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  return {
    programId,
    partnerId,
    ingest: (...events: unknown[]) => money.commissions.ingest(programId, events, actor),
    vest: (cutOffMs = vestsAt) => money.commissions.vest({ programId, cutOffMs, actorId: 'system' }),
    review: (cutOffMs = Date.now() + 1_000) => money.reviews.run({ programId, cutOffMs, actorId: 'system' }),
    /** The held events, with their causes. */
    held: async () => {
      const rows = await money.database.query<{ held: string }>(
        `select event_id || ' ' || cause as held from line_holds where program_id = $1 order by 1`,
        [programId],
      );
      return rows.map(({ held }) => held);
    },
  };
}

const onDay = (day: string) => ({ occurredAt: `2026-01-${day}T12:00:00Z` });

describe('a rule holds', () => {
  test('sales of one customer above the limit in its time, and no others', async () => {
    const { ingest, vest, held } = await newProgram({ customerSales: { within: 'P2D', max: 2 } });
    await ingest(
      sale('a1', { customer: 'a', ...onDay('01') }),
      sale('a2', { customer: 'a', ...onDay('02') }),
      sale('a3', { customer: 'a', ...onDay('02') }),
      // Two days after the first two, to the millisecond, they count no more.
      sale('a4', { customer: 'a', ...onDay('04') }),
      sale('b1', { customer: 'b', ...onDay('02') }),
      sale('c1', onDay('02')),
    );
    await vest();
    expect(await held()).toEqual(['a3 customer_sales']);
  });

  test('what the partner buys from itself, by its names, mail address, phone, address and card', async () => {
    const { programId, partnerId, ingest, vest, held } = await newProgram();
    await money.database.query(
      `update persons set email = 'Ada.Perry+shop@gmail.com', phone = '+442079460000'
       where id = (select person_id from partners where id = $1)`,
      [partnerId],
    );
    const own = [
      { kind: 'address' as const, value: sha256('1 high street') },
      { kind: 'card' as const, value: 'card-1' },
    ];
    await money.risk.addPartnerFacts(programId, partnerId, own, actor);
    await money.risk.recordEvents(programId, [
      { eventId: 'by-hash', emailHash: sha256('adaperry@gmail.com') },
      { eventId: 'by-address', addressHash: sha256('1 high street') },
      { eventId: 'by-card', cardFingerprint: 'card-1' },
      { eventId: 'stranger', emailHash: sha256('x@y.example'), addressHash: sha256('2'), cardFingerprint: 'card-2' },
    ]);
    await ingest(
      sale('by-id', { customer: partnerId }),
      sale('by-reference', { customer: 'p1' }),
      sale('by-email', { customer: 'adaperry@googlemail.com' }),
      sale('by-phone', { customer: '+442079460000' }),
      ...['by-hash', 'by-address', 'by-card', 'stranger'].map((id) => sale(id, { customer: id })),
    );
    await vest();
    const byItself = ['by-address', 'by-card', 'by-email', 'by-hash', 'by-id', 'by-phone', 'by-reference'];
    expect(await held()).toEqual(byItself.map((id) => `${id} self_purchase`));
    const [seen] = await money.database.query<{ seen: object }>(
      `select seen from line_holds where program_id = $1 and event_id = 'by-card'`,
      [programId],
    );
    expect(seen?.seen).toEqual({ by: ['card'] });
  });

  test('what a partner sells while too much of it comes back', async () => {
    const rules = { refundRate: { within: 'P60D', minSales: 4, maxPercent: 50 } };
    const { ingest, vest, held } = await newProgram(rules);
    await ingest(...['1', '2', '3', '4'].map((id) => sale(id)), refund('r1', '1', 1), voidOf('v2', '2'));
    // Half of them came back, which is the limit itself.
    await vest(Date.parse('2026-02-09T00:00:00Z'));
    expect(await held()).toEqual([]);
    await ingest(refund('r3', '3', 1));
    await vest();
    expect(await held()).toEqual(['1 refund_rate', '2 refund_rate', '3 refund_rate', '4 refund_rate']);
  });

  test('not by sales that a rejection took back', async () => {
    const rules = { refundRate: { within: 'P60D', minSales: 1, maxPercent: 0 } };
    const { programId, ingest, vest, held } = await newProgram(rules);
    await ingest(sale('s1'), sale('s2'));
    const holdId = await money.holds.place({ programId, eventId: 's1', note: 'Odd', ...actor });
    await money.decisions.reject({ ...actor, holdId, reason: 'Fraud' });
    await vest();
    expect(await held()).toEqual(['s1 manual']);
  });

  test('a stretch with far more sales than the partner usually has', async () => {
    const rules = { burst: { within: 'P1D', usualOver: 'P4D', factor: 3, minSales: 3 } };
    const { ingest, vest, held } = await newProgram(rules);
    // One a day is usual before the 5th: three are the limit. Before the 6th it is one and a half: seven are more than thrice.
    await ingest(...['01', '02', '03', '04'].map((day) => sale(`d${day}`, onDay(day))));
    await ingest(...['a', 'b', 'c'].map((id) => sale(`05${id}`, onDay('05'))));
    await vest();
    expect(await held()).toEqual([]);
    await ingest(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => sale(`06${id}`, onDay('06'))));
    await vest();
    expect(await held()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => `06${id} burst`));
  });

  test('a coupon that leaked, from when it leaked', async () => {
    const { programId, ingest, vest, held } = await newProgram();
    const since = new Date('2026-01-05T00:00:00Z');
    await money.risk.addCoupons(programId, [{ coupon: 'SPRING', since }, { coupon: 'VIP' }], actor);
    await ingest(
      sale('before', { coupon: 'SPRING', ...onDay('04') }),
      sale('after', { coupon: 'SPRING', ...onDay('05') }),
      sale('vip', { coupon: 'VIP', ...onDay('01') }),
      sale('other', { coupon: 'spring' }),
      sale('none'),
    );
    await vest();
    expect(await held()).toEqual(['after leaked_coupon', 'vip leaked_coupon']);
    await money.risk.removeCoupon(programId, 'VIP', actor);
    await expect(money.risk.removeCoupon(programId, 'VIP', actor)).rejects.toMatchObject({ code: 'not-found' });
    await ingest(sale('vip2', { coupon: 'VIP' }));
    await vest();
    expect(await held()).toHaveLength(2);
  });

  test('nothing where all of them are off', async () => {
    const { programId, ingest, vest, review, held } = await newProgram({ selfPurchase: false, leakedCoupons: false });
    await money.risk.addCoupons(programId, [{ coupon: 'VIP' }], actor);
    await ingest(sale('s1', { customer: 'p1', coupon: 'VIP' }));
    expect(await review()).toEqual({ examined: 0, placed: 0, asked: 0 });
    expect(await vest()).toEqual({ lines: 1, vestedMinor: '1000' });
    expect(await held()).toEqual([]);
  });
});

describe('the review', () => {
  test('looks at new events before they vest, places each hold once, and tells its owner in one mail', async () => {
    const { programId, ingest, review, vest, held } = await newProgram();
    await money.risk.addCoupons(programId, [{ coupon: 'VIP' }], actor);
    await ingest(sale('s1', { coupon: 'VIP' }), sale('s2', { coupon: 'VIP', customer: 'p1' }), sale('s3'));
    const [first, second] = await Promise.all([review(), review()]);
    expect(first.placed + second.placed).toBe(3);
    expect(await held()).toEqual(['s1 leaked_coupon', 's2 leaked_coupon', 's2 self_purchase']);
    const mails = await money.database.query<{ template: string; role: string; details: object }>(
      `select template, role, details from mails where program_id = $1`,
      [programId],
    );
    expect(mails).toEqual([{ template: 'line-holds-placed', role: 'finance', details: { count: 3 } }]);
    expect(await vest()).toEqual({ lines: 1, vestedMinor: '1000' });
    expect((await review()).placed).toBe(0);
  });

  test('holds nothing again that was released for the same cause', async () => {
    const { programId, ingest, review, vest } = await newProgram();
    await ingest(sale('s1', { customer: 'p1' }));
    await review();
    const [hold] = await money.database.query<{ id: string }>(`select id from line_holds where program_id = $1`, [
      programId,
    ]);
    await money.decisions.release({ ...actor, holdId: hold!.id, reason: 'It is the shop itself' });
    expect((await review()).placed).toBe(0);
    expect(await vest()).toEqual({ lines: 1, vestedMinor: '1000' });
  });

  test('goes through more events than one page holds', async () => {
    const { programId, ingest, review } = await newProgram();
    await money.risk.addCoupons(programId, [{ coupon: 'VIP' }], actor);
    for (let batch = 0; batch < 3; batch += 1) {
      await ingest(...Array.from({ length: 1_000 }, (_, index) => sale(`s${batch}-${index}`, { coupon: 'VIP' })));
    }
    expect(await review()).toEqual({ examined: 3_000, placed: 3_000, asked: 0 });
    expect((await review()).placed).toBe(0);
  });
});

describe('facts about customers', () => {
  test('count once, and other facts about the same event are refused', async () => {
    const { programId } = await newProgram();
    const fact = { eventId: 'e1', cardFingerprint: 'card-1' };
    const other = { eventId: 'e1', cardFingerprint: 'card-2' };
    const statuses = async (...facts: { eventId: string }[]) =>
      (await money.risk.recordEvents(programId, facts)).map(({ status }) => status);
    expect(await statuses(fact, fact, other, { eventId: 'e2' })).toEqual([
      'recorded',
      'duplicate',
      'conflict',
      'recorded',
    ]);
    expect(await statuses(other, fact)).toEqual(['conflict', 'duplicate']);
  });
});

describe('of events that were attributed', () => {
  const linear = { ...terms, attribution: { model: 'linear', window: 'P60D' } } as const;
  const from = { occurredAt: '2026-01-01T00:00:00Z' };

  /** A program whose partners `p1` and `p2` share what the customers `c-1`, … buy, half and half. */
  async function newShared(rules: object = {}, customers: readonly string[] = ['c-1']) {
    const { programId, partnerId: stranger, ...program } = await newProgram(rules);
    const ids = [] as string[];
    for (const reference of ['a', 'b']) {
      ids.push(await seedPartner(money.database, { programId, reference, terms: linear }));
    }
    const touches = customers.flatMap((customer) =>
      ids.map((partner) => ({ id: `${customer}-${partner}`, kind: 'click', ...from, partner, customer })),
    );
    await money.commissions.reportTouches(programId, touches, actor);
    const nameOf = (id: string) => ['a', 'b'][ids.indexOf(id)] ?? (id === stranger ? 'stranger' : id);
    return {
      ...{ ...program, programId, ids },
      /** The held parts, with their causes. */
      held: async () => {
        const rows = await money.database.query<{ partner_id: string; held: string }>(
          `select partner_id, event_id || ' ' || cause as held from line_holds where program_id = $1 order by event_id, cause`,
          [programId],
        );
        return rows.map(({ partner_id, held }) => `${nameOf(partner_id)} ${held}`).sort();
      },
      /** What every line stands at, and what of it has vested. */
      lines: async () => {
        const rows = await money.database.query<
          Record<'partner_id' | 'event_id' | 'amount_minor' | 'vested_minor', string>
        >(
          `select partner_id, event_id, amount_minor, vested_minor from commission_lines where program_id = $1 order by event_id`,
          [programId],
        );
        return rows
          .map((row) => `${nameOf(row.partner_id)} ${row.event_id} ${row.amount_minor} ${row.vested_minor}`)
          .sort();
      },
    };
  }

  /** A sale of 100.00 that names nobody: 5.00 for each of two who share it. */
  const shared = (id: string, fields: Record<string, unknown> = {}) => {
    return sale(id, { partner: undefined, customer: 'c-1', ...fields });
  };

  test('what a partner buys from itself is held for that partner alone, and vests for the other', async () => {
    const { programId, ids, ingest, vest, review, held, lines } = await newShared();
    await money.risk.addPartnerFacts(programId, ids[0]!, [{ kind: 'card', value: 'card-a' }], actor);
    await money.risk.addPartnerFacts(programId, ids[1]!, [{ kind: 'address', value: sha256('at b') }], actor);
    await money.risk.recordEvents(programId, [
      { eventId: 's1', cardFingerprint: 'card-a', addressHash: sha256('elsewhere') },
      { eventId: 's2', cardFingerprint: 'card-x', addressHash: sha256('at b') },
    ]);
    await ingest(shared('s1'), shared('s2'), shared('s3'));
    expect(await review()).toMatchObject({ examined: 3, placed: 2 });
    expect(await held()).toEqual(['a s1 self_purchase', 'b s2 self_purchase']);
    expect(await vest()).toEqual({ lines: 4, vestedMinor: '2000' });
    expect(await lines()).toEqual([
      'a s1 500 0',
      'a s2 500 500',
      'a s3 500 500',
      'b s1 500 500',
      'b s2 500 0',
      'b s3 500 500',
    ]);
  });

  test('what vests is looked at even where no review has seen it', async () => {
    const { ingest, vest, held, lines } = await newShared({}, ['a']);
    // The customer is known by the reference of the partner.
    await ingest(shared('s1', { customer: 'a' }));
    expect(await vest()).toEqual({ lines: 1, vestedMinor: '500' });
    expect(await held()).toEqual(['a s1 self_purchase']);
    expect(await lines()).toEqual(['a s1 500 0', 'b s1 500 500']);
  });

  test('a rejection takes back the part of the partner that was held, and leaves the other its own', async () => {
    const { programId, ids, ingest, vest, review, lines } = await newShared({}, ['a']);
    await ingest(shared('s1', { customer: 'a' }), shared('s2', { customer: 'a', ...onDay('11') }));
    await review();
    const [hold] = await money.database.query<{ id: string }>(
      `select id from line_holds where program_id = $1 and event_id = 's1'`,
      [programId],
    );
    await money.decisions.reject({ ...actor, holdId: hold!.id, reason: 'Its own purchase' });
    const voided = `hold-rejected:${hold!.id}`;
    expect(await lines()).toEqual([`a ${voided} -500 0`, 'a s1 500 0', 'a s2 500 0', 'b s1 500 0', 'b s2 500 0']);
    await vest();
    expect(await lines()).toEqual([
      ...[`a ${voided} -500 -500`, 'a s1 500 500', 'a s2 500 0', 'b s1 500 500', 'b s2 500 500'],
    ]);
    const explained = await money.commissions.explain(programId, voided);
    expect(explained.shares?.map(({ partnerId }) => partnerId)).toEqual([ids[0]]);
    await expect(money.commissions.explain(programId, voided, ids[1])).rejects.toMatchObject({ code: 'not-found' });
    // A refund of all that comes after it is the other's alone to bear.
    await ingest(refund('r1', 's1', 10_000, new Date(Date.now() + 60_000).toISOString()));
    expect((await lines()).filter((line) => line.includes(' r1 '))).toEqual(['b r1 -500 -500']);
  });

  test('many sales of one customer and bursts count what was attributed with what names the partner', async () => {
    const rules = {
      customerSales: { within: 'P2D', max: 2 },
      burst: { within: 'P1D', usualOver: 'P4D', factor: 3, minSales: 4 },
    };
    const { ids, ingest, vest, held } = await newShared(rules);
    // On the 2nd a has three sales of c-1, b has two; on the 5th a has four where one a day is usual before, b three.
    await ingest(
      ...[
        shared('s1', onDay('02')),
        shared('s2', onDay('02')),
        sale('s3', { partner: ids[0], customer: 'c-1', ...onDay('02') }),
      ],
      ...[shared('t1', onDay('05')), shared('t2', onDay('05'))],
      ...[sale('t3', { partner: ids[0], ...onDay('05') }), sale('t4', { partner: ids[0], ...onDay('05') })],
      sale('t5', { partner: ids[1], ...onDay('05') }),
    );
    await vest();
    // Before: 3 sales in 4 days are 0.75 a day, and 4 > 3 × 0.75; of b 3 are fewer than the rule looks at.
    expect(await held()).toEqual(['a s3 customer_sales', 'a t1 burst', 'a t2 burst', 'a t3 burst', 'a t4 burst']);
  });

  test('what comes back counts against everybody who has a part of it', async () => {
    const rules = { refundRate: { within: 'P60D', minSales: 3, maxPercent: 50 } };
    const { ids, ingest, vest, held } = await newShared(rules);
    // Two of three of a came back, two of four of b: 66 % and 50 %, which is the limit itself.
    await ingest(...['s1', 's2', 's3'].map((id) => shared(id)), sale('own', { partner: ids[1] }));
    await ingest(refund('r1', 's1', 1), voidOf('v2', 's2'));
    await vest();
    expect(await held()).toEqual(['a s1 refund_rate', 'a s2 refund_rate', 'a s3 refund_rate']);
  });

  test("a leaked coupon holds the partner whose code it is; one that is nobody's holds all", async () => {
    const { programId, ids, ingest, vest, held } = await newShared();
    await money.get(CouponCodes).create({ id: ids[1]!, programId }, 'SPRING', actor);
    await money.risk.addCoupons(programId, [{ coupon: 'SPRING' }, { coupon: 'VIP' }], actor);
    await ingest(shared('s1', { coupon: 'SPRING' }), shared('s2', { coupon: 'VIP' }));
    await ingest(sale('s3', { partner: ids[0], coupon: 'SPRING' }));
    await vest();
    expect(await held()).toEqual([
      ...['a s2 leaked_coupon', 'a s3 leaked_coupon', 'b s1 leaked_coupon', 'b s2 leaked_coupon'],
    ]);
  });

  test("a person holds one partner's part, and must say whose where several share it", async () => {
    const { programId, ids, ingest, vest, lines } = await newShared();
    await ingest(shared('s1'));
    const placing = { programId, eventId: 's1', note: 'Odd', ...actor };
    const missing = { errors: [{ pointer: '/partnerId', message: expect.stringContaining('is missing') }] };
    await expect(money.holds.place(placing)).rejects.toMatchObject({ code: 'invalid-document', ...missing });
    const stranger = { ...placing, partnerId: 'prt_none' };
    await expect(money.holds.place(stranger)).rejects.toMatchObject({ errors: [{ pointer: '/partnerId' }] });
    await vest();
    // Both have vested: the hold takes back b's alone, and its release gives it back.
    const holdId = await money.holds.place({ ...placing, partnerId: ids[1]! });
    await money.holds.place({ ...placing, partnerId: ids[0]! });
    const held = async () =>
      (await money.ledger.balances(programId, { codes: ['held'] })).map(({ ownerId, balanceMinor }) => [
        ownerId,
        balanceMinor,
      ]);
    expect((await held()).sort()).toEqual(
      [
        [ids[0], 500n],
        [ids[1], 500n],
      ].sort(),
    );
    await money.decisions.release({ ...actor, holdId, reason: 'Fine' });
    expect((await held()).filter(([, minor]) => minor !== 0n)).toEqual([[ids[0], 500n]]);
    expect(await lines()).toEqual(['a s1 500 500', 'b s1 500 500']);
  });
});
