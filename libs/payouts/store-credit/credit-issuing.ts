import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/index.js';
import { rowOf, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { newId } from '../../kernel/ids.js';
import { Keyring } from '../../kernel/keyring.js';
import { systemActor } from '../../orchestration/actor.js';
import { Outbox } from '../../outbox/index.js';
import { creditCodeBytes, creditCodeHash, newCreditCode } from '../domain/index.js';
import { sealContext } from './rows.js';

/** A credit to be issued. */
export interface NewCredit {
  programId: string;
  partnerId: string;
  accountId: string;
  /** One credit has it, for ever. */
  idempotencyKey: string;
  parameterHash: string;
  /** Minor units, more than 0. */
  amountMinor: bigint;
  currency: string;
  /** The attempt of a batch's item that it pays; absent where it is what a partner earned as credit. */
  item?: { itemId: string; attempt: number; batchId: string };
}

/** Makes codes: whoever issues a credit does it in a transaction of its own. */
@Injectable()
export class CreditIssuing {
  constructor(
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** The new credit's id; undefined where its key or its attempt has one already. */
  async issue(tx: Transaction, credit: NewCredit): Promise<string | undefined> {
    const { programId, item } = credit;
    const [id, code, now] = [newId('scr'), newCreditCode(randomBytes(creditCodeBytes)), this.clock.now()];
    const sealed = this.keyring.encrypt(Buffer.from(code), sealContext(id));
    const issued = await rowOf(
      tx,
      `insert into store_credits (id, program_id, partner_id, account_id, idempotency_key, parameter_hash, item_id, attempt,
         batch_id, amount_minor, currency, code_hash, code_sealed, code_key_id, code_ending, state, state_since, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'issued', $16, $16)
       on conflict do nothing returning id`,
      [
        ...[id, programId, credit.partnerId, credit.accountId, credit.idempotencyKey, credit.parameterHash],
        ...[item?.itemId ?? null, item?.attempt ?? 1, item?.batchId ?? null, credit.amountMinor, credit.currency],
        ...[creditCodeHash(code), sealed, this.keyring.activeKeyId, code.slice(-4), now],
      ],
    );
    if (!issued) return undefined;
    const details = item === undefined ? {} : { itemId: item.itemId, batchId: item.batchId };
    const fact = { ...systemActor, programId, action: 'store_credit.issue', subjectId: id, toState: 'issued', details };
    await this.audit.record(tx, fact);
    await this.outbox.announce(tx, programId, { type: 'store_credit.issued', subjectId: id, data: details });
    return id;
  }

  /** The partner's credit account of a currency, opened where there is none; its id. */
  async accountOf(tx: Transaction, programId: string, partnerId: string, currency: string): Promise<string> {
    const key = `credit/${partnerId}/${currency}`;
    await tx.query(
      `insert into store_credit_accounts (id, program_id, partner_id, idempotency_key, currency, created_at)
       values ($1, $2, $3, $4, $5, $6) on conflict (idempotency_key) do nothing`,
      [newId('sca'), programId, partnerId, key, currency, this.clock.now()],
    );
    const sql = `select id from store_credit_accounts where idempotency_key = $1`;
    const account = await rowOf<{ id: string }>(tx, sql, [key]);
    if (!account) throw new Error('the credit account was not opened');
    return account.id;
  }
}
