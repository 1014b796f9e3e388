import { endToEndIdOf, maxAttempt } from '../../../bank-files/domain/index.js';
import { isLostConnection, sqlState, type Database } from '../../../database/index.js';
import { isCurrency } from '../../../kernel/currency.js';
import type { Clock } from '../../../kernel/clock.js';
import { DomainError } from '../../../kernel/domain-error.js';
import { isId, newId } from '../../../kernel/ids.js';
import type { Keyring } from '../../../kernel/keyring.js';
import { sha256 } from '../../../kernel/sha256.js';
import {
  parameterHash,
  PayoutRail,
  RailOutcomeUnknown,
  RailRefusal,
  RailUnavailable,
  RailWebhookRejected,
  type OpenAccountRequest,
  type RailEvent,
  type RailTransfer,
  type RailTransferFilter,
  type SendRequest,
} from '../../domain/index.js';
import { sealDestination, toRailTransfer, type InstructionRow } from './bank-rows.js';
import { maskedAccount, type DestinationOf, type PayoutDestination } from './payout-destination.js';

/** What the rails of bank files stand on. */
export interface BankRailParts {
  database: Database;
  clock: Clock;
  keyring: Keyring;
  destinations: DestinationOf;
}

const dayMs = 86_400_000;
const pageSize = 500;

/**
 * A rail whose payments leave in a file. Sending writes an instruction, once per key, with the account as it was then; a
 * person has a file made of them and hands it over, and what the bank reports is what this rail tells.
 */
export abstract class BankFileRail extends PayoutRail {
  readonly isLive = true;

  /** Instructions stay, so a key is recognised for ever; it is a month for those who count with the number. */
  readonly resendWindowMs = 30 * dayMs;

  constructor(private readonly parts: BankRailParts) {
    super();
  }

  /**
   * Refuses what a file of this rail could not carry, before it is written down: a file that is made later then never
   * fails. @throws DomainError `invalid-document`, RailRefusal
   */
  protected abstract check(request: SendRequest, destination: PayoutDestination, endToEndId: string): void;

  /** There is no account to open: the reference names the partner, whose destination is asked for at each send. */
  openAccount({ partnerId, idempotencyKey }: OpenAccountRequest): Promise<{ accountReference: string }> {
    return Promise.resolve({ accountReference: `${partnerId}/${sha256(idempotencyKey).slice(0, 16)}` });
  }

  async send(request: SendRequest): Promise<{ reference: string }> {
    const known = await this.reading(() => this.rowsBy('idempotency_key = $2', [request.idempotencyKey]));
    if (known[0]) return sameOrUnknown(known[0], request);
    const { partnerId, programId } = await this.reading(() => this.ownerOf(request.accountReference));
    if (!isCurrency(request.currency) || request.amountMinor <= 0n) {
      throw new RailRefusal('amount_not_representable', 'writing an instruction: no file can express this amount');
    }
    if (request.attempt > maxAttempt)
      throw new RailRefusal('too_many_attempts', 'writing an instruction: too many attempts');
    const destination = await this.reading(() => this.parts.destinations.of(partnerId));
    if (!destination) throw new RailRefusal('no_payout_details', 'writing an instruction: the partner has no account');
    const endToEndId = endToEndIdOf(request.itemId, request.attempt);
    this.refuseUnwritable(() => this.check(request, destination, endToEndId));
    await this.write(request, { partnerId, programId, destination, endToEndId });
    const [written] = await this.writing(() =>
      this.rowsBy('item_id = $2 and attempt = $3', [request.itemId, request.attempt]),
    );
    if (!written) throw new RailOutcomeUnknown('not_written', 'writing an instruction: it is not there');
    return sameOrUnknown(written, request);
  }

  async find({ itemId, attempt }: { itemId: string; attempt: number }): Promise<RailTransfer | undefined> {
    const [row] = await this.reading(() => this.rowsBy('item_id = $2 and attempt = $3', [itemId, attempt]));
    return row && toRailTransfer(row);
  }

  async fetch(reference: string): Promise<RailTransfer> {
    const [row] = await this.reading(() => this.rowsBy('id = $2', [reference]));
    if (!row) throw new RailRefusal('unknown_reference', 'reading an instruction: there is none of this reference');
    return toRailTransfer(row);
  }

