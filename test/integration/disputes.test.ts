import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DisputeAnswers, DisputeDeadlines, DisputesService, type DisputeSubject } from '../../libs/disputes/index.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const manager = { actorId: 'usr_manager' };
const finance = { actorId: 'usr_finance' };
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});
const vestsAt = Date.parse('2026-03-01T00:00:00Z');
const dayMs = 86_400_000;

let money: MoneyServices;
let disputes: DisputesService;
let answers: DisputeAnswers;
beforeAll(async () => {
  money = await startMoneyServices();
  disputes = money.get(DisputesService);
  answers = money.get(DisputeAnswers);
});
afterAll(() => money.close());

async function newProgram(settings: object = {}) {
  const programId = await seedProgram(money.database, { disputes: settings });
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const other = await seedPartner(money.database, { programId, reference: 'p2', terms });
  const own = { actorId: partnerId };
  const open = (subject: DisputeSubject, more: object = {}) =>
    disputes.open({ programId, partnerId, subject, text: 'It should be more', ...own, ...more });
  const list = async (sql: string): Promise<string[]> => {
    const rows = await money.database.query<{ text: string }>(sql, [programId]);
    return rows.map(({ text }) => text);
  };
  return {
    ...{ programId, partnerId, other, own, open },
    ingest: (...events: unknown[]) => money.commissions.ingest(programId, events, manager),
    vest: () => money.commissions.vest({ programId, cutOffMs: vestsAt, actorId: 'system' }),
    remind: (cutOffMs: number) => money.get(DisputeDeadlines).run({ programId, cutOffMs, actorId: 'system' }),
    events: () =>
      list(
        `select payload->>'type' as text from outbox_messages where program_id = $1 and kind = 'domain_event' order by sequence`,
      ),
    mails: () => list(`select template || ' ' || details::text as text from mails where program_id = $1 order by id`),
    balances: async () => {
      const all = await money.ledger.balances(programId);
      return Object.fromEntries(
        all.flatMap(({ code, balanceMinor }) => (balanceMinor === 0n ? [] : [[code, Number(balanceMinor)]])),
      );
    },
  };
}

const event = (eventId: string) => ({ kind: 'event' as const, eventId });
const missing = (reference: string) => ({ kind: 'missing' as const, facts: { reference } });

