import type { Mail } from './domain/index.js';

/** Hands mails over to whoever carries them. */
export abstract class Mailer {
  /**
   * Resolves, with the mail's Message-ID, once the mail server has taken responsibility for it. Safe to repeat: the mail
   * keeps its id.
   * Throws `malformed-request` for a mail that may not be sent, and `MailDeliveryError` when the server did not take it.
   */
  abstract send(mail: Mail): Promise<string>;
}

/** The mail server did not take a mail. The message names the mail by our id: addresses stay out of logs. */
export class MailDeliveryError extends Error {
  override readonly name = 'MailDeliveryError';

  constructor(
    readonly mailId: string,
    /** The library's code (`ECONNECTION`, `ETIMEDOUT`, `EENVELOPE`, …). */
    readonly code: string,
    /** The server's SMTP reply, where there was one. */
    readonly replyCode: number | undefined,
  ) {
    super(`the mail server did not take ${mailId}: ${code}${replyCode === undefined ? '' : `, reply ${replyCode}`}`);
  }

  /** Whether the server refused for good (a 5xx reply), so that trying again is no use. */
  get permanent(): boolean {
    return this.replyCode !== undefined && this.replyCode >= 500;
  }
}

/** A mail that no further attempt will be made for; why stands in the log of mails. */
export class MailGivenUp extends Error {
  override readonly name = 'MailGivenUp';
  /** For the outbox: this message is done with. */
  readonly permanent = true;

  constructor(mailId: string, code: string) {
    super(`${mailId} is given up: ${code}`);
  }
}
