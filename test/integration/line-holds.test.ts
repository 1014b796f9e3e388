import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockPartners, reserve, settle, submit } from '../../libs/ledger/index.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'usr_finance' };
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});
/** Sales of January 10th are held for 30 days. */
const vestsAt = Date.parse('2026-02-09T00:00:00Z') + 1;
const dayMs = 86_400_000;

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

async function newProgram(settings: { holds?: unknown } = {}) {
  const programId = await seedProgram(money.database, settings);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const balances = async () => {
    const all = await money.ledger.balances(programId);
    return Object.fromEntries(
      all.flatMap(({ code, balanceMinor }) => (balanceMinor === 0n ? [] : [[code, Number(balanceMinor)]])),
    );
  };
  const rows = <Row>(sql: string) => money.database.query<Row>(sql, [programId]);
  return {
    programId,
    partnerId,
    balances,
    ingest: (...events: unknown[]) => money.commissions.ingest(programId, events, actor),
    vest: (cutOffMs = vestsAt) => money.commissions.vest({ programId, cutOffMs, actorId: 'system' }),
    place: (eventId: string, more: object = {}) =>
      money.holds.place({ programId, eventId, note: 'Looks odd', ...actor, ...more }),
    review: (cutOffMs = Date.now() + 1_000) => money.reviews.run({ programId, cutOffMs, actorId: 'system' }),
    payOut: (amountMinor: bigint) => payOut(programId, partnerId, amountMinor),
    holdsOf: () =>
      rows<{ id: string; event_id: string; cause: string; state: string; seen: object }>(
        `select id, event_id, cause, state, seen from line_holds where program_id = $1 order by event_id, cause`,
      ),
    events: async () => {
      const messages = await rows<{ type: string }>(
        `select payload->>'type' as type from outbox_messages where program_id = $1 and kind = 'domain_event' order by sequence`,
      );
      return messages.map(({ type }) => type);
    },
    mails: () => rows<{ template: string; role: string }>(`select template, role from mails where program_id = $1`),
  };
}

/** Pays something out of payable, as a batch does. */
async function payOut(programId: string, partnerId: string, amountMinor: bigint): Promise<void> {
  await money.database.inTransaction(async (tx) => {
    await lockPartners(tx, programId, [partnerId]);
    const ids = { key: 'payment', partnerId, batchId: 'payment', itemId: 'payment' };
    const item = { ...ids, eventAt: new Date(), currency: 'USD', actorId: 'test', amountMinor };
    const paid = settle({ ...item, source: 'psp:stripe' });
    await money.ledger.post(tx, programId, [reserve(item), submit(item), paid]);
  });
}

const decision = (holdId: string, reason = 'Looked into') => ({ ...actor, holdId, reason });

