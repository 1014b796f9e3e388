import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { detailsContext, inUseAt, type DetailsRow } from './details-rows.js';
import type { PayoutDestination } from './domain/index.js';
import { PayeeKeys } from './payee-keys.js';

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
    const found = await this.inUse(partnerId);
    if (!found) throw new DomainError('not-found', `no payout details of ${partnerId} are in use`);
    return found.destination;
  }

  /** Where the partner is paid to now, and by which of its versions; undefined where no details are in use. */
  async inUse(partnerId: string): Promise<{ detailsId: string; destination: PayoutDestination } | undefined> {
    const row = await inUseAt(this.database.dataSource.manager, partnerId, this.clock.now());
    if (!row) return undefined;
    const sealed = { sealed: row.sealed, keyId: row.key_id };
    return { detailsId: row.id, destination: this.keys.open<PayoutDestination>(detailsContext(row), sealed) };
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
}
