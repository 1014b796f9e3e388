import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { LedgerService, submit } from '../ledger/index.js';
import { systemActor } from '../orchestration/actor.js';
import { Settings } from '../platform/index.js';
import {
  batchStates,
  itemStates,
  parameterHash,
  payingBatchStates,
  railIdempotencyKey,
  RailOutcomeUnknown,
  RailRefusal,
  RailThrottled,
  RailUnavailable,
  type BatchState,
  type SentTransfer,
} from './domain/index.js';
import { BatchMoves } from './batch-moves.js';
import { attemptOccasion, itemFact } from './item-facts.js';
import { contradicts, ItemOutcomes, type SendOutcome } from './item-outcomes.js';
import { inFlow, type Flow } from './in-flow.js';
import { PayoutRails } from './payout-rails.js';
import { pause, type Progress } from './progress.js';
import { readBatchRow, type ItemRow } from './rows.js';

/** An item with the attempt that was written down before anything was sent. */
export interface Shipment extends ItemRow {
  idempotency_key: string;
  parameter_hash: string;
  first_sent_at: Date;
  /** The name of its attempt's rail. */
  rail: string;
}

/** How items of a slice ended; `sent` includes those that the rail turned out to have already. */
export interface SliceResult {
  sent: number;
  unknown: number;
  failed: number;
}

type Attempted = SendOutcome | { action: 'found' } | { action: 'unreachable'; error: Error };

/** Items claimed in one transaction: more would keep the last of them waiting after their key was written down. */
const claimSize = 100;

/** Outcomes written down in one transaction, or after so many milliseconds where they come slowly. */
const outcomeSetSize = 50;
const outcomeSetMs = 1_000;

/** Slices whose calls the probing of a whole batch makes at a time. */
const recoveredSlices = 4;

/** After this many throttled tries of one item the activity is tried again instead, with its own back-off. */
const maxThrottledTries = 200;

/**
 * Sends items to the rail, each at most once whatever crashes (money.md, Exactly once): the attempt with its key is
 * committed before the call, the call is made outside any transaction, and what it came to is written down after.
 */
