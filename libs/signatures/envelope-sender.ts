import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { systemActor } from '../orchestration/actor.js';
import type { EnvelopeStatus, SignatureInput } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { SealKeyUnavailable, SealService } from '../seals/index.js';
import { envelopeStates } from './domain/index.js';
import { EnvelopeDrafts } from './envelope-drafts.js';
import { EnvelopeTimers } from './envelope-timers.service.js';
import { EnvelopesService } from './envelopes.service.js';
import { SealBlocks } from './seal-blocks.js';
import { SignatureProviders } from './signature-providers.js';

/** Opens a frozen envelope for signatures and has those asked whose turn it is. */
@Injectable()
export class EnvelopeSender {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly drafts: EnvelopeDrafts,
    private readonly envelopes: EnvelopesService,
    private readonly providers: SignatureProviders,
    private readonly seals: SealService,
    private readonly blocks: SealBlocks,
    private readonly timers: EnvelopeTimers,
  ) {}

  /** All steps at once, for runs that know no single ones. @throws SealKeyUnavailable */
  async send(input: SignatureInput): Promise<EnvelopeStatus | null> {
    const draft = await this.drafts.draft(input);
    if (draft === null) return null;
    await this.drafts.freeze(draft.envelopeId);
    await this.dispatch(draft.envelopeId);
    return this.ask(draft.envelopeId);
  }

  /**
   * Sends a frozen envelope. Nobody is asked to sign what could not be sealed afterwards: without a key it stays frozen, and legal is told.
   * @throws SealKeyUnavailable, worth a retry
   */
  async dispatch(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.envelopes.get(envelopeId);
    if (row.state !== 'frozen') return this.envelopes.status(envelopeId);
    const { state, notAfter } = await this.seals.health(this.clock.now());
    if (state === 'missing' || state === 'expired') {
      await this.blocks.block(envelopeId, 'key_unavailable', { step: 'dispatch', key: state });
      throw new SealKeyUnavailable(`the seal key is ${state}`);
    }
    const settings = await this.envelopes.settings(row);
    await this.database.inTransaction(async (tx) => {
      const frozen = await this.envelopes.lock(tx, envelopeId);
      if (frozen.state !== 'frozen') return;
      const at = this.clock.now();
      const expires_at = new Date(at.getTime() + elapsedMs(settings.expiresAfter));
      const facts = {
        expiresAt: expires_at.toISOString(),
        documentHash: frozen.document_sha256,
        provider: frozen.provider,
      };
      const set = { sent_at: at, expires_at, seal_blocked: null, seal_blocked_at: null };
      await this.envelopes.move(tx, frozen, { ...systemActor, action: 'send', facts, set }, at);
      if (state !== 'expiring') return;
      const data = { notAfter: notAfter?.toISOString() ?? null };
      await this.outbox.announce(tx, frozen.program_id, { type: 'seal_key.expiring', subjectId: envelopeId, data });
    });
    return this.envelopes.status(envelopeId);
  }

  /**
   * Has the provider ask those whose turn it is and who were not asked yet; once the deadline has passed, the envelope expires instead:
   * a provider that is away holds no deadline up, and nobody is asked in vain.
   */
  async ask(envelopeId: string): Promise<EnvelopeStatus> {
    const { step } = await this.envelopes.status(envelopeId);
    if (step === 'ask' && !(await this.timers.expireIfPast(envelopeId)))
      await this.providers.send(await this.envelopes.get(envelopeId));
    return this.envelopes.status(envelopeId);
  }

  /** Tells the provider that an envelope has ended without a contract; harmless twice. */
  async close(envelopeId: string): Promise<EnvelopeStatus> {
    const row = await this.envelopes.get(envelopeId);
    if (envelopeStates.isTerminal(row.state) && row.state !== 'executed') await this.providers.void(row);
    return this.envelopes.status(envelopeId);
  }
}
