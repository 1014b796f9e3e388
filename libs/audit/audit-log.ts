import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
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
}
