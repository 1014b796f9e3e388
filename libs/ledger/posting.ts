import { preparedRows, type Transaction } from '../database/index.js';
import { newId } from '../kernel/ids.js';
import { accountSide, type LedgerTransaction } from './domain/index.js';
import { keepBooksOpen } from './partner-lock.js';

/** What became of the transactions that were posted together. */
export interface Posting {
  posted: number;
  /** Idempotency keys that the ledger had already: these transactions were left out whole. */
  skipped: string[];
}

/** How many transactions one statement brings: a bound on its size, not on what may be posted at once. */
const statementSize = 5_000;

/**
 * Writes transactions with all their legs, `statementSize` in a statement, in the transaction of the fact they follow. One
 * whose idempotency key is known is skipped whole. `bookedAt` is the booking date; where its period was closed meanwhile, the open one takes the transaction
 * at its first instant.
 */
export async function writeTransactions(
  tx: Transaction,
  programId: string,
  transactions: readonly LedgerTransaction[],
  bookedAt: Date,
): Promise<Posting> {
  if (transactions.length === 0) return { posted: 0, skipped: [] };
  await keepBooksOpen(tx, programId);
  const posted = new Set<string>();
  const skipped: string[] = [];
  for (let start = 0; start < transactions.length; start += statementSize) {
    const slice = transactions.slice(start, start + statementSize);
    const written = new Set(await writeWithAccounts(tx, programId, slice, bookedAt));
    for (const { idempotencyKey } of slice) {
      if (written.has(idempotencyKey) && !posted.has(idempotencyKey)) posted.add(idempotencyKey);
      else skipped.push(idempotencyKey);
    }
  }
  return { posted: posted.size, skipped };
}

/** Writes a slice; makes the accounts that it needs where some are missing, which is seldom. */
async function writeWithAccounts(
  tx: Transaction,
  programId: string,
  slice: readonly LedgerTransaction[],
  bookedAt: Date,
): Promise<string[]> {
  const written = await writeSlice(tx, programId, slice, bookedAt);
  if (written) return written;
  await makeAccounts(tx, programId, slice);
  const again = await writeSlice(tx, programId, slice, bookedAt);
  if (!again) throw new Error('accounts of the ledger are missing that were just made');
  return again;
}

/** Makes the accounts that are missing, in one order, so that two transactions never wait for each other. */
async function makeAccounts(
  tx: Transaction,
  programId: string,
  transactions: readonly LedgerTransaction[],
): Promise<void> {
  const accounts = new Map<string, { code: string; owner_id: string; currency: string; side: string }>();
  for (const { currency, legs } of transactions) {
    for (const { account } of legs) {
      const { code, ownerId } = account;
      const key = `${code}\n${ownerId}\n${currency}`;
      if (!accounts.has(key)) accounts.set(key, { code, owner_id: ownerId, currency, side: accountSide(code) });
    }
  }
  await preparedRows(
    tx,
    `insert into ledger_accounts (program_id, code, owner_id, currency, side)
     select $1, g.code, g.owner_id, g.currency, g.side
     from json_to_recordset($2) as g (code text, owner_id text, currency text, side text)
     where not exists (select from ledger_accounts known
                       where known.program_id = $1 and known.code = g.code collate "C"
                         and known.owner_id = g.owner_id and known.currency = g.currency)
     order by g.code, g.owner_id, g.currency
     on conflict (program_id, code, owner_id, currency) do nothing`,
    [programId, JSON.stringify([...accounts.values()])],
  );
}

/**
 * One statement for the transactions and their legs: the database checks that they sum to zero when it ends. The idempotency
 * keys of those that are new; undefined where nothing was written, as an account is missing.
 */
async function writeSlice(
  tx: Transaction,
  programId: string,
  transactions: readonly LedgerTransaction[],
  bookedAt: Date,
): Promise<string[] | undefined> {
  const rows = transactions.map(rowFor);
  const legs = transactions.flatMap(({ currency, legs: own }, index) =>
    own.map(({ account, amountMinor }) => ({
      transaction_id: rows[index]?.id,
      code: account.code,
      owner_id: account.ownerId,
      currency,
      amount_minor: amountMinor.toString(),
    })),
  );
  const [answer] = await preparedRows<{ is_complete: boolean; keys: string[] }>(tx, insertSlice, [
    programId,
    bookedAt,
    JSON.stringify(rows),
    JSON.stringify(legs),
  ]);
  return answer?.is_complete ? answer.keys : undefined;
}

function rowFor({ id, kind, idempotencyKey, eventAt, actorId, refs, parts }: LedgerTransaction) {
  return {
    id: id ?? newId('txn'),
    kind,
    idempotency_key: idempotencyKey,
    event_at: eventAt.toISOString(),
    actor_id: actorId,
    partner_id: refs.partnerId,
    event_id: refs.eventId,
    rule_id: refs.ruleId,
    clause: refs.clause,
    terms_hash: refs.termsHash,
    batch_id: refs.batchId,
    item_id: refs.itemId,
    parts: parts?.map((part) => [part.eventId, part.eventAt.getTime(), part.amountMinor.toString()]),
  };
}

const insertSlice = `
  with leg as materialized (
    select given.position, given.transaction_id, given.amount_minor, given.currency, account.id as account_id
    from rows from (json_to_recordset($4) as (transaction_id text, code text, owner_id text, currency text, amount_minor bigint))
         with ordinality as given (transaction_id, code, owner_id, currency, amount_minor, position)
    left join ledger_accounts account on account.program_id = $1 and account.code = given.code collate "C"
      and account.owner_id = given.owner_id and account.currency = given.currency
  ), complete as materialized (
    select count(*) = count(account_id) as is_complete from leg
  ), added as (
    insert into ledger_transactions (id, program_id, kind, idempotency_key, event_at, created_at, partner_id, event_id,
                                     rule_id, clause, terms_hash, batch_id, item_id, actor_id, parts)
    select g.id, $1, g.kind, g.idempotency_key, g.event_at,
           greatest($2, (select max(until_at) from ledger_periods where program_id = $1)), g.partner_id, g.event_id,
           g.rule_id, g.clause, g.terms_hash, g.batch_id, g.item_id, g.actor_id, g.parts
    from json_to_recordset($3) as g (id text, kind text, idempotency_key text, event_at timestamptz, partner_id text,
      event_id text, rule_id text, clause text, terms_hash text, batch_id text, item_id text, actor_id text, parts jsonb)
    where (select is_complete from complete)
    on conflict (program_id, idempotency_key) do nothing
    returning id, idempotency_key
  ), entered as (
    insert into ledger_entries (program_id, transaction_id, account_id, amount_minor, currency)
    select $1, leg.transaction_id, leg.account_id, leg.amount_minor, leg.currency
    from leg
    -- Looked up in a table of hashes: as a join it was one of all legs with all transactions of the statement.
    where (leg.transaction_id in (select id from added)) is true
    order by leg.position
  )
  select (select is_complete from complete), coalesce((select json_agg(idempotency_key) from added), '[]') as keys`;
