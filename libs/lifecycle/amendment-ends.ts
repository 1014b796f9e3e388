import { Injectable } from '@nestjs/common';
import { InternalApprovals, NegotiationsService, type AgreementRow, type AmendmentCause } from '../agreements/index.js';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import { agreementAmendment, amendmentClosed } from '../orchestration/agreement-amendment.js';
import { Outbox } from '../outbox/index.js';
import { EnvelopesService } from '../signatures/index.js';
import { AgreementMails, type Locked } from './agreement-mails.js';
import {
  actorOf,
  AmendmentRecords,
  approvalSubject,
  type AmendmentMove,
  type AmendmentRow,
} from './amendment-records.js';

/** How an amendment ends without a new version. */
export interface AmendmentEnd extends Actor {
  action: Extract<AmendmentMove['action'], 'refuse' | 'withdraw' | 'expire' | 'cancel'>;
  cause: AmendmentCause;
  reason?: string;
}

/** Causes that the negotiation's own mails have told already. */
const toldOtherwise: readonly AmendmentCause[] = ['negotiation_withdrawn', 'negotiation_lapsed'];

/** The end of amendments that come to nothing. What was in force stays in force: it was never touched. */
@Injectable()
export class AmendmentEnds {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly records: AmendmentRecords,
    private readonly approvals: InternalApprovals,
    private readonly negotiations: NegotiationsService,
    private readonly envelopes: EnvelopesService,
    private readonly mails: AgreementMails,
  ) {}

  /** Ends a locked amendment, and tells those who knew of it. @throws DomainError `illegal-transition` */
  async end(tx: Transaction, locked: Locked, row: AmendmentRow, end: AmendmentEnd): Promise<AmendmentRow> {
    const { action, cause, reason, actorId, requestId } = end;
    const set = { cause, end_reason: reason ?? null };
    const details = { agreementId: row.agreement_id, cause };
    const why = reason === undefined ? {} : { reason };
    const ended = await this.records.move(tx, row, { actorId, requestId, action, set, details, ...why });
    if (row.shown_at !== null && !toldOtherwise.includes(cause)) {
      await this.mails.toBothSides(tx, locked, 'amendment-ended', { amendmentId: row.id, cause });
    }
    return ended;
  }

  /**
   * Ends the amendment that is on its way because of what happens to its agreement, with its negotiation and its contract.
   * One whose contract both sides have signed, or whose period of notice is over, is concluded: it stays, and its version is
   * added if it begins in time.
   */
  async cancelOpen(
    tx: Transaction,
    locked: Locked,
    cause: 'agreement_terminated' | 'agreement_ended' | 'overtaken',
    actor: Actor,
  ): Promise<void> {
    const row = await this.records.openOf(tx, locked.agreement.id);
    if (!row || this.isNoticeOver(row)) return;
    const by = actorOf(actor);
    if (row.negotiation_id !== null && !(await this.endContracting(tx, row.negotiation_id, by, reasons[cause]))) return;
    await this.approvals.supersede(tx, approvalSubject(row), by);
    await this.end(tx, locked, row, { ...by, action: 'cancel', cause });
    const workflowId = agreementAmendment.workflowId(row.id);
    await this.outbox.signalWorkflow(tx, row.program_id, { workflowId, signal: amendmentClosed.name });
  }

  /** Whether both sides have signed a change of the agreement, or its period of notice is over, and it is not recorded yet. */
  async isConcluded(tx: Transaction, { id }: AgreementRow): Promise<boolean> {
    const row = await this.records.openOf(tx, id);
    if (row && this.isNoticeOver(row)) return true;
    if (row?.state !== 'signing' || row.negotiation_id === null) return false;
    const envelope = await this.envelopes.ofNegotiation(row.negotiation_id, tx);
    return envelope !== undefined && ['countersigned', 'sealing', 'executed'].includes(envelope.state);
  }

  private isNoticeOver({ state, notice_ends_at: endsAt }: AmendmentRow): boolean {
    return state === 'noticed' && endsAt !== null && endsAt <= this.clock.now();
  }

  private async endContracting(tx: Transaction, negotiationId: string, actor: Actor, reason: string): Promise<boolean> {
    await this.negotiations.endWith(tx, negotiationId, actor, reason);
    const envelope = await this.envelopes.ofNegotiation(negotiationId, tx);
    return !envelope || this.envelopes.endUnlessConcluded(tx, envelope.id, actor, reason);
  }
}

const reasons = {
  agreement_terminated: 'notice was given that ends the agreement',
  agreement_ended: 'the agreement has ended',
  overtaken: 'the partner proposed a change first',
} as const;
