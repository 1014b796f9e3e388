import type { Database } from '../database/index.js';
import { balanceOn, type AccountSide } from './domain/index.js';
import type { BookingSpan } from './domain/booking-periods.js';

/** An account, or all accounts of a code, over a span of booking dates. Minor units; balances stand on the own side. */
export interface AccountMovement {
  code: string;
  /** Empty for the company's own accounts, and where accounts are summed by their code. */
  ownerId: string;
  currency: string;
  side: AccountSide;
  openingMinor: bigint;
  debitMinor: bigint;
  creditMinor: bigint;
  closingMinor: bigint;
}

interface MovementRow {
  code: string;
  owner_id: string;
  currency: string;
  side: AccountSide;
  opening: string;
  debit: string;
  credit: string;
}

/**
 * The trial balance by account over booking dates: what stood there before, what was debited and credited, what stands
 * there after. Accounts with nothing in all of these are left out. `by` sums those of all partners and batches.
 */
export async function accountMovements(
  database: Database,
  programId: string,
  { fromAt, untilAt }: BookingSpan,
  by: 'code' | 'account',
): Promise<AccountMovement[]> {
  const rows = await database.query<MovementRow>(
    `select a.code, case when $4 then a.owner_id else '' end as owner_id, a.currency, a.side,
            coalesce(sum(e.amount_minor) filter (where t.created_at < $2), 0) as opening,
            coalesce(sum(e.amount_minor) filter (where e.amount_minor > 0 and ($2::timestamptz is null or t.created_at >= $2)), 0) as debit,
            coalesce(-sum(e.amount_minor) filter (where e.amount_minor < 0 and ($2::timestamptz is null or t.created_at >= $2)), 0) as credit
     from ledger_transactions t join ledger_entries e on e.transaction_id = t.id join ledger_accounts a on a.id = e.account_id
     where t.program_id = $1 and ($3::timestamptz is null or t.created_at < $3)
     group by 1, 2, 3, 4
     order by 1, 2, 3`,
    [programId, fromAt, untilAt, by === 'account'],
  );
  return rows.map(({ code, owner_id: ownerId, currency, side, opening, debit, credit }) => {
    const [openingDebit, debitMinor, creditMinor] = [BigInt(opening), BigInt(debit), BigInt(credit)];
    return {
      code,
      ownerId,
      currency,
      side,
      openingMinor: balanceOn(side, openingDebit),
      debitMinor,
      creditMinor,
      closingMinor: balanceOn(side, openingDebit + debitMinor - creditMinor),
    };
  });
}
