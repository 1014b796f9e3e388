import { accrue, verifyChain, type LedgerTransaction } from '../../libs/ledger/index.js';
import { canonicalJson } from '../../libs/kernel/canonical-json.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { waitForEarlierTransactions } from '../support/earlier-transactions.js';
import { startMoneyServices, type MoneyServices } from '../support/money.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';
import { withTriggersOff } from '../support/tampering.js';

let money: MoneyServices;
beforeAll(async () => void (money = await startMoneyServices()));
afterAll(() => money.close());

const noted = { eventAt: new Date('2026-02-01T00:00:00Z'), currency: 'USD', actorId: 'usr_test' };

class Journal {
  private count = 0;
  private constructor(
    readonly programId: string,
    readonly partnerId: string,
  ) {}

  static async open(): Promise<Journal> {
    const programId = await seedProgram(money.database);
    return new Journal(programId, await seedPartner(money.database, { programId, reference: 'p1' }));
  }

  facts(count: number): LedgerTransaction[] {
    return Array.from({ length: count }, () => {
      const key = `e${++this.count}`;
      const refs = { eventId: key, ruleId: 'all', clause: '2.1' };
      return accrue({ ...noted, key, refs, partnerId: this.partnerId, amountMinor: BigInt(this.count) });
    });
  }

  async post(count: number): Promise<void> {
    await money.database.inTransaction((tx) => money.ledger.post(tx, this.programId, this.facts(count)));
  }

  /** Takes all that was posted, once nothing runs any more that could come before it. */
  async extend(): Promise<number> {
    await waitForEarlierTransactions(money.database);
    return this.extendNow();
  }

  extendNow(): Promise<number> {
    return money.chain.extend(this.programId);
  }

  verify(head?: { number: number; hash: string }) {
    return verifyChain(money.database.dataSource.manager, this.programId, head);
  }

  async ids(): Promise<string[]> {
    const rows = await money.database.query<{ transaction_id: string }>(
      `select transaction_id from ledger_block_transactions where program_id = $1 order by block_number, position`,
      [this.programId],
    );
    return rows.map(({ transaction_id }) => transaction_id);
  }
}

describe('the chain of the journal', () => {
  test('takes what was posted since the last block, follows from its hash, and verifies', async () => {
    const journal = await Journal.open();
    await journal.post(3);
    expect(await journal.extend()).toBe(3);
    expect(await journal.extend()).toBe(0);
    await journal.post(2);
    expect(await journal.extend()).toBe(2);
    const { items } = await money.chain.blocks(journal.programId, {});
    expect(items.map(({ number, transactions }) => [number, transactions])).toEqual([
      [2, 2],
      [1, 3],
    ]);
    expect(items[0]?.previousHash).toBe(items[1]?.hash);
    expect(items[1]?.previousHash).toBe('0'.repeat(64));
    expect(await journal.verify()).toEqual({ blocks: 2, transactions: 5, waiting: 0, headHash: items[0]?.hash });
  });

  test('hashes what docs say it hashes: computed here by hand from the rows', async () => {
    const journal = await Journal.open();
    await journal.post(1);
    await journal.extend();
    const { items } = await money.ledger.transactions(journal.programId, {});
    const [booked] = items;
    const entries = await money.database.query<{ id: string }>(
      `select id from ledger_entries where program_id = $1 order by id`,
      [journal.programId],
    );
    const leg = (index: number, code: string, ownerId: string, side: string, amountMinor: string) => {
      return { entryId: entries[index]?.id, code, ownerId, side, currency: 'USD', amountMinor };
    };
    const hash = sha256(
      canonicalJson({
        id: booked?.id,
        programId: journal.programId,
        kind: 'accrue',
        idempotencyKey: 'accrue/e1',
        eventAtMicros: `${noted.eventAt.getTime()}000`,
        bookedAtMicros: `${booked?.bookedAt.getTime()}000`,
        actorId: 'usr_test',
        refs: { partnerId: journal.partnerId, eventId: 'e1', ruleId: 'all', clause: '2.1' },
        legs: [
          leg(0, 'commission_expense', '', 'expense', '1'),
          leg(1, 'commission_accrued', journal.partnerId, 'liability', '-1'),
        ],
      }),
    );
    const block = canonicalJson({
      schema: 'pactline.journal-block/1',
      programId: journal.programId,
      number: 1,
      previousHash: '0'.repeat(64),
      transactions: [{ id: booked?.id, hash }],
    });
    expect((await journal.verify()).headHash).toBe(sha256(block));
  });

  test('skips nothing that commits late, in whatever order transactions began', async () => {
    const journal = await Journal.open();
    // Their accounts are there: postings that make the same new account wait for each other.
    await journal.post(1);
    let late: Promise<unknown> = Promise.resolve();
    let commit: () => void = () => undefined;
    const begun = new Promise<void>((resolve, reject) => {
      const held = new Promise<void>((free) => (commit = free));
      late = money.database.inTransaction(async (tx) => {
        await money.ledger.post(tx, journal.programId, journal.facts(1));
        resolve();
        await held;
      });
      late.catch(reject);
    });
    await begun;
    await journal.post(2);
    // Both lie above the oldest transaction that still runs: the block after it takes them.
    await journal.extendNow();
    commit();
    await late;
    await journal.extend();
    expect(await journal.verify()).toMatchObject({ transactions: 4, waiting: 0 });
    expect(new Set(await journal.ids()).size).toBe(4);
  });

  test('goes on in blocks of at most 1,000, several workers beside each other', async () => {
    const journal = await Journal.open();
    await journal.post(2_300);
    await Promise.all([journal.extend(), journal.extend(), journal.extend()]);
    await journal.extend();
    expect(await journal.verify()).toMatchObject({ blocks: 3, transactions: 2_300, waiting: 0 });
  });

  test('after a restore into a server whose transaction numbers begin lower, new postings are chained too', async () => {
    const journal = await Journal.open();
    await journal.post(2);
    await withTriggersOff(money.owner, (tx) =>
      tx.query(`update ledger_transactions set xact_id = '99999999999' where program_id = $1`, [journal.programId]),
    );
    await journal.post(1);
    expect(await journal.extend()).toBe(1);
    await withTriggersOff(money.owner, (tx) =>
      tx.query(`update ledger_blocks set until_xact_id = '99999999990' where program_id = $1`, [journal.programId]),
    );
    await journal.post(1);
    expect(await journal.verify()).not.toHaveProperty('fault');
    expect(await journal.extend()).toBe(3);
    expect(await journal.verify()).toMatchObject({ transactions: 4, waiting: 0 });
  });
});

