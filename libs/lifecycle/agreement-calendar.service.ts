import { Injectable } from '@nestjs/common';
import {
  AgreementsService,
  dueInPeriods,
  nextInPeriods,
  nextStep,
  type AgreementRow,
  type CalendarFacts,
  type CalendarRules,
  type CalendarStep,
  type RenewalState,
} from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Actor } from '../orchestration/actor.js';
import type { CalendarCounts, CalendarSlice, CalendarSliceInput } from '../orchestration/agreement-calendar.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService, type ConsentSettings } from '../programs/index.js';
import { AgreementEnds } from './agreement-ends.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails, type Locked } from './agreement-mails.js';
import { AmendmentEnds } from './amendment-ends.js';
import { Renewals } from './renewals.service.js';

/** Agreements of a slice: some seconds of one activity. */
const sliceSize = 200;
/** Steps of one agreement in one run: what a long outage left is done within a few runs. */
const maxSteps = 100;

interface Run extends Actor {
  cutOff: Date;
  rules: CalendarRules;
  consent: ConsentSettings;
}

/**
 * Does what fell due in the lives of agreements: notices, renewals, offers of renewal, ends, checkpoints. Each step is a
 * transaction of its own under the agreement's lock, decided on what the rows say then: two runs at once, and one that is
 * broken off and repeated, do each thing once.
 */
