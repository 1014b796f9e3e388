import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { PayoutRail, RailThrottled, RailUnavailable } from './domain/index.js';
import { readBatchRow } from './rows.js';

/** Whether the account at the rail holds what a batch comes to; a rail that tells no balance is trusted. */
@Injectable()
export class Funds {
  constructor(
    private readonly database: Database,
    private readonly rail: PayoutRail,
  ) {}

  /**
   * Whether the money is there now, less what other released batches have still to send. A rail that cannot be asked
   * answers no: people release the batch when it can.
   *
   * @throws DomainError `not-found`
   */
  async suffice(batchId: string): Promise<boolean> {
    try {
      return (await this.missingMinor(batchId)) === 0n;
    } catch (error) {
      if (error instanceof RailUnavailable || error instanceof RailThrottled) return false;
      throw error;
    }
  }

  /** @throws DomainError `not-found`, `insufficient-funds`; what the rail throws when it cannot be asked */
  async assertSufficient(batchId: string): Promise<void> {
    const missingMinor = await this.missingMinor(batchId);
    if (missingMinor === 0n) return;
    const message = `the account at the rail lacks ${missingMinor} minor units for this batch`;
    throw new DomainError('insufficient-funds', message, [], { missingMinor: missingMinor.toString() });
  }

  private async missingMinor(batchId: string): Promise<bigint> {
    const { currency, total_minor } = await readBatchRow(this.database.dataSource.manager, batchId);
    const balance = await this.rail.balance?.();
    if (balance === undefined) return 0n;
    // What is on its way may or may not be out of the balance already: it is counted, to be on the safe side.
    const [committed] = await this.database.query<{ minor: string }>(
      `select coalesce(sum(item.amount_minor), 0) as minor
       from payout_items item join payout_batches batch on batch.id = item.batch_id
       where batch.state in ('released', 'processing') and batch.id <> $1 and item.currency = $2
         and item.state in ('reserved', 'sending', 'unknown')`,
      [batchId, currency],
    );
    const needed = BigInt(total_minor) + BigInt(committed?.minor ?? 0);
    const missing = needed - (balance.get(currency) ?? 0n);
    return missing > 0n ? missing : 0n;
  }
}
