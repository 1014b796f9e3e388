import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsService } from '../programs/index.js';
import { PayoutRail, railIdempotencyKey } from './domain/index.js';

/** The accounts at the rail that partners are paid to: one for each, known here by the rail's own reference alone. */
@Injectable()
export class PayoutAccounts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly programs: ProgramsService,
    private readonly rail: PayoutRail,
  ) {}

  /**
   * Opens the partner's account at the rail. The key follows from the partner, so that asking again after a crash finds
   * the account that was opened then; a partner that has one keeps it.
   *
   * @throws DomainError `not-found` (the partner); what the rail throws
   */
  async openPayoutAccount(partnerId: string): Promise<void> {
    const [partner] = await this.database.query<{ program_id: string; account: string | null }>(
      `select partner.program_id, account.account_reference as account
       from partners partner left join payout_accounts account on account.partner_id = partner.id where partner.id = $1`,
      [partnerId],
    );
    if (!partner) throw new DomainError('not-found', `no partner ${partnerId}`);
    if (partner.account !== null) return;
    const { currency } = (await this.programs.get(partner.program_id)).document;
    const idempotencyKey = railIdempotencyKey(this.settings.env.RAIL_ENVIRONMENT, partnerId, 1, this.rail.name);
    const { accountReference } = await this.rail.openAccount({ partnerId, idempotencyKey, currency });
    await this.store(partner.program_id, partnerId, accountReference);
  }

  private async store(programId: string, partnerId: string, accountReference: string): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const opened = await rowOf(
        tx,
        `insert into payout_accounts (partner_id, program_id, rail, account_reference, created_at)
         values ($1, $2, $3, $4, $5) on conflict (partner_id) do nothing returning partner_id`,
        [partnerId, programId, this.rail.name, accountReference, this.clock.now()],
      );
      if (!opened) return;
      const details = { rail: this.rail.name };
      const fact = { ...systemActor, programId, action: 'payout_account.open', subjectId: partnerId };
      await this.audit.record(tx, { ...fact, details });
      await this.outbox.announce(tx, programId, { type: 'payout_account.opened', subjectId: partnerId, data: details });
    });
  }
}
