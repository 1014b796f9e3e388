import { Injectable } from '@nestjs/common';
import { AgreementsService, terminationStates, type EndCause, type TerminationState } from '../agreements/index.js';
import { rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { partnerStages, PartnersService } from '../partners/index.js';
import { AgreementMails, type Locked } from './agreement-mails.js';
import { AmendmentEnds } from './amendment-ends.js';
import { Renewals } from './renewals.service.js';

/** A notice that is given or has taken effect. */
export interface TerminationRow {
  id: string;
  side: 'company' | 'partner';
  kind: 'ordinary' | 'for_cause';
  state: TerminationState;
  effective_at: Date;
}

/** The notice that ends an agreement, if one does. */
export function standingTermination(tx: Transaction, agreementId: string): Promise<TerminationRow | undefined> {
  return rowOf<TerminationRow>(
    tx,
    `select id, side, kind, state, effective_at from agreement_terminations
     where agreement_id = $1 and state in ('given', 'effective')`,
    [agreementId],
  );
}

/** The notice that the one that stands took the place of, the last one of several: it counts again if that is taken back. */
export function supersededTermination(tx: Transaction, agreementId: string): Promise<TerminationRow | undefined> {
  return rowOf<TerminationRow>(
    tx,
    `select id, side, kind, state, effective_at from agreement_terminations
     where agreement_id = $1 and state = 'superseded' order by given_at desc, id desc limit 1`,
    [agreementId],
  );
}

/** What follows when an agreement has ended. That nothing is earned any more needs none of it: the intervals say so. */
@Injectable()
export class AgreementEnds {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly agreements: AgreementsService,
    private readonly partners: PartnersService,
    private readonly renewals: Renewals,
    private readonly amendments: AmendmentEnds,
    private readonly mails: AgreementMails,
  ) {}

  /** Closes an agreement whose end has come, and ends its partner. @throws DomainError `illegal-transition` */
  async end(tx: Transaction, locked: Locked, actor: Actor): Promise<void> {
    const { partner, agreement } = locked;
    const termination = await standingTermination(tx, agreement.id);
    const cause = causeOf(locked, termination);
    const details = { endsAt: agreement.ends_at?.toISOString() ?? '', cause };
    await this.agreements.move(tx, agreement, { ...actor, action: 'end', cause, details });
    if (termination) {
      const state = terminationStates.next(termination.state, 'take_effect');
      await tx.query(`update agreement_terminations set state = $2, state_since = $3 where id = $1`, [
        termination.id,
        state,
        this.clock.now(),
      ]);
    }
    await this.renewals.lapse(tx, agreement);
    await this.amendments.cancelOpen(tx, locked, 'agreement_ended', actor);
    if (partnerStages.allows(partner.stage, 'end')) {
      await this.partners.move(tx, partner, { ...actor, action: 'end', reason: `the agreement has ended: ${cause}` });
    }
    const event = { type: 'agreement.ended' as const, subjectId: agreement.id, data: details };
    await this.outbox.announce(tx, agreement.program_id, event);
    await this.mails.toBothSides(tx, locked, 'agreement-ended', details);
  }
}

/** A notice that was to take effect after the term's end is not what ended the agreement. */
function causeOf({ agreement }: Locked, termination: TerminationRow | undefined): EndCause {
  if (termination && termination.effective_at.getTime() === agreement.ends_at?.getTime()) {
    return termination.kind === 'for_cause' ? 'for_cause' : 'notice';
  }
  return agreement.renewal === 'consent' ? 'no_consent' : 'term';
}
