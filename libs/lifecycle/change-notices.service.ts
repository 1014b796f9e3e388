import { Injectable } from '@nestjs/common';
import { AgreementActs, amendmentStates, noticePeriod, readVersions, TermsDocuments } from '../agreements/index.js';
import { Database, rowOf } from '../database/index.js';
import { contractLanguage, DocumentStore, renderRedline, type KeptDocument } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Language } from '../kernel/language.js';
import { systemActor } from '../orchestration/actor.js';
import type { AmendmentStatus, ObjectInput, WithdrawAmendmentInput } from '../orchestration/agreement-amendment.js';
import { ProgramsService } from '../programs/index.js';
import { AgreementMails } from './agreement-mails.js';
import { AmendmentBeginnings } from './amendment-beginnings.js';
import { AmendmentEnds } from './amendment-ends.js';
import { actorOf, AmendmentRecords, type AmendmentRow } from './amendment-records.js';
import { AmendmentSteps } from './amendment-steps.service.js';

/** Changes that need no consent: the partner is told of them some time before, and may object where the program lets it. */
@Injectable()
export class ChangeNotices {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly terms: TermsDocuments,
    private readonly documents: DocumentStore,
    private readonly acts: AgreementActs,
    private readonly records: AmendmentRecords,
    private readonly steps: AmendmentSteps,
    private readonly beginnings: AmendmentBeginnings,
    private readonly ends: AmendmentEnds,
    private readonly mails: AgreementMails,
  ) {}

  /**
   * Gives notice: what changes is rendered and stored, the partner is told, and the period begins now. Nothing where that was
   * done. The document depends on the terms alone, so that a repeat makes no other one.
   */
  async give(amendmentId: string): Promise<AmendmentStatus> {
    const announced = await this.records.get(amendmentId);
    if (announced.state !== 'announcing') return this.records.status(amendmentId);
    const { document: program } = await this.programs.get(announced.program_id);
    const kept = await this.keepRedline(announced);
    return this.steps.step(amendmentId, 'announcing', async ({ tx, locked, row }) => {
      const hash = await this.documents.record(tx, row.program_id, kept);
      const { period, mayObject } = program.agreement.noticeOfChange;
      const now = this.clock.now();
      const { endsAt, effectiveFrom } = noticePeriod(now, row.wanted_from, elapsedMs(period));
      const times = { effectiveFrom: effectiveFrom.toISOString(), endsAt: endsAt.toISOString() };
      const what = { amendmentId, baseHash: row.base_hash, redlineHash: hash, ...times, mayObject };
      const act = { type: 'change_notified' as const, side: row.side, actorId: row.proposed_by, data: what };
      const actHash = await this.acts.append(tx, locked.agreement, { ...act, termsHash: row.terms_hash });
      const set = {
        notified_at: now,
        notice_ends_at: endsAt,
        may_object: mayObject,
        notice_document_sha256: hash,
        effective_from: effectiveFrom,
      };
      const details = { agreementId: row.agreement_id, ...times, termsHash: row.terms_hash, actHash };
      await this.records.move(tx, row, { ...systemActor, action: 'notify', set, details });
      const told = { amendmentId, ...times, mayObject: mayObject ? 1 : 0 };
      await this.mails.toPartner(tx, locked, 'change-notice', told);
    });
  }

  /**
   * The partner does not take the change: it becomes a matter of negotiation, with what the company proposed on the table.
   * @throws DomainError `not-found`, `illegal-transition` (no notice, its period is over, or the program takes no objections)
   */
  object(input: ObjectInput): Promise<AmendmentStatus> {
    return this.steps.act(input, async ({ tx, locked, row }) => {
      amendmentStates.next(row.state, 'object');
      const now = this.clock.now();
      if (!row.may_object)
        throw new DomainError('illegal-transition', 'the program takes no objections to such changes');
      if (row.notice_ends_at! <= now) throw new DomainError('illegal-transition', 'the time to object is over');
      const { reason } = input;
      const data = { amendmentId: row.id, reason };
      const act = { type: 'change_objected' as const, side: 'partner' as const, actorId: input.actorId, data };
      const actHash = await this.acts.append(tx, locked.agreement, { ...act, termsHash: row.terms_hash });
      const actor = actorOf(input);
      const negotiationId = await this.beginnings.negotiate(tx, locked, row, actor);
      const set = { objected_at: now, objection: reason, negotiation_id: negotiationId, effective_from: null };
      const details = { agreementId: row.agreement_id, negotiationId, actHash };
      await this.records.move(tx, row, { ...actor, action: 'object', reason, set, details });
      await this.mails.toCompany(tx, locked, 'change-objected', { amendmentId: row.id }, ['partner_manager', 'legal']);
    });
  }

  /**
   * The company takes a change back before its period of notice is over.
   * @throws DomainError `not-found`, `illegal-transition` (it is negotiated or signed: that is ended there)
   */
  withdraw(input: WithdrawAmendmentInput): Promise<AmendmentStatus> {
    return this.steps.act(input, async ({ tx, locked, row }) => {
      if (row.state !== 'announcing' && row.state !== 'noticed') {
        throw new DomainError('illegal-transition', `amendment: cannot withdraw a notice while ${row.state}`);
      }
      if (row.state === 'noticed') {
        if (row.notice_ends_at! <= this.clock.now()) {
          throw new DomainError('illegal-transition', 'the period of notice is over');
        }
        const data = { amendmentId: row.id, ...(input.reason !== undefined && { reason: input.reason }) };
        const act = { type: 'change_withdrawn' as const, side: row.side, actorId: input.actorId, data };
        await this.acts.append(tx, locked.agreement, { ...act, termsHash: row.terms_hash });
      }
      const why = input.reason === undefined ? {} : { reason: input.reason };
      await this.ends.end(tx, locked, row, {
        ...{ ...actorOf(input), ...why },
        ...{ action: 'withdraw', cause: 'notice_withdrawn' },
      });
    });
  }

  private async keepRedline(row: AmendmentRow): Promise<KeptDocument> {
    const { document: program } = await this.programs.get(row.program_id);
    const { name: programName, company, contract } = program;
    const language = await this.languageOf(row, contract.languages);
    const versions = await readVersions(this.database.dataSource.manager, row.agreement_id);
    const number = versions.find(({ id }) => id === row.base_version_id)!.version;
    const bytes = await renderRedline({
      before: await this.terms.get(row.program_id, row.base_hash),
      after: await this.terms.get(row.program_id, row.terms_hash),
      beforeName: `#${number}`,
      afterName: `#${number + 1}`,
      facts: { programName, company },
      language,
      createdAt: row.created_at,
    });
    return this.documents.keep({ kind: 'redline', mediaType: 'application/pdf', bytes });
  }

  /** The partner's own language where the program makes documents in it, else the program's first. */
  private async languageOf({ partner_id: partnerId }: AmendmentRow, offered: readonly Language[]): Promise<Language> {
    const sql = `select h.language from partners p join persons h on h.id = p.person_id where p.id = $1`;
    const person = await rowOf<{ language: Language }>(this.database.dataSource.manager, sql, [partnerId]);
    return contractLanguage(person?.language ?? 'en', offered);
  }
}
