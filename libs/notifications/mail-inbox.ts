import { Injectable } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Database, rowOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { Outbox } from '../outbox/index.js';
import { Settings } from '../platform/index.js';
import { actionOf, type MailEventType } from './domain/index.js';
import { MailLog } from './mail-log.js';

/** What a provider tells of one mail. */
export interface MailEvent {
  /** The Message-ID that we gave the mail, with or without its angle brackets. */
  messageId: string;
  type: MailEventType;
  at: Date;
  /** The receiving server's reply (`550`) or enhanced status (`5.1.1`); null where there was none. */
  code: string | null;
}

interface InboxRow {
  message_id: string;
  type: MailEventType;
  code: string | null;
  applied_at: Date | null;
}

/** What the mail provider tells us: stored once per event, answered at once, applied by the worker. */
@Injectable()
export class MailInbox {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly outbox: Outbox,
    private readonly log: MailLog,
  ) {}

  /**
   * Checks the signature (Standard Webhooks) over the bytes as they came; the event's id.
   * @throws DomainError `unauthenticated` where it is missing, wrong, too old, or no secret is configured
   */
  verify(rawBody: Uint8Array, headers: Readonly<Record<string, string | string[] | undefined>>): string {
    const secret = this.settings.env.MAIL_WEBHOOK_SECRET;
    if (secret === undefined) throw new DomainError('unauthenticated', 'no secret for mail events is configured');
    const one = (name: string): string => {
      const value = headers[name];
      return typeof value === 'string' ? value : '';
    };
    const eventId = one('webhook-id');
    try {
      const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, one(name)]);
      const proof = Object.fromEntries(signed) as Record<string, string>;
      new Webhook(secret).verify(Buffer.from(rawBody), proof, { jsonParse: false });
    } catch {
      throw new DomainError('unauthenticated', 'the event is not signed by the mail provider');
    }
    return eventId;
  }

  /** Keeps an event, once per id, and leaves it to the worker. */
  async receive(eventId: string, event: MailEvent): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const isNew = await rowOf(
        tx,
        `insert into mail_inbox (event_id, message_id, type, code, at, received_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (event_id) do nothing returning event_id`,
        [eventId, bare(event.messageId), event.type, event.code, event.at, this.clock.now()],
      );
      if (isNew) await this.outbox.mailEvent(tx, { eventId });
    });
  }

  /** Applies an event of the inbox, once; one about a mail that we don't know changes nothing. */
  async apply({ eventId }: { eventId: string }): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const sql = `select message_id, type, code, applied_at from mail_inbox where event_id = $1 for update`;
      const event = await rowOf<InboxRow>(tx, sql, [eventId]);
      if (!event || event.applied_at !== null) return;
      await tx.query(`update mail_inbox set applied_at = $2 where event_id = $1`, [eventId, this.clock.now()]);
      const mail = await rowOf<{ id: string }>(tx, `select id from mails where message_id = $1`, [event.message_id]);
      const action = actionOf(event);
      const code = event.code ?? undefined;
      if (mail && action) await this.log.moveIn(tx, mail.id, { action, ...(code === undefined ? {} : { code }) });
    });
  }
}

/** A Message-ID without its angle brackets. */
export function bare(messageId: string): string {
  return messageId.trim().replace(/^<|>$/g, '');
}