describe('a dispute', () => {
  test('that is upheld books an entry that names it, and the explanation tells of it', async () => {
    const { programId, partnerId, ingest, open, balances, events, mails } = await newProgram();
    await ingest(sale('s1'));
    const { id: disputeId } = await open({ kind: 'line', eventId: 's1', rule: 'all' });
    const answered = await answers.answer({
      ...{ ...manager, disputeId, decision: 'upheld', reason: 'The rate was wrong', adjustmentMinor: 500n },
    });
    expect(answered).toMatchObject({ state: 'upheld', adjustment_minor: '500', currency: 'USD' });
    expect(await balances()).toEqual({ payable: 500, commission_accrued: 1_000, commission_expense: 1_500 });
    const { items } = await money.ledger.transactions(programId, { kind: 'adjust' });
    expect(items).toMatchObject([{ refs: { partnerId, eventId: 's1', ruleId: 'all' }, actorId: 'usr_manager' }]);
    const [booked] = await money.database.query(
      `select idempotency_key from ledger_transactions where program_id = $1 and kind = 'adjust'`,
      [programId],
    );
    expect(booked).toEqual({ idempotency_key: `adjust/${disputeId}` });
    const { disputes: told } = await money.commissions.explain(programId, 's1');
    expect(told).toMatchObject([{ disputeId, state: 'upheld', adjustment: { amountMinor: 500, currency: 'USD' } }]);
    expect(await events()).toEqual(['dispute.opened', 'dispute.upheld']);
    expect(await mails()).toEqual(['dispute-opened {}', 'dispute-answered {}']);
  });

  test('pays what the partner owes first, and may take back as far as it owes then', async () => {
    const { ingest, open, vest, balances } = await newProgram();
    await ingest(sale('s1'));
    await vest();
    const down = await open(event('s1'));
    const answer = { ...manager, decision: 'upheld' as const, reason: 'Paid twice' };
    await answers.answer({ ...answer, disputeId: down.id, adjustmentMinor: -1_400n });
    expect(await balances()).toEqual({ partner_receivable: 400, commission_expense: -400 });
    const up = await open(event('s1'));
    await answers.answer({ ...answer, disputeId: up.id, adjustmentMinor: 600n });
    expect(await balances()).toEqual({ payable: 200, commission_expense: 200 });
  });

  test('above the limit needs a second person, who may send it back', async () => {
    const { open, balances, events } = await newProgram({ approvalAboveMinor: 1_000 });
    const { id: disputeId } = await open(missing('order-7'));
    const answer = { ...manager, disputeId, decision: 'upheld' as const, reason: 'It is missing' };
    expect(await answers.answer({ ...answer, adjustmentMinor: -1_001n })).toMatchObject({ state: 'awaiting_approval' });
    expect(await balances()).toEqual({});
    await expect(answers.approve({ ...manager, disputeId })).rejects.toMatchObject({ code: 'maker-is-checker' });
    await expect(answers.sendBack({ ...manager, disputeId })).rejects.toMatchObject({ code: 'maker-is-checker' });
    expect(await answers.sendBack({ ...finance, disputeId, reason: 'The wrong sign' })).toMatchObject({
      ...{ state: 'open', answer: null, adjustment_minor: null },
    });
    await answers.answer({ ...answer, adjustmentMinor: 1_001n });
    const both = await Promise.allSettled([
      answers.approve({ ...finance, disputeId }),
      answers.approve({ actorId: 'usr_other', disputeId }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await balances()).toEqual({ payable: 1_001, commission_expense: 1_001 });
    const waits = 'dispute.awaiting_approval';
    expect(await events()).toEqual(['dispute.opened', waits, 'dispute.sent_back', waits, 'dispute.upheld']);
  });

  test('up to the limit needs none', async () => {
    const { open } = await newProgram({ approvalAboveMinor: 1_000 });
    const { id: disputeId } = await open(missing('order-7'));
    const answer = { ...manager, disputeId, decision: 'upheld' as const, reason: 'It is missing' };
    expect(await answers.answer({ ...answer, adjustmentMinor: 1_000n })).toMatchObject({ state: 'upheld' });
  });

  test('is about the own events and lines of the partner alone', async () => {
    const { ingest, open, other } = await newProgram();
    await ingest(sale('s1'), refund('r1', 's1', 5_000), sale('s2', { partner: 'p2' }));
    await open(event('r1'));
    await expect(open(event('s2'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(open(event('s9'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(open({ kind: 'line', eventId: 's1', rule: 'none' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(open(event('s1'), { partnerId: other })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('is open once about one thing, and may come again once it was decided', async () => {
    const { ingest, open, other } = await newProgram();
    await ingest(sale('s1'));
    const both = await Promise.allSettled([open(event('s1')), open({ kind: 'line', eventId: 's1', rule: 'all' })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'already-exists' } });
    const { id } = await open(missing('order-7'));
    await open(missing('order-7'), { partnerId: other });
    await open(missing('order-8'));
    await answers.answer({ ...manager, disputeId: id, decision: 'rejected', reason: 'It was cancelled' });
    await open(missing('order-7'));
  });

  test('is opened and answered once by one request, however often it is sent', async () => {
    const { open, balances } = await newProgram();
    const request = { requestId: 'req_1' };
    const { id: disputeId } = await open(missing('order-7'), request);
    expect(await open(missing('order-7'), request)).toMatchObject({ id: disputeId });
    const answer = { ...manager, ...request, disputeId, decision: 'upheld' as const, reason: 'Missing' };
    await answers.answer({ ...answer, adjustmentMinor: 300n });
    expect(await answers.answer({ ...answer, adjustmentMinor: 300n })).toMatchObject({ state: 'upheld' });
    expect(await balances()).toEqual({ payable: 300, commission_expense: 300 });
  });

  test('is decided once: by an answer, or by being withdrawn', async () => {
    const { own, open } = await newProgram();
    for (let round = 0; round < 4; round += 1) {
      const { id: disputeId } = await open(missing('order-7'));
      const both = await Promise.allSettled([
        disputes.withdraw({ ...own, disputeId }),
        answers.answer({ ...manager, disputeId, decision: 'rejected', reason: 'Cancelled' }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'illegal-transition' },
      });
    }
  });

  test('that is rejected adjusts nothing', async () => {
    const { open } = await newProgram();
    const { id: disputeId } = await open(missing('order-7'));
    const answer = { ...manager, disputeId, decision: 'rejected' as const, reason: 'No', adjustmentMinor: 1n };
    await expect(answers.answer(answer)).rejects.toMatchObject({ code: 'invalid-document' });
  });

  test('reminds before its deadline, at it, and again and again after it, until it is answered', async () => {
    const settings = { answerWithin: 'P10D', remindBefore: 'P2D', remindEvery: 'P3D' };
    const { open, remind, mails } = await newProgram(settings);
    const { id: disputeId, due_at } = await open(missing('order-7'));
    const at = (days: number) => remind(due_at.getTime() + days * dayMs);
    expect([await at(-3), await at(-2), await at(-2), await at(-1)]).toEqual([0, 1, 0, 0]);
    expect([await at(0), await at(0), await at(2), await at(3), await at(5)]).toEqual([1, 0, 0, 1, 0]);
    const before = 'dispute-reminder {"isOverdue": 0}';
    const after = 'dispute-reminder {"isOverdue": 1}';
    expect(await mails()).toEqual(['dispute-opened {}', before, after, after]);
    await answers.answer({ ...manager, disputeId, decision: 'rejected', reason: 'Cancelled' });
    expect(await at(9)).toBe(0);
  });
});
