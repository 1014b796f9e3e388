import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { ApplicationStage } from './domain/index.js';

export interface ApplicationView {
  id: string;
  programId: string;
  stage: ApplicationStage;
  company: string | null;
  partnerId: string | null;
  negotiationId: string | null;
  envelopeId: string | null;
  decisionDueAt: Date;
  reason: string | null;
  createdAt: Date;
  /** When it came to its stage: its age in the list. */
  stageSince: Date;
}

export interface ApplicationFilter {
  programs: '*' | readonly string[];
  stage?: ApplicationStage;
  /** Only what has been in its stage since before this instant. */
  stageBefore?: Date;
  limit: number;
  cursor?: string;
}

const select = `select a.id, a.program_id as "programId", a.stage, a.company, p.id as "partnerId", n.id as "negotiationId",
    e.id as "envelopeId", a.decision_due_at as "decisionDueAt", a.reason, a.created_at as "createdAt", a.stage_since as "stageSince"
  from applications a left join partners p on p.application_id = a.id
    left join negotiations n on n.application_id = a.id and n.kind = 'initial'
    left join envelopes e on e.application_id = a.id and e.purpose = 'initial' and e.state <> 'superseded'`;
const sort = 'stage_since,id';

/** Applications as people look at them: by stage, the longest waiting first. */
@Injectable()
export class ApplicationList {
  constructor(private readonly database: Database) {}

  async view(id: string): Promise<ApplicationView | undefined> {
    const [row] = await this.database.query<ApplicationView>(`${select} where a.id = $1`, [id]);
    return row;
  }

  async page({ programs, stage, stageBefore, limit, cursor }: ApplicationFilter): Promise<Page<ApplicationView>> {
    const [since, id] = decodeCursor(cursor, sort, ['instant', 'text']);
    const rows = await this.database.query<ApplicationView>(
      `${select}
       where ($1::text[] is null or a.program_id = any($1)) and ($2::text is null or a.stage = $2)
         and ($3::timestamptz is null or a.stage_since < $3)
         and ($4::timestamptz is null or (a.stage_since, a.id) > ($4, $5))
       order by a.stage_since, a.id limit $6`,
      [programs === '*' ? null : programs, stage ?? null, stageBefore ?? null, since, id, limit + 1],
    );
    return pageFrom(rows, limit, sort, (row) => [row.stageSince.toISOString(), row.id]);
  }
}
