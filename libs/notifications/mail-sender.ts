import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { MailRequest } from '../outbox/index.js';
import { fillTemplate, isMailTemplate, mailTemplates, type Mail, type MailTemplate } from './domain/index.js';
import { MailFactsReader } from './mail-facts.js';
import { bare } from './mail-inbox.js';
import { MailLog } from './mail-log.js';
import type { Letter } from './mail-source.js';
import { sourceOf } from './mails/index.js';
import { MailDeliveryError, Mailer, MailGivenUp } from './mailer.js';

/** How long a mail is tried: what mail servers themselves do (RFC 5321, 4.5.4.1: at least 4 to 5 days). */
const tryForMs = 5 * 24 * 3_600_000;

/** Fills the template that an outbox message names and hands the mail to the mailer; the log tells what came of it. */
@Injectable()
export class MailSender {
  constructor(
    private readonly reader: MailFactsReader,
    private readonly mailer: Mailer,
    private readonly log: MailLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends one mail, unless it was sent already. A recipient without an address (erased, or a role that the program names
   * none for) gets nothing, and neither does an address that an earlier mail came back from.
   */
  async send(mailId: string, programId: string, request: MailRequest): Promise<void> {
    const row = await this.log.get(mailId);
    if (row.state !== 'queued') return;
    const { document: program } = await this.reader.program(programId);
    const recipient = await this.reader.recipient(program, request.to);
    if (!recipient) {
      await this.log.move(mailId, { action: 'fail', code: 'no-address' });
      return;
    }
    const { language } = recipient;
    const addressHash = this.log.hashOf(recipient.address);
    if (await this.log.isSuppressed(programId, addressHash)) {
      await this.log.move(mailId, { action: 'suppress', language, addressHash });
      return;
    }
    try {
      const mail = await this.compose(mailId, { programId, program, request, recipient, language });
      const messageId = bare(await this.mailer.send(mail));
      await this.log.move(mailId, { action: 'send', language, addressHash, messageId });
    } catch (error) {
      const code = codeOf(error);
      const isOver = isFinal(error) || this.clock.now().getTime() - row.created_at.getTime() > tryForMs;
      if (isOver) await this.log.move(mailId, { action: 'fail', code, language, addressHash });
      else await this.log.noteFailure(mailId, code);
      throw isOver ? new MailGivenUp(mailId, code) : error;
    }
  }

  private async compose(id: string, letter: Letter): Promise<Mail> {
    const { program, request, recipient, language } = letter;
    const { template: name } = request;
    if (!isMailTemplate(name)) throw new Error(`no mail template is named ${name}`);
    const source = sourceOf(name);
    const facts = await source.facts(this.reader, letter);
    const attachments = (await source.attachments?.(this.reader, letter)) ?? [];
    const frame = { language, recipientName: recipient.name, programName: program.name };
    const replaced = program.messages.mails[name]?.[language];
    const content = fillTemplate(mailTemplates[name] as MailTemplate<unknown>, facts, frame, replaced);
    return { id, to: recipient, ...content, attachments };
  }
}

/** Whether no repeat could help: refused for good by the server, or not sendable as it is. */
function isFinal(error: unknown): boolean {
  return (
    (error instanceof MailDeliveryError && error.permanent) ||
    (error instanceof DomainError && error.code === 'malformed-request')
  );
}

/** The server's reply where there was one, else the kind of failure; never a text, which may hold an address. */
function codeOf(error: unknown): string {
  if (error instanceof MailDeliveryError) return error.replyCode === undefined ? error.code : String(error.replyCode);
  return error instanceof DomainError ? error.code : error instanceof Error ? error.name : 'unknown';
}
