import { Injectable } from '@nestjs/common';
import { DomainError } from '../kernel/domain-error.js';
import type { EnvelopeStatus } from '../orchestration/signature.js';
import { EnvelopeDeliveries } from './envelope-deliveries.js';
import { EnvelopesService } from './envelopes.service.js';
import { ProviderInbox, type ProviderReport } from './provider-inbox.js';
import { SigningActs } from './signing-acts.js';

/** Carries out what outside providers have reported, in the order in which it came, by the same services as our own endpoints. */
@Injectable()
export class ProviderReports {
  constructor(
    private readonly inbox: ProviderInbox,
    private readonly acts: SigningActs,
    private readonly deliveries: EnvelopeDeliveries,
    private readonly envelopes: EnvelopesService,
  ) {}

  /** What is refused (late, out of turn, another document) is closed with its code and changes nothing. */
  async apply(envelopeId: string): Promise<EnvelopeStatus> {
    for (const { id, payload } of await this.inbox.openReports(envelopeId)) {
      let refused: string | null = null;
      try {
        await this.carryOut(envelopeId, id, payload);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refused = error.code;
      }
      await this.inbox.close(id, refused);
    }
    return this.envelopes.status(envelopeId);
  }

  private async carryOut(envelopeId: string, reportId: string, event: ProviderReport['event']): Promise<void> {
    if (event.kind === 'document') {
      const { mediaType, sha256 } = event;
      await this.inbox.note(envelopeId, 'system', 'provider_document', { mediaType, sha256, reportId });
      return;
    }
    const { recipientId } = event;
    const actor = { actorId: recipientId, requestId: reportId };
    if (event.kind === 'delivered' || event.kind === 'bounced') {
      await this.deliveries.note({ recipientId, outcome: event.kind });
    } else if (event.kind === 'viewed') {
      const origin = { ipAddress: event.ipAddress ?? '', userAgent: event.userAgent ?? '' };
      await this.inbox.viewed(envelopeId, recipientId, origin, reportId);
    } else if (event.kind === 'declined') {
      await this.acts.decline({ ...actor, envelopeId, recipientId, reason: event.reason });
    } else {
      const { documentHash, consentVersion } = event;
      const evidenceId = await this.inbox.intent(envelopeId, recipientId, event);
      await this.acts.sign({ ...actor, envelopeId, recipientId, documentHash, consentVersion, evidenceId });
    }
  }
}
