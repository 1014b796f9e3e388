import { Injectable } from '@nestjs/common';
import { Database, rowOf, sqlState, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import { newId } from '../../kernel/ids.js';
import {
  parameterHash,
  PayoutRail,
  RailOutcomeUnknown,
  RailRefusal,
  RailThrottled,
  RailUnavailable,
  RailWebhookRejected,
  type OpenAccountRequest,
  type RailAttempt,
  type RailEvent,
  type RailTransfer,
  type RailTransferFilter,
  type SendRequest,
} from '../domain/index.js';
import { CreditIssuing } from '../store-credit/credit-issuing.js';
import type { CreditRow } from '../store-credit/rows.js';

const dayMs = 24 * 3_600_000;

const pageSize = 500;

/** PostgreSQL has no connection left, or is starting: it did nothing. */
const busyStates = new Set(['53300', '57P03']);

/**
 * The rail for credit that is spent at the company itself: an attempt issues one code, once per key, and nothing else
 * leaves the house. A credit is settled when it is issued; voided before it was redeemed, it has come back.
 */
@Injectable()
export class StoreCreditRail extends PayoutRail {
  readonly name = 'store-credit';
  readonly isLive = true;

  /** Keys are known for ever; after this long an attempt is only looked for. */
  readonly resendWindowMs = 7 * dayMs;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly issuing: CreditIssuing,
  ) {
    super();
  }

  async openAccount(request: OpenAccountRequest): Promise<{ accountReference: string }> {
    const accountReference = await this.write('opening a credit account', async (tx) => {
      const partner = await rowOf<{ program_id: string }>(tx, `select program_id from partners where id = $1`, [
        request.partnerId,
      ]);
      if (!partner) throw new RailRefusal('partner_unknown', 'opening a credit account: there is no such partner');
      await tx.query(
        `insert into store_credit_accounts (id, program_id, partner_id, idempotency_key, currency, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (idempotency_key) do nothing`,
        [
          newId('sca'),
          partner.program_id,
          request.partnerId,
          request.idempotencyKey,
          request.currency,
          this.clock.now(),
        ],
      );
      const account = await rowOf<{ id: string; partner_id: string }>(
        tx,
        `select id, partner_id from store_credit_accounts where idempotency_key = $1`,
        [request.idempotencyKey],
      );
      if (account?.partner_id !== request.partnerId) throw keyReused('opening a credit account');
      return account.id;
    });
    return { accountReference };
  }

  async send(request: SendRequest): Promise<{ reference: string }> {
    const reference = await this.write('issuing a credit', async (tx) => {
      const account = await rowOf<{ program_id: string; partner_id: string; currency: string }>(
        tx,
        `select program_id, partner_id, currency from store_credit_accounts where id = $1`,
        [request.accountReference],
      );
      if (!account) throw new RailRefusal('account_unknown', 'issuing a credit: there is no such account');
      if (account.currency !== request.currency || request.amountMinor <= 0n) {
        throw new RailRefusal('amount_not_representable', 'issuing a credit: not an amount of this account');
      }
      const issued = await this.issuing.issue(tx, {
        ...{ programId: account.program_id, partnerId: account.partner_id, accountId: request.accountReference },
        ...{ idempotencyKey: request.idempotencyKey, parameterHash: parameterHash(request) },
        ...{ amountMinor: request.amountMinor, currency: request.currency },
        item: { itemId: request.itemId, attempt: request.attempt, batchId: request.batchId },
      });
      if (issued !== undefined) return issued;
      const before = await rowOf<CreditRow>(tx, `select * from store_credits where idempotency_key = $1`, [
        request.idempotencyKey,
      ]);
      if (before?.parameter_hash !== parameterHash(request)) throw keyReused('issuing a credit');
      return before.id;
    });
    return { reference };
  }

  async find({ itemId, attempt }: RailAttempt): Promise<RailTransfer | undefined> {
    const sql = `select * from store_credits where item_id = $1 and attempt = $2`;
    const [credit] = await this.read('probing for a credit', sql, [itemId, attempt]);
    return credit && toRailTransfer(credit);
  }

  async fetch(reference: string): Promise<RailTransfer> {
    const [credit] = await this.read('reading a credit', `select * from store_credits where id = $1`, [reference]);
    if (!credit) throw new RailRefusal('credit_unknown', 'reading a credit: there is no such credit');
    return toRailTransfer(credit);
  }

  async *listTransfers({ batchId, createdFrom, createdBefore }: RailTransferFilter): AsyncGenerator<RailTransfer> {
    for (let after: string | null = null; ;) {
      const credits: CreditRow[] = await this.read(
        'listing credits',
        `select * from store_credits where ($1::text is null or batch_id = $1)
           and ($2::timestamptz is null or created_at >= $2) and ($3::timestamptz is null or created_at < $3)
           and ($4::text is null or id > $4)
         order by id limit $5`,
        [batchId ?? null, createdFrom ?? null, createdBefore ?? null, after, pageSize],
      );
      for (const credit of credits) yield toRailTransfer(credit);
      const last = credits.at(-1);
      if (!last || credits.length < pageSize) return;
      after = last.id;
    }
  }

  /** Nobody tells us of our own credits. @throws RailWebhookRejected always */
  parseWebhook(): RailEvent {
    throw new RailWebhookRejected('the rail for store credit sends no webhooks');
  }

  private async write<T>(action: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.database.inTransaction(work);
    } catch (error) {
      throw asRailFailure(action, 'write', error);
    }
  }

  private async read(action: string, sql: string, parameters: readonly unknown[]): Promise<CreditRow[]> {
    try {
      return await this.database.query<CreditRow>(sql, parameters);
    } catch (error) {
      throw asRailFailure(action, 'read', error);
    }
  }
}

function keyReused(action: string): RailOutcomeUnknown {
  return new RailOutcomeUnknown('idempotency_error', `${action}: the key or the attempt was used for something else`);
}

/** A commit whose answer was lost may have been made; what the database said is for its own log. */
function asRailFailure(action: string, effect: 'read' | 'write', error: unknown): unknown {
  if (error instanceof RailRefusal || error instanceof RailOutcomeUnknown || error instanceof DomainError) return error;
  if (busyStates.has(sqlState(error) ?? '')) return new RailThrottled(1_000, `${action}: the database is busy`);
  return effect === 'write'
    ? new RailOutcomeUnknown('no_answer', `${action}: the database did not say whether it was done`)
    : new RailUnavailable('no_answer', `${action}: the database did not answer`);
}

function toRailTransfer(credit: CreditRow): RailTransfer {
  const amountMinor = BigInt(credit.amount_minor);
  const isVoided = credit.state === 'voided';
  return {
    reference: credit.id,
    status: isVoided ? 'returned' : 'settled',
    amountMinor,
    returnedMinor: isVoided ? amountMinor : 0n,
    currency: credit.currency,
    ...(isVoided ? { returnCode: 'voided' } : {}),
    accountReference: credit.account_id,
    itemId: credit.item_id ?? undefined,
    attempt: credit.attempt,
    batchId: credit.batch_id ?? undefined,
    createdAt: credit.created_at,
  };
}
