import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import {
  lockAgreement,
  readAgreement,
  readVersions,
  versionColumns,
  type AgreementRow,
  type AgreementVersionRow,
  type TermCause,
} from './agreement-rows.js';
import {
  agreementStates,
  endByTerms,
  isSameTerm,
  nextInPeriods,
  obligationPeriods,
  termEnd,
  termRulesOf,
  versionIntervals,
  type AgreementAction,
  type EndCause,
  type ObligationPeriod,
  type TermRules,
} from './domain/index.js';
import { TermsDocuments } from './terms-documents.js';

/** A version that follows the newest one. */
export interface NextVersion {
  agreementId: string;
  termsHash: string;
  /** The executed envelope; null where a notice is enough for all that changes. */
  envelopeId: string | null;
  /** From when it is in force. */
  from: Date;
  /** When both sides had agreed to it (the execution of its envelope), or notice was given; now where absent. */
  agreedAt?: Date;
}

/** A term that follows the newest one, or the first. */
interface NextTerm {
  cause: TermCause;
  termsHash: string;
  number: number;
  anchor: Date;
  anchorNumber: number;
  startedAt: Date;
  endsAt: Date;
}

/** What is in force, when: versions of a partner's agreement as half-open intervals that never overlap. */
@Injectable()
export class AgreementsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly settings: Settings,
    private readonly terms: TermsDocuments,
  ) {}

  /** The first version of a partner's agreement, in force from `from` until its terms end it, if they do. */
  async begin(
    tx: Transaction,
    first: { programId: string; partnerId: string; termsHash: string; envelopeId: string; from: Date },
    actor: Actor,
  ): Promise<AgreementVersionRow> {
    const { programId, partnerId, termsHash, envelopeId, from } = first;
    const terms = await this.terms.get(programId, termsHash, tx);
    const rules = termRulesOf(terms);
    const termEndsAt = termEnd(from, rules, 1);
    const endsAt = endByTerms(rules, termEndsAt);
    const agreementId = newId('agr');
    await tx.query(
      `insert into agreements (id, program_id, partner_id, created_at, state_since, started_at, ends_at, renewal, term_anchor,
         term_started_at, term_ends_at, checkpoint_at) values ($1, $2, $3, $4, $4, $5, $6, $7, $5, $5, $8, $9)`,
      [
        ...[agreementId, programId, partnerId, this.clock.now(), from, endsAt, rules.renewal, termEndsAt],
        nextInPeriods(obligationPeriods([{ from, terms }]), from),
      ],
    );
    const agreement = await readAgreement(tx, agreementId);
    const term = { number: 1, anchor: from, anchorNumber: 1, startedAt: from, endsAt: termEndsAt };
    await this.recordTerm(tx, agreement, { cause: 'begin', termsHash, ...term });
    const version = await this.insertVersion(tx, agreement, 1, first, endsAt);
    const until = { effectiveUntil: endsAt?.toISOString() ?? null, termEndsAt: termEndsAt.toISOString() };
    const details = { version: 1, termsHash, envelopeId, effectiveFrom: from.toISOString(), ...until };
    const fact = { programId, action: 'agreement.begin', subjectId: agreementId, toState: 'in_force', details };
    await this.audit.record(tx, { ...actor, ...fact });
    await this.outbox.announce(tx, programId, { type: 'agreement.in_force', subjectId: agreementId, data: details });
    return version;
  }

  /**
   * Adds a version that is in force from an instant on; the one before it ends there. On terms that last or renew
   * otherwise a term of its own begins with it, else the term goes on. Whoever calls prices again what happened since, and
   * lets offers to renew on the terms before come to nothing.
   *
   * @throws DomainError `not-found`, `illegal-transition` (the agreement ends before), `invalid-document` (`from` lies
   * before the agreement to it, or not after the version before)
   */
  async addVersion(tx: Transaction, next: NextVersion, actor: Actor): Promise<AgreementVersionRow> {
    const agreement = await lockAgreement(tx, next.agreementId);
    const versions = await readVersions(tx, agreement.id);
    const newest = versions.at(-1)!;
    this.refuseStart(next, agreement, newest);
    const rules = termRulesOf(await this.terms.get(agreement.program_id, next.termsHash, tx));
    const before = termRulesOf(await this.terms.get(agreement.program_id, newest.terms_hash, tx));
    const atItsEnd = next.from.getTime() === agreement.ends_at?.getTime();
    const moved = isSameTerm(before, rules) && !atItsEnd ? agreement : await this.newTerm(tx, agreement, next, rules);
    await this.moveEnd(tx, moved, moved.ends_at, [...versions.map(({ effective_from }) => effective_from), next.from]);
    const version = await this.insertVersion(tx, moved, newest.version + 1, next, moved.ends_at);
    await this.scheduleCheckpoint(tx, moved);
    const { version: number, basis, effective_until: until } = version;
    const facts = { version: number, basis, termsHash: next.termsHash, envelopeId: next.envelopeId };
    const times = { effectiveFrom: next.from.toISOString(), effectiveUntil: until?.toISOString() ?? null };
    await this.tell(tx, agreement, 'add_version', 'version_added', { ...facts, ...times }, actor);
    return version;
  }

  /** Moves a locked agreement. @throws DomainError `illegal-transition` */
  async move(
    tx: Transaction,
    agreement: AgreementRow,
    move: Actor & { action: AgreementAction; reason?: string; cause?: EndCause; details: Record<string, unknown> },
  ): Promise<AgreementRow> {
    const { action, reason, cause, details, actorId, requestId } = move;
    const state = agreementStates.next(agreement.state, action);
    await tx.query(`update agreements set state = $2, state_since = $3, end_cause = $4 where id = $1`, [
      agreement.id,
      state,
      this.clock.now(),
      cause ?? null,
    ]);
    await this.audit.record(tx, {
      actorId,
      requestId,
      programId: agreement.program_id,
      action: `agreement.${action}`,
      subjectId: agreement.id,
      fromState: agreement.state,
      toState: state,
      reason,
      details,
    });
    return { ...agreement, state, end_cause: cause ?? null };
  }

  /** Sets a locked agreement's end (not included; null for none), and with it until when its versions are in force. */
  async setEnd(tx: Transaction, agreement: AgreementRow, endsAt: Date | null): Promise<AgreementRow> {
    const starts = (await readVersions(tx, agreement.id)).map(({ effective_from }) => effective_from);
    await this.moveEnd(tx, agreement, endsAt, starts);
    return { ...agreement, ends_at: endsAt };
  }

  /** Renews a locked agreement for one more term on the terms of its newest version. */
  async renew(
    tx: Transaction,
    agreement: AgreementRow,
    cause: 'auto' | 'consent',
    actor: Actor,
  ): Promise<AgreementRow> {
    const newest = (await readVersions(tx, agreement.id)).at(-1)!;
    const rules = termRulesOf(await this.terms.get(agreement.program_id, newest.terms_hash, tx));
    const { term_anchor: anchor, term_anchor_number: anchorNumber, term_ends_at: startedAt } = agreement;
    const number = agreement.term_number + 1;
    const endsAt = termEnd(anchor, rules, number - anchorNumber + 1);
    const term = { cause, termsHash: newest.terms_hash, number, anchor, anchorNumber, startedAt, endsAt };
    await this.recordTerm(tx, agreement, term);
    await tx.query(`update agreements set renewals = renewals + 1 where id = $1`, [agreement.id]);
    const renewed = { ...agreement, term_number: number, term_started_at: startedAt, term_ends_at: endsAt };
    const details = { cause, term: number, startedAt: startedAt.toISOString(), endsAt: endsAt.toISOString() };
    await this.tell(tx, agreement, 'renew', 'renewed', details, actor);
    if (agreement.ends_at === null) return renewed;
    return this.setEnd(tx, renewed, endByTerms(rules, endsAt));
  }

  /** All versions of a partner's agreement, oldest first; none before its contract is executed. */
  versionsOf(partnerId: string, tx: Transaction = this.database.dataSource.manager): Promise<AgreementVersionRow[]> {
    return rowsOf<AgreementVersionRow>(
      tx,
      `select ${versionColumns} from agreement_versions where partner_id = $1 order by version`,
      [partnerId],
    );
  }

  /** The obligations of an agreement that are checked again and again, by each of its versions. */
  async obligations(tx: Transaction, agreement: AgreementRow): Promise<ObligationPeriod[]> {
    const withTerms: Parameters<typeof obligationPeriods>[0][number][] = [];
    for (const { effective_from: from, terms_hash } of await readVersions(tx, agreement.id)) {
      withTerms.push({ from, terms: await this.terms.get(agreement.program_id, terms_hash, tx) });
    }
    return obligationPeriods(withTerms);
  }

  private refuseStart(next: NextVersion, agreement: AgreementRow, newest: AgreementVersionRow): void {
    const { from, agreedAt = this.clock.now() } = next;
    const endsAt = agreement.ends_at;
    const isRenewal = agreement.state === 'in_force' && from.getTime() === endsAt?.getTime();
    // One that was agreed on before the end counts, though it is recorded after it.
    if (endsAt !== null && from >= endsAt && !isRenewal) {
      throw new DomainError('illegal-transition', 'the agreement ends before this version would begin');
    }
    const refuse = (message: string) =>
      new DomainError('invalid-document', 'the version cannot begin then', [{ pointer: '/effectiveFrom', message }]);
    if (from <= newest.effective_from) throw refuse('must be after the beginning of the version before');
    if (from < agreedAt && !this.settings.env.REHEARSAL) throw refuse('must not lie before it was agreed on');
  }

  /** A term that begins with a version. */
  private async newTerm(
    tx: Transaction,
    agreement: AgreementRow,
    { from, termsHash }: NextVersion,
    rules: TermRules,
  ): Promise<AgreementRow> {
    const number = agreement.term_number + 1;
    const endsAt = termEnd(from, rules, 1);
    const term = { number, anchor: from, anchorNumber: number, startedAt: from, endsAt };
    await this.recordTerm(tx, agreement, { cause: 'version', termsHash, ...term });
    await tx.query(`update agreements set renewal = $2 where id = $1`, [agreement.id, rules.renewal]);
    const byTerms = endByTerms(rules, endsAt);
    const noticed = agreement.state === 'in_force' ? null : agreement.ends_at;
    const end = noticed !== null && (byTerms === null || noticed < byTerms) ? noticed : byTerms;
    return { ...agreement, term_number: number, term_started_at: from, term_ends_at: endsAt, ends_at: end };
  }

  private async recordTerm(tx: Transaction, { id, program_id }: AgreementRow, term: NextTerm): Promise<void> {
    const { number, cause, termsHash, startedAt, endsAt, anchor, anchorNumber } = term;
    await tx.query(
      `insert into agreement_term_periods (agreement_id, program_id, number, cause, terms_hash, started_at, ends_at, recorded_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, program_id, number, cause, termsHash, startedAt, endsAt, this.clock.now()],
    );
    await tx.query(
      `update agreements set term_number = $2, term_anchor = $3, term_anchor_number = $4, term_started_at = $5, term_ends_at = $6
       where id = $1`,
      [id, number, anchor, anchorNumber, startedAt, endsAt],
    );
  }

  private async moveEnd(
    tx: Transaction,
    { id }: AgreementRow,
    endsAt: Date | null,
    starts: readonly Date[],
  ): Promise<void> {
    await tx.query(`update agreements set ends_at = $2 where id = $1`, [id, endsAt]);
    // From the oldest on: each version grows at most to where the next one begins.
    for (const [index, interval] of versionIntervals(starts, endsAt).entries()) {
      await tx.query(
        `update agreement_versions set in_force = case when $3::timestamptz is null then 'empty' else tstzrange($3, $4, '[)') end
         where agreement_id = $1 and version = $2`,
        [id, index + 1, interval?.from ?? null, interval?.until ?? null],
      );
    }
  }

  private async insertVersion(
    tx: Transaction,
    { id: agreementId, program_id: programId, partner_id: partnerId }: AgreementRow,
    version: number,
    { termsHash, envelopeId, from }: { termsHash: string; envelopeId: string | null; from: Date },
    until: Date | null,
  ): Promise<AgreementVersionRow> {
    const basis = envelopeId === null ? 'notice' : 'signed';
    const row = await rowOf<AgreementVersionRow>(
      tx,
      `insert into agreement_versions (id, program_id, agreement_id, partner_id, version, terms_hash, basis, envelope_id,
         effective_from, in_force, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, tstzrange($9, $10, '[)'), $11) returning ${versionColumns}`,
      [
        ...[newId('agv'), programId, agreementId, partnerId, version, termsHash, basis, envelopeId, from, until],
        this.clock.now(),
      ],
    );
    return row!;
  }

  /** One that is due and was not looked at yet stays due. */
  private async scheduleCheckpoint(tx: Transaction, agreement: AgreementRow): Promise<void> {
    const now = this.clock.now();
    if (agreement.checkpoint_at !== null && agreement.checkpoint_at <= now) return;
    const next = nextInPeriods(await this.obligations(tx, agreement), now);
    await tx.query(`update agreements set checkpoint_at = $2 where id = $1`, [agreement.id, next]);
  }

  private async tell(
    tx: Transaction,
    { id: subjectId, program_id: programId }: AgreementRow,
    action: string,
    event: 'version_added' | 'renewed',
    details: Record<string, unknown>,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    const fact = { programId, actorId, requestId, action: `agreement.${action}`, subjectId, details };
    await this.audit.record(tx, fact);
    await this.outbox.announce(tx, programId, { type: `agreement.${event}`, subjectId, data: details });
  }
}
