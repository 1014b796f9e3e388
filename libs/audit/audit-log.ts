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

/** The audit trail: rows are added in the transaction of the change that they tell of, and never altered. */
@Injectable()
export class AuditLog {
  constructor(private readonly clock: Clock) {}

  async record(tx: Transaction, fact: AuditFact): Promise<void> {
    await tx.query(
      `insert into audit_facts (id, program_id, at, actor_id, action, subject_id, from_state, to_state, reason, request_id, details)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        newId('aud'),
        fact.programId,
        this.clock.now(),
        fact.actorId,
        fact.action,
        fact.subjectId,
        fact.fromState ?? null,
        fact.toState ?? null,
        fact.reason ?? null,
        fact.requestId ?? null,
        JSON.stringify(fact.details ?? {}),
      ],
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
}
