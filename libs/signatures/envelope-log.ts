import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { chainStart, factHash, type ChainedFact } from './domain/index.js';

interface FactRow {
  envelope_id: string;
  number: number;
  type: string;
  at: Date;
  actor_id: string;
  data: Record<string, unknown>;
  previous_hash: string;
  hash: string;
}

/** A fact to be appended. */
export interface NewFact {
  programId: string;
  envelopeId: string;
  type: string;
  actorId: string;
  data: Record<string, unknown>;
  /** The instant of the change that it tells of, where there is one; else now. */
  at?: Date;
}

/** The hash-chained evidence of an envelope (signing.md, Evidence): append-only, one chain each. */
@Injectable()
export class EnvelopeLog {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Appends a fact; the caller holds the envelope's row, so the chain has one writer. Its number in the chain.
   */
  async append(tx: Transaction, fact: NewFact): Promise<number> {
    const { programId, envelopeId, type, actorId, data, at = this.clock.now() } = fact;
    const sql = `select number, hash from envelope_events where envelope_id = $1 order by number desc limit 1`;
    const last = await rowOf<{ number: number; hash: string }>(tx, sql, [envelopeId]);
    const previousHash = last?.hash ?? chainStart;
    const number = (last?.number ?? 0) + 1;
    const hash = factHash({ envelopeId, number, type, at: at.toISOString(), actorId, data }, previousHash);
    await tx.query(
      `insert into envelope_events (program_id, envelope_id, number, type, at, actor_id, data, previous_hash, hash)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [programId, envelopeId, number, type, at, actorId, JSON.stringify(data), previousHash, hash],
    );
    return number;
  }

  /** The chain of an envelope, oldest first. */
  async read(envelopeId: string, tx: Transaction = this.database.dataSource.manager): Promise<ChainedFact[]> {
    const sql = `select envelope_id, number, type, at, actor_id, data, previous_hash, hash from envelope_events where envelope_id = $1 order by number`;
    const rows = await rowsOf<FactRow>(tx, sql, [envelopeId]);
    return rows.map((row) => ({
      envelopeId: row.envelope_id,
      number: row.number,
      type: row.type,
      at: row.at.toISOString(),
      actorId: row.actor_id,
      data: row.data,
      previousHash: row.previous_hash,
      hash: row.hash,
    }));
  }

  /** One fact by its number. @throws DomainError `not-found` */
  async fact(
    tx: Transaction,
    envelopeId: string,
    number: number,
  ): Promise<{ type: string; data: Record<string, unknown> }> {
    const sql = `select type, data from envelope_events where envelope_id = $1 and number = $2`;
    const row = await rowOf<{ type: string; data: Record<string, unknown> }>(tx, sql, [envelopeId, number]);
    if (!row) throw new DomainError('not-found', `envelope ${envelopeId} has no evidence ${number}`);
    return row;
  }

  /** Whether the chain has a fact of this type that says this. */
  async holds(tx: Transaction, envelopeId: string, type: string, data: Record<string, unknown>): Promise<boolean> {
    const sql = `select 1 from envelope_events where envelope_id = $1 and type = $2 and data @> $3::jsonb limit 1`;
    return (await rowOf(tx, sql, [envelopeId, type, JSON.stringify(data)])) !== undefined;
  }

  /** The newest fact of a type that an actor has added. */
  last(
    tx: Transaction,
    { envelopeId, type, actorId }: Pick<NewFact, 'envelopeId' | 'type' | 'actorId'>,
  ): Promise<{ number: number; data: Record<string, unknown> } | undefined> {
    const sql = `select number, data from envelope_events where envelope_id = $1 and type = $2 and actor_id = $3 order by number desc limit 1`;
    return rowOf(tx, sql, [envelopeId, type, actorId]);
  }

  /** How many facts of a type an actor has added. */
  async count(
    tx: Transaction,
    { envelopeId, type, actorId }: { envelopeId: string; type: string; actorId: string },
  ): Promise<number> {
    const sql = `select count(*)::int as count from envelope_events where envelope_id = $1 and type = $2 and actor_id = $3`;
    return (await rowOf<{ count: number }>(tx, sql, [envelopeId, type, actorId]))?.count ?? 0;
  }

  /** The consent that is asked for: as it was when the envelope was frozen, whatever the program says by now. */
  async consent(envelopeId: string): Promise<{ version: string; text: string }> {
    const sql = `select data from envelope_events where envelope_id = $1 and type = 'frozen' order by number limit 1`;
    const row = await rowOf<{ data: { consentVersion: string; consentText: string } }>(
      this.database.dataSource.manager,
      sql,
      [envelopeId],
    );
    if (!row)
      throw new DomainError('illegal-transition', 'envelope: there is nothing to consent to before it is frozen');
    return { version: row.data.consentVersion, text: row.data.consentText };
  }
}
