import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import { otherSide, type Side } from './domain/negotiation-state.js';
import { NegotiationRecords, type NegotiationRow } from './negotiation-records.js';

/** Who reads a comment: both sides, or the company alone. */
export type CommentVisibility = 'both' | 'company';

export interface CommentRow {
  id: string;
  /** The version that was on the table. */
  number: number;
  side: Side;
  visibility: CommentVisibility;
  actor_id: string;
  reply_to: string | null;
  text: string;
  created_at: Date;
}

export interface NewComment extends Actor {
  side: Side;
  visibility: CommentVisibility;
  text: string;
  replyTo?: string | undefined;
  requestKey?: string | undefined;
}

const columns = `id, number, side, visibility, actor_id, reply_to, text, created_at`;
const sort = 'id';

/** What people say about a negotiation beside its versions. The text stays in its row: no audit, event or mail repeats it. */
@Injectable()
export class NegotiationComments {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly records: NegotiationRecords,
  ) {}

  /**
   * Adds a comment to an open negotiation; the same `requestKey` gives the comment that it made before.
   * @throws DomainError `illegal-transition` (closed), `invalid-document` (a reply to what its writer cannot see, or an
   * answer to an internal comment that the partner would see)
   */
  add(negotiationId: string, comment: NewComment): Promise<CommentRow> {
    return this.database.inTransaction(async (tx) => {
      const row = await this.records.lock(tx, negotiationId);
      const known = comment.requestKey === undefined ? undefined : await this.byRequest(tx, comment.requestKey);
      if (known) return known;
      if (row.state !== 'open') throw new DomainError('illegal-transition', `the negotiation is ${row.state}`);
      await this.checkReply(tx, row, comment);
      const made = await this.insert(tx, row, comment);
      await this.tellOf(tx, row, made, comment);
      return made;
    });
  }

  /** The comments that a side may read, oldest first. */
  async page(
    negotiationId: string,
    { side, limit, cursor }: { side: Side; limit: number; cursor?: string | undefined },
  ): Promise<Page<CommentRow>> {
    const [after] = decodeCursor(cursor, sort, ['text']);
    const rows = await this.database.query<CommentRow>(
      `select ${columns} from negotiation_comments
       where negotiation_id = $1 and ($2 = 'company' or visibility = 'both') and ($3::text is null or id > $3)
       order by id limit $4`,
      [negotiationId, side, after, limit + 1],
    );
    return pageFrom(rows, limit, sort, ({ id }) => [id]);
  }

  private byRequest(tx: Transaction, requestKey: string): Promise<CommentRow | undefined> {
    return rowOf<CommentRow>(tx, `select ${columns} from negotiation_comments where request_key = $1`, [requestKey]);
  }

  private async checkReply(tx: Transaction, row: NegotiationRow, comment: NewComment): Promise<void> {
    if (comment.replyTo === undefined) return;
    const sql = `select ${columns} from negotiation_comments where id = $1 and negotiation_id = $2`;
    const answered = await rowOf<CommentRow>(tx, sql, [comment.replyTo, row.id]);
    // A partner must not even learn that there is an internal comment.
    if (!answered || (comment.side === 'partner' && answered.visibility === 'company')) {
      throw invalid('/replyTo', 'is no comment of this negotiation');
    }
    if (answered.visibility === 'company' && comment.visibility === 'both') {
      throw invalid('/visibility', 'must be company: the answered comment is internal');
    }
  }

  private async insert(tx: Transaction, row: NegotiationRow, comment: NewComment): Promise<CommentRow> {
    const { side, visibility, actorId, replyTo = null, text, requestKey = null } = comment;
    const made = await rowOf<CommentRow>(
      tx,
      `insert into negotiation_comments (id, program_id, negotiation_id, number, side, visibility, actor_id, reply_to, text,
         request_key, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${columns}`,
      [
        ...[newId('cmt'), row.program_id, row.id, row.current_number, side, visibility, actorId],
        ...[replyTo, text, requestKey, this.clock.now()],
      ],
    );
    return made!;
  }

  private async tellOf(
    tx: Transaction,
    row: NegotiationRow,
    made: CommentRow,
    { actorId, requestId }: Actor,
  ): Promise<void> {
    const details = { commentId: made.id, number: made.number, side: made.side, visibility: made.visibility };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id, details },
      action: 'negotiation.comment',
    });
    const event = { type: 'negotiation.commented' as const, subjectId: row.id, data: details };
    await this.outbox.announce(tx, row.program_id, event);
    if (made.visibility === 'company') return;
    await this.records.tell(tx, row, otherSide(made.side), 'negotiation-commented', { number: made.number });
  }
}

function invalid(pointer: string, message: string): DomainError {
  return new DomainError('invalid-document', 'the comment is not valid', [{ pointer, message }]);
}
