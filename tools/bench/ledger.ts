import { performance } from 'node:perf_hooks';
import { Database } from '../../libs/database/index.js';
import { SystemClock } from '../../libs/kernel/clock.js';
import { newId } from '../../libs/kernel/ids.js';
import { accrue, LedgerService, type LedgerTransaction } from '../../libs/ledger/index.js';
import { onBenchProduct } from './bench-product.js';
import { readCounts } from './counts.js';

const partnerCount = 500;

/** Postings a second by the ledger, beside bare inserts of the same rows into tables with the same indexes. */
export async function benchLedger(argv: readonly string[]): Promise<void> {
  const { thousands, batch } = readCounts(argv, { thousands: 100, batch: 1_000 });
  await onBenchProduct(async ({ product }) => {
    const database = await Database.connect(product.env['DATABASE_URL'] ?? '', 2);
    const owner = await Database.connect(product.env['DATABASE_MIGRATION_URL'] ?? '', 2);
    try {
      const count = thousands * 1_000;
      const partners = Array.from({ length: partnerCount }, () => newId('prt'));
      const programId = await benchProgram(database);
      await makeBareTables(owner);
      const ledger = new LedgerService(database, new SystemClock());
      await post(database, ledger, programId, transactions(partners, 'warm', 0, partnerCount));
      let postedMs = 0;
      let bareMs = 0;
      // Turn about, so that both see the same disturbances of the machine.
      for (let start = 0; start < count; start += batch) {
        const own = transactions(partners, 'sale', start, Math.min(batch, count - start));
        const before = performance.now();
        await post(database, ledger, programId, own);
        const between = performance.now();
        await insertBare(owner, programId, own);
        postedMs += between - before;
        bareMs += performance.now() - between;
      }
      const rate = (ms: number) => Math.round((count * 1_000) / ms).toLocaleString('en');
      process.stdout.write(
        `${count.toLocaleString('en')} transactions of two legs, ${batch} in a database transaction\n` +
          `  by the ledger: ${(postedMs / 1_000).toFixed(1)} s, ${rate(postedMs)} a second\n` +
          `  bare SQL:      ${(bareMs / 1_000).toFixed(1)} s, ${rate(bareMs)} a second\n` +
          `  the ledger takes ${(postedMs / bareMs).toFixed(2)} x the bare inserts (at most 3)\n`,
      );
    } finally {
      await Promise.all([database.close(), owner.close()]);
    }
  });
}

async function benchProgram(database: Database): Promise<string> {
  const [program] = await database.query<{ id: string }>(`select id from programs limit 1`);
  if (!program) throw new Error('The product has no program.');
  return program.id;
}

function transactions(partners: readonly string[], name: string, start: number, count: number): LedgerTransaction[] {
  const eventAt = new Date('2026-01-10T00:00:00Z');
  return Array.from({ length: count }, (_, offset) => {
    const key = `${name}-${start + offset}`;
    const partnerId = partners[(start + offset) % partners.length] ?? '';
    const refs = { eventId: key, ruleId: 'sales', clause: '2.1', termsHash: 'none' };
    return accrue({ key, eventAt, currency: 'USD', actorId: 'system', refs, partnerId, amountMinor: 1_000n });
  });
}

async function post(
  database: Database,
  ledger: LedgerService,
  programId: string,
  own: readonly LedgerTransaction[],
): Promise<void> {
  await database.inTransaction((tx) => ledger.post(tx, programId, own));
}

/** With the indexes and checks of the ledger's tables, and without triggers, foreign keys and locks. */
async function makeBareTables(owner: Database): Promise<void> {
  await owner.query(`create table bare_transactions (like ledger_transactions including all)`);
  await owner.query(`create table bare_entries (like ledger_entries including all)`);
}

/** What somebody would write who knows each row beforehand: two statements, every value an array. */
async function insertBare(owner: Database, programId: string, own: readonly LedgerTransaction[]): Promise<void> {
  const rows = own.map((transaction) => ({ id: newId('txn'), ...transaction }));
  const legs = rows.flatMap(({ id, legs: each }) => each.map(({ amountMinor }) => ({ id, amountMinor })));
  const now = new Date();
  await owner.inTransaction(async (tx) => {
    await tx.query(
      `insert into bare_transactions (id, program_id, kind, idempotency_key, event_at, created_at, partner_id, event_id,
                                      rule_id, clause, terms_hash, actor_id)
       select id, $1, 'accrue', key, $2, $3, partner_id, event_id, 'sales', '2.1', 'none', 'system'
       from unnest($4::text[], $5::text[], $6::text[], $7::text[]) as row (id, key, partner_id, event_id)`,
      [
        programId,
        rows[0]?.eventAt,
        now,
        rows.map(({ id }) => id),
        rows.map(({ idempotencyKey }) => idempotencyKey),
        rows.map(({ refs }) => refs.partnerId),
        rows.map(({ refs }) => refs.eventId),
      ],
    );
    await tx.query(
      `insert into bare_entries (program_id, transaction_id, account_id, amount_minor, currency)
       select $1, id, account, amount, 'USD' from unnest($2::text[], $3::bigint[], $4::bigint[]) as leg (id, account, amount)`,
      [
        programId,
        legs.map(({ id }) => id),
        legs.map((_, index) => 1 + (index % partnerCount)),
        legs.map(({ amountMinor }) => amountMinor.toString()),
      ],
    );
  });
}
