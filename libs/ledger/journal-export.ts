import { Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify/sync';
import { Database } from '../database/index.js';
import { groupBy } from '../kernel/group-by.js';
import { toDecimalString } from '../kernel/money.js';
import { bookingDate, type BookingSpan } from './domain/booking-periods.js';
import { partMinor, withParts } from './posting-parts.js';
import {
  journalHead,
  journalTransaction,
  type JournalAccount,
  type JournalEntry,
  type JournalFormat,
} from './domain/journal-text.js';

/** How many transactions are read at a time, and with them about how many parts: what an export holds in memory. */
const batchSize = 500;
const batchParts = 5_000;

export interface JournalExportRequest {
  programId: string;
  /** What stands as the journal's title. */
  title: string;
  /** The zone in whose calendar bookings are dated. */
  timeZone: string;
  span: BookingSpan;
  format: JournalFormat | 'csv';
}

/** The columns of the CSV, in their order. They are added at the end, never renamed or moved. */
export const journalColumns = [
  'transactionId',
  'entryId',
  'kind',
  'bookingDate',
  'bookedAt',
  'eventAt',
  'account',
  'ownerId',
  'side',
  'amountMinor',
  'currency',
  'debit',
  'credit',
  'partnerId',
  'eventId',
  'ruleId',
  'clause',
  'termsHash',
  'batchId',
  'itemId',
  'actorId',
] as const;

/** Spreadsheets run what begins so as a formula. */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/;

/** The journal for other programs: by booking date, oldest first, however long it is. */
@Injectable()
export class JournalExport {
  constructor(private readonly database: Database) {}

  /** The text in pieces; reading stops with whoever stops taking them. */
  async *write({ programId, title, timeZone, span, format }: JournalExportRequest): AsyncGenerator<string> {
    if (format === 'csv') yield stringify([[...journalColumns]], { record_delimiter: '\r\n' });
    else {
      const accounts = await this.accounts(programId);
      const since = await this.firstDate(programId, timeZone);
      yield journalHead({ accounts, since, title }, format);
    }
    for await (const batch of this.batches(programId, span)) {
      if (format === 'csv') yield csvRows(batch, timeZone);
      else
        yield byTransaction(batch)
          .map((legs) => journalTransaction(legs, timeZone, format))
          .join('\n');
    }
  }

  private accounts(programId: string): Promise<JournalAccount[]> {
    return this.database.query<JournalAccount>(
      `select code, owner_id as "ownerId", side, currency from ledger_accounts where program_id = $1`,
      [programId],
    );
  }

  private async firstDate(programId: string, timeZone: string): Promise<string> {
    const [row] = await this.database.query<{ first: Date | null }>(
      `select min(created_at) as first from ledger_transactions where program_id = $1`,
      [programId],
    );
    return row?.first ? bookingDate(row.first, timeZone) : '1970-01-01';
  }

  private async *batches(programId: string, { fromAt, untilAt }: BookingSpan): AsyncGenerator<JournalEntry[]> {
    let [afterAt, afterId]: [string | null, string | null] = [null, null];
    for (;;) {
      const rows: (JournalEntry & { amountMinor: string | bigint; at: string })[] = await this.database.query(
        `with next as (
           select *, sum(coalesce(jsonb_array_length(parts), 1)) over (order by created_at, id) as told
           from ledger_transactions
           where program_id = $1 and ($2::timestamptz is null or created_at >= $2) and ($3::timestamptz is null or created_at < $3)
             and ($4::timestamptz is null or (created_at, id) > ($4, $5))
           order by created_at, id limit $6),
         t as (select * from next where told - coalesce(jsonb_array_length(parts), 1) < $7)
         select e.id as "entryId", t.id as "transactionId", t.kind, t.created_at as "bookedAt", t.created_at::text as at,
                coalesce(p.event_at, t.event_at) as "eventAt", a.code, a.owner_id as "ownerId", a.side,
                ${partMinor} as "amountMinor", e.currency, t.actor_id as "actorId", t.partner_id as "partnerId",
                coalesce(t.event_id, p.event_id) as "eventId", t.rule_id as "ruleId", t.clause,
                t.terms_hash as "termsHash", t.batch_id as "batchId", t.item_id as "itemId"
         from t join ledger_entries e on e.transaction_id = t.id join ledger_accounts a on a.id = e.account_id
         ${withParts}
         order by t.created_at, t.id, p.part, e.id`,
        [programId, fromAt, untilAt, afterAt, afterId, batchSize, batchParts],
      );
      const last = rows.at(-1);
      if (!last) return;
      yield rows.map((row) => ({ ...row, amountMinor: BigInt(row.amountMinor) }));
      [afterAt, afterId] = [last.at, last.transactionId];
    }
  }
}

function byTransaction(entries: readonly JournalEntry[]): JournalEntry[][] {
  return [...groupBy(entries, ({ transactionId }) => transactionId).values()];
}

function csvRows(entries: readonly JournalEntry[], timeZone: string): string {
  const rows = entries.map((entry) => {
    const { amountMinor, currency } = entry;
    const amount = toDecimalString(amountMinor < 0n ? -amountMinor : amountMinor, currency);
    const cells: Record<(typeof journalColumns)[number], string> = {
      transactionId: entry.transactionId,
      entryId: entry.entryId,
      kind: entry.kind,
      bookingDate: bookingDate(entry.bookedAt, timeZone),
      bookedAt: entry.bookedAt.toISOString(),
      eventAt: entry.eventAt.toISOString(),
      account: entry.code,
      ownerId: entry.ownerId,
      side: entry.side,
      amountMinor: amountMinor.toString(),
      currency,
      debit: amountMinor > 0n ? amount : '',
      credit: amountMinor < 0n ? amount : '',
      partnerId: entry.partnerId ?? '',
      eventId: safe(entry.eventId),
      ruleId: safe(entry.ruleId),
      clause: safe(entry.clause),
      termsHash: entry.termsHash ?? '',
      batchId: entry.batchId ?? '',
      itemId: entry.itemId ?? '',
      actorId: safe(entry.actorId),
    };
    return journalColumns.map((column) => cells[column]);
  });
  return stringify(rows, { record_delimiter: '\r\n' });
}

/** Texts of others alone can carry a formula; amounts may begin with a minus. */
function safe(text: string | null): string {
  if (text === null) return '';
  return formulaStart.test(text) ? `'${text}` : text;
}
