import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { systemActor } from '../orchestration/actor.js';
import { bounced, delivered, signature } from '../orchestration/signature.js';
import { Outbox } from '../outbox/index.js';
import { isAwaiting, isOpen, type DeliveryState } from './domain/index.js';
import { EnvelopeLog } from './envelope-log.js';
import { lockEnvelope, recipientOf, type EnvelopeRow, type RecipientRow } from './envelope-rows.js';
import { EnvelopesService } from './envelopes.service.js';

/** What became of a mail to a recipient, known by the mail or by the recipient. */
export interface DeliveryNote {
  /** Our id of the mail, which its Message-ID begins with. */
  mailId?: string;
  recipientId?: string;
  /** The mail server took it; it arrived; it came back. */
  outcome: 'sent' | 'delivered' | 'bounced';
  /** The server's words or code; never an address. */
  reason?: string;
}

interface Found {
  envelopeId: string;
  recipientId: string;
  template: string;
  /** Of the link in the mail: one from before a correction says nothing of the address that counts now. */
  generation: number | undefined;
}

const stateOf: Readonly<Record<DeliveryNote['outcome'], DeliveryState>> = {
  sent: 'sent',
  delivered: 'delivered',
  bounced: 'failed',
};

/** Takes in what mail servers tell of the mails about envelopes. The fact goes to the rows; the workflow is told to look. */
@Injectable()
export class EnvelopeDeliveries {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly log: EnvelopeLog,
    private readonly envelopes: EnvelopesService,
  ) {}

  /**
   * Notes an outcome; whether the mail was about an envelope. A bounce pauses the reminders to the recipient and tells legal, until its
   * address is corrected. Told twice, it counts once.
   */
  note(note: DeliveryNote): Promise<boolean> {
    return this.database.inTransaction((tx) => this.noteIn(tx, note));
  }

  /** As `note`, in the transaction of something else. */
  async noteIn(tx: Transaction, { mailId, recipientId, outcome, reason }: DeliveryNote): Promise<boolean> {
    const found = await this.find(tx, mailId, recipientId);
    if (!found) return false;
    const row = await lockEnvelope(tx, found.envelopeId);
    const recipient = recipientOf(row, found.recipientId);
    const type = `mail_${outcome}`;
    // That a reminder left is told by the fact of the reminder.
    if (outcome === 'sent' && found.template.endsWith('-reminder')) return true;
    const key = {
      recipientId: recipient.id,
      mailId: mailId ?? null,
      generation: found.generation ?? recipient.link_generation,
    };
    if (await this.log.holds(tx, row.id, type, key)) return true;
    const data = {
      ...key,
      template: found.template,
      ...(reason === undefined ? {} : { reason: reason.slice(0, 200) }),
    };
    await this.log.append(tx, { ...systemActor, programId: row.program_id, envelopeId: row.id, type, data });
    if (key.generation === recipient.link_generation) await this.follow(tx, row, recipient, outcome);
    return true;
  }

  private async follow(
    tx: Transaction,
    row: EnvelopeRow,
    recipient: RecipientRow,
    outcome: DeliveryNote['outcome'],
  ): Promise<void> {
    const delivery = stateOf[outcome];
    const isNews = outcome !== 'sent' || recipient.delivery === 'pending';
    if (!isNews || recipient.delivery === delivery) return;
    await this.envelopes.updateRecipient(tx, recipient.id, { delivery });
    if (outcome === 'sent') return;
    const { id: recipientId } = recipient;
    const type = outcome === 'bounced' ? 'delivery_failed' : 'delivered';
    await this.envelopes.note(tx, row, { ...systemActor, name: type, type, data: { recipientId } });
    if (outcome === 'bounced' && isAwaiting(row.state) && isOpen(recipient)) {
      const mail = {
        template: 'signature-bounced',
        subjectId: row.id,
        to: { role: 'legal' },
        details: { recipientId },
      };
      await this.outbox.mail(tx, row.program_id, mail);
    }
    const signal = outcome === 'bounced' ? bounced.name : delivered.name;
    await this.outbox.signalWorkflow(tx, row.program_id, {
      workflowId: signature.workflowId(row.negotiation_id),
      signal,
    });
  }

  private async find(
    tx: Transaction,
    mailId: string | undefined,
    recipientId: string | undefined,
  ): Promise<Found | undefined> {
    if (mailId !== undefined) {
      return rowOf<Found>(
        tx,
        `select r.envelope_id as "envelopeId", r.id as "recipientId", m.payload ->> 'template' as template,
           (m.payload -> 'details' ->> 'generation')::int as generation
         from outbox_messages m join envelope_recipients r on r.id = m.payload -> 'details' ->> 'recipientId'
         where m.id = $1 and m.kind = 'mail' and r.envelope_id = m.payload ->> 'subjectId'
           and m.payload ->> 'template' not in ('signature-bounced', 'signer-locked')`,
        [mailId],
      );
    }
    const sql = `select envelope_id as "envelopeId", id as "recipientId", 'unknown' as template from envelope_recipients where id = $1`;
    return rowOf<Found>(tx, sql, [recipientId]);
  }
}
