import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { net, releaseSuspended } from './domain/index.js';
import { LedgerService } from './ledger.service.js';

/** What vested while a partner was suspended: it stands in `held` until the last suspension has ended. */
@Injectable()
export class SuspendedMoney {
  constructor(
    private readonly clock: Clock,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Gives back to payable all that suspensions hold of a partner; what it owes is paid from it first. `key` names the end
   * of the suspension. The partner's money lock must be held.
   */
  async release(
    tx: Transaction,
    { programId, partnerId, key, actorId }: { programId: string; partnerId: string; key: string; actorId: string },
  ): Promise<void> {
    const held = await rowsOf<{ currency: string; minor: string }>(
      tx,
      `select e.currency, -sum(e.amount_minor) as minor
       from ledger_accounts a join ledger_entries e on e.account_id = a.id join ledger_transactions t on t.id = e.transaction_id
       where a.program_id = $1 and a.code = 'held' and a.owner_id = $2 and t.kind in ('hold_suspended', 'release_suspended')
       group by e.currency having -sum(e.amount_minor) > 0 order by e.currency`,
      [programId, partnerId],
    );
    if (held.length === 0) return;
    const balances = await this.ledger.partnerBalances(tx, programId, ['partner_receivable'], [partnerId]);
    const transactions = held.flatMap(({ currency, minor }) => {
      const amountMinor = BigInt(minor);
      const occasion = { key, partnerId, currency, actorId, eventAt: this.clock.now(), refs: {} };
      const owed = balances.of('partner_receivable', partnerId, currency);
      const netted = owed < amountMinor ? owed : amountMinor;
      const released = releaseSuspended({ ...occasion, amountMinor });
      return netted > 0n ? [released, net({ ...occasion, amountMinor: netted })] : [released];
    });
    await this.ledger.post(tx, programId, transactions);
  }
}
