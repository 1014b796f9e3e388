import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import type { TransactionKind } from './domain/index.js';
import type { BookingSpan } from './domain/booking-periods.js';

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

/** One booking in a partner's accounts, and how it moves each; debts count in `receivableMinor` as what is owed more. */
export interface StatementLine extends PartnerStanding {
  transactionId: string;
  bookedAt: Date;
  eventAt: Date;
  kind: TransactionKind;
  eventId: string | null;
  ruleId: string | null;
  clause: string | null;
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

interface StandingRow {
  accrued: string;
  payable: string;
  held: string;
  receivable: string;
}

interface LineRow extends StandingRow {
  id: string;
  kind: TransactionKind;
  event_at: Date;
  created_at: Date;
  event_id: string | null;
  rule_id: string | null;
  clause: string | null;
  batch_id: string | null;
  item_id: string | null;
  balance: string;
}

/** Sums of entries by account; liabilities are turned round, so that what the partner has to come is positive. */
const standing = `
  coalesce(-sum(e.amount_minor) filter (where a.code = 'commission_accrued'), 0) as accrued,
  coalesce(-sum(e.amount_minor) filter (where a.code = 'payable'), 0) as payable,
  coalesce(-sum(e.amount_minor) filter (where a.code = 'held'), 0) as held,
  coalesce(sum(e.amount_minor) filter (where a.code = 'partner_receivable'), 0) as receivable`;

const entries = `
  from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_transactions t on t.id = e.transaction_id
  where a.program_id = $1 and a.owner_id = $2 and a.currency = $3
    and a.code in ('commission_accrued', 'payable', 'held', 'partner_receivable')`;

/** Statements of account by booking date: what was booked later than it happened stands where it was booked. */
@Injectable()
export class Statements {
  constructor(private readonly database: Database) {}

  /** One page, oldest line first. @throws DomainError `malformed-request` for a wrong page */
  async page(request: StatementRequest): Promise<Statement> {
    const limit = pageLimit(request);
    const after = decodeCursor(request.cursor, 'statement', ['instant', 'text']);
    const { programId, partnerId, currency, span } = request;
    const whose = [programId, partnerId, currency];
    const opening = span.fromAt === null ? nothing : await this.standingBefore(whose, span.fromAt);
    const closing = await this.standingBefore(whose, span.untilAt);
    const rows = await this.database.query<LineRow>(
      `with line as (
         select t.id, t.kind, t.event_at, t.created_at, t.event_id, t.rule_id, t.clause, t.batch_id, t.item_id, ${standing}
         ${entries} and ($4::timestamptz is null or t.created_at >= $4) and ($5::timestamptz is null or t.created_at < $5)
         group by t.id)
       select * from (select *, sum(accrued + payable + held - receivable) over (order by created_at, id) as balance from line) told
       where $6::timestamptz is null or (created_at, id) > ($6, $7)
       order by created_at, id limit $8`,
      [...whose, span.fromAt, span.untilAt, ...after, limit + 1],
    );
    const page = mapPage(
      pageFrom(rows, limit, 'statement', (row) => [row.created_at.toISOString(), row.id]),
      (row) => toLine(row, opening.totalMinor),
    );
    return { opening, closing, ...page };
  }

  private async standingBefore(whose: readonly string[], at: Date | null): Promise<PartnerStanding> {
    const [row] = await this.database.query<StandingRow>(
      `select ${standing} ${entries} and ($4::timestamptz is null or t.created_at < $4)`,
      [...whose, at],
    );
    return row ? toStanding(row) : nothing;
  }
}

const nothing: PartnerStanding = {
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
    batchId: row.batch_id,
    itemId: row.item_id,
    ...toStanding(row),
    balanceMinor: openingMinor + BigInt(row.balance),
  };
}
