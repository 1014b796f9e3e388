import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import type { TransactionKind } from './domain/index.js';
import type { BookingSpan } from './domain/booking-periods.js';
import { partMinor, withParts } from './posting-parts.js';

/** What stands in a partner's accounts. Minor units; `total` is what the partner has to come, less what it owes. */
export interface PartnerStanding {
  /** Earned and not vested. */
  accruedMinor: bigint;
  /** Vested: the next collection pays it. */
  payableMinor: bigint;
  heldMinor: bigint;
  /** What the partner owes. */
  receivableMinor: bigint;
  totalMinor: bigint;
}

/** One booking in a partner's accounts (of one that sums up, the part of one event), and how it moves each; debts count in `receivableMinor` as what is owed more. */
export interface StatementLine extends PartnerStanding {
  transactionId: string;
  bookedAt: Date;
  eventAt: Date;
  kind: TransactionKind;
  eventId: string | null;
  ruleId: string | null;
  clause: string | null;
  termsHash: string | null;
  batchId: string | null;
  itemId: string | null;
  /** What the partner has to come after this line. */
  balanceMinor: bigint;
}

export interface StatementRequest extends PageRequest {
  programId: string;
  partnerId: string;
  currency: string;
  span: BookingSpan;
}

/** A page of lines, with the balances of the whole span. */
export interface Statement extends Page<StatementLine> {
  opening: PartnerStanding;
  closing: PartnerStanding;
}

/** All lines of one currency, with the balances of the span. */
export interface WholeStatement {
  currency: string;
  opening: PartnerStanding;
  closing: PartnerStanding;
  lines: StatementLine[];
}

interface StandingRow {
  accrued: string;
  payable: string;
  held: string;
  receivable: string;
}

interface LineRow extends StandingRow {
  id: string;
  /** Of a transaction that sums up; else 0. */
  part: string;
  kind: TransactionKind;
  event_at: Date;
  created_at: Date;
  event_id: string | null;
  rule_id: string | null;
  clause: string | null;
  terms_hash: string | null;
  batch_id: string | null;
  item_id: string | null;
  balance: string;
}

/** Sums of entries by account; liabilities are turned round, so that what the partner has to come is positive. */
const standing = (minor: string): string => `
  coalesce(-sum(${minor}) filter (where a.code = 'commission_accrued'), 0) as accrued,
  coalesce(-sum(${minor}) filter (where a.code = 'payable'), 0) as payable,
  coalesce(-sum(${minor}) filter (where a.code = 'held'), 0) as held,
  coalesce(sum(${minor}) filter (where a.code = 'partner_receivable'), 0) as receivable`;

const moneyOf = `a.program_id = $1 and a.owner_id = $2
    and a.code in ('commission_accrued', 'payable', 'held', 'partner_receivable')`;

const bookings = `
  from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_transactions t on t.id = e.transaction_id`;
const whoseEntries = `where ${moneyOf} and a.currency = $3`;

/** Statements of account by booking date: what was booked later than it happened stands where it was booked. */
@Injectable()
export class Statements {
  constructor(private readonly database: Database) {}

  /**
   * One page, oldest line first, with balances of the same state of the books.
   * @throws DomainError `malformed-request` for a wrong page
   */
  async page(request: StatementRequest): Promise<Statement> {
    const limit = pageLimit(request);
    const after = decodeCursor(request.cursor, 'statement', ['instant', 'text', 'integer']);
    return this.database.inTransaction(async (tx) => {
      await readOneState(tx);
      const { opening, closing, rows } = await readStatement(tx, request, after, limit + 1);
      const page = mapPage(
        pageFrom(rows, limit, 'statement', (row) => [row.created_at.toISOString(), row.id, row.part]),
        (row) => toLine(row, opening.totalMinor),
      );
      return { opening, closing, ...page };
    });
  }