describe('a held event', () => {
  test('does not vest, whatever the clock says, and its refunds with it; others do', async () => {
    const { ingest, place, vest, balances } = await newProgram();
    await ingest(sale('s1'), refund('r1', 's1', 2_500), sale('s2'));
    await place('s1');
    expect(await vest()).toEqual({ lines: 1, vestedMinor: '1000' });
    expect(await vest(vestsAt + 900 * dayMs)).toEqual({ lines: 0, vestedMinor: '0' });
    expect(await balances()).toEqual({ payable: 1_000, commission_accrued: 750, commission_expense: 1_750 });
  });

  test('vests with the next run once it is released', async () => {
    const { ingest, place, vest, balances, holdsOf, events } = await newProgram();
    await ingest(sale('s1'));
    const holdId = await place('s1');
    await vest();
    await money.decisions.release(decision(holdId));
    expect(await balances()).toEqual({ commission_accrued: 1_000, commission_expense: 1_000 });
    await vest(vestsAt + 1);
    expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
    expect(await holdsOf()).toMatchObject([{ id: holdId, state: 'released' }]);
    expect(await events()).toEqual(['line_hold.placed', 'line_hold.released']);
  });

  test('earns nothing once it is rejected, by a void that counts like any other', async () => {
    const { programId, ingest, place, vest, balances, events } = await newProgram();
    await ingest(sale('s1'), sale('s2'));
    const holdId = await place('s1');
    const rejected = await money.decisions.reject(decision(holdId, 'It is fraud'));
    expect(rejected).toMatchObject({
      state: 'rejected',
      void_event_id: `hold-rejected:${holdId}`,
      reason: 'It is fraud',
    });
    expect(await balances()).toEqual({ commission_accrued: 1_000, commission_expense: 1_000 });
    const explained = await money.commissions.explain(programId, 's1');
    expect(explained.reversals).toMatchObject([{ event: `hold-rejected:${holdId}` }]);
    expect(explained.holds).toMatchObject([{ holdId, cause: 'manual', state: 'rejected', reason: 'It is fraud' }]);
    await vest();
    expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
    expect(await events()).toEqual(['line_hold.placed', 'line_hold.rejected']);
  });

  test('says in its explanation that it waits', async () => {
    const { programId, ingest, place } = await newProgram();
    await ingest(sale('s1'));
    await place('s1');
    const { summary } = await money.commissions.explain(programId, 's1');
    expect(summary).toBe('Event s1 earned USD 10.00 under clause 2.1; it is held for review until somebody decides.');
  });

  test('is held by hand once, is known, and is no refund', async () => {
    const { ingest, place } = await newProgram();
    await ingest(sale('s1'), refund('r1', 's1', 100));
    const both = await Promise.allSettled([place('s1'), place('s1')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(place('s1')).rejects.toMatchObject({ code: 'already-exists' });
    await expect(place('s9')).rejects.toMatchObject({ code: 'not-found' });
    await expect(place('r1')).rejects.toMatchObject({ code: 'invalid-document' });
    await expect(place('s1', { expiresAt: new Date(0) })).rejects.toMatchObject({ code: 'invalid-document' });
  });

  test('is placed and decided once by one request, however often it is sent', async () => {
    const { ingest, place, events } = await newProgram();
    await ingest(sale('s1'));
    const request = { requestId: 'req_1' };
    const holdId = await place('s1', request);
    expect(await place('s1', request)).toBe(holdId);
    await money.decisions.reject({ ...decision(holdId), requestId: 'req_2' });
    expect(await money.decisions.reject({ ...decision(holdId), requestId: 'req_2' })).toMatchObject({
      state: 'rejected',
    });
    expect(await events()).toEqual(['line_hold.placed', 'line_hold.rejected']);
  });
});

describe('money that had vested', () => {
  test('goes from payable to held and back', async () => {
    const { ingest, place, vest, balances } = await newProgram();
    await ingest(sale('s1'), sale('s2'));
    await vest();
    const holdId = await place('s1');
    expect(await balances()).toEqual({ payable: 1_000, held: 1_000, commission_expense: 2_000 });
    await money.decisions.release(decision(holdId));
    expect(await balances()).toEqual({ payable: 2_000, commission_expense: 2_000 });
  });

  test('stays held until the last hold of its event is released', async () => {
    const { programId, ingest, place, vest, balances } = await newProgram({
      holds: { rules: { leakedCoupons: true } },
    });
    await ingest(sale('s1', { coupon: 'LEAKED' }));
    await vest();
    const byHand = await place('s1');
    await money.database.query(
      `insert into line_holds (id, program_id, event_id, partner_id, cause, owner_role, state, placed_by, placed_at, expires_at)
       select 'hld_2', program_id, event_id, partner_id, 'leaked_coupon', owner_role, 'open', 'system', now(), now()
       from line_holds where program_id = $1`,
      [programId],
    );
    await money.decisions.release(decision(byHand));
    expect(await balances()).toEqual({ held: 1_000, commission_expense: 1_000 });
    await money.decisions.release(decision('hld_2'));
    expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
  });

  test('is taken back from what is held when the hold is rejected, and all holds of the event end', async () => {
    const { programId, ingest, place, vest, balances, holdsOf } = await newProgram();
    await ingest(sale('s1'), sale('s2'));
    await vest();
    const holdId = await place('s1');
    await money.database.query(
      `insert into line_holds (id, program_id, event_id, partner_id, cause, owner_role, state, placed_by, placed_at, expires_at)
       select 'hld_3', program_id, event_id, partner_id, 'burst', owner_role, 'overdue', 'system', now(), now()
       from line_holds where program_id = $1`,
      [programId],
    );
    await money.decisions.reject(decision(holdId));
    expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
    expect((await holdsOf()).map(({ state }) => state)).toEqual(['rejected', 'rejected']);
    const [trial] = await money.ledger.trialBalance(programId);
    expect(trial).toMatchObject({ balanced: true });
  });

  test('and was paid is not there to be held; its rejection is owed', async () => {
    const { ingest, place, vest, balances, payOut: pay } = await newProgram();
    await ingest(sale('s1'));
    await vest();
    await pay(1_000n);
    const holdId = await place('s1');
    expect(await balances()).not.toHaveProperty('held');
    await money.decisions.reject(decision(holdId));
    expect(await balances()).toMatchObject({ partner_receivable: 1_000 });
  });

  test('pays what the partner owes first when it is released', async () => {
    const { ingest, place, vest, balances } = await newProgram();
    await ingest(sale('s1'));
    await vest();
    const holdId = await place('s1');
    // The refund finds nothing in payable while the money is held.
    await ingest(refund('r1', 's1', 2_500, '2026-02-20T00:00:00Z'));
    expect(await balances()).toEqual({ held: 1_000, partner_receivable: 250, commission_expense: 750 });
    await money.decisions.release(decision(holdId));
    expect(await balances()).toEqual({ payable: 750, commission_expense: 750 });
  });
});

describe('at the same time', () => {
  test('one of two decisions wins, and the other is told so', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { ingest, place, vest, balances, holdsOf } = await newProgram();
      await ingest(sale('s1'));
      await vest();
      const holdId = await place('s1');
      const both = await Promise.allSettled([
        money.decisions.release(decision(holdId)),
        money.decisions.reject(decision(holdId)),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'illegal-transition' },
      });
      const [hold] = await holdsOf();
      const whenReleased = { payable: 1_000, commission_expense: 1_000 };
      expect(await balances()).toEqual(hold?.state === 'released' ? whenReleased : {});
    }
  });

  test('a release and a vesting run leave the event vested once, or not yet', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { ingest, place, vest, balances } = await newProgram();
      await ingest(sale('s1'));
      const holdId = await place('s1');
      await Promise.all([money.decisions.release(decision(holdId)), vest()]);
      await vest(vestsAt + 1);
      expect(await balances()).toEqual({ payable: 1_000, commission_expense: 1_000 });
    }
  });

  test('a hold and a vesting run leave the money accrued or held, never payable', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { ingest, place, vest, balances } = await newProgram();
      await ingest(sale('s1'));
      await Promise.all([place('s1'), vest()]);
      expect(await balances()).not.toHaveProperty('payable');
    }
  });
});

