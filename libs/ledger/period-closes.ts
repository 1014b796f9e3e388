import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService } from '../programs/index.js';
import { balanceOn, type AccountSide } from './domain/index.js';
import { endOfPeriod, followingPeriod } from './domain/booking-periods.js';

/** A month whose books are closed: nothing is booked before `untilAt` any more. */
export interface ClosedPeriod {
  programId: string;
  /** `YYYY-MM`, on the calendar of `timeZone`. */
  period: string;
  /** Not set on the first one: it closes all that was booked before, too. */
  fromAt: Date | null;
  /** Not included. */
  untilAt: Date;
  timeZone: string;
  closedAt: Date;
  closedBy: string;
}

/** An account of the trial balance that was recorded when a period was closed. Minor units. */
export interface ClosingBalance {
  code: string;
  ownerId: string;
  currency: string;
  side: AccountSide;
  /** Of the period alone. */
  debitMinor: bigint;
  creditMinor: bigint;
  /** Of all entries up to its end, positive where the account stands on its own side. */
  closingMinor: bigint;
}

interface PeriodRow {
  program_id: string;
  period: string;
  from_at: Date | null;
  until_at: Date;
  time_zone: string;
  closed_at: Date;
  closed_by: string;
}

/** Closes booking periods, one month after another. A closed one is never opened again: corrections are booked later. */
@Injectable()
export class PeriodCloses {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
  ) {}

  /**
   * Closes a month that is over, on the calendar of the program's zone, and records the trial balance at its end. It waits
   * for postings under way. The first close takes what was booked earlier with it; after that each month follows the one
   * before. A close that is repeated answers with what it did.
   * @throws DomainError `not-found`, `already-exists` (closed by somebody else), `illegal-transition` (not over, or not next)
   */
  async close(programId: string, period: string, actor: Actor): Promise<ClosedPeriod> {
    const { document } = await this.programs.get(programId);
    const untilAt = endOfPeriod(period, document.timeZone);
    if (untilAt > this.clock.now()) {
      throw new DomainError('illegal-transition', `the month ${period} is not over in ${document.timeZone}`);
    }
    return this.database.inTransaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(ledger_period_lock($1))`, [programId]);
      const last = await this.last(tx, programId);
      const known = await this.find(tx, programId, period);
      if (known) {
        if (actor.requestId !== undefined && (await this.wasClosedBy(tx, known, actor))) return toPeriod(known);
        throw new DomainError('already-exists', `the books of ${period} are closed`);
      }
      if (last && period !== followingPeriod(last.period)) {
        const next = followingPeriod(last.period);
        throw new DomainError('illegal-transition', `the next month to close is ${next}`);
      }
      return this.record(tx, { programId, period, timeZone: document.timeZone, untilAt, last, actor });
    });
  }

  /** Closed periods, newest first. */
  async list(programId: string): Promise<ClosedPeriod[]> {
    const rows = await this.database.query<PeriodRow>(
      `select * from ledger_periods where program_id = $1 order by until_at desc`,
      [programId],
    );
    return rows.map(toPeriod);
  }

  /** The trial balance that was recorded at the end of a closed period. @throws DomainError `not-found` */
  async closing(programId: string, period: string): Promise<ClosingBalance[]> {
    const closed = await this.find(this.database.dataSource.manager, programId, period);
    if (!closed) throw new DomainError('not-found', `the books of ${period} are not closed`);
    const rows = await this.database.query<{
      code: string;
      owner_id: string;
      currency: string;
      side: AccountSide;
      debit_minor: string;
      credit_minor: string;
      closing_minor: string;
    }>(
      `select a.code, a.owner_id, a.currency, a.side, b.debit_minor, b.credit_minor, b.closing_minor
       from ledger_period_balances b join ledger_accounts a on a.id = b.account_id
       where b.program_id = $1 and b.period = $2 order by a.code, a.owner_id, a.currency`,
      [programId, period],
    );
    return rows.map((row) => ({
      code: row.code,
      ownerId: row.owner_id,
      currency: row.currency,
      side: row.side,
      debitMinor: BigInt(row.debit_minor),
      creditMinor: BigInt(row.credit_minor),
      closingMinor: balanceOn(row.side, BigInt(row.closing_minor)),
    }));
  }

  private last(tx: Transaction, programId: string): Promise<PeriodRow | undefined> {
    return rowOf(tx, `select * from ledger_periods where program_id = $1 order by until_at desc limit 1`, [programId]);
  }

  private find(tx: Transaction, programId: string, period: string): Promise<PeriodRow | undefined> {
    return rowOf(tx, `select * from ledger_periods where program_id = $1 and period = $2`, [programId, period]);
  }

  private async wasClosedBy(tx: Transaction, { program_id, period }: PeriodRow, actor: Actor): Promise<boolean> {
    const row = await rowOf(
      tx,
      `select 1 from audit_facts where subject_id = $1 and action = 'ledger.close_period' and request_id = $2
         and actor_id = $3 and details->>'period' = $4`,
      [program_id, actor.requestId, actor.actorId, period],
    );
    return row !== undefined;
  }

  private async record(
    tx: Transaction,
    close: {
      programId: string;
      period: string;
      timeZone: string;
      untilAt: Date;
      last: PeriodRow | undefined;
      actor: Actor;
    },
  ): Promise<ClosedPeriod> {
    const { programId, period, timeZone, untilAt, last, actor } = close;
    // Where the last one ended, even if the program has changed its zone since: no instant lies between two periods.
    const fromAt = last?.until_at ?? null;
    const closed = await rowOf<PeriodRow>(
      tx,
      `insert into ledger_periods (program_id, period, from_at, until_at, time_zone, closed_at, closed_by)
       values ($1, $2, $3, $4, $5, $6, $7) returning *`,
      [programId, period, fromAt, untilAt, timeZone, this.clock.now(), actor.actorId],
    );
    if (!closed) throw new Error('a period that was written is not there');
    await tx.query(recordBalances, [programId, period, fromAt, untilAt, last?.period ?? null]);
    await this.audit.record(tx, {
      ...actor,
      programId,
      action: 'ledger.close_period',
      subjectId: programId,
      details: { period, untilAt: untilAt.toISOString() },
    });
    await this.outbox.announce(tx, programId, {
      type: 'program.books_closed',
      subjectId: programId,
      data: { period, untilAt: untilAt.toISOString() },
    });
    return toPeriod(closed);
  }
}

/** What was booked in the period, on top of what the one before it closed with: no close reads the whole journal again. */
const recordBalances = `
  with moved as (
    select e.account_id, sum(e.amount_minor) filter (where e.amount_minor > 0) as debit,
           -sum(e.amount_minor) filter (where e.amount_minor < 0) as credit, sum(e.amount_minor) as change
    from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
    where t.program_id = $1 and ($3::timestamptz is null or t.created_at >= $3) and t.created_at < $4
    group by e.account_id
  ), before as (
    select account_id, closing_minor from ledger_period_balances where program_id = $1 and period = $5
  )
  insert into ledger_period_balances (program_id, period, account_id, debit_minor, credit_minor, closing_minor)
  select $1, $2, coalesce(moved.account_id, before.account_id), coalesce(moved.debit, 0), coalesce(moved.credit, 0),
         coalesce(before.closing_minor, 0) + coalesce(moved.change, 0)
  from moved full join before on before.account_id = moved.account_id
  where moved.account_id is not null or before.closing_minor <> 0`;

function toPeriod(row: PeriodRow): ClosedPeriod {
  return {
    programId: row.program_id,
    period: row.period,
    fromAt: row.from_at,
    untilAt: row.until_at,
    timeZone: row.time_zone,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
  };
}
