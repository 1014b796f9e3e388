import fc from 'fast-check';
import { invariants } from '../../libs/books/index.js';
import type { Database, Transaction } from '../../libs/database/index.js';
import { PeriodCloses } from '../../libs/ledger/index.js';
import { main as checkBooksCommand } from '../../tools/check-books/main.js';
import { BooksFixture } from '../support/books-house.js';
import { PayoutHouse, refusal } from '../support/payout-house.js';
import { withTriggersOff } from '../support/tampering.js';

let house: PayoutHouse;
let owner: Database;

beforeAll(async () => {
  house = await PayoutHouse.open();
  owner = await house.owner();
});

afterAll(async () => {
  await owner.close();
  await house.close();
});

const actor = { actorId: 'usr_finance' };

describe('any course of events', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('sale' as const), amountMinor: fc.integer({ min: 1, max: 500_000 }) }),
    fc.record({ kind: fc.constant('refund' as const), of: fc.nat(20), amountMinor: fc.integer({ min: 1, max: 300_000 }) }),
    fc.record({ kind: fc.constant('repeat' as const), of: fc.nat(20) }),
    fc.record({ kind: fc.constantFrom('vest', 'release', 'reject', 'send', 'pay', 'give_back', 'let_go', 'chain') }),
    fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom('timeout_before', 'timeout_after', 'reset_after') }),
  ); // prettier-ignore

  test('keeps the promises of the books, at each point and at rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const books = await BooksFixture.open(house);
        const play = new Play(books);
        for (const each of steps) {
          await play.take(each);
          expect(await books.violations()).toEqual([]);
        }
        await house.sandbox.control.clearFaults();
        await play.rest();
        expect(await books.violations()).toEqual([]);
        for (const batchId of play.batches)
          expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true });
        expect(await books.program.balance('payout_clearing')).toBe(0n);
      }),
      { numRuns: 8 },
    );
  });

  test('comes to the same books in whatever order the same events come, and however often', async () => {
    const event = fc.record({ amountMinor: fc.integer({ min: 1, max: 90_000 }), refunded: fc.integer({ min: 0, max: 90_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), async (facts, order) => {
        const common = { partner: 'p1', currency: 'USD', occurredAt: '2026-01-10T00:00:00Z' };
        const sales = facts.map(({ amountMinor }, n) => ({ id: `s${n}`, type: 'sale', amountMinor, ...common }));
        const refunds = facts.flatMap(({ refunded, amountMinor }, n) => {
          const amount = Math.min(refunded, amountMinor);
          if (amount === 0) return [];
          return [{ id: `r${n}`, type: 'refund', refundOf: `s${n}`, amountMinor: amount, occurredAt: '2026-01-20T00:00:00Z' }];
        });
        const all = [...sales, ...refunds];
        const shuffled = all.map((each) => ({ each, key: order.next().value as number })).sort((a, b) => a.key - b.key);
        const [straight, crooked] = [await BooksFixture.open(house), await BooksFixture.open(house)];
        for (const each of all) await straight.ingest(each);
        for (const { each } of shuffled) await crooked.ingest(each, ...sales.slice(0, 2));
        await straight.vest();
        await crooked.vest();
        for (const books of [straight, crooked]) expect(await books.violations()).toEqual([]);
        for (const code of ['payable', 'commission_accrued', 'partner_receivable']) {
          expect(await crooked.program.balance(code, crooked.partnerId)).toBe(await straight.program.balance(code, straight.partnerId));
        }
      }),
      { numRuns: 6 },
    );
  }); // prettier-ignore
});

/** Takes steps where they make sense; what is refused in a state is left. */
class Play {
  readonly batches: string[] = [];
  private readonly sales: { id: string; amountMinor: number; refundedMinor: number }[] = [];

  constructor(private readonly books: BooksFixture) {}

  async take(step: { kind: string; amountMinor?: number; of?: number; fault?: string }): Promise<void> {
    const { kind, amountMinor = 0, of = 0, fault } = step;
    const sale = this.sales[of % Math.max(1, this.sales.length)];
    const last = this.batches.at(-1);
    if (kind === 'sale') {
      this.sales.push({ id: await this.books.sale(amountMinor), amountMinor, refundedMinor: 0 });
    } else if (kind === 'refund' && sale) {
      const refunded = Math.min(amountMinor, sale.amountMinor - sale.refundedMinor);
      if (refunded > 0) await this.books.refund(sale.id, refunded);
      sale.refundedMinor += refunded;
    } else if (kind === 'repeat' && sale) {
      await this.books.sale(sale.amountMinor, sale.id);
    } else if (kind === 'vest') {
      await this.books.vest();
    } else if (kind === 'release') {
      const batchId = await this.books.release();
      if (batchId) this.batches.push(batchId);
    } else if (kind === 'reject') {
      await this.reject();
    } else if (kind === 'fault') {
      await house.sandbox.control.strike({
        kind: fault as 'timeout_before',
        times: 1,
        match: { path: '/v1/transfers' },
      });
    } else if (kind === 'send' && last) {
      await refusal(house.payouts.paySlice(last, 1));
    } else if (kind === 'pay' && last) {
      await this.books.pay(last);
    } else if (kind === 'give_back' && last) {
      await this.books.giveBack(last);
    } else if (kind === 'let_go' && last) {
      await this.letGo(last);
    } else if (kind === 'chain') {
      await this.books.chain();
    }
  }

