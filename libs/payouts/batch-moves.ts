import { Injectable } from '@nestjs/common';
import { AuditLog, type AuditFact } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import type { BatchStatus } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { batchStates, type BatchAction, type BatchState } from './domain/index.js';
import { batchStatus, lockBatchRow, type BatchRow } from './rows.js';

export type BatchDecision = Actor & { batchId: string; reason?: string };

/** What a decision comes to: the steps that the batch takes, one after the other, and what is told of them. */
export interface BatchMove {
  /** The first is the one that was asked for, unless the work says otherwise. */
  steps?: readonly BatchAction[];
  reason?: string;
  details?: object;
}

/** Moves a batch: its row under its lock, audit and announcements in one transaction, once for each request. */
@Injectable()
export class BatchMoves {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Carries out a decision about a batch that `action` is asked of; `work` does the rest of it in the same transaction.
   * The same request again answers with what there is.
   *
   * @throws DomainError `not-found`, `illegal-transition`, and what `work` throws
   */
  decide(
    input: BatchDecision,
    action: BatchAction,
    work: (tx: Transaction, batch: BatchRow) => Promise<BatchMove>,
  ): Promise<BatchStatus> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      const { actorId, requestId } = input;
      const actor = requestId === undefined ? { actorId } : { actorId, requestId };
      const fact = { ...actor, programId: batch.program_id, action: `payout_batch.${action}`, subjectId: batch.id };
      if (await this.audit.wasRecorded(tx, fact)) return batchStatus(tx, batch.id);
      batchStates.next(batch.state, action);
      const { steps = [action], reason = input.reason, details = {} } = await work(tx, batch);
      await this.take(tx, batch, steps, reason === undefined ? fact : { ...fact, reason }, details);
      return batchStatus(tx, batch.id);
    });
  }

  private async take(
    tx: Transaction,
    batch: BatchRow,
    steps: readonly BatchAction[],
    fact: AuditFact,
    details: object,
  ): Promise<void> {
    const passed = passThrough(batch.state, steps);
    const state = passed.at(-1) ?? batch.state;
    await tx.query(
      `update payout_batches set state = $2, state_since = $3, reason = coalesce($4, reason) where id = $1`,
      [batch.id, state, this.clock.now(), fact.reason ?? null],
    );
    await this.audit.record(tx, { ...fact, fromState: batch.state, toState: state, details: { ...details } });
    for (const told of passed) {
      if (told === 'draft') continue;
      const event = { type: `payout_batch.${told}` as const, subjectId: batch.id, data: { ...details } };
      await this.outbox.announce(tx, batch.program_id, event);
    }
  }

  /** A step that the house takes by itself, where it was not taken yet. @throws DomainError `not-found` */
  move(input: BatchDecision, action: BatchAction, details: object = {}): Promise<BatchStatus> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      if (!batchStates.allows(batch.state, action)) return batchStatus(tx, batch.id);
      const fact = { ...input, programId: batch.program_id, action: `payout_batch.${action}`, subjectId: batch.id };
      await this.take(tx, batch, [action], fact, details);
      return batchStatus(tx, batch.id);
    });
  }
}

/** The states that the steps lead through. */
function passThrough(from: BatchState, steps: readonly BatchAction[]): BatchState[] {
  let state = from;
  return steps.map((step) => (state = batchStates.next(state, step)));
}
