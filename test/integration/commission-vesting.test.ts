import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { lockPartners, reserve, settle, submit } from '../../libs/ledger/index.js';
import { newAndOther, refund, sale, startMoneyServices, voidOf, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'test' };
const terms = newAndOther;
/** Sales of January 10th are held for 30 days. */
const vestsAt = Date.parse('2026-02-09T00:00:00Z');
const dayMs = 86_400_000;

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

async function newProgram() {
  const programId = await seedProgram(money.database);
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1', terms });
  const ingest = (...events: unknown[]) => money.commissions.ingest(programId, events, actor);
  const vest = (cutOffMs: number) => money.commissions.vest({ programId, cutOffMs, actorId: 'system' });
  /** The accounts that hold something, as numbers. */
  const balances = async () => {
    const all = await money.ledger.balances(programId);
    return Object.fromEntries(
      all.flatMap(({ code, balanceMinor }) => (balanceMinor === 0n ? [] : [[code, Number(balanceMinor)]])),
    );
  };
  let payments = 0;
  /** Pays out all of payable, as a batch does. */
  const payOut = async () => {
    await money.database.inTransaction(async (tx) => {
      await lockPartners(tx, programId, [partnerId]);
      const known = await money.ledger.partnerBalances(tx, programId, ['payable'], [partnerId]);
      const amountMinor = known.of('payable', partnerId, 'USD');
      if (amountMinor === 0n) return;
      const key = `payment-${(payments += 1)}`;
      const ids = { key, partnerId, batchId: key, itemId: key };
      const item = { ...ids, eventAt: new Date(), currency: 'USD', actorId: 'test', amountMinor };
      const paid = settle({ ...item, source: 'psp:stripe' });
      await money.ledger.post(tx, programId, [reserve(item), submit(item), paid]);
    });
  };
  return { programId, partnerId, ingest, vest, balances, payOut };
}

describe('vesting', () => {
  test('takes what was held before the cut-off, and not what is held until it', async () => {
    const { programId, partnerId, ingest, vest, balances } = await newProgram();
    const justBefore = '2026-01-09T23:59:59.999Z';
    await ingest(sale('s0', { customer: 'c0', occurredAt: justBefore }), sale('s1', { customer: 'c1' }));
    expect(await vest(vestsAt - 1)).toEqual({ lines: 0, vestedMinor: '0' });
    expect(await balances()).toEqual({ commission_accrued: 4_000, commission_expense: 4_000 });
    expect(await vest(vestsAt)).toEqual({ lines: 1, vestedMinor: '2000' });
    expect(await balances()).toEqual({ payable: 2_000, commission_accrued: 2_000, commission_expense: 4_000 });
    expect(await vest(vestsAt + 1)).toEqual({ lines: 1, vestedMinor: '2000' });
    expect(await balances()).toEqual({ payable: 4_000, commission_expense: 4_000 });
    const { items } = await money.ledger.transactions(programId, { kind: 'vest', eventId: 's1' });
    expect(items).toMatchObject([
      {
        eventAt: new Date(vestsAt + 1),
        refs: { partnerId, eventId: 's1', ruleId: 'new', clause: '2.1', termsHash: expect.any(String) },
      },
    ]);
  });

  test('repeated moves nothing, and answers as before', async () => {
    const { programId, ingest, vest } = await newProgram();
    await ingest(sale('s1', { customer: 'c1' }), sale('s2', { customer: 'c1' }));
    const cutOffMs = vestsAt + dayMs;
    const first = await Promise.all([vest(cutOffMs), vest(cutOffMs)]);
    expect(first).toContainEqual({ lines: 2, vestedMinor: '3000' });
    expect(await vest(cutOffMs)).toEqual({ lines: 2, vestedMinor: '3000' });
    const [trial] = await money.ledger.trialBalance(programId);
    expect(trial).toMatchObject({ transactions: 4, balanced: true });
  });

  test('takes the reversals of unvested lines along', async () => {
    const { ingest, vest, balances } = await newProgram();
    await ingest(sale('s1', { customer: 'c1' }), refund('r1', 's1', 2_500));
    expect(await balances()).toEqual({ commission_accrued: 1_500, commission_expense: 1_500 });
    expect(await vest(vestsAt + 1)).toEqual({ lines: 2, vestedMinor: '1500' });
    expect(await balances()).toEqual({ payable: 1_500, commission_expense: 1_500 });
  });
});

