import { Injectable } from '@nestjs/common';
import { Database } from '../../../libs/database/index.js';
import type { AuditFactView } from './audit.dto.js';

interface AuditRow extends Omit<AuditFactView, 'at'> {
  at: Date;
}

export interface AuditFilter {
  programs: '*' | readonly string[];
  subject?: string | undefined;
  limit: number;
  /** The id that the last page ended with. */
  after: string | null;
}

/** Reads the audit trail, newest first. */
@Injectable()
export class AuditReader {
  constructor(private readonly database: Database) {}

  async list({ programs, subject, limit, after }: AuditFilter): Promise<AuditFactView[]> {
    const rows = await this.database.query<AuditRow>(
      `select id, program_id as "programId", at, actor_id as "actorId", action, subject_id as "subjectId",
              from_state as "fromState", to_state as "toState", reason, request_id as "requestId", details
       from audit_facts
       where ($1::text[] is null or program_id = any($1)) and ($2::text is null or subject_id = $2)
         and ($3::text is null or id < $3)
       order by id desc limit $4`,
      [programs === '*' ? null : programs, subject ?? null, after, limit],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }
}