@Injectable()
export class AgreementCalendar {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly agreements: AgreementsService,
    private readonly renewals: Renewals,
    private readonly ends: AgreementEnds,
    private readonly amendments: AmendmentEnds,
    private readonly locks: AgreementLocks,
    private readonly mails: AgreementMails,
  ) {}

  /**
   * Goes through the next agreements with something due at the cut-off, in the order of their ids. One that fails is named
   * and never holds up the others.
   * @throws DomainError `not-found` (the program)
   */
  async runSlice(input: CalendarSliceInput): Promise<CalendarSlice> {
    const { programId, cutOffMs, after, actorId, requestId } = input;
    const { noticesBefore, renewal } = (await this.programs.get(programId)).document.agreement;
    const rules = { noticesBeforeMs: noticesBefore.map(elapsedMs), offerBeforeMs: elapsedMs(renewal.offerBefore) };
    const run = { actorId, requestId, cutOff: new Date(cutOffMs), rules, consent: renewal.consent };
    const ids = await this.dueIds(programId, run, after ?? '');
    const done: CalendarCounts = { ended: 0, renewed: 0, offered: 0, notices: 0, checkpoints: 0 };
    const failed: string[] = [];
    for (const id of ids) {
      try {
        await this.visit(id, run, done);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        failed.push(id);
      }
    }
    return { done, failed, next: ids.length === sliceSize ? ids.at(-1)! : null };
  }

  /** Agreements that may have something due; `nextStep` decides, under the lock. */
  private async dueIds(programId: string, { cutOff, rules }: Run, after: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select a.id from agreements a, lateral (select coalesce(a.ends_at, a.term_ends_at) as at) due
       where a.program_id = $1 and a.state <> 'ended' and a.id > $2
         and (due.at <= $3 or a.checkpoint_at <= $3
           or (due.at <= $3 + $6 * interval '1 millisecond' and exists (
             select from unnest($4::bigint[]) as lead
             where due.at - lead * interval '1 millisecond' <= $3
               and due.at - lead * interval '1 millisecond' > case a.state when 'under_notice' then a.state_since else a.term_started_at end
               and not exists (select from agreement_notices n where n.agreement_id = a.id and n.kind = 'term_end'
                                 and n.about_at = due.at and n.subject = lead::text)))
           or (a.renewal = 'consent' and a.state = 'in_force' and due.at - $5 * interval '1 millisecond' <= $3
             and not exists (select from agreement_renewals r where r.agreement_id = a.id and r.term_number = a.term_number + 1
                               and r.state <> 'lapsed')))
       order by a.id limit $7`,
      [
        ...[programId, after, cutOff, rules.noticesBeforeMs, rules.offerBeforeMs],
        ...[Math.max(0, ...rules.noticesBeforeMs), sliceSize],
      ],
    );
    return rows.map(({ id }) => id);
  }

  private async visit(agreementId: string, run: Run, done: CalendarCounts): Promise<void> {
    for (let steps = 0; steps < maxSteps; steps += 1) {
      const step = await this.database.inTransaction((tx) => this.step(tx, agreementId, run));
      if (!step) return;
      if (step.do === 'end') done.ended += 1;
      if (step.do === 'renew') done.renewed += 1;
      if (step.do === 'offer') done.offered += 1;
      if (step.do === 'notify' && step.isSent) done.notices += 1;
      if (step.do === 'check') done.checkpoints += 1;
    }
  }

  /** Does what is due first; what it was. */
  private async step(tx: Transaction, agreementId: string, run: Run): Promise<CalendarStep | undefined> {
    const locked = await this.locks.take(tx, agreementId);
    const step = nextStep(await this.factsOf(tx, locked.agreement), run.rules, run.cutOff);
    const actor = { actorId: run.actorId, requestId: run.requestId };
    // What is settled already may be what the agreement goes on by, or ends by: the end waits until that is recorded.
    if (step?.do === 'end' && (await this.amendments.isConcluded(tx, locked.agreement))) return undefined;
    if (step?.do === 'end') await this.ends.end(tx, locked, actor);
    if (step?.do === 'renew') await this.renew(tx, locked, run);
    if (step?.do === 'offer') await this.renewals.offer(tx, locked, run.consent, actor);
    if (step?.do === 'notify') await this.notify(tx, locked, step, actor);
    if (step?.do === 'check') await this.check(tx, locked.agreement, run);
    return step;
  }

  private async factsOf(tx: Transaction, agreement: AgreementRow): Promise<CalendarFacts> {
    const { id, state, renewal, ends_at: endsAt, term_ends_at: termEndsAt, term_number: number } = agreement;
    const offer = await rowOf<{ state: RenewalState }>(
      tx,
      `select state from agreement_renewals where agreement_id = $1 and term_number = $2 and state <> 'lapsed'`,
      [id, number + 1],
    );
    const notices = await rowsOf<{ subject: string }>(
      tx,
      `select subject from agreement_notices where agreement_id = $1 and kind = 'term_end' and about_at = $2`,
      [id, endsAt ?? termEndsAt],
    );
    return {
      ...{ state, renewal, endsAt, termEndsAt, checkpointAt: agreement.checkpoint_at },
      knownSince: state === 'under_notice' ? agreement.state_since : agreement.term_started_at,
      offer: offer?.state,
      noticedMs: notices.map(({ subject }) => Number(subject)),
    };
  }

  /** Of several terms that passed while nobody looked, the last is told of. */
  private async renew(tx: Transaction, locked: Locked, { cutOff, ...actor }: Run): Promise<void> {
    const { actorId, requestId } = actor;
    const renewed = await this.agreements.renew(tx, locked.agreement, 'auto', { actorId, requestId });
    if (renewed.term_ends_at <= cutOff) return;
    const term = { startedAt: renewed.term_started_at.toISOString(), endsAt: renewed.term_ends_at.toISOString() };
    await this.mails.toBothSides(tx, locked, 'agreement-renewed', term);
  }

  private async notify(
    tx: Transaction,
    locked: Locked,
    { leadMs, isSent }: Extract<CalendarStep, { do: 'notify' }>,
    actor: Actor,
  ): Promise<void> {
    const { agreement } = locked;
    const at = agreement.ends_at ?? agreement.term_ends_at;
    const made = await this.recordNotice(tx, agreement, { kind: 'term_end', at, subject: String(leadMs), isSent });
    if (!made || !isSent) return;
    const outcome = await this.outcomeOf(tx, agreement);
    const details = { outcome, at: at.toISOString(), leadMs };
    await this.tell(tx, agreement, 'notify', 'notice_sent', details, actor);
    await this.mails.toBothSides(tx, locked, 'agreement-notice', { outcome, at: details.at });
  }

  /** What will happen then, as things stand. */
  private async outcomeOf(tx: Transaction, agreement: AgreementRow): Promise<'renews' | 'ends' | 'awaits_consent'> {
    if (agreement.ends_at === null) return 'renews';
    const { offer } = await this.factsOf(tx, agreement);
    return agreement.state === 'in_force' && offer === 'open' ? 'awaits_consent' : 'ends';
  }

  private async check(tx: Transaction, agreement: AgreementRow, { cutOff, actorId, requestId }: Run): Promise<void> {
    const obligations = await this.agreements.obligations(tx, agreement);
    const due = dueInPeriods(obligations, agreement.checkpoint_at ?? cutOff, cutOff);
    const names: string[] = [];
    for (const { obligationId, at } of due) {
      const notice = { kind: 'checkpoint' as const, at, subject: obligationId, isSent: true };
      if (await this.recordNotice(tx, agreement, notice)) names.push(obligationId);
    }
    const next = nextInPeriods(obligations, cutOff);
    await tx.query(`update agreements set checkpoint_at = $2 where id = $1`, [agreement.id, next]);
    if (names.length === 0) return;
    const details = { obligations: names.join(', ') };
    await this.tell(tx, agreement, 'check', 'checkpoint_due', { obligations: names }, { actorId, requestId });
    await this.mails.toPartnerManager(tx, agreement, 'agreement-checkpoint', details);
  }

  /** Whether it was not there yet. */
  private async recordNotice(
    tx: Transaction,
    { id, program_id: programId }: AgreementRow,
    notice: { kind: 'term_end' | 'checkpoint'; at: Date; subject: string; isSent: boolean },
  ): Promise<boolean> {
    const made = await rowOf(
      tx,
      `insert into agreement_notices (agreement_id, program_id, kind, about_at, subject, is_sent, recorded_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning agreement_id`,
      [id, programId, notice.kind, notice.at, notice.subject, notice.isSent, this.clock.now()],
    );
    return made !== undefined;
  }

  private async tell(
    tx: Transaction,
    { id: subjectId, program_id: programId }: AgreementRow,
    action: string,
    event: 'notice_sent' | 'checkpoint_due',
    details: Record<string, unknown>,
    actor: Actor,
  ): Promise<void> {
    await this.audit.record(tx, { ...actor, programId, action: `agreement.${action}`, subjectId, details });
    await this.outbox.announce(tx, programId, { type: `agreement.${event}`, subjectId, data: details });
  }
}
