import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { keepNewest } from '../kernel/keep-newest.js';
import type { Actor } from '../orchestration/index.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { RateTable, type DailyRate } from './domain/index.js';

/** The most rates that one call takes. */
export const maxRatesPerCall = 1_000;

/** What became of rates that were told. */
export interface RecordedRates {
  recorded: number;
  /** Told before, with the same rate. */
  known: number;
}

/** A day whose events in a currency can be priced now, and are still to be. */
export interface RatesToApply {
  rateIds: string[];
  /** The first of the days, as its first instant. */
  since: Date;
  /** The partners with such events from that day on. */
  partnerIds: string[];
}

interface RateRow {
  id: string;
  date: string;
  from: string;
  to: string;
  rate: string;
}

const columns = `id, to_char(day, 'YYYY-MM-DD') as date, from_currency as "from", to_currency as "to", rate`;
const sort = 'id desc';
/** How many programs' tables are kept in memory. */
const maxTables = 100;

/** The exchange rates of programs by day (terms.md, Pricing 8). The first rate of a day is kept: what was paid by it stays so. */
@Injectable()
export class ExchangeRates {
  /** Tables with the last row that they have; rows are only ever added. */
  private readonly tables = new Map<string, { table: RateTable; lastId: string }>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Keeps rates, all of them or none; what was told before counts once.
   * @throws DomainError `invalid-document` for rates that are none, `already-exists` where a day has another rate
   */
  record(programId: string, rates: readonly DailyRate[], actor: Actor): Promise<RecordedRates> {
    const told = rates.map((rate, index) => ({ ...rate, maxMinor: largestConvertible(rate, index) }));
    return this.database.inTransaction(async (tx) => {
      // Alone: rows are numbered in the order in which they are committed, and events wait until their rate is there or not.
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('exchange-rates/' || $1, 0))`, [programId]);
      await this.refuseOthers(tx, programId, told);
      const added = await rowsOf<{ id: string }>(
        tx,
        `with added as (
           insert into exchange_rates (program_id, day, from_currency, to_currency, rate, max_amount_minor, recorded_by, recorded_at)
           select $1, g.date, g."from", g."to", g.rate, g.max_minor, $2, $3
           from json_to_recordset($4) as g (date date, "from" text, "to" text, rate text, max_minor bigint)
           on conflict (program_id, day, from_currency, to_currency) do nothing returning id)
         insert into exchange_rates_to_apply (rate_id, program_id) select id, $1 from added returning rate_id as id`,
        [
          ...[programId, actor.actorId, this.clock.now()],
          JSON.stringify(told.map(({ maxMinor, ...rate }) => ({ ...rate, max_minor: maxMinor.toString() }))),
        ],
      );
      const recorded = added.length;
      if (recorded > 0) {
        const fact = { ...actor, programId, action: 'exchange_rates.record', subjectId: programId };
        await this.audit.record(tx, { ...fact, details: { recorded } });
      }
      return { recorded, known: rates.length - recorded };
    });
  }

  /** Until this transaction ends no rate is added: what it prices, it prices by all rates that are there. */
  async hold(tx: Transaction, programId: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock_shared(hashtextextended('exchange-rates/' || $1, 0))`, [programId]);
  }

  /** All rates of a program; nothing is read where the newest one, whose id may be told, is known. */
  async tableOf(tx: Transaction, programId: string, newestId?: string): Promise<RateTable> {
    const known = this.tables.get(programId) ?? { table: new RateTable(), lastId: '0' };
    const rows =
      newestId === known.lastId
        ? []
        : await rowsOf<RateRow>(
            tx,
            `select ${columns} from exchange_rates where program_id = $1 and id > $2 order by id`,
            [programId, known.lastId],
          );
    for (const { date, from, to, rate, id } of rows) {
      known.table.add({ date, from, to, rate });
      known.lastId = id;
    }
    keepNewest(this.tables, programId, known, maxTables);
    return known.table;
  }

  /** What is still to be priced because of rates that were told. */
  async toApply(programId: string): Promise<RatesToApply | undefined> {
    const rates = await this.database.query<{ id: string; date: string; from: string }>(
      `select r.id, to_char(r.day, 'YYYY-MM-DD') as date, r.from_currency as "from"
       from exchange_rates_to_apply a join exchange_rates r on r.id = a.rate_id where a.program_id = $1 order by r.day`,
      [programId],
    );
    const [first] = rates;
    if (!first) return undefined;
    const since = new Date(`${first.date}T00:00:00Z`);
    const partners = await this.database.query<{ id: string }>(
      `select p.id from partners p
       where p.program_id = $1 and exists (select from partner_events e where e.partner_id = p.id and e.occurred_at >= $2
                                             and e.currency = any($3)) order by p.id`,
      [programId, since, [...new Set(rates.map(({ from }) => from))]],
    );
    return { rateIds: rates.map(({ id }) => id), since, partnerIds: partners.map(({ id }) => id) };
  }

  /** Their events are priced. */
  async applied({ rateIds }: Pick<RatesToApply, 'rateIds'>): Promise<void> {
    await this.database.query(`delete from exchange_rates_to_apply where rate_id = any($1::bigint[])`, [rateIds]);
  }

  /** The rates of a program, the last told first. @throws DomainError `malformed-request` for a wrong page */
  async list(programId: string, page: PageRequest): Promise<Page<DailyRate>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, sort, ['integer']);
    const rows = await this.database.query<RateRow>(
      `select ${columns} from exchange_rates where program_id = $1 and ($2::text is null or id < $2::bigint)
       order by id desc limit $3`,
      [programId, after, limit + 1],
    );
    const { items, next } = pageFrom(rows, limit, sort, ({ id }) => [id]);
    return { items: items.map(({ date, from, to, rate }) => ({ date, from, to, rate })), next };
  }

  private async refuseOthers(tx: Transaction, programId: string, told: readonly DailyRate[]): Promise<void> {
    const table = new RateTable();
    const dates = told.map(({ date }) => date);
    const kept = await rowsOf<RateRow>(
      tx,
      `select ${columns} from exchange_rates where program_id = $1 and day = any($2::date[])`,
      [programId, dates],
    );
    for (const { date, from, to, rate } of kept) table.add({ date, from, to, rate });
    const errors = told.flatMap((rate, index) => {
      try {
        table.add(rate);
        return [];
      } catch {
        return [
          {
            pointer: `/rates/${index}/rate`,
            message: `the rate from ${rate.from} to ${rate.to} on ${rate.date} is another`,
          },
        ];
      }
    });
    if (errors.length > 0) throw new DomainError('already-exists', 'a day keeps its first rate', errors);
  }
}

/** @throws DomainError `invalid-document` with the pointer of a rate that is none */
function largestConvertible(rate: DailyRate, index: number): bigint {
  try {
    const table = new RateTable([rate]);
    return table.largestConvertible(rate.from, rate.to, Date.parse(`${rate.date}T00:00:00Z`));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const errors = [{ pointer: `/rates/${index}`, message: error.message }];
    throw new DomainError('invalid-document', 'the rates are not valid', errors);
  }
}
