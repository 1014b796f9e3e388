import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import { lockPartners, SuspendedMoney } from '../ledger/index.js';
import type { MailTemplateName } from '../notifications/domain/index.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { partnerStages, type SuspensionCause } from './domain/index.js';
import { PartnersService, type PartnerRow } from './partners.service.js';

/** One cause that held a partner from an instant on, until another (not included) where it has been ended. */
export interface SuspensionRow {
  id: string;
  partner_id: string;
  cause: SuspensionCause;
  reason: string;
  actor_id: string;
  from_at: Date;
  until_at: Date | null;
  ended_by: string | null;
  end_reason: string | null;
}

export interface SuspensionAct extends Actor {
  partnerId: string;
  cause: SuspensionCause;
  reason: string;
}

const columns = `id, partner_id, cause, reason, actor_id, from_at, until_at, ended_by, end_reason`;

/**
 * Suspensions of partners. Causes are kept apart, so that ending one never lets go of what another holds. While one is
 * open nothing is collected for payout and what vests is held; events go on being priced.
 */
@Injectable()
export class SuspensionsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly partners: PartnersService,
    private readonly money: SuspendedMoney,
  ) {}

  /**
   * Suspends an active partner, or adds a cause to a suspended one.
   * @throws DomainError `not-found`, `illegal-transition` (not active), `already-exists` (for this cause it is)
   */
  begin(act: SuspensionAct): Promise<void> {
    return this.database.inTransaction(async (tx) => {
      const partner = await this.partners.lock(tx, act.partnerId);
      if (await this.audit.wasRequested(tx, { ...act, subjectId: partner.id })) return;
      if (partner.stage !== 'suspended') partnerStages.next(partner.stage, 'suspend');
      const made = await rowOf(
        tx,
        `insert into partner_suspensions (id, program_id, partner_id, cause, reason, actor_id, from_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (partner_id, cause) where until_at is null do nothing returning id`,
        [newId('sus'), partner.program_id, partner.id, act.cause, act.reason, act.actorId, this.clock.now()],
      );
      if (!made) throw new DomainError('already-exists', `the partner is suspended for ${act.cause} already`);
      await this.tell(tx, partner, 'begin', act, { cause: act.cause });
      if (partner.stage !== 'suspended') await this.partners.move(tx, partner, { ...act, action: 'suspend' });
      await this.mail(tx, partner, 'partner-suspended', { cause: act.cause });
    });
  }

  /**
   * Ends the suspension for one cause; with the last one the partner is active again, unless it has ended meanwhile.
   * @throws DomainError `not-found`, `illegal-transition` (it is not suspended for this cause)
   */
  async end(act: SuspensionAct): Promise<void> {
    const { program_id: programId } = await this.partners.get(act.partnerId);
    return this.database.inTransaction(async (tx) => {
      // Before the partner's row: whoever prices holds the money lock and then looks at that row.
      await lockPartners(tx, programId, [act.partnerId]);
      const partner = await this.partners.lock(tx, act.partnerId);
      if (await this.audit.wasRequested(tx, { ...act, subjectId: partner.id })) return;
      const ended = await rowOf<{ id: string }>(
        tx,
        `update partner_suspensions set until_at = $3, ended_by = $4, end_reason = $5
         where partner_id = $1 and cause = $2 and until_at is null returning id`,
        [partner.id, act.cause, this.clock.now(), act.actorId, act.reason],
      );
      if (!ended) throw new DomainError('illegal-transition', `the partner is not suspended for ${act.cause}`);
      const left = (await this.of(partner.id, tx)).filter(({ until_at }) => until_at === null).length;
      await this.tell(tx, partner, 'end', act, { cause: act.cause, causesLeft: left });
      if (left === 0 && partner.stage === 'suspended') {
        await this.partners.move(tx, partner, { ...act, action: 'resume' });
      }
      if (left === 0) {
        const { actorId } = act;
        await this.money.release(tx, { programId, partnerId: partner.id, key: ended.id, actorId });
      }
      await this.mail(tx, partner, 'partner-suspension-ended', { cause: act.cause, causesLeft: left });
    });
  }

  /** Every suspension of a partner, oldest first. */
  of(partnerId: string, tx: Transaction = this.database.dataSource.manager): Promise<SuspensionRow[]> {
    return rowsOf<SuspensionRow>(
      tx,
      `select ${columns} from partner_suspensions where partner_id = $1 order by from_at, id`,
      [partnerId],
    );
  }

  private async tell(
    tx: Transaction,
    { id: subjectId, program_id: programId }: PartnerRow,
    action: 'begin' | 'end',
    { actorId, requestId, reason }: SuspensionAct,
    details: Record<string, string | number>,
  ): Promise<void> {
    const fact = { programId, actorId, requestId, action: `partner.suspension_${action}`, subjectId, reason, details };
    await this.audit.record(tx, fact);
    const type = action === 'begin' ? 'partner.suspension_begun' : 'partner.suspension_ended';
    await this.outbox.announce(tx, programId, { type, subjectId, data: details });
  }

  private async mail(
    tx: Transaction,
    { id: subjectId, program_id: programId, person_id: personId }: PartnerRow,
    template: MailTemplateName,
    details: Record<string, string | number>,
  ): Promise<void> {
    for (const to of [{ personId }, { role: 'partner_manager' }]) {
      await this.outbox.mail(tx, programId, { template, subjectId, to, details });
    }
  }
}