@Injectable()
export class ItemSender {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly audit: AuditLog,
    private readonly ledger: LedgerService,
    private readonly rails: PayoutRails,
    private readonly outcomes: ItemOutcomes,
    private readonly moves: BatchMoves,
  ) {}

  /**
   * Pays the items of one slice. What an earlier run left on its way is probed first, so a repeat goes on where that
   * run was cut off. Throws what the rail threw when it cannot be reached at all: nothing is lost by trying again.
   *
   * @throws DomainError `not-found`, `illegal-transition` (the batch was not released)
   */
  async paySlice(batchId: string, slice: number, progress: Progress): Promise<SliceResult> {
    await this.begin(batchId);
    const left = await this.onTheirWay(batchId, slice);
    const result = await this.recover(left, this.settings.env.RAIL_CALLS_IN_FLIGHT, progress);
    await this.sendAll(batchId, slice, progress, result);
    return result;
  }

  /** RELEASED → PROCESSING, with the first slice. @throws DomainError `not-found`, `illegal-transition` */
  private async begin(batchId: string): Promise<void> {
    const { state } = await readBatchRow(this.database.dataSource.manager, batchId);
    if (!payingBatchStates.includes(state)) {
      throw new DomainError('illegal-transition', `batch ${batchId} is ${state}`);
    }
    if (batchStates.allows(state, 'pay')) await this.moves.move({ ...systemActor, batchId }, 'pay');
  }

  /** Claims and sends until nothing is left: a call that takes long holds up its own place alone. */
  private async sendAll(batchId: string, slice: number, progress: Progress, result: SliceResult): Promise<void> {
    const limit = this.settings.env.RAIL_CALLS_IN_FLIGHT;
    const next = () => this.claim(batchId, slice);
    await this.attempt({ next, lowWater: limit, limit }, (item) => this.send(item, progress), progress, result);
  }

  /**
   * Probes every item of the batch whose outcome is not known, and sends again what the rail does not have. No slice of
   * the batch is being paid meanwhile, so that as many calls are under way as several slices make.
   */
  async recoverAll(batchId: string, progress: Progress): Promise<SliceResult> {
    const left = await this.onTheirWay(batchId, null);
    return this.recover(left, recoveredSlices * this.settings.env.RAIL_CALLS_IN_FLIGHT, progress);
  }

  private async recover(items: readonly Shipment[], limit: number, progress: Progress): Promise<SliceResult> {
    const result: SliceResult = { sent: 0, unknown: 0, failed: 0 };
    let left = items;
    const next = () => {
      const all = left;
      left = [];
      return Promise.resolve(all);
    };
    await this.attempt({ next, lowWater: 1, limit }, (item) => this.probe(item, progress), progress, result);
    return result;
  }

  /** Lets items flow to the rail: a call that takes long holds up its own place alone. */
  private async attempt(
    flow: Pick<Flow<Shipment, Attempted>, 'next' | 'lowWater' | 'limit'>,
    attempt: (shipment: Shipment) => Promise<Attempted>,
    { signal }: Progress,
    result: SliceResult,
  ): Promise<void> {
    await inFlow<Shipment, Attempted>({
      ...flow,
      work: async (item) => {
        const attempted = await attempt(item);
        if (attempted.action === 'unreachable') throw attempted.error;
        return attempted;
      },
      record: async (attempted) => {
        await this.outcomes.recordSends(attempted.filter(isSendOutcome));
        count(result, attempted);
      },
      setSize: outcomeSetSize,
      setMs: outcomeSetMs,
      check: () => signal.throwIfAborted(),
    });
  }

  /**
   * Takes the next items of a slice: their next attempt is written down with its key, they are SENDING, and the ledger
   * has the money in clearing. Nothing has been sent when this returns. Of a batch that is paused nothing is taken: the
   * row is locked, so whoever paused it knows that none is taken afterwards.
   */
  async claim(batchId: string, slice: number): Promise<Shipment[]> {
    return this.database.inTransaction(async (tx) => {
      const now = this.clock.now();
      const state = itemStates.next('reserved', 'send');
      const batch = await runningBatch(tx, batchId);
      if (!batch) return [];
      const rail = this.rails.nameOf(batch);
      const items = await rowsOf<ItemRow>(
        tx,
        `update payout_items set state = $3, attempt = attempt + 1, state_since = $4
         where id in (select id from payout_items where batch_id = $1 and slice = $2 and state = 'reserved'
                      order by id limit $5 for update)
         returning *`,
        [batchId, slice, state, now, claimSize],
      );
      const [first] = items;
      if (!first) return [];
      const shipments = items.map((item) => this.shipmentOf(item, rail, now));
      await tx.query(
        `insert into payout_attempts (program_id, item_id, attempt, rail, idempotency_key, parameter_hash, first_sent_at)
         select $1, id, attempt, $2, idempotency_key, parameter_hash, $3
         from jsonb_to_recordset($4) as shipment (id text, attempt integer, idempotency_key text, parameter_hash text)`,
        [first.program_id, rail, now, JSON.stringify(shipments)],
      );
      const facts = items.map((item) => itemFact({ ...item, state: 'reserved' }, 'send', state, systemActor));
      await this.audit.recordAll(tx, facts);
      const bookings = items.map((item) => submit(attemptOccasion(item, now, systemActor.actorId)));
      await this.ledger.post(tx, first.program_id, bookings);
      return shipments;
    });
  }

  private shipmentOf(item: ItemRow, rail: string, now: Date): Shipment {
    const { RAIL_ENVIRONMENT } = this.settings.env;
    return {
      ...item,
      idempotency_key: railIdempotencyKey(RAIL_ENVIRONMENT, item.id, item.attempt, rail),
      parameter_hash: parameterHash(parametersOf(item)),
      first_sent_at: now,
      rail,
    };
  }

  /** Items that were claimed and of which we do not know what became, with their latest attempt. */
  private onTheirWay(batchId: string, slice: number | null): Promise<Shipment[]> {
    return this.database.query<Shipment>(
      `select item.*, attempt.idempotency_key, attempt.parameter_hash, attempt.first_sent_at, attempt.rail
       from payout_items item join payout_attempts attempt on attempt.item_id = item.id and attempt.attempt = item.attempt
       where item.batch_id = $1 and ($2::integer is null or item.slice = $2) and item.state in ('sending', 'unknown')
       order by item.id`,
      [batchId, slice],
    );
  }

  /** Asks the rail before anything is sent again: a crash may have come after the money left. */
  private async probe(shipment: Shipment, progress: Progress): Promise<Attempted> {
    const { id: itemId, attempt, account_reference: accountReference } = shipment;
    try {
      const rail = this.rails.of(shipment);
      const found = await this.patiently(() => rail.find({ itemId, attempt, accountReference }), progress);
      if (!found) return await this.sendAgain(shipment, progress);
      await this.outcomes.applyTransfer(rail.name, found);
      return { action: 'found' };
    } catch (error) {
      // A probe that is refused says nothing about the money: it is no refusal of the item.
      if (error instanceof RailRefusal) return { itemId, attempt, action: 'lose_track' };
      return asAttempted(shipment, error, progress);
    }
  }

  /** While its batch is paused, what the rail does not have stays unknown. */
  private async sendAgain(shipment: Shipment, progress: Progress): Promise<Attempted> {
    const { paused_at: pausedAt } = await readBatchRow(this.database.dataSource.manager, shipment.batch_id);
    if (pausedAt === null) return this.send(shipment, progress);
    return { itemId: shipment.id, attempt: shipment.attempt, action: 'lose_track' };
  }

  /** Sends under the attempt's own key, inside the window in which the rail recognises it; after that only probes. */
  private async send(shipment: Shipment, progress: Progress): Promise<Attempted> {
    const parameters = parametersOf(shipment);
    const lost = { itemId: shipment.id, attempt: shipment.attempt, action: 'lose_track' } as const;
    if (parameterHash(parameters) !== shipment.parameter_hash) return lost;
    const contradiction = await this.probeEarlier(shipment, progress);
    if (contradiction) return contradiction;
    try {
      const rail = this.rails.of(shipment);
      return await this.patiently(async () => {
        // Looked at before each try: a process may have slept for a day between two lines.
        const ageMs = this.clock.now().getTime() - shipment.first_sent_at.getTime();
        if (ageMs >= rail.resendWindowMs) return lost;
        const answer = await rail.send({ ...parameters, idempotencyKey: shipment.idempotency_key });
        return acceptedAs(shipment, answer);
      }, progress);
    } catch (error) {
      return asAttempted(shipment, error, progress);
    }
  }

  /**
   * Asks the rail about the attempts before this one: each was refused, and a rail that had executed it after all, its
   * answer lost or late, would pay twice. What it has is left to a person, and nothing more is sent for the item.
   */
  private async probeEarlier(shipment: Shipment, progress: Progress): Promise<Attempted | undefined> {
    const { id: itemId, attempt } = shipment;
    try {
      const rail = this.rails.of(shipment);
      for (let earlier = attempt - 1; earlier >= 1; earlier -= 1) {
        // Without the account: it may have been another one then.
        const found = await this.patiently(() => rail.find({ itemId, attempt: earlier }), progress);
        if (found) return { itemId, attempt, action: 'refuse', code: 'contradicted_by_rail' };
      }
      return undefined;
    } catch (error) {
      if (error instanceof RailRefusal) return { itemId, attempt, action: 'lose_track' };
      return asAttempted(shipment, error, progress);
    }
  }

  /** Stays away as long as the rail asks for, then asks again. */
  private async patiently<T>(call: () => Promise<T>, { signal }: Progress): Promise<T> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof RailThrottled) || tries === maxThrottledTries) throw error;
        await pause(error.retryAfterMs, signal);
      }
    }
  }
}

