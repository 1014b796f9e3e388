import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Actor } from '../orchestration/actor.js';
import {
  applicantErasure,
  type ApplicantErasureInput,
  type ErasureResult,
} from '../orchestration/applicant-erasure.js';
import type { CutOffRun } from '../orchestration/cut-off-run.js';
import { Outbox } from '../outbox/index.js';
import { ApplicationsService, changeApplication, isErasable, type ApplicationRow } from '../partners/index.js';
import { ProgramsService } from '../programs/index.js';

const batchSize = 100;

/**
 * Takes people out of applications that came to nothing: names, addresses, answers, files, what was written about them.
 * What stays are facts without a person: that there was an application, its stages, who decided, when, by which reason's
 * code.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly applications: ApplicationsService,
  ) {}

  /**
   * Erases one applicant, now; harmless on one that is erased.
   * @throws DomainError `not-found`, `illegal-transition` while the application is open or has become a partnership
   */
  erase(applicationId: string, actor: Actor, why: 'request' | 'retention'): Promise<{ erasedAt: Date }> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.applications.lock(tx, applicationId);
      if (row.erased_at !== null) return { erasedAt: row.erased_at };
      if (!isErasable(row.stage)) {
        const how = row.stage === 'active' || row.stage === 'approved' ? 'a contract needs it' : 'withdraw it first';
        throw new DomainError('illegal-transition', `the application is ${row.stage}: ${how}`);
      }
      await this.documents.erase(row.program_id, await documentsOf(tx, row.id), tx);
      await eraseRows(tx, row);
      const erasedAt = this.clock.now();
      await changeApplication(tx, row.id, {
        company: null,
        form: {},
        web_sites: [],
        partner_reference: null,
        reason: null,
        erased_at: erasedAt,
      });
      const { actorId, requestId } = actor;
      await this.audit.record(tx, {
        actorId,
        ...(requestId === undefined ? {} : { requestId }),
        programId: row.program_id,
        action: 'application.erase',
        subjectId: row.id,
        details: { why },
      });
      const event = { type: 'application.erased' as const, subjectId: row.id, data: { why } };
      await this.outbox.announce(tx, row.program_id, event);
      return { erasedAt };
    });
  }

  /** Starts a run now, as the program's Schedule would; its cut-off is this instant. */
  startRun(programId: string, { actorId, requestId }: Actor): Promise<{ cutOff: Date }> {
    return this.database.inTransaction(async (tx) => {
      const cutOff = this.clock.now();
      const { type, taskQueue, workflowId } = applicantErasure;
      const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
      const input: ApplicantErasureInput = { ...actor, programId, cutOffMs: cutOff.getTime() };
      const start = { type, taskQueue, workflowId: workflowId(programId, cutOff.getTime()), input };
      await this.outbox.startWorkflow(tx, programId, start);
      await this.audit.record(tx, { ...actor, programId, action: 'program.erase_due', subjectId: programId });
      return { cutOff };
    });
  }

  /** Erases everybody whose application ended longer before the cut-off than the program keeps them; repeatable. */
  async eraseOverdue(
    { programId, cutOffMs, actorId, requestId }: CutOffRun,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ErasureResult> {
    const { document } = await this.programs.get(programId);
    const endedBefore = new Date(cutOffMs - elapsedMs(document.review.erasure.after));
    const actor = { actorId, ...(requestId === undefined ? {} : { requestId }) };
    let erased = 0;
    for (;;) {
      const due = await this.database.query<{ id: string }>(
        `select id from applications where program_id = $1 and erased_at is null and stage_since < $2
           and stage in ('rejected', 'withdrawn', 'expired', 'lapsed') order by stage_since, id limit $3`,
        [programId, endedBefore, batchSize],
      );
      for (const { id } of due) {
        signal?.throwIfAborted();
        await this.erase(id, actor, 'retention');
        erased += 1;
      }
      if (due.length < batchSize) return { erased };
    }
  }
}

/** Attachments, the contracts of envelopes that came to nothing, sealed or not, and dossiers, which tell of the person. */
async function documentsOf(tx: Transaction, applicationId: string): Promise<string[]> {
  const rows = await rowsOf<{ hash: string | null }>(
    tx,
    `select document_sha256 as hash from application_attachments where application_id = $1
     union select unnest(array[document_sha256, partner_sealed_sha256, sealed_sha256, timestamped_sha256]) from envelopes
       where application_id = $1 and state <> 'executed'
     union select d.sha256 from dossiers d join partners p on p.id = d.partner_id where p.application_id = $1`,
    [applicationId],
  );
  return rows.flatMap(({ hash }) => hash ?? []);
}

async function eraseRows(tx: Transaction, { id, person_id: personId }: ApplicationRow): Promise<void> {
  await tx.query(
    `update persons set name = null, email = null, phone = null, erased_at = now()
     where id = $2 or id in (
       select person_id from application_references where application_id = $1
       union select s.person_id from named_signers s join negotiations n on n.id = s.negotiation_id where n.application_id = $1
       union select r.person_id from envelope_recipients r join envelopes e on e.id = r.envelope_id
         where e.application_id = $1 and r.party = 'partner')`,
    [id, personId],
  );
  // Append-only tables: reasons of facts and approvals, notes of proposals, evidence of contracts that never came about.
  await tx.query(`select erase_applicant($1)`, [id]);
  for (const statement of [
    `update application_references set relation = null, answers = null where application_id = $1`,
    `delete from application_keys where application_id = $1`,
    `update application_checks set note = null where application_id = $1`,
    `update information_messages set text = null, form = null where application_id = $1`,
    `update application_attachments set content_key = null, file_name = null where application_id = $1`,
    `update negotiations set reason = null where application_id = $1`,
    `update negotiation_comments c set text = 'erased' from negotiations n where n.id = c.negotiation_id and n.application_id = $1`,
    `update internal_approvals i set note = null from negotiations n where n.id = i.negotiation_id and n.application_id = $1`,
    `update named_signers s set title = null from negotiations n where n.id = s.negotiation_id and n.application_id = $1`,
    `update envelope_recipients r set title = null from envelopes e
       where e.id = r.envelope_id and e.application_id = $1 and r.party = 'partner'`,
    `update envelopes set reason = null where application_id = $1`,
    `update partners set reference = id where application_id = $1`,
    `update applications set request_key = null where id = $1`,
    // Answers that were kept for a repeat: the applicant's own, and the one to its submission.
    `delete from idempotency_keys where principal = $1`,
    `delete from idempotency_keys k using applications a where a.id = $1 and a.submission_key =
       encode(sha256(convert_to(k.principal || E'\\n' || k.route || E'\\n' || k.key, 'UTF8')), 'hex')`,
    `update applications set submission_key = null where id = $1`,
  ]) {
    await tx.query(statement, [id]);
  }
}
