import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import type { MailState } from './domain/index.js';

/** What became of one mail. */
export interface MailOutcome {
  mailId: string;
  programId: string;
  template: string;
  /** The row that the mail was about: an envelope, an application, … */
  subjectId: string;
  /** The person that it went to; null for a role of the company. */
  personId: string | null;
  state: MailState;
  /** Why, as the mail server or the provider said (`550`, `5.1.1`, `ETIMEDOUT`, `no-address`); null where nothing is wrong. */
  code: string | null;
  at: Date;
}

/** Wants to know what becomes of mails: whoever waits for an answer learns that the question never arrived. */
export abstract class MailOutcomeListener {
  /** Called in the transaction that moves the mail, after every move; it must bear mails that are none of its own. */
  abstract note(tx: Transaction, outcome: MailOutcome): Promise<void>;
}

/** Hands outcomes on to whoever listens. The worker's host adds the listeners when it starts. */
@Injectable()
export class MailOutcomes {
  private readonly listeners: MailOutcomeListener[] = [];

  add(listener: MailOutcomeListener): void {
    this.listeners.push(listener);
  }

  async tell(tx: Transaction, outcome: MailOutcome): Promise<void> {
    for (const listener of this.listeners) await listener.note(tx, outcome);
  }
}
