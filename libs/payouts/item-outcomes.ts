import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import {
  fail,
  LedgerService,
  returnToHeld,
  settle,
  type CompanyAccountCode,
  type LedgerTransaction,
} from '../ledger/index.js';
import { systemActor } from '../orchestration/actor.js';
import { itemsSettled, payoutBatch } from '../orchestration/payout-batch.js';
import { Outbox } from '../outbox/index.js';
import { itemStates, itemStatesThatAllow, type ItemAction, type ItemState, type RailTransfer } from './domain/index.js';
import { attemptOccasion, itemFact, itemOccasion } from './item-facts.js';
import type { ItemRow } from './rows.js';

/** What a send came to, as far as is known. */
export type SendOutcome =
  | { itemId: string; attempt: number; action: 'accept'; reference: string }
  | { itemId: string; attempt: number; action: 'settle'; reference: string; settledAt: Date }
  | { itemId: string; attempt: number; action: 'refuse'; code: string }
  | { itemId: string; attempt: number; action: 'lose_track' };

/** The states that are announced: those that the rail tells us of. */
type ToldState = Exclude<ItemState, 'pending' | 'screened' | 'held' | 'reserved' | 'sending' | 'superseded'>;

/** What became of a transfer that the rail told us of. */
export type TransferVerdict =
  | 'applied'
  | 'unchanged' // we knew, or we know more than this older report
  | 'foreign' // no item of this installation
  | 'contradiction'; // it is not what we sent: nothing is changed and a person decides

const attemptOutcomes = { accept: 'accepted', settle: 'accepted', refuse: 'refused', lose_track: 'unknown' } as const;

/** The company's account at the provider that each rail pays from (money.md, Ledger). */
const sources: Readonly<Record<string, CompanyAccountCode>> = {
  'stripe-transfers': 'psp:stripe',
  'iso-credit-transfer': 'cash:bank',
  nacha: 'cash:bank',
  'stripe-global-payouts': 'psp:stripe',
};

