import { Injectable } from '@nestjs/common';
import { rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';

/** One change of state: who, what, from where to where, why, and the request that asked for it. */
export interface AuditFact extends Actor {
  programId: string;
  /** Dotted and in the past tense's root, as `application.approve`. */
  action: string;
  subjectId: string;
  fromState?: string;
  toState?: string;
  reason?: string;
  /** Small facts (ids, hashes, counts); never personal or bank data. */
  details?: Record<string, unknown>;
}

/** How many facts one statement brings: a bound on its size, not on what may be recorded at once. */
const statementSize = 5_000;

/** The audit trail: rows are added in the transaction of the change that they tell of, and never altered. */
@Injectable()
export class AuditLog {
  constructor(private readonly clock: Clock) {}

  record(tx: Transaction, fact: AuditFact): Promise<void> {
    return this.recordAll(tx, [fact]);
  }

  /** Several facts in few statements, for what moves many rows at once. */
  async recordAll(tx: Transaction, facts: readonly AuditFact[]): Promise<void> {
    for (let start = 0; start < facts.length; start += statementSize) {
      await this.insert(tx, facts.slice(start, start + statementSize));
    }
  }

  private async insert(tx: Transaction, facts: readonly AuditFact[]): Promise<void> {
    const rows = facts.map((fact) => ({
      id: newId('aud'),
      program_id: fact.programId,
      actor_id: fact.actorId,
      action: fact.action,
      subject_id: fact.subjectId,
      from_state: fact.fromState,
      to_state: fact.toState,
      reason: fact.reason,
      request_id: fact.requestId,
      details: fact.details ?? {},
    }));
    await tx.query(
      `insert into audit_facts (id, program_id, at, actor_id, action, subject_id, from_state, to_state, reason, request_id, details)
       select id, program_id, $1, actor_id, action, subject_id, from_state, to_state, reason, request_id, details
       from jsonb_to_recordset($2) as fact (id text, program_id text, actor_id text, action text, subject_id text,
         from_state text, to_state text, reason text, request_id text, details jsonb)`,
      [this.clock.now(), JSON.stringify(rows)],
    );
  }

  /**
   * Whether this very request was carried out before. An activity may run again after its commit when its answer was
   * lost; it then finds its own trace and answers with the state instead of refusing what it did itself.
   */
  async wasRecorded(
    tx: Transaction,
    fact: Pick<AuditFact, 'subjectId' | 'action' | 'requestId' | 'actorId'>,
  ): Promise<boolean> {
    if (fact.requestId === undefined) return false;
    const row = await rowOf(
      tx,
      `select 1 from audit_facts where subject_id = $1 and action = $2 and request_id = $3 and actor_id = $4 limit 1`,
      [fact.subjectId, fact.action, fact.requestId, fact.actorId],
    );
    return row !== undefined;
  }

  /** Whether a request has done anything to this subject before, whatever it was: for moves that may end in several ways. */
  async wasRequested(
    tx: Transaction,
    { subjectId, requestId, actorId }: Pick<AuditFact, 'subjectId' | 'requestId' | 'actorId'>,
  ): Promise<boolean> {
    if (requestId === undefined) return false;
    const sql = `select 1 from audit_facts where subject_id = $1 and request_id = $2 and actor_id = $3 limit 1`;
    return (await rowOf(tx, sql, [subjectId, requestId, actorId])) !== undefined;
  }
}
