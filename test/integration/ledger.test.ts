import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accrue, lockAndRead, lockPartners, vest, type LedgerTransaction } from '../../libs/ledger/index.js';
import { preparedRows, type Transaction } from '../../libs/database/index.js';
import { startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

function occasion(key: string, amountMinor = 100n) {
  const refs = { eventId: key, ruleId: 'sales', clause: '2.1', termsHash: 'hash' };
  return {
    key,
    eventAt: new Date('2026-01-01T00:00:00Z'),
    currency: 'USD',
    actorId: 'test',
    refs,
    partnerId: 'prt_1',
    amountMinor,
  };
}

async function newProgram() {
  const programId = await seedProgram(money.database);
  const post = (...transactions: LedgerTransaction[]) =>
    money.database.inTransaction((tx) => money.ledger.post(tx, programId, transactions));
  return { programId, post };
}

describe('posting', () => {
  test('writes each transaction with all its legs and what it is for', async () => {
    const { programId, post } = await newProgram();
    expect(await post(accrue(occasion('e1')), accrue(occasion('e2', 50n)), vest(occasion('e1')))).toEqual({
      posted: 3,
      skipped: [],
    });
    expect(await money.ledger.balances(programId)).toEqual([
      { code: 'commission_accrued', ownerId: 'prt_1', currency: 'USD', side: 'liability', balanceMinor: 50n },
      { code: 'commission_expense', ownerId: '', currency: 'USD', side: 'expense', balanceMinor: 150n },
      { code: 'payable', ownerId: 'prt_1', currency: 'USD', side: 'liability', balanceMinor: 100n },
    ]);
    expect(await money.ledger.trialBalance(programId)).toEqual([
      { currency: 'USD', debitMinor: 250n, creditMinor: 250n, transactions: 3, balanced: true },
    ]);
    const { items } = await money.ledger.transactions(programId, { eventId: 'e1' });
    expect(items.map(({ kind }) => kind)).toEqual(['vest', 'accrue']);
    expect(items[1]).toMatchObject({
      refs: { partnerId: 'prt_1', eventId: 'e1', ruleId: 'sales', clause: '2.1', termsHash: 'hash' },
      legs: [
        { code: 'commission_expense', ownerId: '', amountMinor: 100n, currency: 'USD' },
        { code: 'commission_accrued', ownerId: 'prt_1', amountMinor: -100n, currency: 'USD' },
      ],
    });
  });

  test('skips a transaction whose key is known whole, and reports it', async () => {
    const { programId, post } = await newProgram();
    await post(accrue(occasion('e1')));
    const again = await post(accrue(occasion('e1', 999n)), accrue(occasion('e2')), accrue(occasion('e2', 7n)));
    expect(again).toEqual({ posted: 1, skipped: ['accrue/e1', 'accrue/e2'] });
    expect(await money.ledger.balances(programId, { codes: ['commission_expense'] })).toMatchObject([
      { balanceMinor: 200n },
    ]);
  });

  test('by several at once posts each key once, on accounts that none of them found', async () => {
    const { programId, post } = await newProgram();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => post(accrue(occasion('e1')), accrue(occasion('e2')), vest(occasion('e1')))),
    );
    expect(all.reduce((sum, { posted }) => sum + posted, 0)).toBe(3);
    expect(await money.ledger.balances(programId, { codes: ['payable'] })).toMatchObject([{ balanceMinor: 100n }]);
  });

  test('falls with the transaction that it belongs to', async () => {
    const { programId } = await newProgram();
    const attempt = money.database.inTransaction(async (tx) => {
      await money.ledger.post(tx, programId, [accrue(occasion('e1'))]);
      throw new Error('the fact did not happen');
    });
    await expect(attempt).rejects.toThrow('did not happen');
    expect(await money.ledger.trialBalance(programId)).toEqual([]);
  });
});

