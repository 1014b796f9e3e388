import { Injectable } from '@nestjs/common';
import {
  AgreementActs,
  amendmentStates,
  InternalApprovals,
  NegotiationsService,
  signedStart,
} from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor, type Actor } from '../orchestration/actor.js';
import type { AmendmentStatus, DecideAmendmentApprovalInput } from '../orchestration/agreement-amendment.js';
import { EnvelopesService, inForceFrom, type EnvelopeRow } from '../signatures/index.js';
import { AgreementLocks } from './agreement-locks.js';
import { AgreementMails, type Locked } from './agreement-mails.js';
import { AgreementVersions } from './agreement-versions.service.js';
import { AmendmentBeginnings } from './amendment-beginnings.js';
import { AmendmentEnds, type AmendmentEnd } from './amendment-ends.js';
import { actorOf, AmendmentRecords, approvalSubject, type AmendmentRow } from './amendment-records.js';

/** What a step finds under the locks of the partner and the agreement. */
export interface Step {
  tx: Transaction;
  locked: Locked;
  row: AmendmentRow;
}

/**
 * The steps of an amendment after its proposal, each one transaction. A step that was done before finds another state and
 * does nothing, so that one version comes of an amendment however often its steps are run.
 */
@Injectable()
export class AmendmentSteps {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly records: AmendmentRecords,
    private readonly beginnings: AmendmentBeginnings,
    private readonly ends: AmendmentEnds,
    private readonly approvals: InternalApprovals,
    private readonly negotiations: NegotiationsService,
    private readonly envelopes: EnvelopesService,
    private readonly versions: AgreementVersions,
    private readonly acts: AgreementActs,
    private readonly locks: AgreementLocks,
    private readonly mails: AgreementMails,
  ) {}

  status(amendmentId: string): Promise<AmendmentStatus> {
    return this.records.status(amendmentId);
  }

  /**
   * A decision on a proposal that waits for approval; with the last one it comes before the partner.
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker`, `forbidden`
   */
  decideApproval(input: DecideAmendmentApprovalInput): Promise<AmendmentStatus> {
    return this.act(input, async ({ tx, locked, row }) => {
      amendmentStates.next(row.state, 'refuse');
      const approved = await this.approvals.decide(tx, approvalSubject(row), { ...input, negotiationId: row.id });
      const actor = actorOf(input);
      if (approved) {
        const approval = { id: approved.id, proposedBy: approved.proposed_by };
        const begun = await this.beginnings.begin(tx, locked, row, { ...actor, approval });
        const action = row.needs_consent ? 'negotiate' : 'announce';
        await this.records.move(tx, begun, { ...actor, action, details: { approvalId: approved.id } });
      } else if (input.decision !== 'approve') {
        const cause = input.decision === 'reject' ? 'approval_rejected' : 'approval_withdrawn';
        const action = input.decision === 'reject' ? 'refuse' : 'withdraw';
        const why = input.reason === undefined ? {} : { reason: input.reason };
        await this.ends.end(tx, locked, row, { ...actor, action, cause, ...why });
      }
    });
  }

  /** The negotiation has ended: its contract follows, or the amendment ends with it. */
  followNegotiation(amendmentId: string): Promise<AmendmentStatus> {
    return this.step(amendmentId, 'negotiating', async ({ tx, locked, row }) => {
      const negotiation = await this.negotiations.get(row.negotiation_id!, tx);
      if (negotiation.state === 'open') return;
      if (negotiation.state !== 'agreed') {
        const isLapsed = negotiation.state === 'lapsed';
        await this.ends.end(tx, locked, row, {
          ...systemActor,
          action: isLapsed ? 'expire' : 'withdraw',
          cause: isLapsed ? 'negotiation_lapsed' : 'negotiation_withdrawn',
          ...(negotiation.reason !== null && { reason: negotiation.reason }),
        });
      } else if (negotiation.agreed_hash === row.base_hash && !row.is_renewal) {
        await this.ends.end(tx, locked, row, { ...systemActor, action: 'withdraw', cause: 'no_change' });
      } else {
        const set = { agreed_hash: negotiation.agreed_hash };
        const details = { termsHash: negotiation.agreed_hash };
        await this.records.move(tx, row, { ...systemActor, action: 'agree', set, details });
      }
    });
  }

  /** The contract is executed: its version is added. Or it came to nothing, and the amendment ends with it. */
  followSignature(amendmentId: string): Promise<AmendmentStatus> {
    return this.step(amendmentId, 'signing', async (step) => {
      const { tx, locked, row } = step;
      const envelope = await this.envelopes.ofNegotiation(row.negotiation_id!, tx);
      if (envelope?.state === 'executed') {
        await this.adoptSigned(step, envelope);
        return;
      }
      const end = endOf(envelope);
      if (end) await this.ends.end(tx, locked, row, { ...systemActor, ...end });
    });
  }

  /**
   * The period of a notice is over: its version is added. Nothing while it runs, or once somebody was quicker. `asOfMs` is the
   * instant that was waited for: it counts even where this clock is behind, so that nobody asks again and again.
   */
  adoptNotice(amendmentId: string, asOfMs = 0): Promise<AmendmentStatus> {
    return this.step(amendmentId, 'noticed', async (step) => {
      const { row } = step;
      if (row.notice_ends_at!.getTime() > Math.max(asOfMs, this.clock.now().getTime())) return;
      const { terms_hash: termsHash, effective_from: from, notified_at: agreedAt } = row;
      await this.adopt(step, { termsHash, envelopeId: null, from: from!, agreedAt: agreedAt! });
    });
  }

  /** Carries out what somebody asked for, once: a repeat of the same request answers with the state. */
  act(input: Actor & { amendmentId: string }, work: (step: Step) => Promise<void>): Promise<AmendmentStatus> {
    return this.under(input.amendmentId, async (step) => {
      if (!(await this.audit.wasRequested(step.tx, { ...actorOf(input), subjectId: step.row.id }))) await work(step);
    });
  }

  /** A step of nobody's in particular, for an amendment in one state; nothing where it is in another. */
  step(
    amendmentId: string,
    state: AmendmentRow['state'],
    work: (step: Step) => Promise<void>,
  ): Promise<AmendmentStatus> {
    return this.under(amendmentId, async (step) => {
      if (step.row.state === state) await work(step);
    });
  }

  private under(amendmentId: string, work: (step: Step) => Promise<void>): Promise<AmendmentStatus> {
    return this.database.inTransaction(async (tx) => {
      const { agreement_id: agreementId } = await this.records.get(amendmentId, tx);
      const locked = await this.locks.take(tx, agreementId);
      // Read under the locks: whoever held them before may have moved it.
      await work({ tx, locked, row: await this.records.get(amendmentId, tx) });
      return this.records.status(amendmentId, tx);
    });
  }

  private async adoptSigned(step: Step, envelope: EnvelopeRow): Promise<void> {
    if (envelope.verified_at === null) throw new DomainError('seal-unverified', 'the contract was not verified');
    const agreedAt = inForceFrom(envelope);
    const from = signedStart(step.row.wanted_from, agreedAt);
    await this.adopt(step, { termsHash: envelope.terms_hash, envelopeId: envelope.id, from, agreedAt });
  }

  private async adopt(
    { tx, locked, row }: Step,
    next: { termsHash: string; envelopeId: string | null; from: Date; agreedAt: Date },
  ): Promise<void> {
    const { agreement } = locked;
    const { termsHash, envelopeId, from } = next;
    if (!canBegin(locked, row, from)) {
      await this.ends.end(tx, locked, row, { ...systemActor, action: 'cancel', cause: 'agreement_ended' });
      return;
    }
    const version = await this.versions.add(tx, { agreementId: agreement.id, ...next }, systemActor);
    const what = { version: version.version, effectiveFrom: from.toISOString() };
    const data = { amendmentId: row.id, ...what, envelopeId };
    const act = { type: 'amendment_adopted' as const, side: row.side, actorId: systemActor.actorId, termsHash, data };
    const actHash = await this.acts.append(tx, agreement, act);
    const set = { version_id: version.id, effective_from: from, agreed_hash: termsHash };
    const details = { agreementId: agreement.id, ...what, termsHash, envelopeId, actHash };
    await this.records.move(tx, row, { ...systemActor, action: 'adopt', set, details });
    await this.mails.toBothSides(tx, locked, 'amendment-in-force', { amendmentId: row.id, ...what });
  }
}

/** Within the agreement; what renews it begins where it would end. */
function canBegin({ agreement: { ends_at: endsAt, state } }: Locked, row: AmendmentRow, from: Date): boolean {
  if (endsAt === null || from < endsAt) return true;
  return row.is_renewal && state === 'in_force' && from.getTime() === endsAt.getTime();
}

/** What the end of a contract that was not executed means; undefined while it is signed. */
function endOf(envelope: EnvelopeRow | undefined): Pick<AmendmentEnd, 'action' | 'cause' | 'reason'> | undefined {
  // The contract was not sent: there was no agreement any more that it could have changed.
  if (!envelope) return { action: 'cancel', cause: 'agreement_ended' };
  const why = envelope.reason === null ? {} : { reason: envelope.reason };
  if (envelope.state === 'declined') return { action: 'refuse', cause: 'envelope_declined', ...why };
  if (envelope.state === 'voided') return { action: 'withdraw', cause: 'envelope_voided', ...why };
  return envelope.state === 'expired' ? { action: 'expire', cause: 'envelope_expired' } : undefined;
}
