import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { EnvelopeState } from './domain/index.js';

export interface EnvelopeView {
  id: string;
  programId: string;
  applicationId: string;
  negotiationId: string;
  partnerId: string;
  state: EnvelopeState;
  /** Whose turn it is; null once closed. */
  awaiting: 'partner' | 'company' | null;
  termsHash: string;
  documentHash: string;
  consentVersion: string;
  expiresAt: Date;
  remindersSent: number;
  reason: string | null;
  createdAt: Date;
  /** When it came to its state: its age in the list. */
  stateSince: Date;
}

export interface EnvelopeFilter {
  programs: '*' | readonly string[];
  state?: EnvelopeState;
  awaiting?: 'partner' | 'company';
  stateBefore?: Date;
  limit: number;
  cursor?: string;
}

const select = `select id, program_id as "programId", application_id as "applicationId", negotiation_id as "negotiationId",
    partner_id as "partnerId", state, awaiting, terms_hash as "termsHash", document_sha256 as "documentHash",
    consent_version as "consentVersion", expires_at as "expiresAt", reminders_sent as "remindersSent", reason,
    created_at as "createdAt", state_since as "stateSince"
  from envelopes`;
const sort = 'state_since,id';

/** Envelopes as legal looks at them: by state and whose turn it is, the longest waiting first. */
@Injectable()
export class EnvelopeList {
  constructor(private readonly database: Database) {}

  async view(id: string): Promise<EnvelopeView | undefined> {
    const [row] = await this.database.query<EnvelopeView>(`${select} where id = $1`, [id]);
    return row;
  }

  async page({ programs, state, awaiting, stateBefore, limit, cursor }: EnvelopeFilter): Promise<Page<EnvelopeView>> {
    const [since, id] = decodeCursor(cursor, sort, ['instant', 'text']);
    const rows = await this.database.query<EnvelopeView>(
      `${select}
       where ($1::text[] is null or program_id = any($1)) and ($2::text is null or state = $2) and ($3::text is null or awaiting = $3)
         and ($4::timestamptz is null or state_since < $4) and ($5::timestamptz is null or (state_since, id) > ($5, $6))
       order by state_since, id limit $7`,
      [programs === '*' ? null : programs, state ?? null, awaiting ?? null, stateBefore ?? null, since, id, limit + 1],
    );
    return pageFrom(rows, limit, sort, (row) => [row.stateSince.toISOString(), row.id]);
  }
}
