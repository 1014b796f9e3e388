import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../libs/database/index.js';
import { MailOutcomeListener, type MailOutcome } from '../../libs/notifications/index.js';
import { EnvelopeDeliveries, type DeliveryNote } from '../../libs/signatures/index.js';

/** What an outcome of a mail is to an envelope; a complaint came from somebody whom the mail has reached. */
const outcomes: Readonly<Partial<Record<MailOutcome['state'], DeliveryNote['outcome']>>> = {
  sent: 'sent',
  delivered: 'delivered',
  complained: 'delivered',
  bounced: 'bounced',
  failed: 'bounced',
  suppressed: 'bounced',
};

/** What becomes of a mail to a signer is a fact of its envelope: a link that never arrived is waited for in vain. */
@Injectable()
export class EnvelopeMailListener extends MailOutcomeListener {
  constructor(private readonly deliveries: EnvelopeDeliveries) {
    super();
  }

  async note(tx: Transaction, { mailId, state, code }: MailOutcome): Promise<void> {
    const outcome = outcomes[state];
    if (outcome === undefined) return;
    await this.deliveries.noteIn(tx, { mailId, outcome, ...(code === null ? {} : { reason: code }) });
  }
}
