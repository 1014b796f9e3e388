import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { ApplicationStage } from './domain/index.js';

/** Where an application stands, for its applicant as for the company. */
export interface ApplicationView {
  id: string;
  programId: string;
  stage: ApplicationStage;
  company: string | null;
  country: string | null;
  partnerType: string | null;
  partnerId: string | null;
  negotiationId: string | null;
  envelopeId: string | null;
  /** When the mail address was proved; null before, and where the program does not ask for it. */
  verifiedAt: Date | null;
  /** Until when the mail address has to be proved. */
  verifyDueAt: Date | null;
  /** Counts from the verification on; null before it. */
  decisionDueAt: Date | null;
  /** Until when the applicant has to answer what it was asked; null where nothing is open. */
  informationDueAt: Date | null;
  reason: string | null;
  reasonCode: string | null;
  createdAt: Date;
  /** When it came to its stage: its age in the list. */
  stageSince: Date;
  erasedAt: Date | null;
}

/** A line of the reviewers' list. */
export interface ListedApplication extends ApplicationView {
  reviewerId: string | null;
  score: number | null;
  isFlagged: boolean;
  isEscalated: boolean;
}

export interface ApplicationFilter {
  programs: '*' | readonly string[];
  stage?: ApplicationStage;
  /** Only what has been in its stage since before this instant. */
  stageBefore?: Date;
  reviewerId?: string;
  isFlagged?: boolean;
  /** Only what has to be decided before this instant, and is not. */
  dueBefore?: Date;
  limit: number;
  cursor?: string;
}

const fields = `a.id, a.program_id as "programId", a.stage, a.company, a.country, a.partner_type as "partnerType",
    p.id as "partnerId", n.id as "negotiationId", e.id as "envelopeId", a.verified_at as "verifiedAt",
    case when a.stage = 'unverified' then a.verify_due_at end as "verifyDueAt", a.decision_due_at as "decisionDueAt",
    a.information_due_at as "informationDueAt", a.reason, a.reason_code as "reasonCode", a.created_at as "createdAt",
    a.stage_since as "stageSince", a.erased_at as "erasedAt"`;
const listedFields = `${fields}, a.reviewer_id as "reviewerId", a.score, a.escalated_at is not null as "isEscalated",
    exists (select 1 from application_flags f where f.application_id = a.id) as "isFlagged"`;
const tables = `applications a left join partners p on p.application_id = a.id
    left join negotiations n on n.application_id = a.id and n.kind = 'initial'
    left join envelopes e on e.application_id = a.id and e.purpose = 'initial' and e.state <> 'superseded'`;
const sort = 'stage_since,id';

/** Applications as people look at them: by stage, the longest waiting first. */
@Injectable()
export class ApplicationList {
  constructor(private readonly database: Database) {}

  async view(id: string): Promise<ApplicationView | undefined> {
    const [row] = await this.database.query<ApplicationView>(`select ${fields} from ${tables} where a.id = $1`, [id]);
    return row;
  }

  async page(filter: ApplicationFilter): Promise<Page<ListedApplication>> {
    const { programs, stage, stageBefore, reviewerId, isFlagged, dueBefore, limit, cursor } = filter;
    const [since, id] = decodeCursor(cursor, sort, ['instant', 'text']);
    const rows = await this.database.query<ListedApplication>(
      `select ${listedFields} from ${tables}
       where ($1::text[] is null or a.program_id = any($1)) and ($2::text is null or a.stage = $2)
         and ($3::timestamptz is null or a.stage_since < $3)
         and ($4::timestamptz is null or (a.stage_since, a.id) > ($4, $5))
         and ($7::text is null or a.reviewer_id = $7)
         and ($8::boolean is null or exists (select 1 from application_flags f where f.application_id = a.id) = $8)
         and ($9::timestamptz is null or (a.decision_due_at < $9 and a.stage in ('in_review', 'information_requested')))
       order by a.stage_since, a.id limit $6`,
      [
        programs === '*' ? null : programs,
        stage ?? null,
        stageBefore ?? null,
        since,
        id,
        limit + 1,
        reviewerId ?? null,
        isFlagged ?? null,
        dueBefore ?? null,
      ],
    );
    return pageFrom(rows, limit, sort, (row) => [row.stageSince.toISOString(), row.id]);
  }
}
