import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { EnvelopesService } from './envelopes.service.js';
import type { EnvelopeRow } from './envelope-rows.js';

/** Marks envelopes whose seal cannot be made now, and tells legal of it. */
@Injectable()
export class SealBlocks {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly envelopes: EnvelopesService,
  ) {}

  /** Marks an envelope, once for each cause; being stopped by the same cause again is no news. */
  async block(
    envelopeId: string,
    cause: NonNullable<EnvelopeRow['seal_blocked']>,
    data: Record<string, unknown>,
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (row.seal_blocked === cause) return;
      await this.envelopes.update(tx, row.id, { seal_blocked: cause, seal_blocked_at: this.clock.now() });
      const act = {
        ...systemActor,
        name: 'block_seal',
        type: 'seal_blocked' as const,
        data: { cause, ...data },
        reason: cause,
      };
      await this.envelopes.note(tx, row, act);
      const mail = { template: 'seal-blocked', subjectId: row.id, to: { role: 'legal' }, details: { cause } };
      await this.outbox.mail(tx, row.program_id, mail);
    });
  }

  /**
   * Puts an envelope into quarantine: a sealed document that does not verify goes nowhere until a person has looked into it.
   * @throws DomainError `seal-unverified`, always
   */
  async quarantine(envelopeId: string, step: string, findings: readonly { code: string }[]): Promise<never> {
    const codes = findings.map(({ code }) => code);
    await this.block(envelopeId, 'verification_failed', { step, findings: codes });
    throw new DomainError('seal-unverified', `what was sealed does not verify: ${codes.join(', ')}`);
  }
}
