import { Injectable } from '@nestjs/common';
import { AgreementActs, NegotiationsService, TermsDocuments } from '../agreements/index.js';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import type { Locked } from './agreement-mails.js';
import { actorOf, AmendmentRecords, type AmendmentRow } from './amendment-records.js';
import type { Origin } from './renewals.service.js';

/** How a proposed change comes before the other side. */
export interface Beginning extends Actor {
  /** Where the proposal came from; unknown where it was made before and has been approved now. */
  origin?: Origin;
  /** The internal approval that it was made by, and who had proposed it then. */
  approval?: { id: string; proposedBy: string };
}

/** What happens once an amendment may be seen by the other side: its first round, or the way to a notice. */
@Injectable()
export class AmendmentBeginnings {
  constructor(
    private readonly clock: Clock,
    private readonly records: AmendmentRecords,
    private readonly acts: AgreementActs,
    private readonly negotiations: NegotiationsService,
    private readonly terms: TermsDocuments,
  ) {}

  /**
   * Writes down that the side has proposed the change, and opens its negotiation where it needs consent. The caller moves the
   * state, if it is another one.
   */
  async begin(tx: Transaction, locked: Locked, row: AmendmentRow, beginning: Beginning): Promise<AmendmentRow> {
    const { origin, approval } = beginning;
    await this.acts.append(tx, locked.agreement, {
      type: 'amendment_proposed',
      side: row.side,
      actorId: approval?.proposedBy ?? beginning.actorId,
      termsHash: row.terms_hash,
      data: {
        amendmentId: row.id,
        baseHash: row.base_hash,
        needsConsent: row.needs_consent,
        wantedFrom: row.wanted_from?.toISOString() ?? null,
        ...(approval && { approvalId: approval.id, approvedBy: beginning.actorId }),
        ...origin,
      },
    });
    const shown = await this.records.set(tx, row, { shown_at: this.clock.now() });
    if (!row.needs_consent) return shown;
    return this.records.set(tx, shown, { negotiation_id: await this.negotiate(tx, locked, shown, beginning) });
  }

  /** Opens the negotiation of a change, with what was proposed as its first version; the negotiation's id. */
  async negotiate(
    tx: Transaction,
    { partner }: Locked,
    row: AmendmentRow,
    { approval, ...actor }: Beginning,
  ): Promise<string> {
    const negotiation = await this.negotiations.open(
      tx,
      {
        programId: row.program_id,
        applicationId: partner.application_id,
        partnerId: row.partner_id,
        agreementId: row.agreement_id,
        baseVersionId: row.base_version_id,
        kind: row.is_renewal ? 'renewal' : 'amendment',
        side: row.side,
        offer: await this.terms.get(row.program_id, row.terms_hash, tx),
        note: row.reason,
        announcedAs: 'amendment-proposed',
        ...(row.answer_within !== null && { answerWithin: row.answer_within }),
        ...(approval && { approval }),
      },
      actorOf(actor),
    );
    return negotiation.id;
  }
}
