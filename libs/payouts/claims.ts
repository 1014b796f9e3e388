import { rowsOf, type Transaction } from '../database/index.js';
import type { Claim } from './domain/index.js';
import { isSuspended, minimumOf, openEntries } from './open-entries.js';

/** Of what a batch is collected. */
export interface Collection {
  programId: string;
  currency: string;
  cutOff: Date;
  /** The one partner of an off-cycle payout. */
  partnerId?: string;
  ignoresMinimum: boolean;
}

/**
 * What each partner has to come. The entries are kept for this transaction, so that what is summed here is what the
 * items are made of, whatever is posted in between.
 */
export async function collectClaims(tx: Transaction, draft: Collection, rail: string): Promise<Claim[]> {
  const { programId, currency, cutOff, partnerId = null } = draft;
  await tx.query(
    `create temporary table if not exists collected_entries (entry_id bigint, partner_id text, amount_minor bigint)
     on commit drop`,
  );
  await tx.query(`truncate collected_entries`);
  await tx.query(
    `insert into collected_entries select * from (${openEntries}) open where $4::text is null or open.partner_id = $4`,
    [programId, currency, cutOff, partnerId],
  );
  const rows = await rowsOf<{
    partner_id: string;
    due_minor: string;
    minimum_minor: string | null;
    account_reference: string | null;
    is_suspended: boolean;
  }>(
    tx,
    `select due.partner_id, due.due_minor, minimum.minimum_minor, account.account_reference,
       ${isSuspended('due.partner_id')} as is_suspended
     from (select partner_id, -sum(amount_minor) as due_minor from collected_entries group by partner_id) due
     left join payout_accounts account on account.partner_id = due.partner_id and account.rail = $2
     left join lateral (${minimumOf('due.partner_id', '$1::timestamptz', '$3::text')}) minimum on true
     where due.due_minor <> 0
     order by due.partner_id`,
    [cutOff, rail, currency],
  );
  return rows.map((row) => ({
    partnerId: row.partner_id,
    amountMinor: BigInt(row.due_minor),
    minimumMinor: draft.ignoresMinimum ? 0n : BigInt(row.minimum_minor ?? 0),
    accountReference: row.account_reference ?? undefined,
    isSuspended: row.is_suspended,
    withheldMinor: 0n,
  }));
}