/** Writes down what the rail said: item, attempt, ledger, audit and announcement move in one transaction. */
@Injectable()
export class ItemOutcomes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /** Records what sends came to. An item that a webhook moved on meanwhile stays where it is. */
  async recordSends(outcomes: readonly SendOutcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await this.database.inTransaction(async (tx) => {
      for (const action of ['settle', 'accept', 'refuse', 'lose_track'] as const) {
        await this.recordSame(
          tx,
          action,
          outcomes.filter((outcome) => outcome.action === action),
        );
      }
    });
  }

  /**
   * Applies the rail's present word on a transfer, forwards only: an older, repeated or late report changes nothing.
   * `alongside` runs in the same transaction.
   */
  async applyTransfer(
    rail: string,
    transfer: RailTransfer,
    alongside: (tx: Transaction) => Promise<void> = () => Promise.resolve(),
  ): Promise<TransferVerdict> {
    let batchId: string | undefined;
    const verdict = await this.database.inTransaction(async (tx) => {
      const item = await lockItemOf(tx, transfer);
      batchId = item?.batch_id;
      const applied = item ? await this.applyTo(tx, rail, item, transfer) : 'foreign';
      await alongside(tx);
      return applied;
    });
    if (verdict === 'applied' && batchId !== undefined) await this.signalWhenSettled(batchId);
    return verdict;
  }

  private async applyTo(
    tx: Transaction,
    rail: string,
    item: ItemRow,
    transfer: RailTransfer,
  ): Promise<TransferVerdict> {
    if (contradicts(item, transfer)) {
      await tx.query(
        `update payout_items set failure_code = 'contradicted_by_rail' where id = $1 and failure_code is null`,
        [item.id],
      );
      return 'contradiction';
    }
    const actions = stepsTo(item.state, transfer);
    if (actions.length === 0) return 'unchanged';
    let state = item.state;
    const bookings: LedgerTransaction[] = [];
    for (const action of actions) {
      await this.audit.record(tx, itemFact({ ...item, state }, action, itemStates.next(state, action), systemActor));
      state = itemStates.next(state, action);
      await this.outbox.announce(tx, item.program_id, announcement(item, state));
      bookings.push(...this.booking(rail, item, action, transfer));
    }
    await tx.query(
      `update payout_items set state = $2, state_since = $3, rail_reference = $4, failure_code = $5 where id = $1`,
      [item.id, state, this.clock.now(), transfer.reference, transfer.reasonCode ?? null],
    );
    await tx.query(
      `update payout_attempts set outcome = 'accepted', rail_reference = $3 where item_id = $1 and attempt = $2`,
      [item.id, item.attempt, transfer.reference],
    );
    await this.ledger.post(tx, item.program_id, bookings);
    return 'applied';
  }

  private booking(rail: string, item: ItemRow, action: ItemAction, transfer: RailTransfer): LedgerTransaction[] {
    if (action === 'accept') return [];
    const source = sourceOf(rail);
    if (action === 'settle')
      return [settle({ ...itemOccasion(item, transfer.createdAt, systemActor.actorId), source })];
    return [returnToHeld({ ...itemOccasion(item, this.clock.now(), systemActor.actorId), source })];
  }

  /**
   * Wakes the batch's workflow once no item is open. Asked after the commit: of two items that settle at once, each
   * would see the other open from within its own transaction, and nobody would be told.
   */
  async signalWhenSettled(batchId: string): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      const row = await rowOf<{ program_id: string; run: number }>(
        tx,
        `select program_id, run from payout_batches batch where id = $1 and state in ('released', 'processing')
           and not exists (select from payout_items where batch_id = batch.id
                           and state in ('reserved', 'sending', 'unknown', 'submitted'))`,
        [batchId],
      );
      if (!row) return;
      const signal = { workflowId: payoutBatch.workflowId(batchId, row.run), signal: itemsSettled.name };
      await this.outbox.signalWorkflow(tx, row.program_id, signal);
    });
  }

  private async recordSame(
    tx: Transaction,
    action: SendOutcome['action'],
    outcomes: readonly SendOutcome[],
  ): Promise<void> {
    if (outcomes.length === 0) return;
    const state = itemStates.next('sending', action);
    const moved = await rowsOf<MovedRow>(
      tx,
      `update payout_items item set state = $1, state_since = $2, rail_reference = coalesce(said.reference, item.rail_reference),
         failure_code = case $1 when 'failed' then said.code when 'settled' then null else item.failure_code end
       from jsonb_to_recordset($3) as said (item_id text, attempt integer, reference text, code text, settled_at timestamptz)
       join payout_items before on before.id = said.item_id
       where item.id = said.item_id and item.attempt = said.attempt and item.state = any($4)
       returning item.*, before.state as from_state, said.settled_at`,
      [state, this.clock.now(), JSON.stringify(outcomes.map(asRow)), itemStatesThatAllow(action)],
    );
    await tx.query(
      `update payout_attempts attempt set outcome = $1, rail_reference = coalesce(said.reference, attempt.rail_reference)
       from jsonb_to_recordset($2) as said (item_id text, attempt integer, reference text)
       where attempt.item_id = said.item_id and attempt.attempt = said.attempt
         and (attempt.outcome is null or attempt.outcome = 'unknown')`,
      [attemptOutcomes[action], JSON.stringify(outcomes.map(asRow))],
    );
    const fresh = moved.filter(({ from_state }) => from_state !== state);
    await this.audit.recordAll(
      tx,
      fresh.map((item) => itemFact({ ...item, state: item.from_state }, action, state, systemActor)),
    );
    await this.settleBooks(tx, action, fresh, state);
  }

  private async settleBooks(
    tx: Transaction,
    action: ItemAction,
    items: readonly MovedRow[],
    state: ToldState,
  ): Promise<void> {
    const [first] = items;
    if (!first || action === 'accept') return;
    await this.outbox.announceAll(
      tx,
      first.program_id,
      items.map((item) => announcement(item, state)),
    );
    const now = this.clock.now();
    const bookings: LedgerTransaction[] = [];
    if (action === 'refuse') {
      bookings.push(...items.map((item) => fail(attemptOccasion(item, now, systemActor.actorId))));
    }
    if (action === 'settle') bookings.push(...(await this.settlements(tx, items)));
    await this.ledger.post(tx, first.program_id, bookings);
  }

  /** Settlements of items whose rails, by their attempts, may be several. */
  private async settlements(tx: Transaction, items: readonly MovedRow[]): Promise<LedgerTransaction[]> {
    const rails = await rowsOf<{ item_id: string; rail: string }>(
      tx,
      `select attempt.item_id, attempt.rail from payout_items item
       join payout_attempts attempt on attempt.item_id = item.id and attempt.attempt = item.attempt
       where item.id = any($1)`,
      [items.map(({ id }) => id)],
    );
    const railOf = new Map(rails.map(({ item_id, rail }) => [item_id, rail]));
    return items.map((item) => {
      const occasion = itemOccasion(item, item.settled_at ?? this.clock.now(), systemActor.actorId);
      return settle({ ...occasion, source: sourceOf(railOf.get(item.id) ?? '') });
    });
  }
}

