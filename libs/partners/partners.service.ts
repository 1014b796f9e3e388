import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import type { ApplicationRow } from './application-row.js';
import { partnerStages, type PartnerAction, type PartnerStage } from './domain/index.js';

export interface PartnerRow {
  id: string;
  program_id: string;
  application_id: string;
  person_id: string;
  reference: string;
  stage: PartnerStage;
  created_at: Date;
  activated_at: Date | null;
}

const columns = `id, program_id, application_id, person_id, reference, stage, created_at, activated_at`;

/** Partners: from approval on, with the tiers they have held. */
@Injectable()
export class PartnersService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Makes the partner of an approved application. Its reference is the program's own name for it, else its id.
   * @throws DomainError `already-exists` when another partner of the program has the reference
   */
  async create(tx: Transaction, application: ApplicationRow, actor: Actor): Promise<PartnerRow> {
    const id = newId('prt');
    const made = await rowOf<PartnerRow>(
      tx,
      `insert into partners (id, program_id, application_id, person_id, reference, stage, created_at)
       values ($1, $2, $3, $4, $5, 'contracting', $6)
       on conflict (program_id, reference) do nothing returning ${columns}`,
      [
        id,
        application.program_id,
        application.id,
        application.person_id,
        application.partner_reference ?? id,
        this.clock.now(),
      ],
    );
    if (!made)
      throw new DomainError('already-exists', `another partner has the reference ${application.partner_reference}`);
    await this.recordMove(tx, made, 'create', undefined, actor);
    return made;
  }

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<PartnerRow> {
    const [row] = await this.database.query<PartnerRow>(`select ${columns} from partners where id = $1`, [id]);
    if (!row) throw new DomainError('not-found', `no partner ${id}`);
    return row;
  }

  /** The row, locked until the transaction ends. @throws DomainError `not-found` */
  async lock(tx: Transaction, id: string): Promise<PartnerRow> {
    const row = await rowOf<PartnerRow>(tx, `select ${columns} from partners where id = $1 for no key update`, [id]);
    if (!row) throw new DomainError('not-found', `no partner ${id}`);
    return row;
  }

  /** The partner of an application; undefined before its approval. */
  async ofApplication(
    applicationId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<PartnerRow | undefined> {
    return rowOf<PartnerRow>(tx, `select ${columns} from partners where application_id = $1`, [applicationId]);
  }

  /** @throws DomainError `illegal-transition` */
  async move(
    tx: Transaction,
    row: PartnerRow,
    move: Actor & { action: PartnerAction; at?: Date; reason?: string },
  ): Promise<void> {
    const stage = partnerStages.next(row.stage, move.action);
    await tx.query(`update partners set stage = $2, activated_at = coalesce($3, activated_at) where id = $1`, [
      row.id,
      stage,
      move.action === 'activate' ? (move.at ?? this.clock.now()) : null,
    ]);
    await this.recordMove(tx, { ...row, stage }, move.action, row.stage, move, move.reason);
  }

  private async recordMove(
    tx: Transaction,
    partner: PartnerRow,
    action: string,
    fromState: PartnerStage | undefined,
    actor: Actor,
    reason?: string,
  ): Promise<void> {
    const { actorId, requestId } = actor;
    const { program_id: programId, id: subjectId, stage: toState } = partner;
    await this.audit.record(tx, {
      actorId,
      requestId,
      programId,
      action: `partner.${action}`,
      subjectId,
      fromState,
      toState,
      reason,
    });
    await this.outbox.announce(tx, programId, { type: `partner.${toState}`, subjectId });
  }
}
