import { Injectable } from '@nestjs/common';
import type { MailRequest } from '../outbox/index.js';
import { fillTemplate, isMailTemplate, mailTemplates, type MailTemplate } from './domain/index.js';
import { MailFactsReader } from './mail-facts.js';
import type { Letter } from './mail-source.js';
import { sourceOf } from './mails/index.js';
import { Mailer } from './mailer.js';

/** Fills the template that an outbox message names and hands the mail to the mailer. */
@Injectable()
export class MailSender {
  constructor(
    private readonly reader: MailFactsReader,
    private readonly mailer: Mailer,
  ) {}

  /** Sends one mail. A recipient without an address (erased, or a role that the program names none for) gets nothing. */
  async send(messageId: string, programId: string, request: MailRequest): Promise<void> {
    const { document: program } = await this.reader.program(programId);
    const recipient = await this.reader.recipient(program, request.to);
    if (!recipient) return;
    const { language } = recipient;
    await this.deliver(messageId, { programId, program, request, recipient, language });
  }

  private async deliver(messageId: string, letter: Letter): Promise<void> {
    const { program, request, recipient, language } = letter;
    const { template: name } = request;
    if (!isMailTemplate(name)) throw new Error(`no mail template is named ${name}`);
    const source = sourceOf(name);
    const facts = await source.facts(this.reader, letter);
    const attachments = (await source.attachments?.(this.reader, letter)) ?? [];
    const frame = { language, recipientName: recipient.name, programName: program.name };
    const content = fillTemplate(mailTemplates[name] as MailTemplate<unknown>, facts, frame);
    await this.mailer.send({ id: messageId, to: recipient, ...content, attachments });
  }
}
