import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import type { MailState } from './domain/index.js';

/** A mail as people see it in the log. */
export interface MailView {
  id: string;
  programId: string;
  template: string;
  /** What the mail is about. */
  subjectId: string;
  /** Who got it: a person, or a role of the company. */
  personId: string | null;
  role: string | null;
  language: string | null;
  state: MailState;
  attempts: number;
  code: string | null;
  messageId: string | null;
  resendOf: string | null;
  createdAt: Date;
  stateSince: Date;
  sentAt: Date | null;
}

export interface MailsRequest extends PageRequest {
  state?: MailState | undefined;
  template?: string | undefined;
}

/** Whose mails are asked for. */
interface Owner {
  program_id: string;
  application_id: string;
  partner_id: string | null;
  person_id: string;
}

const sort = 'id desc';

const columns = `id, program_id as "programId", template, subject_id as "subjectId", person_id as "personId", role, language,
  state, attempts, code, message_id as "messageId", resend_of as "resendOf", created_at as "createdAt",
  state_since as "stateSince", sent_at as "sentAt"`;

const selectOwner = `select a.program_id, a.id as application_id, p.id as partner_id, a.person_id
  from applications a left join partners p on p.application_id = a.id`;

/** Everything that a mail about an applicant or partner can have as its subject. */
const subjects = `select $2::text union all select $3::text
  union all select id from application_references where application_id = $2
  union all select id from information_requests where application_id = $2
  union all select id from negotiations where application_id = $2
  union all select id from envelopes where application_id = $2
  union all select id from agreements where partner_id = $3
  union all select id from agreement_amendments where partner_id = $3
  union all select id from payout_items where partner_id = $3`;

/** Reads the log of mails, newest first. */
@Injectable()
export class MailList {
  constructor(private readonly database: Database) {}

  /** Mails about or to a partner, from its application on. @throws DomainError `not-found` */
  async ofPartner(partnerId: string, request: MailsRequest): Promise<Page<MailView> & { programId: string }> {
    return this.of(await this.owner(`${selectOwner} where p.id = $1`, partnerId), request);
  }

  /** Mails about or to an applicant. @throws DomainError `not-found` */
  async ofApplication(applicationId: string, request: MailsRequest): Promise<Page<MailView> & { programId: string }> {
    return this.of(await this.owner(`${selectOwner} where a.id = $1`, applicationId), request);
  }

  /** Mails of some programs, `*` for all. */
  async ofPrograms(programs: '*' | readonly string[], request: MailsRequest): Promise<Page<MailView>> {
    const where = `($1::text[] is null or program_id = any($1))`;
    return this.page(where, [programs === '*' ? null : programs], request);
  }

  private async of(owner: Owner, request: MailsRequest): Promise<Page<MailView> & { programId: string }> {
    const { program_id: programId, application_id: applicationId, partner_id: partnerId, person_id: personId } = owner;
    const where = `program_id = $1 and (person_id = $4 or subject_id in (${subjects}))`;
    return { programId, ...(await this.page(where, [programId, applicationId, partnerId, personId], request)) };
  }

  private async page(where: string, parameters: unknown[], request: MailsRequest): Promise<Page<MailView>> {
    const [after] = decodeCursor(request.cursor, sort, ['text']);
    const limit = pageLimit(request);
    const first = parameters.length + 1;
    const rows = await this.database.query<MailView>(
      `select ${columns} from mails where ${where} and ($${first}::text is null or state = $${first})
         and ($${first + 1}::text is null or template = $${first + 1}) and ($${first + 2}::text is null or id < $${first + 2})
       order by id desc limit $${first + 3}`,
      [...parameters, request.state ?? null, request.template ?? null, after, limit + 1],
    );
    return pageFrom(rows, limit, sort, ({ id }) => [id]);
  }

  private async owner(sql: string, id: string): Promise<Owner> {
    const [owner] = await this.database.query<Owner>(sql, [id]);
    if (!owner) throw new DomainError('not-found', 'there is no such thing');
    return owner;
  }
}
