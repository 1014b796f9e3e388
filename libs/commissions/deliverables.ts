import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/index.js';

/** A deliverable of a partner that was accepted: a guest article, a talk, whatever a participation bonus is paid for. */
export interface AcceptedDeliverableRow {
  id: string;
  program_id: string;
  partner_id: string;
  deliverable: string;
  accepted_at: Date;
  accepted_by: string;
  reason: string;
  recorded_at: Date;
}

const columns = `id, program_id, partner_id, deliverable, accepted_at, accepted_by, reason, recorded_at`;

/** Which deliverables of partners were accepted; facts that are never changed (terms.md, Pricing 9). */
@Injectable()
export class Deliverables {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
  ) {}

  /** Records an acceptance once. @throws DomainError `invalid-document` for an instant in the future */
  async record(
    tx: Transaction,
    accepted: { programId: string; partnerId: string; deliverable: string; acceptedAt: Date; reason: string },
    actor: Actor,
  ): Promise<AcceptedDeliverableRow> {
    const { programId, partnerId, deliverable, acceptedAt, reason } = accepted;
    const now = this.clock.now();
    if (acceptedAt > now) {
      const errors = [{ pointer: '/acceptedAt', message: 'must not lie in the future' }];
      throw new DomainError('invalid-document', 'a deliverable is accepted once it was delivered', errors);
    }
    const made = await rowOf<AcceptedDeliverableRow>(
      tx,
      `insert into accepted_deliverables (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (partner_id, deliverable, accepted_at) do nothing returning ${columns}`,
      [newId('dlv'), programId, partnerId, deliverable, acceptedAt, actor.actorId, reason, now],
    );
    if (!made) {
      const sql = `select ${columns} from accepted_deliverables where partner_id = $1 and deliverable = $2 and accepted_at = $3`;
      return (await rowOf<AcceptedDeliverableRow>(tx, sql, [partnerId, deliverable, acceptedAt]))!;
    }
    const details = { deliverable, acceptedAtMs: acceptedAt.getTime() };
    await this.audit.record(tx, {
      ...actor,
      ...{ programId, action: 'partner.accept_deliverable', subjectId: partnerId, reason, details },
    });
    return made;
  }

  /** Newest first. */
  async of(partnerId: string): Promise<AcceptedDeliverableRow[]> {
    return this.database.query<AcceptedDeliverableRow>(
      `select ${columns} from accepted_deliverables where partner_id = $1 order by accepted_at desc, id desc limit 1000`,
      [partnerId],
    );
  }
}
