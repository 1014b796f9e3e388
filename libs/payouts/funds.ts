import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { RailThrottled, RailUnavailable } from './domain/index.js';
import { PayoutRails } from './payout-rails.js';
import { readBatchRow, type BatchRow } from './rows.js';

/** What the account at the rail can pay, in minor units by currency; undefined where the rail tells no balance. */
export type RailBalance = ReadonlyMap<string, bigint> | undefined;

/** Whether the account at the rail holds what a batch comes to; a rail that tells no balance is trusted. */
@Injectable()
export class Funds {
  constructor(
    private readonly database: Database,
    private readonly rails: PayoutRails,
  ) {}

  /** Asks the rail of a batch; never within a transaction. @throws `not-found`; what the rail throws when it cannot be asked */
  async read(batchId: string): Promise<RailBalance> {
    const rail = this.rails.of(await readBatchRow(this.database.dataSource.manager, batchId));
    return rail.balance?.();
  }

  /** As {@link read}; a rail that cannot be asked holds nothing: people release the batch when it can. */
  async readOrNothing(batchId: string): Promise<RailBalance> {
    try {
      return await this.read(batchId);
    } catch (error) {
      if (error instanceof RailUnavailable || error instanceof RailThrottled) return new Map();
      throw error;
    }
  }

  /**
   * What is missing for a batch, in minor units: what other released batches have still to send is spoken for. Batches
   * of one currency take turns, so that two of them are never released on the same money.
   */
  async missingMinor(tx: Transaction, batch: BatchRow, balance: RailBalance): Promise<bigint> {
    if (balance === undefined) return 0n;
    const { id, currency, total_minor } = batch;
    const rail = this.rails.nameOf(batch);
    const lock = `payout-funds/${rail}/${currency}`;
    await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [lock]);
    // What is on its way may or may not be out of the balance already: it is counted, to be on the safe side.
    const committed = await rowOf<{ minor: string }>(
      tx,
      `select coalesce(sum(item.amount_minor), 0) as minor
       from payout_items item join payout_batches batch on batch.id = item.batch_id
       where batch.state in ('released', 'processing') and batch.id <> $1 and item.currency = $2
         and coalesce(batch.rail, $4) = $3 and item.state in ('reserved', 'sending', 'unknown')`,
      [id, currency, rail, this.rails.nameOf({})],
    );
    const missing = BigInt(total_minor) + BigInt(committed?.minor ?? 0) - (balance.get(currency) ?? 0n);
    return missing > 0n ? missing : 0n;
  }

  /** @throws DomainError `insufficient-funds` */
  async assertSufficient(tx: Transaction, batch: BatchRow, balance: RailBalance): Promise<void> {
    const missingMinor = await this.missingMinor(tx, batch, balance);
    if (missingMinor === 0n) return;
    const message = `the account at the rail lacks ${missingMinor} minor units for this batch`;
    throw new DomainError('insufficient-funds', message, [], { missingMinor: missingMinor.toString() });
  }
}
