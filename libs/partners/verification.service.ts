import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { CapabilityLinks } from '../platform/index.js';
import { ProgramsService } from '../programs/index.js';
import { changeApplication, lockApplication, type ApplicationRow } from './application-row.js';
import { ApplicationsService } from './applications.service.js';

/** The link that proves a mail address: whose it is, and sending it again. */
@Injectable()
export class VerificationService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly links: CapabilityLinks,
    private readonly programs: ProgramsService,
    private readonly applications: ApplicationsService,
  ) {}

  /** The application whose mail address a link proves. @throws DomainError `not-found` for a link that isn't ours */
  byLink(link: string): Promise<ApplicationRow> {
    const id = this.links.verify('verification', link);
    if (id === undefined) throw new DomainError('not-found', 'there is no such thing');
    return this.applications.get(id);
  }

  /**
   * Sends the mail again, to an address that is not verified yet.
   * @throws DomainError `illegal-transition` once it is verified or ended, `rate-limited` once the program's number of
   * mails has been sent
   */
  resend(applicationId: string, { actorId, requestId }: Actor): Promise<{ mailsLeft: number }> {
    return this.database.inTransaction(async (tx) => {
      const row = await lockApplication(tx, applicationId);
      if (row.stage !== 'unverified' || this.isLate(row)) {
        throw new DomainError('illegal-transition', `there is nothing to verify: the application is ${row.stage}`);
      }
      const { document } = await this.programs.getIn(tx, row.program_id, row.program_version);
      const { maxResends } = document.application.verification;
      if (row.verification_mails > maxResends) {
        throw new DomainError('rate-limited', `the mail was sent ${row.verification_mails} times; that is all`);
      }
      const mails = row.verification_mails + 1;
      await changeApplication(tx, row.id, { verification_mails: mails });
      const to = { personId: row.person_id };
      await this.outbox.mail(tx, row.program_id, { template: 'application-verification', subjectId: row.id, to });
      await this.audit.record(tx, {
        actorId,
        ...(requestId === undefined ? {} : { requestId }),
        programId: row.program_id,
        action: 'application.resend_verification',
        subjectId: row.id,
        details: { mails },
      });
      return { mailsLeft: maxResends + 1 - mails };
    });
  }

  private isLate({ verify_due_at: dueAt }: ApplicationRow): boolean {
    return dueAt !== null && dueAt.getTime() <= this.clock.now().getTime();
  }
}