/** A batch, unless it is paused or not being paid; its row stays as it is until the transaction ends. */
async function runningBatch(tx: Transaction, batchId: string): Promise<{ rail: string | null } | undefined> {
  const row = await rowOf<{ state: BatchState; paused_at: Date | null; rail: string | null }>(
    tx,
    `select state, paused_at, rail from payout_batches where id = $1 for share`,
    [batchId],
  );
  return row?.paused_at === null && payingBatchStates.includes(row.state) ? row : undefined;
}

function parametersOf(item: ItemRow) {
  return {
    itemId: item.id,
    attempt: item.attempt,
    batchId: item.batch_id,
    accountReference: item.account_reference,
    amountMinor: BigInt(item.amount_minor),
    currency: item.currency,
  };
}

/**
 * A failure as an outcome. Where the rail could not be asked, or we are to stop, the item stays as it is and the whole
 * slice is tried again later; a defect of ours is thrown on.
 */
function asAttempted({ id: itemId, attempt }: Shipment, error: unknown, { signal }: Progress): Attempted {
  if (error instanceof RailRefusal) return { itemId, attempt, action: 'refuse', code: error.code };
  if (error instanceof RailOutcomeUnknown) return { itemId, attempt, action: 'lose_track' };
  const isOutside = error instanceof RailUnavailable || error instanceof RailThrottled || signal.aborted;
  if (isOutside && error instanceof Error) return { action: 'unreachable', error };
  throw error;
}

/** What the rail has settled by the time it answers is settled; what it tells otherwise is left to its next report. */
function acceptedAs(shipment: Shipment, { reference, transfer }: SentTransfer): SendOutcome {
  const accepted = { itemId: shipment.id, attempt: shipment.attempt, reference };
  const isSettled = transfer?.status === 'settled' && transfer.returnedMinor === 0n;
  if (!isSettled || contradicts(shipment, transfer)) return { ...accepted, action: 'accept' };
  return { ...accepted, action: 'settle', settledAt: transfer.createdAt };
}

function count(result: SliceResult, attempted: readonly Attempted[]): void {
  for (const { action } of attempted) {
    if (action === 'accept' || action === 'settle' || action === 'found') result.sent += 1;
    if (action === 'refuse') result.failed += 1;
    if (action === 'lose_track') result.unknown += 1;
  }
}

function isSendOutcome(attempted: Attempted): attempted is SendOutcome {
  return attempted.action !== 'found' && attempted.action !== 'unreachable';
}