describe('the database itself', () => {
  test('refuses legs that do not sum to zero', async () => {
    const { programId, post } = await newProgram();
    const balanced = accrue(occasion('e1'));
    const unbalanced = { ...balanced, legs: balanced.legs.slice(0, 1) };
    await expect(post(unbalanced)).rejects.toThrow('does not sum to zero');
    expect(await money.ledger.trialBalance(programId)).toEqual([]);
  });

  test('refuses an entry in an account of another currency', async () => {
    const { programId, post } = await newProgram();
    await post(accrue(occasion('e1')));
    const insert = `insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
      select program_id, transaction_id, account_id, amount_minor, 'EUR' from ledger_entries where program_id = $1`;
    await expect(money.database.query(insert, [programId])).rejects.toThrow('differs from its account');
  });

  test.each(['ledger_entries', 'ledger_transactions', 'ledger_accounts'])(
    'lets nobody change, delete or empty %s',
    async (table) => {
      const { post } = await newProgram();
      await post(accrue(occasion('e1')));
      const statements = [
        `update ${table} set program_id = program_id`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ];
      for (const statement of statements) {
        await expect(money.owner.query(statement)).rejects.toThrow('append-only');
        await expect(money.database.query(statement)).rejects.toThrow(/permission denied/);
      }
    },
  );

  test('lets the running role lift no guard', async () => {
    for (const statement of [
      `alter table ledger_entries disable trigger all`,
      `drop trigger ledger_entries_balanced on ledger_entries`,
      `set session_replication_role = replica`,
    ]) {
      await expect(money.database.query(statement)).rejects.toThrow(/must be owner|permission denied/);
    }
  });
});

describe('reading', () => {
  test('gives the entries of an account in pages, newest first', async () => {
    const { programId, post } = await newProgram();
    await post(...Array.from({ length: 5 }, (_, index) => accrue(occasion(`e${index}`, BigInt(index + 1)))));
    const account = { code: 'commission_accrued', ownerId: 'prt_1', currency: 'USD' };
    const first = await money.ledger.accountEntries(programId, { ...account, limit: 3 });
    const second = await money.ledger.accountEntries(programId, {
      ...account,
      limit: 3,
      cursor: first.next ?? undefined,
    });
    expect(first.items.map(({ amountMinor }) => amountMinor)).toEqual([-5n, -4n, -3n]);
    expect(second.items.map(({ refs }) => refs.eventId)).toEqual(['e1', 'e0']);
    expect(second.next).toBeNull();
  });

  test.each([{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { cursor: '???' }, { cursor: 'W10' }])(
    'refuses the page %j',
    async (page) => {
      const { programId } = await newProgram();
      await expect(money.ledger.transactions(programId, page)).rejects.toMatchObject({ code: 'malformed-request' });
    },
  );

  test('of one program shows nothing of another', async () => {
    const [one, two] = [await newProgram(), await newProgram()];
    await one.post(accrue(occasion('e1')));
    expect(await money.ledger.balances(two.programId)).toEqual([]);
    expect((await money.ledger.transactions(two.programId, {})).items).toEqual([]);
  });
});

test("a partner's money has one writer at a time, in whatever order writers name their partners", async () => {
  const { programId } = await newProgram();
  const partners = await Promise.all(
    ['p1', 'p2', 'p3'].map((reference) => seedPartner(money.database, { programId, reference })),
  );
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      money.database.inTransaction(async (tx) => {
        await lockPartners(tx, programId, index % 2 === 0 ? partners : [...partners].reverse());
        most = Math.max(most, (inside += 1));
        await tx.query(`select pg_sleep(0.005)`);
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
});

test.each([
  { name: 'who has a row to lock', known: true },
  { name: 'whose row another transaction is making', known: false },
])('what is read with the lock of a partner $name is what its last holder left', async ({ known }) => {
  const { programId } = await newProgram();
  const partnerId = await seedPartner(money.database, { programId, reference: 'p1' });
  const setName = (tx: Transaction, name: string) =>
    tx.query(`update partners set reference = $2 where id = $1`, [partnerId, name]);
  const lock = (tx: Transaction) => lockPartners(tx, programId, [partnerId]);
  if (known) await money.database.inTransaction(lock);
  let second: Promise<string | undefined> | undefined;
  await money.database.inTransaction(async (tx) => {
    await lock(tx);
    await setName(tx, 'left by the first');
    second = money.database.inTransaction((own) =>
      lockAndRead(own, programId, [partnerId], async () => {
        const rows = await preparedRows<{ reference: string }>(own, `select reference from partners where id = $1`, [
          partnerId,
        ]);
        return rows[0]?.reference;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  expect(await second).toBe('left by the first');
});