  async *listTransfers({ batchId, createdFrom, createdBefore }: RailTransferFilter): AsyncGenerator<RailTransfer> {
    let after = '';
    for (;;) {
      const page = await this.reading(() =>
        this.rowsBy(
          `id > $2 and ($3::text is null or batch_id = $3) and ($4::timestamptz is null or created_at >= $4)
           and ($5::timestamptz is null or created_at < $5) order by id limit $6`,
          [after, batchId ?? null, createdFrom ?? null, createdBefore ?? null, pageSize],
        ),
      );
      for (const row of page) yield toRailTransfer(row);
      if (page.length < pageSize) return;
      after = page.at(-1)!.id;
    }
  }

  /** Banks report by files: there is no webhook, so each one is somebody else's. */
  parseWebhook(): RailEvent {
    throw new RailWebhookRejected(`the rail ${this.name} has no webhooks`);
  }

  private async ownerOf(accountReference: string): Promise<{ partnerId: string; programId: string }> {
    const [partnerId = '', digits = ''] = accountReference.split('/');
    const isOurs = isId('prt', partnerId) && /^[0-9a-f]{16}$/.test(digits);
    const [row] = isOurs
      ? await this.parts.database.query<{ program_id: string }>(`select program_id from partners where id = $1`, [
          partnerId,
        ])
      : [];
    if (!row) throw new RailRefusal('unknown_account', 'writing an instruction: no partner has this account');
    return { partnerId, programId: row.program_id };
  }

  private async write(
    request: SendRequest,
    of: { partnerId: string; programId: string; destination: PayoutDestination; endToEndId: string },
  ): Promise<void> {
    const { keyring, clock, database } = this.parts;
    const id = newId('bin');
    const now = clock.now();
    const row = {
      ...{ id, program_id: of.programId, rail: this.name, idempotency_key: request.idempotencyKey },
      ...{ parameter_hash: parameterHash(request), item_id: request.itemId, attempt: request.attempt },
      ...{ batch_id: request.batchId, partner_id: of.partnerId, account_reference: request.accountReference },
      ...{ amount_minor: request.amountMinor.toString(), currency: request.currency, end_to_end_id: of.endToEndId },
      ...{ sealed_destination: Buffer.from(sealDestination(keyring, id, of.destination)), key_id: keyring.activeKeyId },
      ...{ masked_account: maskedAccount(of.destination), state: 'written', created_at: now, state_since: now },
    };
    const places = Object.keys(row).map((_column, index) => `$${index + 1}`);
    await this.writing(() =>
      database.query(
        `insert into bank_instructions (${Object.keys(row).join(', ')}) values (${places.join(', ')}) on conflict do nothing`,
        Object.values(row),
      ),
    );
  }

  private rowsBy(condition: string, values: readonly unknown[]): Promise<InstructionRow[]> {
    return this.parts.database.query<InstructionRow>(
      `select * from bank_instructions where rail = $1 and ${condition}`,
      [this.name, ...values],
    );
  }

  private refuseUnwritable(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // The pointer says which field; the value stays where it is.
      const field = error.errors[0]?.pointer.split('/').at(-1) ?? 'destination';
      const word = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-z_]/g, '');
      throw new RailRefusal(`${word}_not_writable`, 'writing an instruction: a bank file cannot say it');
    }
  }

  private async reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isLost(error))
        throw new RailUnavailable('database_lost', 'reading instructions: the database did not answer');
      throw error;
    }
  }

  private async writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isLost(error)) throw new RailOutcomeUnknown('database_lost', 'writing an instruction: no answer came');
      throw error;
    }
  }
}

/** The same key or attempt with the same parameters is the same payment; with others, a person has to look. */
function sameOrUnknown(row: InstructionRow, request: SendRequest): { reference: string } {
  const isSame = row.idempotency_key === request.idempotencyKey && row.parameter_hash === parameterHash(request);
  if (isSame) return { reference: row.id };
  throw new RailOutcomeUnknown(
    'key_reused',
    'writing an instruction: the key or the attempt was used for another payment',
  );
}

/** Whether the connection went away under a statement: it may have been carried out. */
function isLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08...|57P0[1-5]|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/.test(state);
  return isLostConnection(error);
}