/** An item that was moved, from which state, and when the rail settled it where it did. */
type MovedRow = ItemRow & { from_state: ItemState; settled_at: Date | null };

function sourceOf(rail: string): CompanyAccountCode {
  const source = sources[rail];
  if (source === undefined) throw new RangeError(`no ledger account is known for the rail ${rail}`);
  return source;
}

function asRow(outcome: SendOutcome) {
  return {
    item_id: outcome.itemId,
    attempt: outcome.attempt,
    reference: 'reference' in outcome ? outcome.reference : undefined,
    code: outcome.action === 'refuse' ? outcome.code : undefined,
    settled_at: outcome.action === 'settle' ? outcome.settledAt.toISOString() : undefined,
  };
}

/** By the id that travelled with the money; a transfer without one was not made by us. */
function lockItemOf(tx: Transaction, { itemId }: RailTransfer): Promise<ItemRow | undefined> {
  return itemId === undefined
    ? Promise.resolve(undefined)
    : rowOf<ItemRow>(tx, `select * from payout_items where id = $1 for update`, [itemId]);
}

/** Money left for an item that the rail refused, or it is not what we sent: nothing that a machine may settle. */
export function contradicts(item: ItemRow, transfer: RailTransfer): boolean {
  return (
    item.state === 'failed' ||
    transfer.attempt !== item.attempt ||
    transfer.batchId !== item.batch_id ||
    transfer.currency !== item.currency ||
    transfer.amountMinor !== BigInt(item.amount_minor) ||
    transfer.accountReference !== item.account_reference ||
    (item.rail_reference !== null && item.rail_reference !== transfer.reference)
  );
}

/** The steps from an item's state to what the rail says; none where we are there already or beyond. */
function stepsTo(state: ItemState, { status }: RailTransfer): ('accept' | 'settle' | 'return')[] {
  const isUnderWay = itemStates.allows(state, 'settle');
  if (status === 'pending') return itemStates.allows(state, 'accept') ? ['accept'] : [];
  if (status === 'settled') return isUnderWay ? ['settle'] : [];
  // Money that came back went out before, even where nobody told us then.
  if (isUnderWay) return ['settle', 'return'];
  return itemStates.allows(state, 'return') ? ['return'] : [];
}

function announcement(item: Pick<ItemRow, 'id' | 'batch_id' | 'partner_id'>, state: ToldState) {
  const data = { batchId: item.batch_id, partnerId: item.partner_id };
  return { type: `payout_item.${state}` as const, subjectId: item.id, data };
}