describe('what has vested', () => {
  test('is clawed back at once by a refund', async () => {
    const { programId, ingest, vest, balances } = await newProgram();
    await ingest(sale('s1', { customer: 'c1' }));
    await vest(vestsAt + 1);
    await ingest(refund('r1', 's1', 2_500, '2026-02-20T00:00:00Z'));
    expect(await balances()).toEqual({ payable: 1_500, commission_expense: 1_500 });
    const { items } = await money.ledger.transactions(programId, { eventId: 'r1' });
    expect(items).toMatchObject([{ kind: 'clawback', refs: { ruleId: 'new', clause: '2.1' } }]);
    expect(await vest(vestsAt + 9 * dayMs)).toEqual({ lines: 0, vestedMinor: '0' });
  });

  test('and was paid becomes what the partner owes, and the next that vests pays it', async () => {
    const { ingest, vest, balances, payOut } = await newProgram();
    await ingest(sale('s1', { customer: 'c1' }), sale('s2', { customer: 'c1' }));
    await vest(vestsAt + 1);
    await payOut();
    await ingest(voidOf('v1', 's1', '2026-02-20T00:00:00Z'));
    expect(await balances()).toMatchObject({ partner_receivable: 2_000, commission_expense: 1_000 });
    await ingest(sale('s3', { customer: 'c1', occurredAt: '2026-03-01T00:00:00Z' }));
    await vest(Date.parse('2026-04-15T00:00:00Z'));
    expect(await balances()).toMatchObject({ partner_receivable: 1_000, commission_expense: 2_000 });
    await ingest(sale('s4', { customer: 'c2', occurredAt: '2026-03-02T00:00:00Z' }));
    await vest(Date.parse('2026-04-16T00:00:00Z'));
    const after = await balances();
    expect(after).toMatchObject({ payable: 1_000, commission_expense: 4_000, 'psp:stripe': -3_000 });
    expect(after).not.toHaveProperty('partner_receivable');
  });

  test('is clawed back by hundreds of refunds at once from what is payable, and no further', async () => {
    const { ingest, vest, balances, payOut } = await newProgram();
    const sales = Array.from({ length: 400 }, (_, index) => sale(`s${index}`, { customer: `c${index}` }));
    const [paid, payable] = [sales.slice(0, 300), sales.slice(300)];
    await ingest(...paid);
    await vest(vestsAt + 1);
    await payOut();
    await ingest(...payable);
    await vest(vestsAt + 2);
    expect(await balances()).toMatchObject({ payable: 100 * 2_000, 'psp:stripe': -300 * 2_000 });
    await ingest(...paid.map(({ id }) => refund(`r-${id as string}`, id as string, 10_000, '2026-02-20T00:00:00Z')));
    expect(await balances()).toEqual({
      ...{ partner_receivable: 200 * 2_000, commission_expense: 100 * 2_000, 'psp:stripe': -300 * 2_000 },
    });
  });

  test('and is repriced gains through the holding period, and loses first what has not vested', async () => {
    const { ingest, vest, balances } = await newProgram();
    const early = { customer: 'c1', occurredAt: '2026-01-05T00:00:00Z' };
    await ingest(sale('s1', { customer: 'c1' }));
    await vest(vestsAt + 1);
    // The earlier sale makes the vested one an existing customer's: 20 percent become 10.
    await ingest(sale('s0', { ...early, amountMinor: 100 }));
    expect(await balances()).toEqual({ payable: 1_000, commission_accrued: 20, commission_expense: 1_020 });
    await vest(vestsAt + 1);
    expect(await balances()).toEqual({ payable: 1_020, commission_expense: 1_020 });
  });

  test('is neither charged nor owed twice when a refunded sale is repriced', async () => {
    const { ingest, vest, balances } = await newProgram();
    await ingest(sale('s1', { customer: 'c1' }));
    await vest(vestsAt + 1);
    await ingest(refund('r1', 's1', 10_000, '2026-02-20T00:00:00Z'));
    expect(await balances()).toEqual({});
    await ingest(sale('s0', { customer: 'c1', occurredAt: '2026-01-05T00:00:00Z', amountMinor: 100 }));
    expect(await balances()).toEqual({ commission_accrued: 20, commission_expense: 20 });
    await vest(vestsAt + 1);
    expect(await balances()).toEqual({ payable: 20, commission_expense: 20 });
  });
});

/** Something that happens to a partner's money. */
type Step =
  | { do: 'sale'; day: number; amountMinor: number; customer: number }
  | { do: 'refund'; day: number; of: number; part: number }
  | { do: 'void'; day: number; of: number }
  | { do: 'vest'; day: number }
  | { do: 'pay' };

const day = fc.nat(90);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('sale'), day, amountMinor: fc.nat(50_000), customer: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('refund'), day, of: fc.nat(9), part: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('void'), day, of: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('vest'), day: fc.nat(150) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pay') }) },
);

test('payable and accrued never fall below zero, and every cent stays accounted for, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { programId, ingest, vest, balances, payOut } = await newProgram();
      const at = (offset: number) => new Date(Date.UTC(2026, 0, 1 + offset)).toISOString();
      const sales: { id: string; amountMinor: number }[] = [];
      for (const [index, taken] of steps.entries()) {
        const id = `e${index}`;
        const original = 'of' in taken ? sales[taken.of % Math.max(1, sales.length)] : undefined;
        if (taken.do === 'sale') {
          const { amountMinor, customer } = taken;
          await ingest(sale(id, { occurredAt: at(taken.day), amountMinor, customer: `c${customer}` }));
          sales.push({ id, amountMinor });
        }
        if (taken.do === 'refund' && original) {
          await ingest(refund(id, original.id, Math.floor(original.amountMinor / taken.part), at(taken.day)));
        }
        if (taken.do === 'void' && original) await ingest(voidOf(id, original.id, at(taken.day)));
        if (taken.do === 'vest') await vest(Date.UTC(2026, 0, 1 + taken.day) + 1);
        if (taken.do === 'pay') await payOut();
        await expectSound(programId, await balances());
      }
    }),
    { numRuns: 30 },
  );
});

async function expectSound(programId: string, balances: Record<string, number>): Promise<void> {
  const { payable = 0, commission_accrued: accrued = 0, partner_receivable: receivable = 0 } = balances;
  const { commission_expense: expense = 0, 'psp:stripe': stripe = 0 } = balances;
  expect(payable).toBeGreaterThanOrEqual(0);
  expect(accrued).toBeGreaterThanOrEqual(0);
  expect(receivable).toBeGreaterThanOrEqual(0);
  expect(Math.min(payable, receivable)).toBe(0);
  const [lines] = await money.database.query<{ amount: string; unvested: string }>(
    `select coalesce(sum(amount_minor), 0) as amount, coalesce(sum(amount_minor - vested_minor), 0) as unvested
     from commission_lines where program_id = $1`,
    [programId],
  );
  expect(Number(lines?.amount)).toBe(expense);
  expect(Number(lines?.unvested)).toBe(accrued);
  expect(payable + accrued - receivable - stripe).toBe(expense);
}