  async rest(): Promise<void> {
    for (const batchId of this.batches) await this.books.pay(batchId);
    await this.books.chain();
  }

  private async reject(): Promise<void> {
    const { batchId } = await this.books.draftNext();
    if (batchId === undefined) return;
    const { state } = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    if (state === 'frozen') await house.payouts.reject({ batchId, actorId: 'usr_checker', reason: 'not now' });
  }

  private async letGo(batchId: string): Promise<void> {
    const { items } = await house.payouts.listItems(batchId);
    for (const { id } of items) await refusal(house.payouts.releaseHeld({ itemId: id, reason: 'may be paid', actor }));
  }
}

describe('what somebody breaks by hand is named', () => {
  interface Broken {
    code: string;
    state?: 'paid' | 'returned' | 'closed' | 'vested';
    sql: string;
  }
  const entryOf = (kind: string, code: string) =>
    `id = (select e.id from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
           join ledger_accounts a on a.id = e.account_id
           where e.program_id = $1 and t.kind = '${kind}' and a.code = '${code}' limit 1)`;
  const copy = (kind: string) => `
    with copied as (
      insert into ledger_transactions (id, program_id, kind, idempotency_key, event_at, created_at, partner_id, event_id, rule_id,
                                       clause, batch_id, item_id, actor_id)
      select 'txn_copy' || right(id, 20), program_id, kind, 'copy', event_at, created_at, partner_id, event_id, rule_id, clause,
             batch_id, item_id, actor_id from ledger_transactions where program_id = $1 and kind = '${kind}' limit 1
      returning id)
    insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
    select e.program_id, copied.id, e.account_id, e.amount_minor, e.currency
    from copied, ledger_entries e join ledger_transactions t on t.id = e.transaction_id
    where t.program_id = $1 and t.kind = '${kind}'`;
  const broken: Broken[] = [
    { code: 'transaction_unbalanced', sql: `update ledger_entries set amount_minor = amount_minor + 1 where ${entryOf('accrue', 'commission_expense')}` },
    { code: 'parts_differ', sql: `update ledger_transactions set event_id = null, parts = '[["a", 0, "1"], ["b", 0, "1"]]'
        where program_id = $1 and kind = 'accrue'` },
    { code: 'account_mixed', sql: `update ledger_accounts set currency = 'EUR' where program_id = $1 and code = 'psp:stripe'` },
    { code: 'lines_differ_from_accrued', sql: `update commission_lines set vested_minor = vested_minor - 1 where program_id = $1` },
    { code: 'batch_differs_from_items', sql: `update payout_batches set total_minor = total_minor + 1 where program_id = $1` },
    { code: 'approved_hash_differs', sql: `update payout_batches set content_hash = 'another' where program_id = $1` },
    { code: 'maker_approved', sql: `update payout_batches set made_by = 'usr_checker' where program_id = $1` },
    { code: 'paid_unapproved', state: 'vested', sql: `insert into payout_batches (id, program_id, currency, state, cut_off, total_minor, item_count, created_at, state_since)
        values ('bat_forged', $1, 'USD', 'released', now(), 0, 0, now(), now())` },
    { code: 'batch_content_differs', sql: `update payout_items set account_reference = 'acct_another' where program_id = $1` },
    { code: 'bank_editor_approved', sql: `insert into payout_details (id, program_id, partner_id, version, kind, ending, sealed, key_id, channel,
          submitted_by, submitted_at, state, effective_at, decided_by, decided_at)
        select 'pyd_' || md5(id), program_id, partner_id, 1, 'iban', '', '', 'none', 'company', 'usr_checker', '2026-01-01', 'approved', '2026-01-01', 'usr_other', '2026-01-01'
        from payout_items where program_id = $1` },
    { code: 'approvals_missing', sql: `update payout_batches set required_approvals = 2 where program_id = $1` },
    { code: 'several_live_attempts', sql: `insert into payout_attempts (program_id, item_id, attempt, rail, idempotency_key, parameter_hash, first_sent_at)
        select program_id, item_id, attempt + 1, rail, idempotency_key || 'x', parameter_hash, first_sent_at from payout_attempts where program_id = $1` },
    { code: 'paid_more_than_owed', sql: copy('settle') },
    { code: 'outflow_differs_from_item', sql: `update payout_items set state = 'failed' where program_id = $1` },
    { code: 'withheld_differs_from_item', sql: `update payout_items set withheld_minor = 1, withholding_rule = 'all',
        withholding_rate = '1', withholding_form = 'vat' where program_id = $1` },
    { code: 'credits_differ_from_codes', sql: copy('settle').replace('e.account_id, e.amount', `case when e.amount_minor < 0
        then (select id from made) else e.account_id end, e.amount`).replace('with copied as', `with made as (
          insert into ledger_accounts (program_id, code, owner_id, currency, side) values ($1, 'store_credit', '', 'USD', 'liability')
          returning id), copied as`) },
    { code: 'paid_without_the_rail', sql: `update payout_attempts set rail_reference = 'tr_another' where program_id = $1` },
    { code: 'rail_report_differs', state: 'closed', sql: `update payout_reconciliations set rail_minor = rail_minor - 1 where program_id = $1` },
    { code: 'payable_differs_from_open', sql: `delete from payout_item_entries where program_id = $1` },
    { code: 'clearing_left', sql: copy('submit') },
    { code: 'reserve_left', sql: copy('reserve') },
    { code: 'balance_below_zero', sql: copy('reserve') },
    { code: 'return_not_net', state: 'returned', sql: `update ledger_entries set amount_minor = amount_minor - 1 where ${entryOf('return', 'psp:stripe')}` },
    { code: 'closed_period_changed', sql: `update ledger_transactions set created_at = created_at + interval '40 days' where program_id = $1 and kind = 'accrue'` },
    { code: 'item_differs_from_entries', sql: `update payout_items set amount_minor = amount_minor - 1 where program_id = $1` },
    { code: 'chain_broken', sql: `update ledger_transactions set event_id = 'another' where program_id = $1 and kind = 'vest'` },
    { code: 'line_differs_from_postings', sql: copy('accrue') },
  ]; // prettier-ignore

  test.each(broken)('$code', async ({ code, sql, state }) => {
    const books = await BooksFixture.open(house);
    const batchId = await books.paidOnce();
    if (state === 'returned') await books.giveBack(batchId);
    if (state === 'closed') await books.closeBatch(batchId);
    await books.chain();
    await closeApril(books.programId);
    expect(await books.violations()).toEqual([]);
    await withTriggersOff(owner, (tx: Transaction) => tx.query(sql, sql.includes('$1') ? [books.programId] : []));
    const violations = await books.violations();
    expect(violations.map((each) => each.code)).toContain(code);
    const { exitCode, output } = await command(['--program', books.programId]);
    expect(exitCode).toBe(1);
    expect(output).toContain(` ${code} ${books.programId} `);
  });

  test('a payment that was declared unpaid and is tried again is no second live attempt', async () => {
    const books = await BooksFixture.open(house);
    await books.sale(100_000);
    await books.vest();
    const batchId = (await books.release()) ?? 'none';
    await house.sandbox.control.strike({ kind: 'timeout_before', times: 2, match: { path: '/v1/transfers' } });
    await house.payouts.paySlice(batchId, 1);
    const afterWindowMs = 21 * 3_600_000;
    house.clock.advance(afterWindowMs);
    const [item] = (await house.payouts.listItems(batchId)).items;
    const said = { itemId: item!.id, reason: 'not in the report', actor };
    await house.payouts.declareUnpaid(said);
    expect(await books.violations()).toEqual([]);
    await house.payouts.retryItem(said);
    await books.pay(batchId);
    expect((await house.payouts.listItems(batchId)).items).toMatchObject([{ state: 'settled', attempt: 2 }]);
    house.clock.advance(-afterWindowMs);
    expect(await books.violations()).toEqual([]);
  });

  test('each promise that is checked is broken by a test above', () => {
    const codes = [...invariants.map(({ code }) => code), 'batch_content_differs', 'chain_broken'];
    expect(new Set(broken.map(({ code }) => code))).toEqual(new Set(codes));
  });

  test('the command says so where nothing is violated, and what it cannot be asked', async () => {
    const books = await BooksFixture.open(house);
    await books.paidOnce();
    await books.chain();
    const { exitCode, output } = await command(['--program', books.programId]);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining('All promises hold.') });
    for (const wrong of [['--program', 'none'], ['--other'], ['--program', 'prg_01976a3e5c7b7d3f8a9b0c1d2e3f4a5b']]) {
      expect((await command(wrong)).exitCode).toBe(2);
    }
  });
});

/** The house's clock stands in April 2026. */
async function closeApril(programId: string): Promise<void> {
  const monthMs = 40 * 86_400_000;
  house.clock.advance(monthMs);
  try {
    await house.module.get(PeriodCloses).close(programId, '2026-04', actor);
  } finally {
    house.clock.advance(-monthMs);
  }
}

async function command(argv: string[]): Promise<{ exitCode: number; output: string }> {
  let output = '';
  const stream = { write: (text: string) => (output += text) };
  const exitCode = await checkBooksCommand(argv, { stdout: stream, stderr: stream }, () => house.env.DATABASE_URL);
  return { exitCode, output };
}
