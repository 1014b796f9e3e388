import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { systemActor } from '../orchestration/actor.js';
import type { EnvelopeStatus } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import type { SignatureSettings } from '../programs/index.js';
import { envelopeStates, isSameTimer, type EnvelopeStep, type EnvelopeTimer } from './domain/index.js';
import type { EnvelopeRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';
import { ProviderInbox } from './provider-inbox.js';
import { SignatureProviders } from './signature-providers.js';

/** What happens to an envelope by itself: reminders, the warning before its expiry, escalation, expiry, alerts. */
@Injectable()
export class EnvelopeTimers {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly envelopes: EnvelopesService,
    private readonly providers: SignatureProviders,
    private readonly inbox: ProviderInbox,
  ) {}

  /**
   * Does what the timer says if that is still the next thing to happen by the rows; so it happens once, however often it is asked for,
   * and an act that came before the timer wins. Whatever comes later than the deadline is the expiry: after an outage nobody is
   * reminded of, or warned about, what can no longer be signed.
   */
  async run(envelopeId: string, timer: EnvelopeTimer): Promise<EnvelopeStatus> {
    if (await this.expireIfPast(envelopeId)) return this.envelopes.status(envelopeId);
    const settings = await this.envelopes.settings(await this.envelopes.get(envelopeId));
    if (timer.kind === 'remind') {
      await this.remind(envelopeId, settings, timer);
      return this.envelopes.status(envelopeId);
    }
    await this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (isSameTimer(this.envelopes.timer(row, settings), timer)) await this.fire(tx, row, settings, timer);
    });
    return this.envelopes.status(envelopeId);
  }

  /** Expires the envelope where its deadline has passed while it waits for signatures; whether it has. */
  async expireIfPast(envelopeId: string): Promise<boolean> {
    const isPast = ({ state, expires_at: at }: EnvelopeRow): boolean =>
      envelopeStates.allows(state, 'expire') && at !== null && this.clock.now() >= at;
    if (!isPast(await this.envelopes.get(envelopeId))) return false;
    return this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (!isPast(row)) return false;
      await this.envelopes.move(tx, row, { ...systemActor, action: 'expire' });
      return true;
    });
  }

  /** Expires the envelope unless its last signature came first; the state that the row has then. */
  async expire(envelopeId: string): Promise<EnvelopeStatus> {
    await this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      if (!envelopeStates.allows(row.state, 'expire')) return;
      await this.envelopes.move(tx, row, { ...systemActor, action: 'expire' });
    });
    return this.envelopes.status(envelopeId);
  }

  /** Tells legal that a step is stuck. Once for each time that it is asked, but never about a step that is over. */
  async alert(envelopeId: string, step: EnvelopeStep): Promise<EnvelopeStatus> {
    const status = await this.envelopes.status(envelopeId);
    if (status.step !== step) return status;
    await this.database.inTransaction(async (tx) => {
      const row = await this.envelopes.lock(tx, envelopeId);
      await this.envelopes.note(tx, row, { ...systemActor, name: 'alert', type: 'step_stuck', data: { step } });
      const mail = { template: 'signing-stuck', subjectId: row.id, to: { role: 'legal' }, details: { step } };
      await this.outbox.mail(tx, row.program_id, mail);
    });
    return this.envelopes.status(envelopeId);
  }

  private async fire(
    tx: Transaction,
    row: EnvelopeRow,
    settings: SignatureSettings,
    timer: EnvelopeTimer,
  ): Promise<void> {
    if (timer.kind === 'expire') {
      await this.envelopes.move(tx, row, { ...systemActor, action: 'expire' });
    } else if (timer.kind === 'warn') {
      await this.warn(tx, row, settings);
    } else {
      await this.envelopes.update(tx, row.id, { escalated_at: this.clock.now() });
      const dueAt = row.countersign_due_at!.toISOString();
      const data = { to: settings.escalateTo, dueAt };
      await this.envelopes.note(tx, row, { ...systemActor, name: 'escalate', type: 'escalated', data });
      const mail = { template: 'countersignature-overdue', subjectId: row.id, to: { role: settings.escalateTo } };
      await this.outbox.mail(tx, row.program_id, mail);
    }
  }

  private async warn(tx: Transaction, row: EnvelopeRow, settings: SignatureSettings): Promise<void> {
    await this.envelopes.update(tx, row.id, { expiry_warned_at: this.clock.now() });
    const turn = this.envelopes.turn(row, settings);
    const expiresAt = row.expires_at!.toISOString();
    const data = { expiresAt, recipientIds: turn.map(({ id }) => id) };
    await this.envelopes.note(tx, row, { ...systemActor, name: 'warn', type: 'expiry_warned', data });
    for (const { id, party, role, person_id: personId, link_generation: generation, delivery } of turn) {
      if (delivery === 'failed') continue;
      const template = party === 'partner' ? 'signature-expiring' : 'countersignature-expiring';
      const to = personId === null ? { role: role ?? 'legal' } : { personId };
      await this.outbox.mail(tx, row.program_id, {
        template,
        subjectId: row.id,
        to,
        details: { recipientId: id, generation },
      });
    }
  }

  /** By the provider, which counts it with its sending. Should it not, it is counted here, so that the next one comes in its time. */
  private async remind(envelopeId: string, settings: SignatureSettings, timer: EnvelopeTimer): Promise<void> {
    const row = await this.envelopes.get(envelopeId);
    if (!isSameTimer(this.envelopes.timer(row, settings), timer)) return;
    const reminder = { recipientId: timer.recipientId!, number: timer.number! };
    await this.providers.remind(row, reminder);
    await this.inbox.reminded(envelopeId, reminder);
  }
}
