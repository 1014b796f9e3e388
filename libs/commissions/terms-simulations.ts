import { Injectable } from '@nestjs/common';
import type { Terms } from '../agreements/domain/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { moneyToJson, type MoneyJson } from '../kernel/money.js';
import { termsSimulation, type Actor, type SimulationState } from '../orchestration/index.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import { compileTerms, priceEventFile, readEventFile, type SimulatedCost } from './domain/index.js';
import { addCalendarBonuses } from './calendar-costs.js';
import { ExchangeRates } from './exchange-rates.js';
import { priceStretch } from './program-pricing.js';

/** What is simulated: terms, and those that they are compared with, by their hashes. */
export interface SimulationRequest {
  programId: string;
  negotiationId: string;
  /** The version of the negotiation; absent for terms that were never on its table. */
  number?: number | undefined;
  termsHash: string;
  baselineHash: string;
  /** The program's events, one partner's, or those of a file (one JSON event a line). */
  events: { from: Date; until: Date; partnerId?: string | undefined } | { file: Uint8Array };
  /** Bonuses that count from a partner's activation do so from here, where none is recorded: in a file nobody's is. */
  activatedAt?: Date | undefined;
  /** Of a file: the last instant that counts for what falls due by itself; the last of the file where absent. */
  asOf?: Date | undefined;
  requestKey?: string | undefined;
}

export interface SimulatedTerms {
  /** Commissions and bonuses less what refunds and voids took back. */
  total: MoneyJson;
  commissions: MoneyJson;
  /** Absent in what was simulated before bonuses were told apart. */
  bonuses?: MoneyJson;
  reversals: MoneyJson;
  lines: number;
  withoutLine: Record<string, number>;
  byRule: { rule: string; lines: number; amount: MoneyJson }[];
}

export interface SimulationResult {
  conversions: number;
  partners: number;
  proposed: SimulatedTerms;
  baseline: SimulatedTerms;
  /** How much more the proposed terms cost; negative where they cost less. */
  difference: MoneyJson;
  /** What these events have earned in fact; absent for a file. */
  booked?: MoneyJson;
  /** Of a file: its lines, and those that are no events of it. */
  file?: { read: number; repeated: number; refused: number; refusals: readonly { line: number; reason: string }[] };
}

export interface SimulationRow {
  id: string;
  program_id: string;
  negotiation_id: string;
  number: number | null;
  terms_hash: string;
  baseline_hash: string;
  source: 'program' | 'partner' | 'file';
  from_at: Date | null;
  until_at: Date | null;
  activated_at: Date | null;
  as_of: Date | null;
  state: SimulationState;
  result: SimulationResult | null;
  requested_by: string;
  created_at: Date;
  state_since: Date;
}

const columns = `id, program_id, negotiation_id, number, terms_hash, baseline_hash, source, from_at, until_at, activated_at, as_of, state, result,
  requested_by, created_at, state_since`;
const sort = 'id';

/**
 * What terms would have cost: asked for in a row, priced by a workflow's activity, kept with the negotiation. It prices
 * with the engine that prices live, and books nothing.
 */
