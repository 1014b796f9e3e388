import { Injectable } from '@nestjs/common';
import { Database } from '../../database/index.js';
import { decodeCursor, pageFrom, pageLimit, type Page, type PageRequest } from '../../platform/index.js';
import { holdColumns, readHold, type HoldRow } from './hold-rows.js';

/** Everything that is said is required. */
export interface HoldsRequest extends PageRequest {
  state?: string | undefined;
  cause?: string | undefined;
  partnerId?: string | undefined;
  eventId?: string | undefined;
  ownerRole?: string | undefined;
}

/** Holds, to read. */
@Injectable()
export class HoldList {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `not-found` */
  get(holdId: string): Promise<HoldRow> {
    return readHold(this.database.dataSource.manager, holdId);
  }

  /** Newest first. @throws DomainError `malformed-request` for a wrong page */
  async page(
    programId: string,
    { state, cause, partnerId, eventId, ownerRole, ...page }: HoldsRequest,
  ): Promise<Page<HoldRow>> {
    const limit = pageLimit(page);
    const [after] = decodeCursor(page.cursor, 'id desc', ['text']);
    const rows = await this.database.query<HoldRow>(
      `select ${holdColumns} from line_holds h
       where h.program_id = $1 and ($2::text is null or h.state = $2) and ($3::text is null or h.cause = $3)
         and ($4::text is null or h.partner_id = $4) and ($5::text is null or h.event_id = $5)
         and ($6::text is null or h.owner_role = $6) and ($7::text is null or h.id < $7)
       order by h.id desc limit $8`,
      [
        programId,
        state ?? null,
        cause ?? null,
        partnerId ?? null,
        eventId ?? null,
        ownerRole ?? null,
        after,
        limit + 1,
      ],
    );
    return pageFrom(rows, limit, 'id desc', ({ id }) => [id]);
  }
}
