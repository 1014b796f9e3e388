import { Injectable } from '@nestjs/common';
import {
  InternalApprovals,
  isBehindTerm,
  isSameTerm,
  materialChanges,
  readVersions,
  TermsDocuments,
  termRulesOf,
  type AgreementRow,
  type AgreementVersionRow,
  type NeededApproval,
  type Side,
  type Terms,
} from '../agreements/index.js';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Actor } from '../orchestration/actor.js';
import { agreementAmendment, type AgreementAmendmentInput } from '../orchestration/agreement-amendment.js';
import { Outbox } from '../outbox/index.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import { AgreementLocks } from './agreement-locks.js';
import type { Locked } from './agreement-mails.js';
import { AmendmentBeginnings } from './amendment-beginnings.js';
import { AmendmentEnds } from './amendment-ends.js';
import { actorOf, AmendmentRecords, approvalSubject, type AmendmentRow } from './amendment-records.js';
import type { Origin } from './renewals.service.js';

export interface AmendmentProposal extends Actor {
  agreementId: string;
  side: Side;
  /** The proposer's roles in the program; guardrails go by them. */
  roles: readonly string[];
  /** The whole terms document. */
  terms: unknown;
  /** The hash of the newest version: what is changed is what was looked at. */
  baseHash: string;
  /** From when it is to apply; as soon as it is agreed on, or its notice is over, where absent. */
  effectiveFrom?: Date;
  answerWithin?: string;
  reason: string;
  origin: Origin;
}

interface Proposed {
  terms: Terms;
  termsHash: string;
  material: string[];
  needed: NeededApproval[];
  period: string;
  /** A term of its own begins with these terms. */
  beginsTerm: boolean;
}