@Injectable()
export class TermsSimulations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly rates: ExchangeRates,
  ) {}

  /** Asks for a simulation; the same `requestKey` gives the one that it asked for before. */
  request(request: SimulationRequest, { actorId, requestId }: Actor): Promise<SimulationRow> {
    return this.database.inTransaction(async (tx) => {
      const known = await this.byRequest(tx, request.requestKey);
      if (known) return known;
      const made = await this.insert(tx, request, actorId);
      const { programId, negotiationId, termsHash } = request;
      await this.audit.record(tx, {
        ...{ actorId, requestId, programId, subjectId: made.id },
        ...{ action: 'simulation.request', toState: made.state },
        details: { negotiationId, termsHash, source: made.source },
      });
      const { type, taskQueue, workflowId } = termsSimulation;
      const input = { simulationId: made.id };
      await this.outbox.startWorkflow(tx, programId, { type, taskQueue, workflowId: workflowId(made.id), input });
      return made;
    });
  }

  /** Prices and stores the result, unless that is done already. Between two pages of events `signal` ends it. */
  async run(simulationId: string, { signal }: { signal: AbortSignal }): Promise<SimulationState> {
    const row = await this.get(simulationId);
    if (row.state !== 'running') return row.state;
    const result = row.source === 'file' ? await this.priceFile(row) : await this.priceEvents(row, signal);
    return this.finish(simulationId, 'done', result);
  }

  /** Says that there will be no result. */
  fail(simulationId: string): Promise<SimulationState> {
    return this.finish(simulationId, 'failed', null);
  }

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<SimulationRow> {
    const sql = `select ${columns} from terms_simulations where id = $1`;
    const [row] = await this.database.query<SimulationRow>(sql, [id]);
    if (!row) throw new DomainError('not-found', `no simulation ${id}`);
    return row;
  }

  /** The simulations of a negotiation, oldest first. */
  async page(
    negotiationId: string,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<Page<SimulationRow>> {
    const [after] = decodeCursor(cursor, sort, ['text']);
    const rows = await this.database.query<SimulationRow>(
      `select ${columns} from terms_simulations where negotiation_id = $1 and ($2::text is null or id > $2) order by id limit $3`,
      [negotiationId, after, limit + 1],
    );
    return pageFrom(rows, limit, sort, ({ id }) => [id]);
  }

  /** The newest simulations of a negotiation, at most a thousand, oldest first. */
  async newest(negotiationId: string): Promise<SimulationRow[]> {
    const rows = await this.database.query<SimulationRow>(
      `select ${columns} from terms_simulations where negotiation_id = $1 order by id desc limit 1000`,
      [negotiationId],
    );
    return rows.reverse();
  }

  private byRequest(tx: Transaction, requestKey: string | undefined): Promise<SimulationRow | undefined> {
    if (requestKey === undefined) return Promise.resolve(undefined);
    return rowOf<SimulationRow>(tx, `select ${columns} from terms_simulations where request_key = $1`, [requestKey]);
  }

  private async insert(tx: Transaction, request: SimulationRequest, actorId: string): Promise<SimulationRow> {
    const { programId, negotiationId, number = null, termsHash, baselineHash, events, requestKey = null } = request;
    const isFile = 'file' in events;
    const source = isFile ? 'file' : events.partnerId === undefined ? 'program' : 'partner';
    const [from, until, file] = isFile ? [null, null, Buffer.from(events.file)] : [events.from, events.until, null];
    const made = await rowOf<SimulationRow>(
      tx,
      `insert into terms_simulations (id, program_id, negotiation_id, number, terms_hash, baseline_hash, source, from_at, until_at,
         file, state, requested_by, request_key, created_at, state_since, activated_at, as_of)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', $11, $12, $13, $13, $14, $15) returning ${columns}`,
      [
        ...[newId('sim'), programId, negotiationId, number, termsHash, baselineHash, source, from, until],
        ...[file, actorId, requestKey, this.clock.now(), request.activatedAt ?? null, request.asOf ?? null],
      ],
    );
    return made!;
  }

  private async priceEvents(row: SimulationRow, signal: AbortSignal): Promise<SimulationResult> {
    const documents = await this.documents(row);
    const partnerId = row.source === 'partner' ? await this.partnerOf(row) : undefined;
    const rates = await this.rates.tableOf(this.database.dataSource.manager, row.program_id);
    const stretch = { programId: row.program_id, partnerId, from: row.from_at!, until: row.until_at! };
    const {
      costs,
      bookedMinor: ofEvents,
      ...counts
    } = await priceStretch(this.database, stretch, documents, rates, signal);
    const due = { ...stretch, activatedAtMs: row.activated_at?.getTime() };
    const bookedMinor = ofEvents + (await addCalendarBonuses(this.database, due, documents, rates, costs, signal));
    const { currency } = documents[0]!.terms;
    return { ...counts, ...compared(costs, currency), booked: moneyToJson({ amountMinor: bookedMinor, currency }) };
  }

  private async priceFile(row: SimulationRow): Promise<SimulationResult> {
    const documents = await this.documents(row);
    const sql = `select file from terms_simulations where id = $1`;
    const [stored] = await this.database.query<{ file: Buffer | null }>(sql, [row.id]);
    const file = readEventFile(stored?.file?.toString('utf8') ?? '');
    const due = { activatedAtMs: row.activated_at?.getTime(), asOfMs: row.as_of?.getTime() };
    const costs = documents.map(({ terms, hash }) => priceEventFile(file, compileTerms(terms, hash), due));
    const conversions = [...file.byPartner.values()].reduce((sum, events) => sum + events.length, 0);
    const { read, repeated, refused, refusals } = file;
    return {
      ...{ conversions, partners: file.byPartner.size, file: { read, repeated, refused, refusals } },
      ...compared(costs, documents[0]!.terms.currency),
    };
  }

  /** The proposed terms and those that they are compared with, in this order. */
  private async documents(row: SimulationRow): Promise<{ terms: Terms; hash: string }[]> {
    const hashes = [row.terms_hash, row.baseline_hash];
    const rows = await rowsOf<{ hash: string; canonical: string }>(
      this.database.dataSource.manager,
      `select hash, canonical from terms_documents where program_id = $1 and hash = any($2)`,
      [row.program_id, hashes],
    );
    const byHash = new Map(rows.map(({ hash, canonical }) => [hash, JSON.parse(canonical) as Terms]));
    return hashes.map((hash) => {
      const terms = byHash.get(hash);
      if (!terms) throw new Error(`simulation ${row.id} names terms that are not stored`);
      return { terms, hash };
    });
  }

  private async partnerOf({ negotiation_id: id }: SimulationRow): Promise<string> {
    const sql = `select partner_id from negotiations where id = $1`;
    const [row] = await this.database.query<{ partner_id: string }>(sql, [id]);
    if (!row) throw new DomainError('not-found', `no negotiation ${id}`);
    return row.partner_id;
  }

  /** Ends a running simulation. The file is forgotten: it may speak of people, and the result does not. */
  private finish(id: string, state: 'done' | 'failed', result: SimulationResult | null): Promise<SimulationState> {
    return this.database.inTransaction(async (tx) => {
      const sql = `select ${columns} from terms_simulations where id = $1 for update`;
      const row = await rowOf<SimulationRow>(tx, sql, [id]);
      if (!row) throw new DomainError('not-found', `no simulation ${id}`);
      if (row.state !== 'running') return row.state;
      await tx.query(
        `update terms_simulations set state = $2, result = $3, file = null, state_since = $4 where id = $1`,
        [id, state, result === null ? null : JSON.stringify(result), this.clock.now()],
      );
      const fact = { actorId: 'system', programId: row.program_id, subjectId: id };
      await this.audit.record(tx, { ...fact, action: 'simulation.end', fromState: row.state, toState: state });
      const data = { negotiationId: row.negotiation_id };
      await this.outbox.announce(tx, row.program_id, { type: `simulation.${state}`, subjectId: id, data });
      return state;
    });
  }
}

function compared(
  [proposed, baseline]: readonly SimulatedCost[],
  currency: string,
): Pick<SimulationResult, 'proposed' | 'baseline' | 'difference'> {
  if (!proposed || !baseline) throw new Error('a simulation prices two documents');
  const amountMinor = proposed.totalMinor - baseline.totalMinor;
  return {
    proposed: costToJson(proposed, currency),
    baseline: costToJson(baseline, currency),
    difference: moneyToJson({ amountMinor, currency }),
  };
}

function costToJson(cost: SimulatedCost, currency: string): SimulatedTerms {
  const money = (amountMinor: bigint): MoneyJson => moneyToJson({ amountMinor, currency });
  return {
    total: money(cost.totalMinor),
    commissions: money(cost.commissionsMinor),
    bonuses: money(cost.bonusesMinor),
    reversals: money(cost.reversalsMinor),
    lines: cost.lines,
    withoutLine: Object.fromEntries([...cost.withoutLine].sort(([a], [b]) => (a < b ? -1 : 1))),
    byRule: [...cost.byRule].map(([rule, { lines, amountMinor }]) => ({ rule, lines, amount: money(amountMinor) })),
  };
}
