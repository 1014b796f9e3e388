import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../audit/index.js';
import { Database, rowOf, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import { lockPartners } from '../../ledger/index.js';
import type { Actor } from '../../orchestration/actor.js';
import { Outbox } from '../../outbox/index.js';
import { storedEvents } from '../../tracking/index.js';
import { CommissionsService } from '../commissions.service.js';
import { holdStates } from '../domain/hold-state.js';
import { HeldLineMoney } from './held-money.js';
import { holdColumns, holdingStates, holdsOfEvent, readHold, rejectionPrefix, type HoldRow } from './hold-rows.js';

export interface HoldDecision extends Actor {
  holdId: string;
  reason: string;
}

/** What people decide about holds. Nothing else ends one: not the clock, not another hold's release. */
@Injectable()
export class HoldDecisions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly commissions: CommissionsService,
    private readonly money: HeldLineMoney,
  ) {}

  /**
   * Lets go of what the event has earned: it vests with the next run, and what had vested is payable again, unless
   * another hold keeps it. @throws DomainError `not-found`, `illegal-transition` (decided already)
   */
  release(decision: HoldDecision): Promise<HoldRow> {
    return this.decide(decision, 'release', async (tx, before) => {
      await lockPartners(tx, before.program_id, [before.partner_id]);
      const hold = await this.close(tx, before, 'released', decision);
      const others = await holdsOfEvent(tx, hold.program_id, hold.event_id, hold.partner_id);
      if (!others.some(({ state }) => state === 'open' || state === 'overdue')) {
        await this.money.giveBack(tx, hold, decision.actorId);
      }
      return hold;
    });
  }

  /**
   * Takes back what the event has earned for the partner, by a void of our own: pricing treats it like any other, but others
   * who share the event keep their parts. Every other open hold of the same part ends with it.
   * @throws DomainError `not-found`, `illegal-transition` (decided already)
   */
  reject(decision: HoldDecision): Promise<HoldRow> {
    return this.decide(decision, 'reject', async (tx, before) => {
      const { program_id: programId, event_id: eventId, partner_id: partnerId } = before;
      const voidEventId = `${rejectionPrefix}${before.id}`;
      // The void first: whoever takes events in holds locks in this order.
      await this.voidEvent(tx, before, voidEventId, decision);
      const hold = await this.close(tx, before, 'rejected', decision, voidEventId);
      for (const other of await holdsOfEvent(tx, programId, eventId, partnerId)) {
        if (!holdStates.allows(other.state, 'reject')) continue;
        const reason = `the hold ${hold.id} of the same event was rejected`;
        const closed = await this.close(tx, other, 'rejected', { ...decision, reason }, voidEventId);
        await this.tell(tx, other, closed, 'reject', { ...decision, reason });
      }
      await this.money.giveBack(tx, hold, decision.actorId);
      return hold;
    });
  }

  /**
   * Gives the owner more time. @throws DomainError `not-found`, `illegal-transition` (decided already),
   * `invalid-document` (the new expiry has passed)
   */
  extend(decision: HoldDecision & { expiresAt: Date }): Promise<HoldRow> {
    return this.decide(decision, 'extend', async (tx, before) => {
      if (decision.expiresAt <= this.clock.now()) {
        const error = { pointer: '/expiresAt', message: 'must lie in the future' };
        throw new DomainError('invalid-document', 'the expiry has passed', [error]);
      }
      const hold = await rowOf<HoldRow>(
        tx,
        `update line_holds h set state = 'open', expires_at = $2, asked_at = null
         where h.id = $1 and h.state in ${holdingStates} returning ${holdColumns}`,
        [before.id, decision.expiresAt],
      );
      return hold ?? refuse(await readHold(tx, before.id), 'extend');
    });
  }

  private decide(
    decision: HoldDecision,
    action: 'release' | 'reject' | 'extend',
    work: (tx: Transaction, before: HoldRow) => Promise<HoldRow>,
  ): Promise<HoldRow> {
    return this.database.inTransaction(async (tx) => {
      const before = await readHold(tx, decision.holdId);
      const recorded = { ...decision, subjectId: before.id, action: `line_hold.${action}` };
      if (await this.audit.wasRecorded(tx, recorded)) return before;
      holdStates.next(before.state, action);
      const after = await work(tx, before);
      await this.tell(tx, before, after, action, decision);
      return after;
    });
  }

  /** Ends a hold unless somebody else was faster. */
  private async close(
    tx: Transaction,
    { id }: HoldRow,
    state: 'released' | 'rejected',
    { actorId, reason }: HoldDecision,
    voidEventId: string | null = null,
  ): Promise<HoldRow> {
    const closed = await rowOf<HoldRow>(
      tx,
      `update line_holds h set state = $2, decided_by = $3, decided_at = $4, reason = $5, void_event_id = $6
       where h.id = $1 and h.state in ${holdingStates} returning ${holdColumns}`,
      [id, state, actorId, this.clock.now(), reason, voidEventId],
    );
    return closed ?? refuse(await readHold(tx, id), state === 'released' ? 'release' : 'reject');
  }

  private async voidEvent(tx: Transaction, { program_id, event_id }: HoldRow, id: string, actor: Actor) {
    const held = (await storedEvents(tx, program_id, [event_id])).get(event_id);
    // A void that is dated before its event would take nothing back.
    const atMs = Math.max(this.clock.now().getTime(), held?.event.occurredAt.getTime() ?? 0);
    const report = { id, type: 'void', occurredAt: new Date(atMs).toISOString(), voidOf: event_id };
    const [result] = await this.commissions.ingestWithin(tx, program_id, [report], actor);
    if (result?.status === 'refused') throw new Error(`the void of event ${event_id} was refused`);
  }

  private async tell(
    tx: Transaction,
    before: HoldRow,
    after: HoldRow,
    action: 'release' | 'reject' | 'extend',
    { actorId, requestId, reason }: HoldDecision,
  ): Promise<void> {
    const { id: subjectId, program_id: programId, event_id: eventId, cause, void_event_id, expires_at } = after;
    const details = {
      ...{ eventId, cause },
      ...(void_event_id !== null && { voidEventId: void_event_id }),
      ...(action === 'extend' && { expiresAt: expires_at.toISOString() }),
    };
    const move = { fromState: before.state, toState: after.state, reason, details };
    const fact = { programId, subjectId, actorId, ...(requestId !== undefined && { requestId }) };
    await this.audit.record(tx, { ...fact, action: `line_hold.${action}`, ...move });
    const type = { release: 'line_hold.released', reject: 'line_hold.rejected', extend: 'line_hold.extended' } as const;
    await this.outbox.announce(tx, programId, { type: type[action], subjectId, data: { cause } });
  }
}

/** What the row says now decides about an action that came too late. */
function refuse({ state }: HoldRow, action: 'release' | 'reject' | 'extend'): never {
  holdStates.next(state, action);
  throw new DomainError('illegal-transition', `hold: cannot ${action} any more`);
}
