import type { Database } from '../database/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import type { TransactionKind, TransactionPart, TransactionRefs } from './domain/index.js';

export interface AccountEntriesRequest extends PageRequest {
  code: string;
  /** Empty for the company's own accounts. */
  ownerId: string;
  currency: string;
}

/** One leg as it stands in an account. */
export interface AccountEntry {
  id: string;
  transactionId: string;
  kind: TransactionKind;
  eventAt: Date;
  bookedAt: Date;
  /** Minor units; debits positive, credits negative. */
  amountMinor: bigint;
  currency: string;
  refs: TransactionRefs;
}

/** Everything that is said is required; nothing said, all of the program's transactions. */
export interface TransactionsRequest extends PageRequest {
  partnerId?: string | undefined;
  eventId?: string | undefined;
  batchId?: string | undefined;
  kind?: string | undefined;
}

/** A transaction as it was booked. */
export interface BookedTransaction {
  id: string;
  kind: TransactionKind;
  eventAt: Date;
  bookedAt: Date;
  actorId: string;
  refs: TransactionRefs;
  /** Debits positive, credits negative, minor units. */
  legs: { code: string; ownerId: string; amountMinor: bigint; currency: string }[];
  /** Of one that sums up: what it has of each event. */
  parts: TransactionPart[];
}

interface TransactionRow {
  id: string;
  kind: TransactionKind;
  event_at: Date;
  created_at: Date;
  actor_id: string;
  partner_id: string | null;
  event_id: string | null;
  rule_id: string | null;
  clause: string | null;
  terms_hash: string | null;
  batch_id: string | null;
  item_id: string | null;
}

interface EntryRow extends TransactionRow {
  entry_id: string;
  amount_minor: string;
  currency: string;
}

const transactionColumns = `t.id, t.kind, t.event_at, t.created_at, t.actor_id, t.partner_id, t.event_id, t.rule_id, t.clause,
  t.terms_hash, t.batch_id, t.item_id`;

/** The entries of one account, newest first. */
export async function listEntries(
  database: Database,
  programId: string,
  { code, ownerId, currency, ...page }: AccountEntriesRequest,
): Promise<Page<AccountEntry>> {
  const limit = pageLimit(page);
  const [after] = decodeCursor(page.cursor, 'entry desc', ['integer']);
  const rows = await database.query<EntryRow>(
    `select e.id as entry_id, e.amount_minor, e.currency, ${transactionColumns}
     from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_transactions t on t.id = e.transaction_id
     where a.program_id = $1 and a.code = $2 and a.owner_id = $3 and a.currency = $4
       and ($5::text is null or e.id < $5::bigint)
     order by e.id desc limit $6`,
    [programId, code, ownerId, currency, after, limit + 1],
  );
  return mapPage(
    pageFrom(rows, limit, 'entry desc', ({ entry_id }) => [entry_id]),
    (row) => ({
      id: row.entry_id,
      transactionId: row.id,
      kind: row.kind,
      eventAt: row.event_at,
      bookedAt: row.created_at,
      amountMinor: BigInt(row.amount_minor),
      currency: row.currency,
      refs: refsOf(row),
    }),
  );
}

/** Transactions with their legs, newest first. */
export async function listTransactions(
  database: Database,
  programId: string,
  { partnerId, eventId, batchId, kind, ...page }: TransactionsRequest,
): Promise<Page<BookedTransaction>> {
  const limit = pageLimit(page);
  const [after] = decodeCursor(page.cursor, 'id desc', ['text']);
  const rows = await database.query<
    TransactionRow & {
      parts: [string, number, string][] | null;
      legs: { code: string; ownerId: string; minor: string; currency: string }[];
    }
  >(
    `select ${transactionColumns}, t.parts,
       (select json_agg(json_build_object('code', a.code, 'ownerId', a.owner_id, 'minor', e.amount_minor::text,
                                          'currency', e.currency) order by e.id)
        from ledger_entries e join ledger_accounts a on a.id = e.account_id where e.transaction_id = t.id) as legs
     from ledger_transactions t
     where t.program_id = $1 and ($2::text is null or t.partner_id = $2) and ($3::text is null or t.event_id = $3 or t.id in (
         select l.accrued_in from commission_lines l where l.program_id = $1 and l.event_id = $3 and l.accrued_in is not null))
       and ($4::text is null or t.batch_id = $4) and ($5::text is null or t.kind = $5)
       and ($6::text is null or t.id < $6)
     order by t.id desc limit $7`,
    [programId, partnerId ?? null, eventId ?? null, batchId ?? null, kind ?? null, after, limit + 1],
  );
  return mapPage(
    pageFrom(rows, limit, 'id desc', ({ id }) => [id]),
    (row) => ({
      id: row.id,
      kind: row.kind,
      eventAt: row.event_at,
      bookedAt: row.created_at,
      actorId: row.actor_id,
      refs: refsOf(row),
      legs: row.legs.map(({ code, ownerId, minor, currency }) => ({
        code,
        ownerId,
        amountMinor: BigInt(minor),
        currency,
      })),
      parts: (row.parts ?? []).map(([eventId, eventAtMs, minor]) => ({
        eventId,
        eventAt: new Date(eventAtMs),
        amountMinor: BigInt(minor),
      })),
    }),
  );
}

function refsOf(row: TransactionRow): TransactionRefs {
  return {
    partnerId: row.partner_id ?? undefined,
    eventId: row.event_id ?? undefined,
    ruleId: row.rule_id ?? undefined,
    clause: row.clause ?? undefined,
    termsHash: row.terms_hash ?? undefined,
    batchId: row.batch_id ?? undefined,
    itemId: row.item_id ?? undefined,
  };
}