describe('an expired hold', () => {
  test('asks again and again, and never pays by itself', async () => {
    const { ingest, place, vest, review, holdsOf, balances, events, mails } = await newProgram({
      holds: { expiresAfter: 'P1D', askEvery: 'P2D' },
    });
    await ingest(sale('s1'));
    const holdId = await place('s1', { ownerRole: 'partner_manager' });
    const now = Date.now();
    expect(await review(now + dayMs / 2)).toMatchObject({ asked: 0 });
    expect(await review(now + 2 * dayMs)).toMatchObject({ asked: 1 });
    expect(await review(now + 2 * dayMs)).toMatchObject({ asked: 0 });
    expect(await review(now + 3 * dayMs)).toMatchObject({ asked: 0 });
    expect(await review(now + 4 * dayMs)).toMatchObject({ asked: 1 });
    await vest();
    expect(await balances()).toEqual({ commission_accrued: 1_000, commission_expense: 1_000 });
    expect(await holdsOf()).toMatchObject([{ state: 'overdue' }]);
    expect(await events()).toEqual(['line_hold.placed', 'line_hold.overdue', 'line_hold.overdue']);
    expect(await mails()).toEqual([
      { template: 'line-holds-overdue', role: 'partner_manager' },
      { template: 'line-holds-overdue', role: 'partner_manager' },
    ]);
    await money.decisions.extend({ ...decision(holdId), expiresAt: new Date(now + 30 * dayMs) });
    expect(await review(now + 29 * dayMs)).toMatchObject({ asked: 0 });
    await expect(money.decisions.extend({ ...decision(holdId), expiresAt: new Date(now) })).rejects.toMatchObject({
      code: 'invalid-document',
    });
    await money.decisions.release(decision(holdId));
    await expect(
      money.decisions.extend({ ...decision(holdId), expiresAt: new Date(now + 30 * dayMs) }),
    ).rejects.toMatchObject({ code: 'illegal-transition' });
    await expect(money.decisions.release(decision(holdId))).rejects.toMatchObject({ code: 'illegal-transition' });
  });

  test('and a decision at the same time end in the decision', async () => {
    const { ingest, place, review, holdsOf } = await newProgram({ holds: { expiresAfter: 'P1D' } });
    await ingest(sale('s1'));
    const holdId = await place('s1');
    await Promise.all([review(Date.now() + 2 * dayMs), money.decisions.release(decision(holdId))]);
    expect(await holdsOf()).toMatchObject([{ state: 'released' }]);
  });
});
