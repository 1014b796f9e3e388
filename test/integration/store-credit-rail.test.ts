import { PayoutRail, railIdempotencyKey, sumOutflow, type SendRequest } from '../../libs/payouts/domain/index.js';
import { StoreCreditRail, StoreCredits } from '../../libs/payouts/index.js';
import type { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { PayoutHouse } from '../support/payout-house.js';
import { describePayoutRailContract } from '../support/payout-rail-contract.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

const actor = { actorId: 'usr_finance' };

/** The house's database with one fault at a time, in the next transaction. */
class FaultyDatabase {
  fault: 'before' | 'after' | 'busy' | undefined;

  constructor(private readonly database: Database) {}

  query: Database['query'] = (sql, parameters) => this.database.query(sql, parameters);

  inTransaction: Database['inTransaction'] = async (work) => {
    const { fault } = this;
    this.fault = undefined;
    if (fault === 'busy') throw Object.assign(new Error('too many clients'), { code: '53300' });
    if (fault === 'before') throw new Error('the connection is gone');
    const result = await this.database.inTransaction(work);
    if (fault === 'after') throw new Error('the connection is gone');
    return result;
  };
}

describePayoutRailContract(
  'store credit',
  async () => {
    const house = await PayoutHouse.open();
    const programId = await seedProgram(house.database);
    for (const id of ['prt_contract', 'prt_one']) {
      const partnerId = await seedPartner(house.database, { programId, reference: id });
      await house.database.query(`update partners set id = $1 where id = $2`, [id, partnerId]);
    }
    const database = new FaultyDatabase(house.database);
    const rail = house.module.get(StoreCreditRail);
    Object.assign(rail, { database });
    const faults = { request_lost: 'before', answer_lost: 'after', throttled: 'busy' } as const;
    return {
      rail,
      currency: 'USD',
      strike(fault) {
        if (fault === 'refused') return Promise.resolve({ accountReference: 'sca_unknown' });
        database.fault = faults[fault];
        return Promise.resolve({});
      },
      async giveBack(reference) {
        await house.module.get(StoreCredits).voidCredit(reference, 'granted by mistake', actor);
      },
      close: () => house.close(),
    };
  },
  { hasNoWebhooks: true, tellsNoBalance: true },
);

describe('store credit', () => {
  let house: PayoutHouse;
  let programId: string;
  let partnerId: string;
  let rail: PayoutRail;
  let credits: StoreCredits;
  let accountReference: string;

  beforeAll(async () => {
    house = await PayoutHouse.open();
    programId = await seedProgram(house.database);
    partnerId = await seedPartner(house.database, { programId, reference: 'ada' });
    rail = house.module.get(StoreCreditRail);
    credits = house.module.get(StoreCredits);
    const opening = { partnerId, idempotencyKey: newId('key'), currency: 'USD' };
    ({ accountReference } = await rail.openAccount(opening));
  });

  afterAll(() => house.close());

  function requestOf(changes: Partial<SendRequest> = {}): SendRequest {
    const itemId = newId('itm');
    const idempotencyKey = railIdempotencyKey('test', itemId, 1, rail.name);
    const rest = { batchId: newId('bat'), accountReference, amountMinor: 2_500n, currency: 'USD' };
    return { idempotencyKey, itemId, attempt: 1, ...rest, ...changes };
  }

  const issue = async (changes: Partial<SendRequest> = {}) => {
    const { reference } = await rail.send(requestOf(changes));
    return { id: reference, code: await credits.reveal(reference, actor) };
  };

  it('is one code for fifty sends of one key at once', async () => {
    const request = requestOf();
    const sent = await Promise.all(Array.from({ length: 50 }, () => rail.send(request)));
    expect(new Set(sent.map(({ reference }) => reference)).size).toBe(1);
    expect((await credits.list(programId, { batchId: request.batchId })).items).toHaveLength(1);
  });

  it('has one code per attempt, whatever the key', async () => {
    const request = requestOf();
    await rail.send(request);
    const another = { ...request, idempotencyKey: newId('key') };
    await expect(rail.send(another)).rejects.toMatchObject({ name: 'RailOutcomeUnknown' });
  });

  it('pays in the currency of its account alone', async () => {
    const refusal = { name: 'RailRefusal', code: 'amount_not_representable' };
    await expect(rail.send(requestOf({ currency: 'EUR' }))).rejects.toMatchObject(refusal);
    await expect(rail.send(requestOf({ amountMinor: 0n }))).rejects.toMatchObject(refusal);
  });

  it('keeps no code that anybody could read from the tables or the audit', async () => {
    const { id, code } = await issue();
    for (const table of ['store_credits', 'audit_facts', 'outbox_messages']) {
      const rows = await house.database.query<{ text: string }>(`select t::text as text from ${table} t`);
      const plain = code.replaceAll('-', '');
      expect(rows.filter(({ text }) => text.replaceAll('-', '').includes(plain))).toEqual([]);
    }
    const [row] = await house.database.query<{ code_sealed: Buffer }>(
      `select code_sealed from store_credits where id = $1`,
      [id],
    );
    expect(row!.code_sealed.includes(code)).toBe(false);
  });

  it('cannot be moved to another credit by whoever can write the table', async () => {
    const [first, second] = [await issue(), await issue()];
    await house.database.query(
      `update store_credits set code_sealed = (select code_sealed from store_credits where id = $1) where id = $2`,
      [first.id, second.id],
    );
    await expect(credits.reveal(second.id, actor)).rejects.toThrow();
  });

  it('is redeemed once, and the shop whose answer was lost is told the same again', async () => {
    const { id, code } = await issue();
    const redeemed = await credits.redeem(programId, { code: code.toLowerCase(), reference: 'order-1' }, actor);
    expect(redeemed).toMatchObject({ id, state: 'redeemed', redemptionReference: 'order-1' });
    expect(await credits.redeem(programId, { code, reference: 'order-1' }, actor)).toEqual(redeemed);
    const other = credits.redeem(programId, { code, reference: 'order-2' }, actor);
    await expect(other).rejects.toMatchObject({ code: 'illegal-transition' });
    await expect(credits.voidCredit(id, 'late', actor)).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(await rail.fetch(id)).toMatchObject({ status: 'settled', returnedMinor: 0n });
  });

  it('is redeemed by one of many who come at once', async () => {
    const { code } = await issue();
    const tries = Array.from({ length: 20 }, (_, index) =>
      credits.redeem(programId, { code, reference: `order-${index}` }, actor),
    );
    const won = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
  });

  it('is no longer good once it is voided, and counts as come back', async () => {
    const batchId = newId('bat');
    const { id, code } = await issue({ batchId });
    await issue({ batchId, amountMinor: 100n });
    await credits.voidCredit(id, 'granted by mistake', actor);
    const redemption = credits.redeem(programId, { code, reference: 'order-1' }, actor);
    await expect(redemption).rejects.toMatchObject({ code: 'illegal-transition' });
    expect(await sumOutflow(rail.listTransfers({ batchId }))).toEqual(new Map([['USD', 100n]]));
  });

  it('is good in its own program alone', async () => {
    const { code } = await issue();
    const elsewhere = await seedProgram(house.database);
    const redemption = credits.redeem(elsewhere, { code, reference: 'order-1' }, actor);
    await expect(redemption).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says of a mistyped code that it is one, and never repeats it', async () => {
    const { code } = await issue();
    const mistyped = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0');
    const failure: unknown = await credits
      .redeem(programId, { code: mistyped, reference: 'order-1' }, actor)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'malformed-request', errors: [{ pointer: '/code' }] });
    expect(JSON.stringify(failure)).not.toContain(mistyped);
  });

  it('leaves a trail of each step', async () => {
    const { id, code } = await issue();
    await credits.redeem(programId, { code, reference: 'order-9' }, actor);
    const facts = await house.database.query<{ action: string; to_state: string | null }>(
      `select action, to_state from audit_facts where subject_id = $1 order by at, id`,
      [id],
    );
    expect(facts.map(({ action }) => action)).toEqual([
      'store_credit.issue',
      'store_credit.reveal',
      'store_credit.redeem',
    ]);
  });
});
