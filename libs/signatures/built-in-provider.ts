import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/index.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox, type MailRequest } from '../outbox/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { lockEnvelope, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { ProviderInbox } from './provider-inbox.js';
import { SignatureProvider, type ProviderEnvelope } from './signature-provider.js';

/**
 * The provider that ships: it asks by mails of our own outbox, with links that the signing endpoints open. What it is
 * ordered and what it mails is one transaction, so an order that comes twice mails once.
 */
@Injectable()
export class BuiltInProvider extends SignatureProvider {
  readonly name = 'built-in';

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly inbox: ProviderInbox,
  ) {
    super();
  }

  async send({ envelopeId, recipients }: ProviderEnvelope): Promise<void> {
    const turn = recipients.filter(({ isTurn }) => isTurn).map(({ recipientId }) => recipientId);
    await this.inbox.asked(envelopeId, turn, 'mail', async (tx, row, recipient) => {
      await this.outbox.mail(tx, row.program_id, requestMail(row, recipient, 'requested', {}));
    });
  }

  async resend(
    { envelopeId }: ProviderEnvelope,
    { recipientId, number }: { recipientId: string; number: number },
  ): Promise<void> {
    await this.once(envelopeId, { type: 'asked_again', recipientId, number }, async (tx, row) => {
      const recipient = recipientOf(row, recipientId);
      await this.outbox.mail(tx, row.program_id, requestMail(row, recipient, 'requested', { repeat: number }));
    });
  }

  async remind(
    { envelopeId }: ProviderEnvelope,
    { recipientId, number }: { recipientId: string; number: number },
  ): Promise<void> {
    await this.inbox.reminded(envelopeId, { recipientId, number }, async (tx, row, recipient) => {
      await this.outbox.mail(tx, row.program_id, requestMail(row, recipient, 'reminder', { number }));
    });
  }

  async extend({ envelopeId }: ProviderEnvelope, { number }: { number: number }): Promise<void> {
    await this.once(envelopeId, { type: 'told_of_extension', number }, (tx, row) =>
      this.tell(tx, row, 'envelope-extended'),
    );
  }

  async void({ envelopeId, state }: ProviderEnvelope): Promise<void> {
    await this.once(envelopeId, { type: 'told_of_end', state }, async (tx, row) => {
      await this.tell(tx, row, `envelope-${state}`);
      const isForLegal = state === 'declined' || state === 'expired';
      const mail = { template: `envelope-${state}`, subjectId: row.id, to: { role: 'legal' } };
      if (isForLegal) await this.outbox.mail(tx, row.program_id, mail);
    });
  }

  /** To everyone who was asked and may still think that it has to act, or has acted in vain. */
  private async tell(tx: Transaction, row: EnvelopeRow, template: string): Promise<void> {
    for (const { id, person_id: personId, state, asked_at, link_generation: generation } of row.recipients) {
      if (personId === null || asked_at === null || state === 'declined' || state === 'delegated') continue;
      const mail = { template, subjectId: row.id, to: { personId }, details: { recipientId: id, generation } };
      await this.outbox.mail(tx, row.program_id, mail);
    }
  }

  /** Does what a fact tells of unless the fact is there. */
  private async once(
    envelopeId: string,
    { type, ...data }: { type: string; [field: string]: unknown },
    work: (tx: Transaction, row: EnvelopeRow) => Promise<void>,
  ): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await lockEnvelope(tx, envelopeId);
      if (await this.log.holds(tx, envelopeId, type, data)) return;
      await work(tx, row);
      await this.log.append(tx, { ...systemActor, programId: row.program_id, envelopeId, type, data });
    });
  }
}

/** A mail that asks one recipient for its act; whom it is for decides its template. */
export function requestMail(
  row: EnvelopeRow,
  recipient: RecipientRow,
  what: 'requested' | 'reminder',
  details: Record<string, string | number>,
): MailRequest {
  const family = recipient.party === 'partner' ? 'signature' : 'countersignature';
  return {
    template: `${family}-${what}`,
    subjectId: row.id,
    to: recipient.person_id === null ? { role: recipient.role ?? 'legal' } : { personId: recipient.person_id },
    details: { ...details, recipientId: recipient.id, generation: recipient.link_generation },
  };
}
