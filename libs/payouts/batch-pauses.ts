import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { BatchStatus, EndBatchInput } from '../orchestration/payout-batch.js';
import { itemsReady, payoutBatch } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { payingBatchStates } from './domain/index.js';
import { batchStatus, lockBatchRow } from './rows.js';

/** Stops and resumes a batch whose money is leaving. */
@Injectable()
export class BatchPauses {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Once this has returned no further item is taken to be sent, whatever runs; what was taken before goes on, since it
   * may be at the rail already.
   *
   * @throws DomainError `not-found`, `illegal-transition` unless its money is leaving
   */
  pause(input: EndBatchInput): Promise<BatchStatus> {
    return this.change(input, 'pause');
  }

  /** @throws DomainError `not-found`, `illegal-transition` unless it is paused */
  resume(input: EndBatchInput): Promise<BatchStatus> {
    return this.change(input, 'resume');
  }

  private change(input: EndBatchInput, action: 'pause' | 'resume'): Promise<BatchStatus> {
    return this.database.inTransaction(async (tx) => {
      const batch = await lockBatchRow(tx, input.batchId);
      const { program_id: programId, id: subjectId, state } = batch;
      const fact = { ...input, programId, action: `payout_batch.${action}`, subjectId };
      if (await this.audit.wasRecorded(tx, fact)) return batchStatus(tx, batch.id);
      const isPaused = batch.paused_at !== null;
      if (!payingBatchStates.includes(state) || isPaused === (action === 'pause')) {
        const now = isPaused ? 'paused' : state;
        throw new DomainError('illegal-transition', `payout batch: cannot ${action} while ${now}`);
      }
      const [at, by] = action === 'pause' ? [this.clock.now(), input.actorId] : [null, null];
      await tx.query(`update payout_batches set paused_at = $2, paused_by = $3 where id = $1`, [subjectId, at, by]);
      await this.audit.record(tx, { ...fact, fromState: state, toState: state });
      const type = action === 'pause' ? 'payout_batch.paused' : 'payout_batch.resumed';
      await this.outbox.announce(tx, programId, { type, subjectId });
      if (action === 'resume') {
        const workflowId = payoutBatch.workflowId(subjectId, batch.run);
        await this.outbox.signalWorkflow(tx, programId, { workflowId, signal: itemsReady.name });
      }
      return batchStatus(tx, batch.id);
    });
  }
}
