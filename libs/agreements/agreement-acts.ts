import { Injectable } from '@nestjs/common';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import type { AgreementRow } from './agreement-rows.js';
import { actHash, firstActFollows, type AgreementAct, type ChainedAct } from './domain/index.js';

interface ActRow {
  agreement_id: string;
  number: number;
  type: AgreementAct['type'];
  at: Date;
  side: AgreementAct['side'];
  actor_id: string;
  terms_hash: string;
  data: Record<string, unknown>;
  previous_hash: string;
  hash: string;
}

/** What each side did to an agreement in force, each act bound to the one before it. Rows are only ever added. */
@Injectable()
export class AgreementActs {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Writes an act down; its hash. The agreement's row must be locked, so that acts have an order. */
  async append(
    tx: Transaction,
    agreement: AgreementRow,
    act: Pick<AgreementAct, 'type' | 'side' | 'actorId' | 'termsHash' | 'data'>,
  ): Promise<string> {
    const last = await rowOf<{ number: number; hash: string }>(
      tx,
      `select number, hash from agreement_acts where agreement_id = $1 order by number desc limit 1`,
      [agreement.id],
    );
    const at = this.clock.now();
    const whole = { ...act, agreementId: agreement.id, number: (last?.number ?? 0) + 1, at: at.toISOString() };
    const previousHash = last?.hash ?? firstActFollows;
    const hash = actHash(whole, previousHash);
    await tx.query(
      `insert into agreement_acts (agreement_id, program_id, number, type, at, side, actor_id, terms_hash, data, previous_hash, hash)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ...[agreement.id, agreement.program_id, whole.number, act.type, at, act.side, act.actorId, act.termsHash],
        ...[JSON.stringify(act.data), previousHash, hash],
      ],
    );
    return hash;
  }

  /** All acts on an agreement, oldest first. */
  async read(agreementId: string): Promise<ChainedAct[]> {
    const rows = await rowsOf<ActRow>(
      this.database.dataSource.manager,
      `select agreement_id, number, type, at, side, actor_id, terms_hash, data, previous_hash, hash
       from agreement_acts where agreement_id = $1 order by number`,
      [agreementId],
    );
    return rows.map(({ agreement_id, actor_id, terms_hash, previous_hash, at, ...row }) => ({
      ...row,
      agreementId: agreement_id,
      at: at.toISOString(),
      actorId: actor_id,
      termsHash: terms_hash,
      previousHash: previous_hash,
    }));
  }
}
