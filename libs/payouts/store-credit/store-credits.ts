import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/index.js';
import { Database, rowOf, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import { Keyring } from '../../kernel/keyring.js';
import type { Money } from '../../kernel/money.js';
import { LedgerService, lockPartners, voidCredit } from '../../ledger/index.js';
import type { Actor } from '../../orchestration/actor.js';
import { Outbox } from '../../outbox/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../../platform/index.js';
import { creditCodeHash, creditStates, readCreditCode, type CreditAction, type CreditState } from '../domain/index.js';
import { sealContext, type CreditRow } from './rows.js';

/** A credit as people look it up: without its code. */
export interface StoreCredit {
  id: string;
  programId: string;
  partnerId: string;
  /** The item of a batch that it pays; absent, like the batch, where it is what the partner earned as credit. */
  itemId?: string;
  batchId?: string;
  amount: Money;
  state: CreditState;
  stateSince: Date;
  codeEnding: string;
  /** What the shop said it was redeemed for; its own word. */
  redemptionReference?: string;
  issuedAt: Date;
}

export interface CreditsRequest extends PageRequest {
  state?: CreditState | undefined;
  partnerId?: string | undefined;
  batchId?: string | undefined;
}

/** What happens to credits once they are issued. */
@Injectable()
export class StoreCredits {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /** Newest first. @throws DomainError `malformed-request` for a wrong page */
  async list(programId: string, request: CreditsRequest): Promise<Page<StoreCredit>> {
    const limit = pageLimit(request);
    const [before] = decodeCursor(request.cursor, 'id desc', ['text']);
    const rows = await this.database.query<CreditRow>(
      `select * from store_credits
       where program_id = $1 and ($2::text is null or state = $2) and ($3::text is null or partner_id = $3)
         and ($4::text is null or batch_id = $4) and ($5::text is null or id < $5)
       order by id desc limit $6`,
      [programId, request.state ?? null, request.partnerId ?? null, request.batchId ?? null, before, limit + 1],
    );
    return mapPage(
      pageFrom(rows, limit, 'id desc', ({ id }) => [id]),
      toCredit,
    );
  }

  /** @throws DomainError `not-found` */
  async get(creditId: string): Promise<StoreCredit> {
    const [row] = await this.database.query<CreditRow>(`select * from store_credits where id = $1`, [creditId]);
    if (!row) throw new DomainError('not-found', `no store credit ${creditId}`);
    return toCredit(row);
  }

  /** The code itself, for whoever may spend it; that it was shown is kept. @throws DomainError `not-found` */
  async reveal(creditId: string, actor: Actor): Promise<string> {
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<CreditRow>(tx, `select * from store_credits where id = $1`, [creditId]);
      if (!row) throw new DomainError('not-found', `no store credit ${creditId}`);
      const fact = { ...actor, programId: row.program_id, action: 'store_credit.reveal', subjectId: row.id };
      await this.audit.record(tx, fact);
      return Buffer.from(this.keyring.decrypt(row.code_sealed, row.code_key_id, sealContext(row.id))).toString();
    });
  }

  /**
   * Redeems a code, whole and once. The same reference again gets the same answer, so a shop whose answer was lost asks
   * again.
   *
   * @param reference the shop's own name of the purchase, 1 to 200 characters
   * @throws DomainError `malformed-request` for what cannot be a code, `not-found` for a code that the program has not
   *   issued, `illegal-transition` for one that is voided or was redeemed for something else
   */
  async redeem(programId: string, request: { code: string; reference: string }, actor: Actor): Promise<StoreCredit> {
    const code = readCreditCode(request.code);
    if (code === undefined) {
      const error = { pointer: '/code', message: 'must be a credit code: a character is wrong or missing' };
      throw new DomainError('malformed-request', 'this cannot be a credit code', [error]);
    }
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<CreditRow>(
        tx,
        `select * from store_credits where code_hash = $1 and program_id = $2 for update`,
        [creditCodeHash(code), programId],
      );
      if (!row) throw new DomainError('not-found', 'no store credit has this code');
      if (row.state === 'redeemed' && row.redemption_reference === request.reference) return toCredit(row);
      return this.move(tx, row, 'redeem', { actor, reference: request.reference });
    });
  }

  /**
   * Takes a credit back that nobody has redeemed. The rail then tells its item as returned; one that was earned as credit
   * is in the partner's balance again, where it pays what the partner owes, or is issued under another code.
   *
   * @throws DomainError `not-found`, `illegal-transition`
   */
  async voidCredit(creditId: string, reason: string, actor: Actor): Promise<StoreCredit> {
    return this.database.inTransaction(async (tx) => {
      const row = await rowOf<CreditRow>(tx, `select * from store_credits where id = $1 for update`, [creditId]);
      if (!row) throw new DomainError('not-found', `no store credit ${creditId}`);
      const voided = await this.move(tx, row, 'void', { actor, reason });
      if (row.item_id === null) await this.giveBack(tx, row, actor);
      return voided;
    });
  }

  private async giveBack(tx: Transaction, row: CreditRow, { actorId }: Actor): Promise<void> {
    const { id: key, program_id: programId, partner_id: partnerId, currency } = row;
    await lockPartners(tx, programId, [partnerId]);
    const occasion = { key, eventAt: this.clock.now(), currency, actorId, refs: {}, partnerId };
    await this.ledger.post(tx, programId, [voidCredit({ ...occasion, amountMinor: BigInt(row.amount_minor) })]);
  }

  private async move(
    tx: Transaction,
    row: CreditRow,
    action: CreditAction,
    { actor, reason, reference }: { actor: Actor; reason?: string; reference?: string },
  ): Promise<StoreCredit> {
    const state = creditStates.next(row.state, action);
    const moved = await rowOf<CreditRow>(
      tx,
      `update store_credits set state = $2, state_since = $3, redemption_reference = $4 where id = $1 returning *`,
      [row.id, state, this.clock.now(), reference ?? null],
    );
    if (!moved) throw new Error('a locked row is gone');
    const base = { ...actor, programId: row.program_id, subjectId: row.id, fromState: row.state, toState: state };
    const fact = { ...base, action: `store_credit.${action}`, ...(reason === undefined ? {} : { reason }) };
    await this.audit.record(tx, fact);
    const data = row.item_id === null ? {} : { itemId: row.item_id, batchId: row.batch_id };
    const type = action === 'redeem' ? 'store_credit.redeemed' : 'store_credit.voided';
    await this.outbox.announce(tx, row.program_id, { type, subjectId: row.id, data });
    return toCredit(moved);
  }
}

function toCredit(row: CreditRow): StoreCredit {
  return {
    id: row.id,
    programId: row.program_id,
    partnerId: row.partner_id,
    ...(row.item_id === null ? {} : { itemId: row.item_id }),
    ...(row.batch_id === null ? {} : { batchId: row.batch_id }),
    amount: { amountMinor: BigInt(row.amount_minor), currency: row.currency },
    state: row.state,
    stateSince: row.state_since,
    codeEnding: row.code_ending,
    ...(row.redemption_reference === null ? {} : { redemptionReference: row.redemption_reference }),
    issuedAt: row.created_at,
  };
}
