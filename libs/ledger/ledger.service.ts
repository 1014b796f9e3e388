import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Page } from '../platform/index.js';
import { accountMovements, type AccountMovement } from './account-movements.js';
import type { BookingSpan } from './domain/booking-periods.js';
import { balanceOn, type AccountSide, type LedgerTransaction, type PartnerAccountCode } from './domain/index.js';
import { listEntries, listTransactions, type AccountEntry, type BookedTransaction } from './ledger-lists.js';
import type { AccountEntriesRequest, TransactionsRequest } from './ledger-lists.js';
import { writeTransactions, type Posting } from './posting.js';

/** What an account holds: the sum of its entries, never a number kept beside them. */
export interface AccountBalance {
  code: string;
  /** A partner's or batch's id; empty for the company's own accounts. */
  ownerId: string;
  currency: string;
  side: AccountSide;
  /** Minor units, positive where the account stands on its own side (what we owe, own, spent or earned). */
  balanceMinor: bigint;
}

/** Which accounts to read; all of the program's where nothing is said. */
export interface BalanceFilter {
  codes?: readonly string[] | undefined;
  ownerIds?: readonly string[] | undefined;
  currency?: string | undefined;
}

/** All that was booked in a currency. The ledger is in balance where the two sums are the same. */
export interface TrialBalance {
  currency: string;
  debitMinor: bigint;
  creditMinor: bigint;
  transactions: number;
  balanced: boolean;
}

/** The balances of some partners, 0 where there is no entry. */
export interface PartnerBalances {
  of(code: PartnerAccountCode, partnerId: string, currency: string): bigint;
}

/** The double-entry ledger (money.md): it is only ever added to, and every balance is the sum of entries. */
@Injectable()
export class LedgerService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Posts transactions in one set, within the transaction of the fact that they follow. Those whose idempotency key is
   * known are skipped whole and reported. The caller holds the money locks of the partners concerned.
   */
  post(tx: Transaction, programId: string, transactions: readonly LedgerTransaction[]): Promise<Posting> {
    return writeTransactions(tx, programId, transactions, this.clock.now());
  }

  /** The balances of accounts, by code, owner and currency; accounts that were never used are absent. */
  balances(programId: string, filter: BalanceFilter = {}): Promise<AccountBalance[]> {
    return balancesOf(this.database.dataSource.manager, programId, filter);
  }

  /** The partners' balances as this transaction sees them. Locked first, they stay until it ends. */
  async partnerBalances(
    tx: Transaction,
    programId: string,
    codes: readonly PartnerAccountCode[],
    partnerIds: readonly string[],
  ): Promise<PartnerBalances> {
    const rows = await balancesOf(tx, programId, { codes, ownerIds: partnerIds });
    const known = new Map(rows.map((row) => [`${row.code}\n${row.ownerId}\n${row.currency}`, row.balanceMinor]));
    return { of: (code, partnerId, currency) => known.get(`${code}\n${partnerId}\n${currency}`) ?? 0n };
  }

  /** Debits, credits and transactions by currency. */
  async trialBalance(programId: string): Promise<TrialBalance[]> {
    const rows = await this.database.query<{ currency: string; debit: string; credit: string; transactions: string }>(
      `select currency, coalesce(sum(amount_minor) filter (where amount_minor > 0), 0) as debit,
              coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0) as credit,
              count(distinct transaction_id) as transactions
       from ledger_entries where program_id = $1 group by currency order by currency`,
      [programId],
    );
    return rows.map(({ currency, debit, credit, transactions }) => ({
      currency,
      debitMinor: BigInt(debit),
      creditMinor: BigInt(credit),
      transactions: Number(transactions),
      balanced: debit === credit,
    }));
  }

  /** The trial balance by account, or by code, over booking dates. */
  movements(programId: string, span: BookingSpan, by: 'code' | 'account'): Promise<AccountMovement[]> {
    return accountMovements(this.database, programId, span, by);
  }

  /** The entries of one account, newest first. @throws DomainError `malformed-request` for a wrong page */
  accountEntries(programId: string, request: AccountEntriesRequest): Promise<Page<AccountEntry>> {
    return listEntries(this.database, programId, request);
  }

  /** Transactions with their legs, newest first. @throws DomainError `malformed-request` for a wrong page */
  transactions(programId: string, request: TransactionsRequest): Promise<Page<BookedTransaction>> {
    return listTransactions(this.database, programId, request);
  }
}

async function balancesOf(
  tx: Transaction,
  programId: string,
  { codes, ownerIds, currency }: BalanceFilter,
): Promise<AccountBalance[]> {
  const rows = await rowsOf<{
    code: string;
    owner_id: string;
    currency: string;
    side: AccountSide;
    debit_minor: string;
  }>(
    tx,
    `select a.code, a.owner_id, a.currency, a.side, sums.debit_minor
     from ledger_accounts a
     cross join lateral (select coalesce(sum(e.amount_minor), 0) as debit_minor
                         from ledger_entries e where e.account_id = a.id) sums
     where a.program_id = $1 and ($2::text[] is null or a.code = any($2))
       and ($3::text[] is null or a.owner_id = any($3)) and ($4::text is null or a.currency = $4)
     order by a.code, a.owner_id, a.currency`,
    [programId, codes ?? null, ownerIds ?? null, currency ?? null],
  );
  return rows.map(({ code, owner_id, currency: own, side, debit_minor }) => ({
    code,
    ownerId: owner_id,
    currency: own,
    side,
    balanceMinor: balanceOn(side, BigInt(debit_minor)),
  }));
}
