import { Injectable } from '@nestjs/common';
import { Database, rowOf } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { CapabilityLinks, signingRecipient } from '../platform/index.js';
import { recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';

/** Finds whom a signing link belongs to. Its proof shows that we made it, the stored hash that it is the newest. */
@Injectable()
export class SigningLinks {
  constructor(
    private readonly database: Database,
    private readonly links: CapabilityLinks,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * @throws DomainError `not-found` for a link that is not ours, `link-replaced` for one that a correction, a delegation or another
   *   envelope has taken the place of
   */
  async resolve(token: string): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    if (!this.links.verify('signing', token)) throw new DomainError('not-found', 'this signing link is not valid');
    const found = await rowOf<{ id: string; envelope_id: string }>(
      this.database.dataSource.manager,
      `select id, envelope_id from envelope_recipients where link_hash = $1`,
      [CapabilityLinks.hash(token)],
    );
    if (!found) throw new DomainError('link-replaced', 'this signing link was replaced or is no longer needed');
    const row = await this.envelopes.get(found.envelope_id);
    return { row, recipient: recipientOf(row, found.id) };
  }

  /** The envelope that a link was made for, also after the link was replaced; undefined for one that is not ours. */
  async envelopeOf(token: string): Promise<EnvelopeRow | undefined> {
    const subject = this.links.verify('signing', token);
    if (subject === undefined) return undefined;
    const found = await rowOf<{ envelope_id: string }>(
      this.database.dataSource.manager,
      `select envelope_id from envelope_recipients where id = $1`,
      [signingRecipient(subject)],
    );
    return found && this.envelopes.get(found.envelope_id);
  }
}
