import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { groupBy } from '../kernel/group-by.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { blockHash, genesisHash, transactionHash, type ChainedTransaction } from './domain/journal-hash.js';

/** How many transactions one block takes: a bound on memory and on how long one step takes. */
const blockSize = 1_000;

/** One block of a program's chain. */
export interface JournalBlock {
  number: number;
  previousHash: string;
  hash: string;
  transactions: number;
  madeAt: Date;
}

interface BlockRow {
  number: string;
  previous_hash: string;
  hash: string;
  transaction_count: number;
  made_at: Date;
}

/**
 * Chains the journal, after the fact: postings never wait for it. Each block takes transactions that have committed, up
 * to the oldest database transaction that still runs, so that nothing can be added behind its back.
 */
@Injectable()
export class JournalChain {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Chains what has committed in every program; how many transactions. Safe beside others that do the same. */
  async extendAll(): Promise<number> {
    let chained = 0;
    for (const id of await this.unchainedPrograms()) chained += await this.extend(id);
    return chained;
  }

  /** Chains what has committed in one program; how many transactions. */
  async extend(programId: string): Promise<number> {
    let chained = 0;
    for (;;) {
      const added = await this.database.inTransaction((tx) => this.addBlock(tx, programId));
      chained += added;
      if (added < blockSize) return chained;
    }
  }

  /** The blocks of a program, newest first. Whoever notes the newest hash elsewhere can prove that nothing before it changed. */
  async blocks(programId: string, page: PageRequest): Promise<Page<JournalBlock>> {
    const limit = pageLimit(page);
    const [before] = decodeCursor(page.cursor, 'number desc', ['integer']);
    const rows = await this.database.query<BlockRow>(
      `select number, previous_hash, hash, transaction_count, made_at from ledger_blocks
       where program_id = $1 and ($2::text is null or number < $2::bigint) order by number desc limit $3`,
      [programId, before, limit + 1],
    );
    return mapPage(
      pageFrom(rows, limit, 'number desc', ({ number }) => [number]),
      (row) => ({
        number: Number(row.number),
        previousHash: row.previous_hash,
        hash: row.hash,
        transactions: row.transaction_count,
        madeAt: row.made_at,
      }),
    );
  }

