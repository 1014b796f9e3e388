import { Injectable } from '@nestjs/common';
import {
  AgreementActs,
  AgreementsService,
  agreementStates,
  endByTerms,
  noticeEnd,
  readVersions,
  terminationStates,
  TermsDocuments,
  termRulesOf,
  type AgreementRow,
  type Side,
  type TerminationAction,
} from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { CommissionsService } from '../commissions/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { AgreementEnds, standingTermination, supersededTermination, type TerminationRow } from './agreement-ends.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails, type Locked } from './agreement-mails.js';
import { AmendmentEnds } from './amendment-ends.js';
import { actorOf } from './amendment-records.js';
import { Renewals, type Origin } from './renewals.service.js';

export interface TerminationNotice extends Actor {
  agreementId: string;
  side: Side;
  kind: 'ordinary' | 'for_cause';
  /** Of an ordinary one alone: not before the end of the notice period. Where absent, at its end. */
  effectiveAt?: Date;
  /** Needed for cause. */
  reason?: string;
  origin: Origin;
}

export interface NoticeWithdrawal extends Actor {
  agreementId: string;
  side: Side;
  reason?: string;
  origin: Origin;
}

/** Notices that end agreements. The versions' intervals end with the notice itself; no later run is needed for it. */
@Injectable()
export class Terminations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly agreements: AgreementsService,
    private readonly acts: AgreementActs,
    private readonly terms: TermsDocuments,
    private readonly commissions: CommissionsService,
    private readonly renewals: Renewals,
    private readonly amendments: AmendmentEnds,
    private readonly ends: AgreementEnds,
    private readonly locks: AgreementLocks,
    private readonly mails: AgreementMails,
  ) {}

  /**
   * Gives notice. An ordinary one takes effect when the notice period of the terms is over, or later, also while one of the
   * other side runs that would end the agreement after it; one for cause at once, also while an ordinary one runs.
   * @throws DomainError `not-found`, `illegal-transition` (its own notice runs, ended, or ending before), `invalid-document`
   */
  give(notice: TerminationNotice): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const locked = await this.locks.take(tx, notice.agreementId);
      if (await this.audit.wasRequested(tx, { ...notice, subjectId: notice.agreementId })) return;
      const now = this.clock.now();
      await this.admit(tx, locked.agreement, notice, now);
      const versions = await readVersions(tx, locked.agreement.id);
      const { terms_hash: termsHash } =
        versions.findLast(({ effective_from }) => effective_from <= now) ?? versions[0]!;
      const effectiveAt =
        notice.kind === 'for_cause' ? now : await this.ordinaryEnd(tx, locked.agreement, termsHash, notice, now);
      const agreement = await this.agreements.setEnd(tx, locked.agreement, effectiveAt);
      await this.amendments.cancelOpen(tx, { ...locked, agreement }, 'agreement_terminated', actorOf(notice));
      await this.record(tx, { ...locked, agreement }, notice, { termsHash, effectiveAt, now });
      await this.renewals.lapse(tx, agreement);
      await this.reprice(tx, agreement, effectiveAt, notice);
    });
  }

  /**
   * Takes notice back before it takes effect: the agreement lasts again as its terms have it, or until the notice of the
   * other side that this one came before.
   * @throws DomainError `not-found`, `illegal-transition` (no notice, or it has taken effect), `forbidden` (the other side's)
   */
  takeBack(input: NoticeWithdrawal): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const locked = await this.locks.take(tx, input.agreementId);
      if (await this.audit.wasRequested(tx, { ...input, subjectId: input.agreementId })) return;
      const { agreement } = locked;
      const termination = await this.toTakeBack(tx, agreement, input);
      await this.moveNotice(tx, termination, 'take_back');
      const before = await supersededTermination(tx, agreement.id);
      if (before) await this.moveNotice(tx, before, 'reinstate');
      const endsAt = earlierOf(endByTerms(agreement, agreement.term_ends_at), before?.effective_at ?? null);
      await this.agreements.setEnd(tx, agreement, endsAt);
      await this.recordTakenBack(tx, locked, input, { termination, before, endsAt });
      const { actorId, requestId } = input;
      await this.reprice(tx, agreement, termination.effective_at, { actorId, requestId });
    });
  }

  /** The notice that runs, where this side may take it back. */
  private async toTakeBack(tx: Transaction, { id }: AgreementRow, { side }: NoticeWithdrawal): Promise<TerminationRow> {
    const termination = await standingTermination(tx, id);
    if (!termination) throw new DomainError('illegal-transition', 'the agreement is not under notice');
    terminationStates.next(termination.state, 'take_back');
    if (termination.effective_at <= this.clock.now()) {
      throw new DomainError('illegal-transition', 'the notice has taken effect');
    }
    if (termination.side !== side) {
      throw new DomainError('forbidden', 'notice is taken back by the side that gave it');
    }
    return termination;
  }

  private async recordTakenBack(
    tx: Transaction,
    locked: Locked,
    { actorId, requestId, side, reason, origin }: NoticeWithdrawal,
    {
      termination,
      before,
      endsAt,
    }: { termination: TerminationRow; before?: TerminationRow | undefined; endsAt: Date | null },
  ): Promise<void> {
    const { agreement } = locked;
    const { terms_hash: termsHash } = (await readVersions(tx, agreement.id)).at(-1)!;
    const what = { terminationId: termination.id, ...(before && { reinstatedId: before.id }) };
    const data = { ...what, ...(reason !== undefined && { reason }), ...origin };
    const act = { type: 'termination_taken_back' as const, side, actorId, termsHash, data };
    const actHash = await this.acts.append(tx, agreement, act);
    const details = { ...what, side, endsAt: endsAt?.toISOString() ?? null, actHash };
    const move = { actorId, requestId, reason, details };
    // The other side's notice runs on: the state stays.
    if (before) await this.note(tx, agreement, 'take_back', move);
    else await this.agreements.move(tx, agreement, { ...move, action: 'take_back' });
    const event = { type: 'agreement.termination_taken_back' as const, subjectId: agreement.id, data: details };
    await this.outbox.announce(tx, agreement.program_id, event);
    const told = { side, ...(endsAt && { endsAt: endsAt.toISOString() }) };
    await this.mails.toBothSides(tx, locked, 'agreement-termination-taken-back', told, ['partner_manager', 'legal']);
  }

  private async moveNotice(tx: Transaction, { id, state }: TerminationRow, action: TerminationAction): Promise<void> {
    await tx.query(`update agreement_terminations set state = $2, state_since = $3 where id = $1`, [
      id,
      terminationStates.next(state, action),
      this.clock.now(),
    ]);
  }

  /**
   * Refuses what the state does not allow. A notice that runs gives way to a termination for cause, and to one of the other
   * side: no side can keep the other in the agreement by a notice for a distant day.
   */
  private async admit(tx: Transaction, agreement: AgreementRow, notice: TerminationNotice, now: Date): Promise<void> {
    if (agreement.ends_at !== null && agreement.ends_at <= now) {
      throw new DomainError('illegal-transition', 'the agreement has ended');
    }
    if (notice.kind === 'for_cause') refuseIncomplete(notice);
    const running = agreement.state === 'under_notice' ? await standingTermination(tx, agreement.id) : undefined;
    if (notice.kind === 'ordinary' && (running === undefined || running.side === notice.side)) {
      agreementStates.next(agreement.state, 'give_notice');
    }
    if (running) await this.moveNotice(tx, running, 'supersede');
  }

  private async ordinaryEnd(
    tx: Transaction,
    agreement: AgreementRow,
    termsHash: string,
    { effectiveAt }: TerminationNotice,
    now: Date,
  ): Promise<Date> {
    const earliest = noticeEnd(now, termRulesOf(await this.terms.get(agreement.program_id, termsHash, tx)));
    const at = effectiveAt ?? earliest;
    if (at < earliest) {
      const error = { pointer: '/effectiveAt', message: `must not be before ${earliest.toISOString()}` };
      throw new DomainError('invalid-document', 'the notice period of the terms is not kept', [error]);
    }
    if (agreement.ends_at !== null && at >= agreement.ends_at) {
      const message = `the agreement ends on ${agreement.ends_at.toISOString()}, before this notice would end it`;
      throw new DomainError('illegal-transition', message);
    }
    return at;
  }

  private async record(
    tx: Transaction,
    locked: Locked,
    notice: TerminationNotice,
    { termsHash, effectiveAt, now }: { termsHash: string; effectiveAt: Date; now: Date },
  ): Promise<void> {
    const { agreement } = locked;
    const { actorId, requestId, side, kind, reason, origin } = notice;
    const id = newId('trm');
    await tx.query(
      `insert into agreement_terminations (id, program_id, agreement_id, side, kind, state, terms_hash, given_at, effective_at,
         state_since, actor_id, reason) values ($1, $2, $3, $4, $5, 'given', $6, $7, $8, $7, $9, $10)`,
      [id, agreement.program_id, agreement.id, side, kind, termsHash, now, effectiveAt, actorId, reason ?? null],
    );
    const what = { terminationId: id, kind, effectiveAt: effectiveAt.toISOString() };
    const data = { ...what, ...(reason !== undefined && { reason }), ...origin };
    const actHash = await this.acts.append(tx, agreement, {
      type: 'termination_given',
      side,
      actorId,
      termsHash,
      data,
    });
    const details = { ...what, side, termsHash, actHash };
    const move = { actorId, requestId, reason, details };
    const moved =
      agreement.state === 'under_notice'
        ? await this.note(tx, agreement, 'give_notice', move)
        : await this.agreements.move(tx, agreement, { ...move, action: 'give_notice' });
    const event = { type: 'agreement.termination_given' as const, subjectId: agreement.id, data: details };
    await this.outbox.announce(tx, agreement.program_id, event);
    const told = { side, kind, effectiveAt: what.effectiveAt };
    await this.mails.toBothSides(tx, locked, 'agreement-termination-given', told, ['partner_manager', 'legal']);
    if (kind === 'for_cause') await this.ends.end(tx, { ...locked, agreement: moved }, { actorId, requestId });
  }

  /** A notice that comes before another one, or is taken back before one: the state stays, the fact is kept. */
  private async note(
    tx: Transaction,
    agreement: AgreementRow,
    action: 'give_notice' | 'take_back',
    { details, ...actor }: Actor & { reason: string | undefined; details: Record<string, unknown> },
  ): Promise<AgreementRow> {
    const { id: subjectId, program_id: programId } = agreement;
    await this.audit.record(tx, { ...actor, programId, action: `agreement.${action}`, subjectId, details });
    return agreement;
  }

  /** Events dated behind the old or the new end may be there already. */
  private reprice(tx: Transaction, agreement: AgreementRow, since: Date, { actorId, requestId }: Actor): Promise<void> {
    const { program_id: programId, partner_id: partnerId } = agreement;
    return this.commissions.repriceSince(programId, partnerId, since.getTime(), { actorId, requestId }, tx);
  }
}

function refuseIncomplete({ reason, effectiveAt }: TerminationNotice): void {
  if (reason === undefined) {
    const error = { pointer: '/reason', message: 'is needed for cause' };
    throw new DomainError('invalid-document', 'a termination for cause needs its reason', [error]);
  }
  if (effectiveAt !== undefined) {
    const error = { pointer: '/effectiveAt', message: 'must be absent for cause' };
    throw new DomainError('invalid-document', 'a termination for cause takes effect at once', [error]);
  }
}

/** Null means never. */
function earlierOf(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
