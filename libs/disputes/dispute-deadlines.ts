import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { CutOffRun } from '../orchestration/cut-off-run.js';
import { Outbox } from '../outbox/index.js';
import { readMoneySettings, type DisputeSettings } from '../programs/index.js';

const disputesPerTransaction = 500;

interface DueDispute {
  id: string;
  is_overdue: boolean;
}

/** Reminds the company of disputes whose answer is due soon, and again and again once it is overdue. */
@Injectable()
export class DisputeDeadlines {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** How many disputes were reminded of. Repeating a cut-off reminds nobody twice. */
  async run({ programId, cutOffMs, actorId, requestId }: CutOffRun): Promise<number> {
    const { disputes: settings } = await readMoneySettings(this.database.dataSource.manager, programId);
    const cutOff = new Date(cutOffMs);
    const actor = requestId === undefined ? { actorId } : { actorId, requestId };
    for (let reminded = 0; ;) {
      const due = await this.database.inTransaction(async (tx) => {
        const rows = await this.markReminded(tx, programId, cutOff, settings);
        await this.audit.recordAll(
          tx,
          rows.map(({ id: subjectId, is_overdue: isOverdue }) => {
            return { ...actor, programId, action: 'dispute.remind', subjectId, details: { isOverdue } };
          }),
        );
        for (const { id: subjectId, is_overdue: isOverdue } of rows) {
          await this.outbox.announce(tx, programId, { type: 'dispute.reminded', subjectId, data: { isOverdue } });
          const details = { isOverdue: isOverdue ? 1 : 0 };
          const to = { role: settings.ownerRole };
          await this.outbox.mail(tx, programId, { template: 'dispute-reminder', subjectId, to, details });
        }
        return rows;
      });
      reminded += due.length;
      if (due.length < disputesPerTransaction) return reminded;
    }
  }

  /** The next reminder is at the deadline, and after it in equal steps. */
  private markReminded(tx: Transaction, programId: string, cutOff: Date, { remindEvery }: DisputeSettings) {
    return rowsOf<DueDispute>(
      tx,
      `update disputes d set overdue_at = case when d.due_at <= $2 then coalesce(d.overdue_at, $2::timestamptz) end,
         remind_at = case when d.due_at <= $2 then $2::timestamptz + $3 * interval '1 millisecond' else d.due_at end
       from (select id from disputes
             where program_id = $1 and state in ('open', 'awaiting_approval') and remind_at <= $2
             order by id limit $4 for update skip locked) due
       where d.id = due.id returning d.id, d.overdue_at is not null as is_overdue`,
      [programId, cutOff, elapsedMs(remindEvery), disputesPerTransaction],
    );
  }
}