/** How changes of agreements in force begin. */
@Injectable()
export class AmendmentProposals {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly terms: TermsDocuments,
    private readonly approvals: InternalApprovals,
    private readonly records: AmendmentRecords,
    private readonly beginnings: AmendmentBeginnings,
    private readonly ends: AmendmentEnds,
    private readonly locks: AgreementLocks,
  ) {}

  /**
   * Proposes a change of the newest version; the amendment's id. The company's waits for approval where it is outside of what
   * the proposer may agree to. Changes that need consent, and all that a partner proposes, are negotiated and signed; of the
   * company's others a notice is given.
   * @throws DomainError `not-found`, `round-changed` (not the newest version), `already-exists` (another amendment is open),
   * `illegal-transition` (the agreement ends before), `invalid-document`, `outside-guardrails`
   */
  async propose(proposal: AmendmentProposal, programId: string): Promise<string> {
    const termsHash = await this.terms.propose(programId, proposal.terms);
    const { document } = await this.programs.get(programId);
    return this.database.inTransaction(async (tx) => {
      const locked = await this.locks.take(tx, proposal.agreementId);
      const made = await this.records.ofRequest(tx, locked.agreement.id, actorOf(proposal));
      if (made) return made.id;
      const versions = await readVersions(tx, locked.agreement.id);
      const newest = versions.at(-1)!;
      await this.refuseOther(tx, locked, newest, proposal);
      const isRenewal = renews(locked.agreement, proposal.effectiveFrom);
      // The terms that are in force can be renewed as they are; nothing else would come of proposing them.
      if (termsHash === newest.terms_hash && !isRenewal) throw refusedTerms('are those of the newest version');
      const proposed = await this.judge(tx, newest, termsHash, document, proposal);
      const needsConsent = this.admit(locked.agreement, newest, proposal, { ...proposed, isRenewal });
      const row = await this.records.insert(
        tx,
        rowOf(locked, newest, proposal, proposed, { isRenewal, needsConsent }),
        actorOf(proposal),
      );
      await this.begin(tx, locked, row, proposal, proposed);
      return row.id;
    });
  }

  /** One change at a time, on the newest version. What the partner cannot see yet gives way to what it proposes itself. */
  private async refuseOther(
    tx: Transaction,
    locked: Locked,
    newest: AgreementVersionRow,
    proposal: AmendmentProposal,
  ): Promise<void> {
    const { side, baseHash } = proposal;
    const open = await this.records.openOf(tx, locked.agreement.id);
    if (open && (side === 'company' || open.shown_at !== null)) {
      throw new DomainError('already-exists', `another change of the agreement is on its way: ${open.id}`);
    }
    if (newest.terms_hash !== baseHash) {
      const error = { pointer: '/baseHash', message: `the newest terms hash is ${newest.terms_hash}` };
      throw new DomainError('round-changed', `version ${newest.version} is the newest of the agreement`, [error]);
    }
    if (open) await this.ends.cancelOpen(tx, locked, 'overtaken', actorOf(proposal));
  }

  private async judge(
    tx: Transaction,
    newest: AgreementVersionRow,
    termsHash: string,
    { agreement, negotiation }: ProgramDocument,
    { side, roles }: AmendmentProposal,
  ): Promise<Proposed> {
    const before = await this.terms.get(newest.program_id, newest.terms_hash, tx);
    const terms = await this.terms.get(newest.program_id, termsHash, tx);
    const material = materialChanges(before, terms, agreement.material).material.map(({ pointer }) => pointer);
    const needed = side === 'partner' ? [] : this.approvals.neededFor(terms, negotiation.guardrails, roles);
    const beginsTerm = !isSameTerm(termRulesOf(before), termRulesOf(terms));
    return { terms, termsHash, material, needed, period: agreement.noticeOfChange.period, beginsTerm };
  }

  /** Refuses a beginning that cannot be; whether the change needs the consent of both. */
  private admit(
    agreement: AgreementRow,
    newest: AgreementVersionRow,
    { side, effectiveFrom: from }: AmendmentProposal,
    { material, period, isRenewal, beginsTerm }: Proposed & { isRenewal: boolean },
  ): boolean {
    const now = this.clock.now();
    const endsAt = agreement.ends_at;
    if (endsAt !== null && endsAt <= now) throw new DomainError('illegal-transition', 'the agreement has ended');
    if (newest.effective_from > now && (from === undefined || from <= newest.effective_from)) {
      throw refusedStart(`must be after ${newest.effective_from.toISOString()}, when the newest version begins`);
    }
    // Terms between the running one and theirs would be nobody's: such a change is proposed once its time has come.
    if (beginsTerm && isBehindTerm({ endsAt, termEndsAt: agreement.term_ends_at }, from ?? null)) {
      const last = agreement.term_ends_at.toISOString();
      throw refusedStart(`must not be after ${last}, the end of the running term: these terms last or renew otherwise`);
    }
    // A renewal lets an agreement go on that would end: that takes the consent of both, whatever else changes.
    const needsConsent = side === 'partner' || material.length > 0 || isRenewal;
    const earliest = needsConsent ? now : new Date(now.getTime() + elapsedMs(period));
    if (from !== undefined && from < earliest) throw refusedStart(`must not be before ${earliest.toISOString()}`);
    if (endsAt !== null && (from ?? earliest) >= endsAt && !isRenewal) {
      throw new DomainError(
        'illegal-transition',
        `the agreement ends on ${endsAt.toISOString()}, before this would apply`,
      );
    }
    return needsConsent;
  }

  private async begin(
    tx: Transaction,
    locked: Locked,
    row: AmendmentRow,
    proposal: AmendmentProposal,
    { termsHash, needed }: Proposed,
  ): Promise<void> {
    const { answerWithin, reason, origin } = proposal;
    const actor = actorOf(proposal);
    if (needed.length > 0) {
      const move = { ...actor, move: 'proposal' as const, termsHash, note: reason, answerWithin };
      await this.approvals.request(tx, approvalSubject(row), move, needed);
    } else {
      await this.beginnings.begin(tx, locked, row, { ...actor, origin });
    }
    const input: AgreementAmendmentInput = {
      programId: row.program_id,
      amendmentId: row.id,
      agreementId: row.agreement_id,
      partnerId: row.partner_id,
      applicationId: locked.partner.application_id,
    };
    const { type, taskQueue } = agreementAmendment;
    const workflowId = agreementAmendment.workflowId(row.id);
    await this.outbox.startWorkflow(tx, row.program_id, { type, taskQueue, workflowId, input });
  }
}

function rowOf(
  { agreement, partner }: Locked,
  newest: AgreementVersionRow,
  { side, effectiveFrom, answerWithin, reason, actorId }: AmendmentProposal,
  { termsHash, material, needed }: Proposed,
  { isRenewal, needsConsent }: { isRenewal: boolean; needsConsent: boolean },
): Parameters<AmendmentRecords['insert']>[1] {
  const goesOn = needsConsent ? 'negotiating' : 'announcing';
  return {
    program_id: agreement.program_id,
    agreement_id: agreement.id,
    partner_id: partner.id,
    side,
    state: needed.length > 0 ? 'awaiting_approval' : goesOn,
    base_version_id: newest.id,
    base_hash: newest.terms_hash,
    terms_hash: termsHash,
    needs_consent: needsConsent,
    material,
    is_renewal: isRenewal,
    wanted_from: effectiveFrom ?? null,
    answer_within: answerWithin ?? null,
    reason,
    proposed_by: actorId,
  };
}

/** Whether a change from then on lets an agreement go on where it would end. */
function renews({ state, ends_at: endsAt }: AgreementRow, from: Date | undefined): boolean {
  return from !== undefined && from.getTime() === endsAt?.getTime() && state === 'in_force';
}

function refusedTerms(message: string): DomainError {
  return new DomainError('invalid-document', 'nothing would change', [{ pointer: '/terms', message }]);
}

function refusedStart(message: string): DomainError {
  return new DomainError('invalid-document', 'the change cannot apply from then', [
    { pointer: '/effectiveFrom', message },
  ]);
}
