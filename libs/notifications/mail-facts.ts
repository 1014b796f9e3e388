import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DocumentStore } from '../documents/index.js';
import type { Language } from '../kernel/language.js';
import type { MailRequest } from '../outbox/index.js';
import { CapabilityLinks, publicUrl, Settings, signingSubject } from '../platform/index.js';
import { ProgramsService, type ProgramDocument } from '../programs/index.js';
import type { ChangedAgreement, MailAddress, MailAttachment } from './domain/index.js';

export interface Recipient extends Required<MailAddress> {
  language: Language;
}

/** What mails say, read at the moment of sending: an address that was corrected since is the one that gets the mail. */
@Injectable()
export class MailFactsReader {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
    private readonly documents: DocumentStore,
    private readonly links: CapabilityLinks,
    private readonly settings: Settings,
  ) {}

  program(programId: string): ReturnType<ProgramsService['get']> {
    return this.programs.get(programId);
  }

  /**
   * Who gets the mail, and in which of the program's languages; undefined for an erased person and for a role that the
   * program has no address of. People who speak none of the program's languages are written to in its first one, and so
   * are the company's roles.
   */
  async recipient(program: ProgramDocument, to: MailRequest['to']): Promise<Recipient | undefined> {
    const { languages } = program.contract;
    const first = languages[0] ?? 'en';
    if ('role' in to) {
      const address = (program.contacts as Record<string, string | undefined>)[to.role];
      return address === undefined ? undefined : { name: program.company, address, language: first };
    }
    const [person] = await this.database.query<{ name: string | null; email: string | null; language: Language }>(
      `select name, email, language from persons where id = $1`,
      [to.personId],
    );
    if (!person?.name || !person.email) return undefined;
    const language = languages.includes(person.language) ? person.language : first;
    return { name: person.name, address: person.email, language };
  }

  /** The only row of a query. Throws where what the mail is about is gone. */
  async one<Row>(sql: string, ...parameters: unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(sql, parameters);
    if (row === undefined) throw new Error('what a mail is about is gone');
    return row;
  }

  /** The version that an envelope's contract changes; nothing for a first contract. */
  async changedByEnvelope(envelopeId: string): Promise<Partial<ChangedAgreement>> {
    const [row] = await this.database.query<ChangedAgreement>(
      `select v.version as "changedVersion" from envelopes e join agreement_amendments m on m.negotiation_id = e.negotiation_id
         join agreement_versions v on v.id = m.base_version_id where e.id = $1`,
      [envelopeId],
    );
    return row ?? {};
  }

  /** An address of the API, below `/v1`. */
  api(path: string): string {
    return `${publicUrl(this.settings.env)}/v1${path}`;
  }

  /** An address of the API with the applicant's right to read its own in it: for mails to the applicant alone. */
  applicantLink(path: string, applicationId: string): string {
    return `${this.api(path)}?token=${this.links.token('application', applicationId)}`;
  }

  /** The link that proves a mail address: for the one mail to that address alone. */
  verificationLink(applicationId: string): string {
    return this.api(`/verification/${this.links.token('verification', applicationId)}`);
  }

  /** The link that takes one answer of a reference: for mails to that person alone. */
  referenceLink(referenceId: string): string {
    return this.api(`/references/${this.links.token('reference', referenceId)}`);
  }

  /**
   * The page on which a signer of the partner signs, by its link: for mails to that signer alone. Requests from before envelopes had
   * recipients name none: their link is the envelope's.
   */
  signingLink({ subjectId, details }: MailRequest): string {
    const recipientId = details?.['recipientId'];
    const subject =
      recipientId === undefined ? subjectId : signingSubject(String(recipientId), Number(details?.['generation']));
    return `${publicUrl(this.settings.env)}/sign/${this.links.token('signing', subject)}`;
  }

  /** A one-time code, derived from what it is for: for the mail that brings it alone. */
  code(challenge: string): string {
    return this.links.code(challenge);
  }

  /** A stored document as an attachment. */
  async attachment(programId: string, hash: string, fileName: string): Promise<MailAttachment> {
    const { bytes, mediaType } = await this.documents.get(programId, hash);
    return { fileName, contentType: mediaType, content: bytes };
  }
}
