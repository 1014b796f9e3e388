import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { detailsContext, inUseAt, type DetailsRow } from './details-rows.js';
import type { PayoutDestination } from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';

const atOnce = 500;

/** Decrypted destinations, for rails and for nobody else: what is returned here goes to no log, payload or error. */
@Injectable()
export class PayoutDestinations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly keys: PayeeKeys,
  ) {}

  /** Where the partner is paid to now. @throws DomainError `not-found` where no details are in use */
  async of(partnerId: string): Promise<PayoutDestination> {
    const row = await inUseAt(this.database.dataSource.manager, partnerId, this.clock.now());
    if (!row) throw new DomainError('not-found', `no payout details of ${partnerId} are in use`);
    return this.keys.open<PayoutDestination>(detailsContext(row), { sealed: row.sealed, keyId: row.key_id });
  }

  /**
   * Who last changed the details that are in use or wait, by partner: such a principal approves no payment to the
   * partner. A change that was rejected or taken back changed nothing.
   */
  async lastEditorOf(tx: Transaction, partnerIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await rowsOf<Pick<DetailsRow, 'partner_id' | 'submitted_by'>>(
      tx,
      `select distinct on (partner_id) partner_id, submitted_by from payout_details
       where partner_id = any($1) and state in ('awaiting_approval', 'approved') order by partner_id, version desc`,
      [[...partnerIds]],
    );
    return new Map(rows.map((row) => [row.partner_id, row.submitted_by]));
  }

  /**
   * Encrypts anew, with the newest key, what older keys encrypted; how many rows that were. Once it answers 0 the older
   * keys may go. Two runs at once share the work.
   */
  async rotate(): Promise<number> {
    let rotated = 0;
    for (;;) {
      const done = await this.database.inTransaction((tx) => this.rotateSome(tx));
      rotated += done;
      if (done < atOnce) return rotated;
    }
  }

  private async rotateSome(tx: Transaction): Promise<number> {
    const rows = await rowsOf<DetailsRow>(
      tx,
      `select * from payout_details where key_id <> $1 order by id limit $2 for update skip locked`,
      [this.keys.activeKeyId, atOnce],
    );
    for (const row of rows) {
      const context = detailsContext(row);
      const next = this.keys.seal(context, this.keys.open(context, { sealed: row.sealed, keyId: row.key_id }));
      await tx.query(`update payout_details set sealed = $2, key_id = $3 where id = $1`, [
        row.id,
        next.sealed,
        next.keyId,
      ]);
    }
    return rows.length;
  }
}
