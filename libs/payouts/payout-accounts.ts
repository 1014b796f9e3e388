import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { ProgramsService } from '../programs/index.js';
import { railIdempotencyKey, RailRefusal, type PayoutRail } from './domain/index.js';
import { PayoutRails } from './payout-rails.js';
import { mapInFlight, uninterrupted, type Progress } from './progress.js';

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
    private readonly rails: PayoutRails,
  ) {}

  /**
   * Opens the partner's account at the rail of its program. The key follows from the partner and the rail, so that asking
   * again after a crash finds the account that was opened then; a partner that has one keeps it.
   *
   * @throws DomainError `not-found` (the partner); what the rail throws
   */
  async openPayoutAccount(partnerId: string): Promise<void> {
    const [partner] = await this.database.query<{ program_id: string }>(
      `select program_id from partners where id = $1`,
      [partnerId],
    );
    if (!partner) throw new DomainError('not-found', `no partner ${partnerId}`);
    const { currency, payout } = (await this.programs.get(partner.program_id)).document;
    await this.open(this.rails.of(payout), partner.program_id, { partnerId, currency });
  }

  /**
   * Opens what is missing since the program names another rail: the accounts of partners that have one elsewhere and
   * something to come, or of one partner. Whom the rail refuses is left out of batches as before.
   *
   * @throws DomainError `not-found` (the program); what the rail throws when it cannot be asked
   */
  async openMissing(
    { programId, partnerId: only }: { programId: string; partnerId?: string },
    { signal }: Progress = uninterrupted,
  ): Promise<void> {
    const { currency, payout } = (await this.programs.get(programId)).document;
    const missing = await this.database.query<{ partner_id: string }>(
      `select distinct elsewhere.partner_id from payout_accounts elsewhere
       where elsewhere.program_id = $1 and ($3::text is null or elsewhere.partner_id = $3)
         and not exists (select from payout_accounts here where here.partner_id = elsewhere.partner_id and here.rail = $2)
         and exists (select from ledger_accounts account join ledger_entries entry on entry.account_id = account.id
                     where account.program_id = $1 and account.code = 'payable'
                       and account.owner_id = elsewhere.partner_id
                     group by account.id having sum(entry.amount_minor) < 0)
       order by 1`,
      [programId, this.rails.nameOf(payout), only ?? null],
    );
    if (missing.length === 0) return;
    const rail = this.rails.of(payout);
    await mapInFlight(missing, this.settings.env.RAIL_CALLS_IN_FLIGHT, async ({ partner_id: partnerId }) => {
      signal.throwIfAborted();
      try {
        await this.open(rail, programId, { partnerId, currency });
      } catch (error) {
        if (!(error instanceof RailRefusal)) throw error;
      }
    });
  }

  private async open(
    rail: PayoutRail,
    programId: string,
    { partnerId, currency }: { partnerId: string; currency: string },
  ): Promise<void> {
    const [known] = await this.database.query(
      `select account_reference from payout_accounts where partner_id = $1 and rail = $2`,
      [partnerId, rail.name],
    );
    if (known) return;
    const idempotencyKey = railIdempotencyKey(this.settings.env.RAIL_ENVIRONMENT, partnerId, 1, rail.name);
    const { accountReference } = await rail.openAccount({ partnerId, idempotencyKey, currency });
    await this.store(rail.name, programId, { partnerId, accountReference });
  }

  private async store(
    rail: string,
    programId: string,
    { partnerId, accountReference }: { partnerId: string; accountReference: string },
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const opened = await rowOf(
        tx,
        `insert into payout_accounts (partner_id, program_id, rail, account_reference, created_at)
         values ($1, $2, $3, $4, $5) on conflict (partner_id, rail) do nothing returning partner_id`,
        [partnerId, programId, rail, accountReference, this.clock.now()],
      );
      if (!opened) return;
      const details = { rail };
      const fact = { ...systemActor, programId, action: 'payout_account.open', subjectId: partnerId };
      await this.audit.record(tx, { ...fact, details });
      await this.outbox.announce(tx, programId, { type: 'payout_account.opened', subjectId: partnerId, data: details });
    });
  }
}