  /**
   * Whole statements, one for each currency in which the partner has accounts (or for the one asked for), all of one state
   * of the books; `isCut` where there are more than `most` lines in all.
   */
  async whole(
    { programId, partnerId, currency, span }: Omit<StatementRequest, 'currency'> & { currency?: string | undefined },
    most: number,
  ): Promise<{ isCut: boolean; statements: WholeStatement[] }> {
    return this.database.inTransaction(async (tx) => {
      await readOneState(tx);
      const currencies = currency === undefined ? await currenciesOf(tx, programId, partnerId) : [currency];
      const statements: WholeStatement[] = [];
      let left = most;
      for (const each of currencies) {
        const request = { programId, partnerId, currency: each, span };
        const { opening, closing, rows } = await readStatement(tx, request, [null, null, null], left + 1);
        if (rows.length > left) return { isCut: true, statements };
        left -= rows.length;
        const lines = rows.map((row) => toLine(row, opening.totalMinor));
        statements.push({ currency: each, opening, closing, lines });
      }
      return { isCut: false, statements };
    });
  }
}

/** Everything that follows sees the books as they are now, whatever is posted meanwhile. */
async function readOneState(tx: Transaction): Promise<void> {
  await tx.query(`set transaction isolation level repeatable read, read only`);
}

/** Currencies in which the partner has accounts of money, in the order of the alphabet. */
async function currenciesOf(tx: Transaction, programId: string, partnerId: string): Promise<string[]> {
  const rows = await rowsOf<{ currency: string }>(
    tx,
    `select distinct a.currency from ledger_accounts a where ${moneyOf} order by a.currency`,
    [programId, partnerId],
  );
  return rows.map(({ currency }) => currency);
}

async function readStatement(
  tx: Transaction,
  { programId, partnerId, currency, span }: StatementRequest,
  after: readonly unknown[],
  limit: number,
): Promise<{ opening: PartnerStanding; closing: PartnerStanding; rows: LineRow[] }> {
  const whose = [programId, partnerId, currency];
  const opening = span.fromAt === null ? nothing : await standingBefore(tx, whose, span.fromAt);
  const closing = await standingBefore(tx, whose, span.untilAt);
  const rows = await rowsOf<LineRow>(
    tx,
    `with line as (
       select t.id, coalesce(p.part, 0) as part, t.kind, coalesce(p.event_at, t.event_at) as event_at, t.created_at,
              coalesce(t.event_id, p.event_id) as event_id, t.rule_id, t.clause, t.terms_hash, t.batch_id, t.item_id,
              ${standing(partMinor)}
       ${bookings} ${withParts} ${whoseEntries} and ($4::timestamptz is null or t.created_at >= $4) and ($5::timestamptz is null or t.created_at < $5)
       group by t.id, p.part, p.event_at, p.event_id)
     select * from (select *, sum(accrued + payable + held - receivable) over (order by created_at, id, part) as balance
                    from line) told
     where $6::timestamptz is null or (created_at, id, part) > ($6, $7, $8::bigint)
     order by created_at, id, part limit $9`,
    [...whose, span.fromAt, span.untilAt, ...after, limit],
  );
  return { opening, closing, rows };
}

async function standingBefore(tx: Transaction, whose: readonly string[], at: Date | null): Promise<PartnerStanding> {
  const row = await rowOf<StandingRow>(
    tx,
    `select ${standing('e.amount_minor')} ${bookings} ${whoseEntries} and ($4::timestamptz is null or t.created_at < $4)`,
    [...whose, at],
  );
  return row ? toStanding(row) : nothing;
}

/** Where a partner stands of whom nothing is booked. */
export const nothing: PartnerStanding = {
  accruedMinor: 0n,
  payableMinor: 0n,
  heldMinor: 0n,
  receivableMinor: 0n,
  totalMinor: 0n,
};

function toStanding({ accrued, payable, held, receivable }: StandingRow): PartnerStanding {
  const [accruedMinor, payableMinor, heldMinor, receivableMinor] = [accrued, payable, held, receivable].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const totalMinor = accruedMinor + payableMinor + heldMinor - receivableMinor;
  return { accruedMinor, payableMinor, heldMinor, receivableMinor, totalMinor };
}

function toLine(row: LineRow, openingMinor: bigint): StatementLine {
  return {
    transactionId: row.id,
    bookedAt: row.created_at,
    eventAt: row.event_at,
    kind: row.kind,
    eventId: row.event_id,
    ruleId: row.rule_id,
    clause: row.clause,
    termsHash: row.terms_hash,
    batchId: row.batch_id,
    itemId: row.item_id,
    ...toStanding(row),
    balanceMinor: openingMinor + BigInt(row.balance),
  };
}
