import { rowOf, rowsOf, type Transaction } from '../database/index.js';
import { blockHash, genesisHash, transactionHash } from './domain/journal-hash.js';
import { chainedTransactions } from './journal-chain.js';

/** The first thing of a program's chain that is not as it was chained. */
export interface ChainFault {
  /** The block, where the fault lies in one. */
  block?: number;
  /** The transaction, where the fault lies in one. */
  transactionId?: string;
  detail: string;
}

export interface ChainVerification {
  blocks: number;
  transactions: number;
  /** Those that are committed and wait for the next block. */
  waiting: number;
  /** The newest block's hash; 64 zeros where there is none yet. */
  headHash: string;
  fault?: ChainFault;
}

interface BlockRow {
  number: string;
  previous_hash: string;
  hash: string;
  transaction_count: number;
}

/**
 * Computes a program's chain again from its transactions, block by block, and stops at the first fault. `head` is a
 * block's number and hash that somebody noted elsewhere: the chain must still hold it. A transaction that sees one state of
 * the database (repeatable read) is not misled by blocks that are made meanwhile.
 */
export async function verifyChain(
  tx: Transaction,
  programId: string,
  head?: { number: number; hash: string },
): Promise<ChainVerification> {
  let previousHash = genesisHash;
  let blocks = 0;
  let transactions = 0;
  const done = (fault?: ChainFault) => ({
    blocks,
    transactions,
    headHash: previousHash,
    waiting: 0,
    ...(fault && { fault }),
  });
  for (;;) {
    const number = blocks + 1;
    const block = await rowOf<BlockRow>(
      tx,
      `select number, previous_hash, hash, transaction_count from ledger_blocks
       where program_id = $1 and number >= $2 order by number limit 1`,
      [programId, number],
    );
    if (!block) break;
    if (Number(block.number) !== number) return done({ block: number, detail: `block ${number} is missing` });
    if (block.previous_hash !== previousHash) {
      return done({ block: number, detail: `block ${number} does not follow from the hash of the block before it` });
    }
    const fault = await faultInBlock(tx, programId, block);
    if (fault) return done(fault);
    if (head?.number === number && head.hash !== block.hash) {
      return done({ block: number, detail: `block ${number} is not the one whose hash was noted` });
    }
    previousHash = block.hash;
    blocks = number;
    transactions += block.transaction_count;
  }
  if (head && head.number > blocks) {
    return done({ block: blocks + 1, detail: `the chain ends at block ${blocks}, and block ${head.number} was noted` });
  }
  const outside = await outsideOfChain(tx, programId);
  return { ...done(outside.fault), waiting: outside.waiting };
}

async function faultInBlock(tx: Transaction, programId: string, block: BlockRow): Promise<ChainFault | undefined> {
  const number = Number(block.number);
  const members = await rowsOf<{ id: string; hash: string }>(
    tx,
    `select transaction_id as id, encode(hash, 'hex') as hash from ledger_block_transactions
     where program_id = $1 and block_number = $2 order by position`,
    [programId, number],
  );
  const found = new Map(
    (
      await chainedTransactions(
        tx,
        members.map(({ id }) => id),
      )
    ).map((transaction) => [transaction.id, transaction]),
  );
  for (const { id, hash } of members) {
    const transaction = found.get(id);
    const where = { block: number, transactionId: id };
    if (!transaction) return { ...where, detail: `transaction ${id} of block ${number} is gone` };
    if (transactionHash(transaction) !== hash) {
      return { ...where, detail: `transaction ${id} of block ${number} is not what was chained` };
    }
  }
  const { previous_hash: previousHash, hash, transaction_count: count } = block;
  if (count !== members.length || blockHash({ programId, number, previousHash, transactions: members }) !== hash) {
    return { block: number, detail: `the transactions of block ${number} are not those that were chained` };
  }
  return undefined;
}

/** Transactions that no block has: those that wait, and those that were put in behind the chain's end. */
async function outsideOfChain(
  tx: Transaction,
  programId: string,
): Promise<{ waiting: number; fault: ChainFault | undefined }> {
  const row = await rowOf<{ waiting: string; first_late: string | null }>(
    tx,
    `select count(*) as waiting, min(t.id) filter (where t.xact_id < last.until_xact_id
              -- Above what this server has given out: a dump was loaded, and the next block begins to count anew.
              and last.until_xact_id <= pg_snapshot_xmax(pg_current_snapshot())) as first_late
     from ledger_transactions t
     left join lateral (select until_xact_id from ledger_blocks where program_id = $1 order by number desc limit 1) last on true
     where t.program_id = $1 and not exists (select from ledger_block_transactions known where known.transaction_id = t.id)`,
    [programId],
  );
  const id = row?.first_late ?? undefined;
  const fault = id === undefined ? undefined : { transactionId: id, detail: `transaction ${id} stands in no block` };
  return { waiting: Number(row?.waiting ?? 0), fault };
}