describe('the chains of all programs', () => {
  test('go on where something was posted, and no other is touched', async () => {
    const [one, other, idle] = [await Journal.open(), await Journal.open(), await Journal.open()];
    for (const journal of [one, other, idle]) await journal.post(1);
    await waitForEarlierTransactions(money.database);
    await money.chain.extendAll();
    await one.post(2);
    await other.post(1);
    await waitForEarlierTransactions(money.database);
    const extended = vi.spyOn(money.chain, 'extend');
    expect(await money.chain.extendAll()).toBe(3);
    expect(await money.chain.extendAll()).toBe(0);
    expect(extended).toHaveBeenCalledWith(one.programId);
    expect(extended).toHaveBeenCalledWith(other.programId);
    expect(extended).not.toHaveBeenCalledWith(idle.programId);
    extended.mockRestore();
    expect(await one.verify()).toMatchObject({ blocks: 2, transactions: 3, waiting: 0 });
    expect(await other.verify()).toMatchObject({ blocks: 2, transactions: 2, waiting: 0 });
    expect(await idle.verify()).toMatchObject({ blocks: 1, transactions: 1, waiting: 0 });
  });

  test('go on where the numbers of database transactions began anew', async () => {
    const journal = await Journal.open();
    await journal.post(1);
    await journal.extend();
    await withTriggersOff(money.owner, (tx) =>
      tx.query(`update ledger_blocks set until_xact_id = '99999999990' where program_id = $1`, [journal.programId]),
    );
    await journal.post(1);
    await waitForEarlierTransactions(money.database);
    expect(await money.chain.extendAll()).toBe(1);
    expect(await journal.verify()).toMatchObject({ transactions: 2, waiting: 0 });
  });
});

