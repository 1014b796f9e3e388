import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actor, AgreementHouse, type HousedPartner } from '../support/agreement-house.js';
import { termsWith } from '../support/terms-with.js';

const began = '2026-01-31T10:00:00.000Z';
const terms = termsWith();
const vestsAt = Date.parse('2026-03-10T00:00:00Z');

describe('what vests while a partner is suspended', () => {
  let house: AgreementHouse;
  let partner: HousedPartner;
  beforeAll(async () => void (house = await AgreementHouse.open()));
  afterAll(() => house.close());
  beforeEach(async () => {
    house.clock.set(began);
    partner = await house.partner(await house.program(), terms);
  });

  const act = (cause: 'fraud_review' | 'compliance') => ({
    ...actor,
    partnerId: partner.partnerId,
    cause,
    reason: 'Test',
  });
  const begin = (cause: 'fraud_review' | 'compliance') => house.suspensions.begin(act(cause));
  const end = (cause: 'fraud_review' | 'compliance') => house.suspensions.end(act(cause));
  const vest = (cutOffMs = vestsAt) =>
    house.commissions.vest({ programId: partner.programId, cutOffMs, actorId: 'system' });
  const refund = (refundOf: string, amountMinor: number) =>
    house.commissions.ingest(
      partner.programId,
      [{ id: `refund-of-${refundOf}`, type: 'refund', refundOf, amountMinor, occurredAt: '2026-03-20T00:00:00Z' }],
      actor,
    );
  const saleOf = async (id: string, amountMinor = 10_000): Promise<void> => {
    const sale = { id, type: 'sale', occurredAt: '2026-02-01T00:00:00Z', partner: partner.reference, amountMinor };
    await house.commissions.ingest(partner.programId, [{ ...sale, currency: 'USD' }], actor);
  };
  const balances = async () => {
    const rows = await house.database.query<{ code: string; minor: string }>(
      `select a.code, abs(sum(e.amount_minor)) as minor from ledger_accounts a join ledger_entries e on e.account_id = a.id
       where a.program_id = $1 group by a.code having sum(e.amount_minor) <> 0 order by a.code`,
      [partner.programId],
    );
    return Object.fromEntries(rows.map(({ code, minor }) => [code, Number(minor)]));
  };

  test('is held, and payable once the last cause is over', async () => {
    await saleOf('s1');
    await begin('compliance');
    await begin('fraud_review');
    await vest();
    expect(await balances()).toEqual({ commission_expense: 1_000, held: 1_000 });
    await end('compliance');
    expect(await balances()).toEqual({ commission_expense: 1_000, held: 1_000 });
    await end('fraud_review');
    expect(await balances()).toEqual({ commission_expense: 1_000, payable: 1_000 });
  });

  test('is held of every run and of every suspension, and given back once', async () => {
    for (const round of [1, 2]) {
      await saleOf(`s${round}`);
      await begin('compliance');
      await vest(vestsAt + round);
      await saleOf(`t${round}`);
      await vest(vestsAt + round);
      expect(await balances()).toMatchObject({ held: 2_000 });
      await end('compliance');
      expect(await balances()).toEqual({ commission_expense: round * 2_000, payable: round * 2_000 });
    }
  });

  test('pays what the partner owes first', async () => {
    await saleOf('s1');
    await begin('compliance');
    await vest();
    // What was held is not there to be taken back: the partner owes it, until the suspension ends.
    await refund('s1', 5_000);
    expect(await balances()).toEqual({ commission_expense: 500, held: 1_000, partner_receivable: 500 });
    await end('compliance');
    expect(await balances()).toEqual({ commission_expense: 500, payable: 500 });
  });

  test('leaves what vested before where it was', async () => {
    await saleOf('s1');
    await vest();
    await begin('compliance');
    await saleOf('s2', 20_000);
    await vest(vestsAt + 1);
    expect(await balances()).toEqual({ commission_expense: 3_000, held: 2_000, payable: 1_000 });
  });

  test('is payable in the end, whatever runs while the suspension ends', async () => {
    for (let round = 0; round < 5; round += 1) {
      await saleOf(`s${round}`);
      await begin('compliance');
      await Promise.all([vest(vestsAt + round), end('compliance'), saleOf(`t${round}`)]);
      await vest(vestsAt + round);
      const earned = (round + 1) * 2_000;
      expect(await balances()).toEqual({ commission_expense: earned, payable: earned });
    }
  });
});
