import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';

export interface AgreementVersionRow {
  id: string;
  agreement_id: string;
  program_id: string;
  partner_id: string;
  version: number;
  terms_hash: string;
  envelope_id: string;
  effective_from: Date;
  /** Not included; null while nothing ends it. */
  effective_until: Date | null;
}

const columns = `id, agreement_id, program_id, partner_id, version, terms_hash, envelope_id,
  lower(in_force) as effective_from, upper(in_force) as effective_until`;

/** What is in force, when: versions of a partner's agreement as half-open intervals that never overlap. */
@Injectable()
export class AgreementsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** The first version of a partner's agreement, in force from `from` until something ends it. */
  async begin(
    tx: Transaction,
    first: { programId: string; partnerId: string; termsHash: string; envelopeId: string; from: Date },
    actor: Actor,
  ): Promise<AgreementVersionRow> {
    const { programId, partnerId, termsHash, envelopeId, from } = first;
    const agreementId = newId('agr');
    await tx.query(`insert into agreements (id, program_id, partner_id, created_at) values ($1, $2, $3, $4)`, [
      agreementId,
      programId,
      partnerId,
      this.clock.now(),
    ]);
    const version = await rowOf<AgreementVersionRow>(
      tx,
      `insert into agreement_versions (id, program_id, agreement_id, partner_id, version, terms_hash, envelope_id, in_force, created_at)
       values ($1, $2, $3, $4, 1, $5, $6, tstzrange($7, null, '[)'), $8) returning ${columns}`,
      [newId('agv'), programId, agreementId, partnerId, termsHash, envelopeId, from, this.clock.now()],
    );
    const details = { version: 1, termsHash, effectiveFrom: from.toISOString() };
    await this.audit.record(tx, {
      ...actor,
      programId,
      action: 'agreement.begin',
      subjectId: agreementId,
      toState: 'in_force',
      details,
    });
    await this.outbox.announce(tx, programId, { type: 'agreement.in_force', subjectId: agreementId, data: details });
    return version!;
  }

  /** All versions of a partner's agreement, oldest first; none before its contract is executed. */
  versionsOf(partnerId: string, tx: Transaction = this.database.dataSource.manager): Promise<AgreementVersionRow[]> {
    return rowsOf<AgreementVersionRow>(
      tx,
      `select ${columns} from agreement_versions where partner_id = $1 order by version`,
      [partnerId],
    );
  }
}
