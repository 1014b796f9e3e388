import { Injectable } from '@nestjs/common';
import { Database, rowOf, type Transaction } from '../../database/index.js';
import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';
import { issueCredit, LedgerService, lockPartners, net } from '../../ledger/index.js';
import { systemActor } from '../../orchestration/actor.js';
import { PayeeChecks } from '../../payees/index.js';
import { isSuspended } from '../open-entries.js';
import { CreditIssuing } from './credit-issuing.js';

/** What a run came to. */
export interface CreditRunResult {
  /** Codes that were issued now. */
  issued: number;
  /** Partners who wait: suspended ones, and those whom the list of sanctions holds. */
  held: number;
}

interface Purse {
  partnerId: string;
  currency: string;
}

/** What holds credit, too: where money would go, and tax on it, is nothing to a code. */
const holdingCauses: readonly string[] = ['screening_hit', 'screening_unavailable'];

/**
 * Pays what partners earned as credit by codes, at each cut-off of the program. A code and its booking are one
 * transaction under the partner's lock: there is nothing on its way that could be lost or made twice, so no batch has to
 * wait for an outcome.
 */
@Injectable()
export class CreditRuns {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerService,
    private readonly issuing: CreditIssuing,
    private readonly checks: PayeeChecks,
  ) {}

  /**
   * Issues to each partner one code for what it has to come as credit: what vested until the cut-off, less what was taken
   * back. The same run again issues nothing more, and goes on where an earlier one was cut off.
   */
  async issueDue({ programId, cutOffMs }: { programId: string; cutOffMs: number }): Promise<CreditRunResult> {
    const cutOff = new Date(cutOffMs);
    const result = { issued: 0, held: 0 };
    for (const purse of await this.purses(programId, cutOff)) {
      const outcome = await this.database.inTransaction((tx) => this.issueOne(tx, programId, purse, cutOff));
      if (outcome !== 'nothing_due') result[outcome] += 1;
    }
    return result;
  }

  private async issueOne(
    tx: Transaction,
    programId: string,
    purse: Purse,
    cutOff: Date,
  ): Promise<'issued' | 'held' | 'nothing_due'> {
    const { partnerId, currency } = purse;
    await lockPartners(tx, programId, [partnerId]);
    const balances = await this.ledger.partnerBalances(tx, programId, ['credit_receivable'], [partnerId]);
    const owedMinor = balances.of('credit_receivable', partnerId, currency);
    const vestedMinor = await dueMinor(tx, programId, purse, cutOff);
    const nettedMinor = owedMinor < vestedMinor ? owedMinor : vestedMinor;
    if (vestedMinor <= 0n) return 'nothing_due';
    const occasion = { eventAt: cutOff, currency, refs: {}, partnerId, tender: 'credit', ...systemActor } as const;
    if (nettedMinor > 0n) {
      const key = `credit/${partnerId}/${currency}/${cutOff.getTime()}`;
      await this.ledger.post(tx, programId, [net({ ...occasion, key, amountMinor: nettedMinor })]);
    }
    const amountMinor = vestedMinor - nettedMinor;
    if (amountMinor === 0n) return 'nothing_due';
    if (await this.isHeld(tx, programId, { partnerId, amountMinor, currency })) return 'held';
    const asked = { partnerId, currency, amountMinor: amountMinor.toString(), cutOff: cutOff.toISOString() };
    const creditId = await this.issuing.issue(tx, {
      ...{ programId, partnerId, currency, amountMinor },
      accountId: await this.issuing.accountOf(tx, programId, partnerId, currency),
      idempotencyKey: `credit/${partnerId}/${currency}/${await this.nextNumber(tx, purse)}`,
      parameterHash: sha256(canonicalJson(asked)),
    });
    if (creditId === undefined) throw new Error('the key of a credit was used for another one');
    await this.ledger.post(tx, programId, [issueCredit({ ...occasion, key: creditId, amountMinor })]);
    return 'issued';
  }

  private async isHeld(tx: Transaction, programId: string, payment: Purse & { amountMinor: bigint }): Promise<boolean> {
    const sql = `select ${isSuspended('$1')} as suspended`;
    const row = await rowOf<{ suspended: boolean }>(tx, sql, [payment.partnerId]);
    if (row?.suspended) return true;
    const found = (await this.checks.findings(tx, programId, [payment])).get(payment.partnerId) ?? [];
    return found.some(({ cause }) => holdingCauses.includes(cause));
  }

  /** Counts the credits of a purse; the partner's lock keeps two runs from the same number. */
  private async nextNumber(tx: Transaction, { partnerId, currency }: Purse): Promise<number> {
    const row = await rowOf<{ count: number }>(
      tx,
      `select count(*)::int as count from store_credits where partner_id = $1 and currency = $2 and item_id is null`,
      [partnerId, currency],
    );
    return (row?.count ?? 0) + 1;
  }

  private purses(programId: string, cutOff: Date): Promise<Purse[]> {
    return this.database.query<Purse>(
      `select account.owner_id as "partnerId", account.currency
       from ledger_accounts account join ledger_entries entry on entry.account_id = account.id
       join ledger_transactions booked on booked.id = entry.transaction_id
       where account.program_id = $1 and account.code = 'credit_balance' and (entry.amount_minor > 0 or booked.event_at <= $2)
       group by account.owner_id, account.currency having sum(entry.amount_minor) < 0
       order by account.owner_id, account.currency`,
      [programId, cutOff],
    );
  }
}

/** What a partner has to come as credit, in minor units: credits dated until the cut-off, less every debit. */
async function dueMinor(tx: Transaction, programId: string, purse: Purse, cutOff: Date): Promise<bigint> {
  const row = await rowOf<{ minor: string }>(
    tx,
    `select coalesce(-sum(entry.amount_minor), 0) as minor
     from ledger_accounts account join ledger_entries entry on entry.account_id = account.id
     join ledger_transactions booked on booked.id = entry.transaction_id
     where account.program_id = $1 and account.code = 'credit_balance' and account.owner_id = $2 and account.currency = $3
       and (entry.amount_minor > 0 or booked.event_at <= $4)`,
    [programId, purse.partnerId, purse.currency, cutOff],
  );
  return BigInt(row?.minor ?? 0);
}
