import { rowsOf, type Database, type Transaction } from '../database/index.js';
import { verifyChain } from '../ledger/index.js';
import { contentFaults } from './batch-contents.js';
import { invariants } from './invariants.js';

/** Something in the books that is not as promised. */
export interface Violation {
  /** The number of the promise. */
  invariant: number;
  code: string;
  programId: string;
  /** The transaction, account's owner, batch, item, event or period that it shows at. */
  subject: string;
  detail: string;
}

export interface BooksReport {
  programs: number;
  transactions: number;
  blocks: number;
  violations: Violation[];
}

export interface BooksRequest {
  /** All programs where it is not set. */
  programId?: string | undefined;
  /** How many violations of one promise are listed in a program; the rest is counted. */
  limit?: number;
}

const defaultLimit = 20;

/**
 * Holds the books of a live database against what money.md promises. All is read in one state of the database, so that
 * what moves meanwhile is no difference; nothing is written.
 */
export async function checkBooks(database: Database, request: BooksRequest = {}): Promise<BooksReport> {
  return database.inTransaction(async (tx) => {
    await tx.query(`set transaction isolation level repeatable read, read only`);
    await tx.query(`set local statement_timeout = 0`);
    const programs = await rowsOf<{ id: string }>(
      tx,
      `select id from programs where $1::text is null or id = $1 order by id`,
      [request.programId ?? null],
    );
    const report: BooksReport = { programs: programs.length, transactions: 0, blocks: 0, violations: [] };
    for (const { id } of programs) {
      report.violations.push(...(await violationsOf(tx, id, request.limit ?? defaultLimit)));
      for (const { batchId: subject, detail } of await contentFaults(tx, id)) {
        report.violations.push({ invariant: 3, code: 'batch_content_differs', programId: id, subject, detail });
      }
      const chain = await verifyChain(tx, id);
      report.blocks += chain.blocks;
      report.transactions += chain.transactions + chain.waiting;
      if (chain.fault) {
        const { block, transactionId, detail } = chain.fault;
        const subject = transactionId ?? `block ${block}`;
        report.violations.push({ invariant: 12, code: 'chain_broken', programId: id, subject, detail });
      }
    }
    return report;
  });
}

async function violationsOf(tx: Transaction, programId: string, limit: number): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const { number, code, sql } of invariants) {
    const rows = await rowsOf<{ subject: string; detail: string }>(
      tx,
      `select * from (${sql}) violation order by subject, detail`,
      [programId],
    );
    const violation = { invariant: number, code, programId };
    found.push(...rows.slice(0, limit).map(({ subject, detail }) => ({ ...violation, subject, detail })));
    const more = rows.length - limit;
    if (more > 0) found.push({ ...violation, subject: '', detail: `and ${more} more` });
  }
  return found;
}
