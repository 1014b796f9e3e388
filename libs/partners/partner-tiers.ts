import { Injectable, Module } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';

/** The tiers that partners have held: facts that are never changed, of which the latest in time holds. */
@Injectable()
export class PartnerTiers {
  constructor(
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** Records that a partner holds a tier from an instant on, and why; the tier decides what `match.tiers` sees. */
  async record(
    tx: Transaction,
    partner: { readonly id: string; readonly program_id: string },
    tier: { name: string; from: Date; reason: string },
    actor: Actor,
  ): Promise<void> {
    const { id: subjectId, program_id: programId } = partner;
    await tx.query(
      `insert into partner_tiers (program_id, partner_id, from_at, tier, reason, recorded_at) values ($1, $2, $3, $4, $5, $6)`,
      [programId, subjectId, tier.from, tier.name, tier.reason, this.clock.now()],
    );
    const fact = { ...actor, programId, action: 'partner.tier', subjectId, toState: tier.name, reason: tier.reason };
    await this.audit.record(tx, fact);
    await this.outbox.announce(tx, programId, { type: 'partner.tier_recorded', subjectId, data: { tier: tier.name } });
  }
}

/** Apart from the rest of the partners, for those who decide on tiers. */
@Module({ providers: [PartnerTiers], exports: [PartnerTiers] })
export class PartnerTiersModule {}