describe('a verification names the first thing that differs', () => {
  const changes: [string, string, (ids: string[]) => [string, unknown[]], number][] = [
    ['an amount', 'is not what was chained', (ids) => [`update ledger_entries set amount_minor = amount_minor * 2 where transaction_id = $1`, [ids[1]]], 1],
    ['a booking date by a microsecond', 'is not what was chained', (ids) => [`update ledger_transactions set created_at = created_at + interval '1 microsecond' where id = $1`, [ids[1]]], 1],
    ['whom it is of', 'is not what was chained', (ids) => [`update ledger_transactions set clause = '9.9' where id = $1`, [ids[1]]], 1],
    ['a leg that is gone', 'is not what was chained', (ids) => [`delete from ledger_entries where transaction_id = $1 and amount_minor < 0`, [ids[1]]], 1],
  ]; // prettier-ignore
  test.each(changes)('%s', async (_what, detail, change) => {
    const journal = await Journal.open();
    await journal.post(2);
    await journal.extend();
    await journal.post(2);
    await journal.extend();
    const ids = await journal.ids();
    const [sql, parameters] = change(ids);
    await withTriggersOff(money.owner, async (tx) => {
      await tx.query(sql, parameters);
      // A later one too: the first is named.
      await tx.query(`update ledger_transactions set actor_id = 'usr_other' where id = $1`, [ids[3]]);
    });
    const { fault, blocks } = await journal.verify();
    expect(fault).toMatchObject({ block: 1, transactionId: ids[1], detail: expect.stringContaining(detail) });
    expect(blocks).toBe(0);
  });

  test('a chained transaction that is gone, one that was put in behind the end, a block that is gone or rewritten', async () => {
    const journal = await Journal.open();
    for (let block = 1; block <= 3; block++) {
      await journal.post(2);
      await journal.extend();
    }
    const ids = await journal.ids();
    const faultAfter = async (sql: string, parameters: unknown[]) => {
      let fault: unknown;
      await expect(
        withTriggersOff(money.owner, async (tx) => {
          await tx.query(sql, parameters);
          fault = (await verifyChain(tx, journal.programId)).fault;
          throw new Error('taken back');
        }),
      ).rejects.toThrow('taken back');
      return fault;
    };
    const { programId } = journal;
    expect(await faultAfter(`delete from ledger_transactions where id = $1`, [ids[2]])).toMatchObject({
      block: 2,
      transactionId: ids[2],
    });
    expect(await faultAfter(`delete from ledger_block_transactions where transaction_id = $1`, [ids[5]])).toMatchObject(
      { block: 3 },
    );
    expect(
      await faultAfter(`delete from ledger_blocks where program_id = $1 and number = 2`, [programId]),
    ).toMatchObject({ block: 2 });
    expect(
      await faultAfter(`update ledger_blocks set hash = previous_hash where program_id = $1 and number = 2`, [
        programId,
      ]),
    ).toMatchObject({ block: 2 });
    expect(
      await faultAfter(
        `insert into ledger_transactions (id, program_id, kind, idempotency_key, event_at, created_at, actor_id, xact_id)
         select 'txn_behind', program_id, kind, 'behind', event_at, created_at, actor_id, xact_id
         from ledger_transactions where id = $1`,
        [ids[0]],
      ),
    ).toMatchObject({ transactionId: 'txn_behind' });
    expect(await journal.verify()).not.toHaveProperty('fault');
  });

  test('a chain that was made anew over changed rows fails against a hash that was noted outside', async () => {
    const journal = await Journal.open();
    await journal.post(2);
    await journal.extend();
    const head = { number: 1, hash: (await journal.verify()).headHash };
    expect(await journal.verify(head)).not.toHaveProperty('fault');
    await withTriggersOff(money.owner, async (tx) => {
      await tx.query(`delete from ledger_block_transactions where program_id = $1`, [journal.programId]);
      await tx.query(`delete from ledger_blocks where program_id = $1`, [journal.programId]);
      await tx.query(`update ledger_entries set amount_minor = amount_minor * 3 where program_id = $1`, [
        journal.programId,
      ]);
    });
    expect((await journal.verify(head)).fault).toMatchObject({ block: 1 });
    await journal.extend();
    expect(await journal.verify()).not.toHaveProperty('fault');
    expect((await journal.verify(head)).fault).toMatchObject({ block: 1 });
  });
});

test('neither the running role nor the owner changes a block, and no leg is added to a transaction later', async () => {
  const journal = await Journal.open();
  await journal.post(1);
  await journal.extend();
  const [id] = await journal.ids();
  for (const database of [money.database, money.owner]) {
    await expect(database.query(`update ledger_blocks set hash = 'x'`)).rejects.toThrow(
      /permission denied|append-only|refuse|never/i,
    );
    await expect(database.query(`delete from ledger_block_transactions`)).rejects.toThrow(
      /permission denied|append-only|refuse|never/i,
    );
  }
  await expect(
    money.database.query(
      `insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
       select program_id, transaction_id, account_id, sign * 5, currency from ledger_entries, (values (1), (-1)) as legs (sign)
       where transaction_id = $1 and amount_minor > 0`,
      [id],
    ),
  ).rejects.toThrow('is complete');
});
