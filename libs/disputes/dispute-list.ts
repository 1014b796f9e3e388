import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { disputeColumns, readDispute, type DisputeRow } from './dispute-rows.js';

/** Everything that is said is required. */
export interface DisputesRequest extends PageRequest {
  state?: string | undefined;
  partnerId?: string | undefined;
  eventId?: string | undefined;
  /** Only those whose answer is overdue. */
  overdue?: boolean | undefined;
}

/** Disputes, to read. */
@Injectable()
export class DisputeList {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `not-found` */
  get(disputeId: string): Promise<DisputeRow> {
    return readDispute(this.database.dataSource.manager, disputeId);
  }

  /** Newest first. @throws DomainError `malformed-request` for a wrong page */
  async page(
    programId: string,
    { state, partnerId, eventId, overdue, ...page }: DisputesRequest,
  ): Promise<Page<DisputeRow>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, 'id desc', ['text']);
    const rows = await this.database.query<DisputeRow>(
      `select ${disputeColumns} from disputes d
       where d.program_id = $1 and ($2::text is null or d.state = $2) and ($3::text is null or d.partner_id = $3)
         and ($4::text is null or d.event_id = $4)
         and ($5::boolean is null or (d.overdue_at is not null and d.state in ('open', 'awaiting_approval')) = $5)
         and ($6::text is null or d.id < $6)
       order by d.id desc limit $7`,
      [programId, state ?? null, partnerId ?? null, eventId ?? null, overdue ?? null, after, limit + 1],
    );
    return pageFrom(rows, limit, 'id desc', ({ id }) => [id]);
  }
}
