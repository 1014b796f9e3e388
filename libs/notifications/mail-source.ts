import type { Language } from '../kernel/language.js';
import type { MailRequest } from '../outbox/index.js';
import type { ProgramDocument } from '../programs/index.js';
import type { AnyMailTemplate, FactsOf, MailAddress, MailAttachment } from './domain/index.js';
import type { MailFactsReader } from './mail-facts.js';

/** One mail on its way: what was asked for, and whom it goes to. */
export interface Letter {
  programId: string;
  program: ProgramDocument;
  request: MailRequest;
  recipient: Required<MailAddress>;
  language: Language;
}

/** Where a template's facts come from; they are read at the moment of sending. */
export interface MailSource<Facts> {
  facts(reader: MailFactsReader, letter: Letter): Facts | Promise<Facts>;
  attachments?(reader: MailFactsReader, letter: Letter): Promise<MailAttachment[]>;
}

/** A source for each template of an area: the compiler complains about a template without one. */
export type MailSources<Templates extends Readonly<Record<string, AnyMailTemplate>>> = {
  readonly [Name in keyof Templates]: MailSource<FactsOf<Templates[Name]>>;
};
