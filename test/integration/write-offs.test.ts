import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockPartners, reserve, settle, submit } from '../../libs/ledger/index.js';
import { PartnerDebts, WriteOffs } from '../../libs/receivables/index.js';
import { refund, sale, startMoneyServices, termsWith, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const finance = { actorId: 'usr_finance' };
const approver = { actorId: 'usr_approver' };
const terms = termsWith({
  commissions: [{ id: 'all', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
});
const vestsAt = Date.parse('2026-02-09T00:00:00Z') + 1;

let money: MoneyServices;
let writeOffs: WriteOffs;
let debts: PartnerDebts;
beforeAll(async () => {
  money = await startMoneyServices();
  writeOffs = money.get(WriteOffs);
  debts = money.get(PartnerDebts);
});
afterAll(() => money.close());

/** A partner that was paid 10.00 USD for a sale which was then refunded by half. */
async function newDebtor() {
  const programId = await seedProgram(money.database);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, finance);
  const vest = (cutOffMs = vestsAt) => money.commissions.vest({ programId, cutOffMs, actorId: 'system' });
  await ingest(sale('s1'));
  await vest();
  await money.database.inTransaction(async (tx) => {
    await lockPartners(tx, programId, [partnerId]);
    const ids = { key: 'payment', partnerId, batchId: 'payment', itemId: 'payment', amountMinor: 1_000n };
    const item = { ...ids, eventAt: new Date(), currency: 'USD', actorId: 'test' };
    await money.ledger.post(tx, programId, [reserve(item), submit(item), settle({ ...item, source: 'psp:stripe' })]);
  });
  await ingest(refund('r1', 's1', 5_000, '2026-02-20T00:00:00Z'));
  return {
    ...{ programId, partnerId, ingest, vest },
    propose: (amountMinor: bigint, more: object = {}) =>
      writeOffs.propose({
        programId,
        partnerId,
        amountMinor,
        currency: 'USD',
        reason: 'It is gone',
        ...finance,
        ...more,
      }),
    balance: async (code: string) => {
      const [row] = await money.ledger.balances(programId, { codes: [code] });
      return row?.balanceMinor ?? 0n;
    },
  };
}

describe('what a partner owes', () => {
  test('is told with the refunds that made it', async () => {
    const { programId, partnerId } = await newDebtor();
    expect(await debts.of(programId, partnerId)).toEqual([{ amountMinor: 500n, currency: 'USD' }]);
    const { items } = await debts.entries(programId, { partnerId, currency: 'USD' });
    expect(items).toMatchObject([{ kind: 'clawback', amountMinor: 500n, refs: { eventId: 'r1', ruleId: 'all' } }]);
  });

  test('is paid by what vests next, and then is nothing', async () => {
    const { programId, partnerId, ingest, vest, balance } = await newDebtor();
    await ingest(sale('s2', { occurredAt: '2026-02-01T00:00:00Z' }));
    await vest(Date.parse('2026-04-01T00:00:00Z'));
    expect(await debts.of(programId, partnerId)).toEqual([]);
    expect(await balance('payable')).toBe(500n);
  });
});

describe('a write-off', () => {
  test('is booked when another person approves it', async () => {
    const { programId, partnerId, propose, balance } = await newDebtor();
    const { id: writeOffId } = await propose(300n);
    expect(await balance('bad_debt')).toBe(0n);
    await expect(writeOffs.approve({ ...finance, writeOffId })).rejects.toMatchObject({ code: 'maker-is-checker' });
    expect(await writeOffs.approve({ ...approver, writeOffId })).toMatchObject({
      ...{ state: 'approved', proposed_by: 'usr_finance', decided_by: 'usr_approver' },
    });
    expect(await balance('bad_debt')).toBe(300n);
    expect(await debts.of(programId, partnerId)).toEqual([{ amountMinor: 200n, currency: 'USD' }]);
    const actions = await money.database.query<{ action: string }>(
      `select action from audit_facts where subject_id = $1 order by id`,
      [writeOffId],
    );
    expect(actions.map(({ action }) => action)).toEqual(['write_off.propose', 'write_off.approve']);
    await expect(writeOffs.approve({ ...approver, writeOffId })).rejects.toMatchObject({ code: 'illegal-transition' });
  });

  test('is never more than is owed: neither when it is proposed nor when it is approved', async () => {
    const { ingest, vest, propose, balance } = await newDebtor();
    await expect(propose(501n)).rejects.toMatchObject({ code: 'invalid-document' });
    const { id: writeOffId } = await propose(500n);
    await ingest(sale('s2', { amountMinor: 100, occurredAt: '2026-02-01T00:00:00Z' }));
    await vest(Date.parse('2026-04-01T00:00:00Z'));
    expect(await balance('partner_receivable')).toBe(490n);
    await expect(writeOffs.approve({ ...approver, writeOffId })).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(await balance('bad_debt')).toBe(0n);
  });

  test('is proposed once at a time, and repeated by its own request alone', async () => {
    const { propose } = await newDebtor();
    const both = await Promise.allSettled([propose(100n), propose(200n)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const again = await newDebtor();
    const first = await again.propose(100n, { requestId: 'req_1' });
    expect(await again.propose(100n, { requestId: 'req_1' })).toMatchObject({ id: first.id });
    await expect(again.propose(100n, { requestId: 'req_2' })).rejects.toMatchObject({ code: 'already-exists' });
  });

  test('is approved, refused or withdrawn once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { propose, balance } = await newDebtor();
      const { id: writeOffId } = await propose(500n);
      const all = await Promise.allSettled([
        writeOffs.approve({ ...approver, writeOffId }),
        writeOffs.refuse({ ...approver, writeOffId, reason: 'They can pay' }),
        writeOffs.withdraw({ ...finance, writeOffId }),
      ]);
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { state } = await writeOffs.get(writeOffId);
      expect(await balance('bad_debt')).toBe(state === 'approved' ? 500n : 0n);
    }
  });

  test('and what vests at the same time never make the debt negative', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { ingest, vest, propose, balance } = await newDebtor();
      const { id: writeOffId } = await propose(500n);
      await ingest(sale('s2', { occurredAt: '2026-02-01T00:00:00Z' }));
      await Promise.allSettled([
        writeOffs.approve({ ...approver, writeOffId }),
        vest(Date.parse('2026-04-01T00:00:00Z')),
      ]);
      expect(await balance('partner_receivable')).toBe(0n);
      expect((await balance('bad_debt')) + 1_000n - (await balance('payable'))).toBe(500n);
    }
  });
});
