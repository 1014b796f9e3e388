/**
 * The entries of payable that no item pays yet, up to a cut-off ($3) in a program ($1) and currency ($2), by partner:
 * credits dated until then, and every debit, since what was taken back must never wait while money leaves.
 *
 * Reserving and giving back are left out: they are the batches' own bookkeeping and come to nothing for each item that
 * was not paid. So `payable` of a partner is always what these entries sum to, plus its items that are only drafted.
 */
export const openEntries = `
  select entry.id as entry_id, account.owner_id as partner_id, entry.amount_minor
  from ledger_accounts account
  join ledger_entries entry on entry.account_id = account.id
  join ledger_transactions booked on booked.id = entry.transaction_id
  where account.program_id = $1 and account.code = 'payable' and account.currency = $2
    and booked.kind not in ('reserve', 'give_back')
    and (entry.amount_minor > 0 or booked.event_at <= $3)
    and not exists (select from payout_item_entries mapped where mapped.entry_id = entry.id)`;

/**
 * The least amount that the terms of a partner (`who`) pay: those in force at the cut-off (`at`), after the agreement's
 * end the last ones. An amount in another currency than theirs (`currency`) has no minimum.
 */
export function minimumOf(who: string, at: string, currency: string): string {
  return `
  select case when terms.canonical::jsonb ->> 'currency' = ${currency}
              then (terms.canonical::jsonb #>> '{payment,minimumMinor}')::bigint end as minimum_minor
  from agreement_versions version
  join terms_documents terms on terms.program_id = version.program_id and terms.hash = version.terms_hash
  where version.partner_id = ${who} and not isempty(version.in_force)
  order by lower(version.in_force) <= ${at} desc, version.version desc limit 1`;
}

/** Whether some cause holds a partner (`who`) right now: nothing is paid to it, and what it has to come is kept. */
export function isSuspended(who: string): string {
  return `exists (select from partner_suspensions held where held.partner_id = ${who} and held.until_at is null)`;
}

/** The same of some partners alone (`who`, a list). */
export function openEntriesOf(who: string): string {
  return `${openEntries} and account.owner_id = any(${who})`;
}
