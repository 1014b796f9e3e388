/** What opens an account at a rail for a partner, so that money can be sent to it. */
export interface OpenAccountRequest {
  partnerId: string;
  /** The same key opens one account, however often it is asked for. */
  idempotencyKey: string;
  /** ISO 4217, upper case: the currency in which the partner is paid. */
  currency: string;
  /** ISO 3166-1 alpha-2; the rail takes the country of the paying company where it is left out. */
  country?: string;
}

/** A bank account at which a partner is paid, in the shape of a payout destination. */
export type RailBankAccount =
  | { kind: 'iban'; iban: string; bic?: string; country: string }
  | { kind: 'us_bank'; routingNumber: string; accountNumber: string; accountType: 'checking' | 'savings' };

/** One attempt to pay one item. Item and attempt travel with the money, so that it can be found again without our key. */
export interface SendRequest {
  /** From {@link railIdempotencyKey}; stored with the parameters' hash before the first send. */
  idempotencyKey: string;
  itemId: string;
  /** Counts from 1. Attempt n + 1 is never made while the outcome of n is unknown. */
  attempt: number;
  batchId: string;
  accountReference: string;
  /** Minor units of `currency` (ISO 4217 exponent), above zero. */
  amountMinor: bigint;
  currency: string;
}

/**
 * `pending`: taken by the rail, not paid yet; `returned`: all of it came back, which may follow `settled`; so too what
 * the rail took and could not pay.
 */
export type RailTransferStatus = 'pending' | 'settled' | 'returned';

/** A transfer as the rail tells it. */
export interface RailTransfer {
  /** The rail's own id of the transfer. */
  reference: string;
  status: RailTransferStatus;
  /** What was sent, in minor units of `currency` (ISO 4217 exponent). */
  amountMinor: bigint;
  /** How much of it came back so far: less than `amountMinor` after a partial return, whose status stays `settled`. */
  returnedMinor: bigint;
  currency: string;
  /** Why it came back, in the rail's own stable word, where the rail says so. */
  returnCode?: string | undefined;
  accountReference: string | undefined;
  /** Undefined, like attempt and batch, on a transfer that was not made by this port. */
  itemId: string | undefined;
  attempt: number | undefined;
  batchId: string | undefined;
  createdAt: Date;
  /** Why it came back, as the bank's own short code (`AC04`, `R03`); undefined where none was given. */
  reasonCode?: string;
}

/** The attempt to probe for. */
export interface RailAttempt {
  itemId: string;
  attempt: number;
  /** Where it was sent: a rail whose lists cannot be searched for an attempt looks there alone, and is quick. */
  accountReference?: string;
}

/** Which transfers to list; every condition that is given must hold. */
export interface RailTransferFilter {
  batchId?: string;
  /** Made at or after this instant; rails may round it down to the second. */
  createdFrom?: Date;
  /** Made before this instant; rails may round it up to the second. */
  createdBefore?: Date;
}

/** What a rail answers to a send: its reference and, where it says more by then, the transfer as it is. */
export interface SentTransfer {
  reference: string;
  transfer?: RailTransfer;
}

/** What a rail's webhook says. It is a hint: fetch the transfer and apply what the rail says then. */
export interface RailEvent {
  /** Unique per event, the same in every delivery of it. */
  eventId: string;
  /** The rail's own name of the event. */
  type: string;
  /** The transfer that the event is about; undefined where it is about anything else. */
  reference: string | undefined;
}

/**
 * A way by which money leaves: send it, find it again, read what became of it.
 *
 * Every method that calls the rail may throw {@link RailThrottled} or {@link RailUnavailable}: neither says anything
 * about what an earlier call did. No error carries personal or bank data, or a text that the rail wrote.
 */
export abstract class PayoutRail {
  /** Stable name of the rail; part of the idempotency key, so it never changes. */
  abstract readonly name: string;

  /** Whether what is sent here is real money. */
  abstract readonly isLive: boolean;

  /** How long after its first send a key may be sent again and still be recognised; afterwards only probe. */
  abstract readonly resendWindowMs: number;

  /** Types of events that tell no more than that a transfer was made, which the answer to its send says as well. */
  readonly creationEvents: readonly string[] = [];

  /** Names the account at the provider whose limits the calls count against; undefined where there is no limit. */
  readonly limitedAccount?: string;

  /** Opens the partner's account. @throws RailRefusal, RailOutcomeUnknown (ask again with the same key) */
  abstract openAccount(request: OpenAccountRequest): Promise<{ accountReference: string }>;

  /**
   * Sends money, once per key.
   *
   * @throws RailRefusal nothing was sent under this key and nothing will be: the attempt is over
   * @throws RailOutcomeUnknown it may have been sent: probe with {@link find}, or resend with the same key
   */
  abstract send(request: SendRequest): Promise<SentTransfer>;

  /**
   * Probes for the transfer of an attempt; undefined where the rail knows none (now: a request still under way may
   * make one).
   *
   * @throws RailOutcomeUnknown where the rail has several transfers for the one attempt: a person decides
   */
  abstract find(attempt: RailAttempt): Promise<RailTransfer | undefined>;

  /** Reads one transfer. @throws RailRefusal where the rail does not know the reference */
  abstract fetch(reference: string): Promise<RailTransfer>;

  /** All transfers that match, in no promised order, a page at a time; for reconciliation. */
  abstract listTransfers(filter: RailTransferFilter): AsyncIterable<RailTransfer>;

  /**
   * What the account can pay now, in minor units by currency (ISO 4217, upper case); a currency that is absent has
   * nothing. Left out by rails that tell no balance.
   */
  balance?(): Promise<ReadonlyMap<string, bigint>>;

  /**
   * Gives a partner's account the bank account at which it is paid from now on in this currency. Asking again with the same
   * key changes nothing more. Left out by rails that keep no bank accounts.
   *
   * @param currency ISO 4217, upper case
   * @throws RailRefusal where the rail does not take the account; RailOutcomeUnknown (ask again with the same key)
   */
  setBankAccount?(
    accountReference: string,
    bankAccount: RailBankAccount,
    options: { currency: string; idempotencyKey: string },
  ): Promise<void>;

  /** Checks the signature over the bytes as they came, then reads the event. @throws RailWebhookRejected */
  abstract parseWebhook(rawBody: string | Uint8Array, signatureHeader: string): RailEvent;
}

/** What left through the rail less what came back, in minor units per currency: what the ledger's outflow must equal. */
export async function sumOutflow(transfers: AsyncIterable<RailTransfer>): Promise<Map<string, bigint>> {
  const outflow = new Map<string, bigint>();
  for await (const { currency, amountMinor, returnedMinor } of transfers) {
    outflow.set(currency, (outflow.get(currency) ?? 0n) + amountMinor - returnedMinor);
  }
  return outflow;
}