  /** The programs that may have something to chain, as `unchained` finds it: it is asked for often, and mostly there is nothing. */
  private async unchainedPrograms(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select p.id from programs p
       cross join lateral (select t.xact_id as newest from ledger_transactions t where t.program_id = p.id
                           order by t.xact_id desc limit 1) posted
       left join lateral (select b.until_xact_id as until from ledger_blocks b where b.program_id = p.id
                          order by b.number desc limit 1) last on true
       where posted.newest >= case when last.until <= pg_snapshot_xmin(pg_current_snapshot()) then last.until
                                   else '0'::xid8 end
       order by p.id`,
    );
    return rows.map(({ id }) => id);
  }

  private async addBlock(tx: Transaction, programId: string): Promise<number> {
    const lock = await rowOf<{ taken: boolean }>(
      tx,
      `select pg_try_advisory_xact_lock(hashtextextended('ledger chain of ' || $1, 0)) as taken`,
      [programId],
    );
    if (!lock?.taken) return 0;
    const last = await rowOf<{ number: string; hash: string; until: string }>(
      tx,
      `select number, hash, until_xact_id::text as until from ledger_blocks where program_id = $1 order by number desc limit 1`,
      [programId],
    );
    const { ids, until } = await this.unchained(tx, programId, last?.until ?? '0');
    if (ids.length === 0) return 0;
    const transactions = await chainedTransactions(tx, ids);
    const hashes = transactions.map((transaction) => ({ id: transaction.id, hash: transactionHash(transaction) }));
    const number = Number(last?.number ?? 0) + 1;
    const previousHash = last?.hash ?? genesisHash;
    const hash = blockHash({ programId, number, previousHash, transactions: hashes });
    await tx.query(
      `insert into ledger_blocks (program_id, number, previous_hash, hash, transaction_count, until_xact_id, made_at)
       values ($1, $2, $3, $4, $5, $6::xid8, $7)`,
      [programId, number, previousHash, hash, hashes.length, until, this.clock.now()],
    );
    await tx.query(
      `insert into ledger_block_transactions (transaction_id, program_id, block_number, position, hash)
       select id, $1, $2, position, decode(hash, 'hex')
       from unnest($3::text[], $4::text[]) with ordinality as member (id, hash, position)`,
      [programId, number, hashes.map(({ id }) => id), hashes.map((each) => each.hash)],
    );
    return hashes.length;
  }

  /**
   * The next transactions to chain, and up to which database transaction the chain then reaches. Numbers of database
   * transactions begin anew where a dump was loaded into another server: there all that no block has is looked at.
   */
  private async unchained(
    tx: Transaction,
    programId: string,
    since: string,
  ): Promise<{ ids: string[]; until: string }> {
    const horizon = await rowOf<{ until: string; began_anew: boolean }>(
      tx,
      `select pg_snapshot_xmin(now_running)::text as until, pg_snapshot_xmin(now_running) < $1::xid8 as began_anew
       from pg_current_snapshot() as now_running`,
      [since],
    );
    const until = horizon?.until ?? '0';
    const rows = await rowsOf<{ id: string; xact_id: string }>(
      tx,
      `select t.id, t.xact_id::text as xact_id from ledger_transactions t
       where t.program_id = $1 and (($4 and t.xact_id >= pg_snapshot_xmax(pg_current_snapshot()))
             or (t.xact_id < $3::xid8 and ($4 or t.xact_id >= $2::xid8)))
         and not exists (select from ledger_block_transactions known where known.transaction_id = t.id)
       order by t.xact_id, t.id limit $5`,
      [programId, since, until, horizon?.began_anew ?? false, blockSize],
    );
    const ids = rows.map(({ id }) => id);
    // A full block may have left some of its last database transaction for the next one.
    return { ids, until: rows.length < blockSize ? until : (rows.at(-1)?.xact_id ?? until) };
  }
}

/** The rows of transactions that the chain hashes, and what each names. */
interface TransactionRow extends Omit<ChainedTransaction, 'refs' | 'legs' | 'parts'> {
  refs: Record<string, string | null>;
  parts: ChainedTransaction['parts'] | null;
}

interface LegRow {
  transactionId: string;
  leg: ChainedTransaction['legs'][number];
}

/** Transactions with their legs as they are hashed, in the order of the ids; those that are not there are left out. */
export async function chainedTransactions(tx: Transaction, ids: readonly string[]): Promise<ChainedTransaction[]> {
  const rows = await rowsOf<TransactionRow>(
    tx,
    `select t.id, t.program_id as "programId", t.kind, t.idempotency_key as "idempotencyKey",
            (extract(epoch from t.event_at) * 1000000)::bigint::text as "eventAtMicros",
            (extract(epoch from t.created_at) * 1000000)::bigint::text as "bookedAtMicros", t.actor_id as "actorId",
            json_build_object('partnerId', t.partner_id, 'eventId', t.event_id, 'ruleId', t.rule_id, 'clause', t.clause,
              'termsHash', t.terms_hash, 'batchId', t.batch_id, 'itemId', t.item_id) as refs, t.parts
     from ledger_transactions t where t.id = any($1)`,
    [ids],
  );
  const legs = await rowsOf<LegRow>(
    tx,
    `select e.transaction_id as "transactionId",
            json_build_object('entryId', e.id::text, 'code', a.code, 'ownerId', a.owner_id, 'side', a.side,
              'currency', e.currency, 'amountMinor', e.amount_minor::text) as leg
     from ledger_entries e join ledger_accounts a on a.id = e.account_id
     where e.transaction_id = any($1) order by e.id`,
    [ids],
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  const legsOf = groupBy(legs, ({ transactionId }) => transactionId);
  return ids.flatMap((id) => {
    const row = found.get(id);
    if (!row) return [];
    const { refs, parts, ...rest } = row;
    const own = (legsOf.get(id) ?? []).map(({ leg }) => leg);
    return [{ ...rest, refs: withoutNulls(refs), legs: own, ...(parts && { parts }) }];
  });
}

function withoutNulls(refs: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(refs).filter((entry): entry is [string, string] => entry[1] !== null));
}
