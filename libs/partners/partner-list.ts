import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { PartnerStage } from './domain/index.js';

export interface PartnerView {
  id: string;
  programId: string;
  applicationId: string;
  reference: string;
  stage: PartnerStage;
  /** The tier it holds now; null where its terms have none. */
  tier: string | null;
  createdAt: Date;
  activatedAt: Date | null;
}

const select = `select p.id, p.program_id as "programId", p.application_id as "applicationId", p.reference, p.stage,
    (select tier from partner_tiers t where t.partner_id = p.id and t.from_at <= now() order by t.from_at desc limit 1) as tier,
    p.created_at as "createdAt", p.activated_at as "activatedAt"
  from partners p`;

/** Partners as people look at them, oldest first. */
@Injectable()
export class PartnerList {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `not-found` */
  async view(id: string): Promise<PartnerView> {
    const [row] = await this.database.query<PartnerView>(`${select} where p.id = $1`, [id]);
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    return row;
  }

  async page(filter: {
    programs: '*' | readonly string[];
    stage?: PartnerStage;
    limit: number;
    cursor?: string;
  }): Promise<Page<PartnerView>> {
    const { programs, stage, limit, cursor } = filter;
    const [after] = decodeCursor(cursor, 'id', ['text']);
    const rows = await this.database.query<PartnerView>(
      `${select} where ($1::text[] is null or p.program_id = any($1)) and ($2::text is null or p.stage = $2)
         and ($3::text is null or p.id > $3) order by p.id limit $4`,
      [programs === '*' ? null : programs, stage ?? null, after, limit + 1],
    );
    return pageFrom(rows, limit, 'id', ({ id }) => [id]);
  }
}
