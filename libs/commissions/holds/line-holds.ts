import { Injectable } from '@nestjs/common';
import { AuditLog, type AuditFact } from '../../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../../database/index.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/domain-error.js';
import { elapsedMs } from '../../kernel/elapsed.js';
import { newId } from '../../kernel/ids.js';
import { lockPartners } from '../../ledger/index.js';
import type { Actor } from '../../orchestration/actor.js';
import { Outbox } from '../../outbox/index.js';
import { readMoneySettings, type HoldSettings } from '../../programs/index.js';
import { attributedConversions, storedEvents } from '../../tracking/index.js';
import type { Suspicion } from '../domain/fraud-rules.js';
import type { HoldCause } from '../domain/hold-state.js';
import { HeldLineMoney } from './held-money.js';
import { holdColumns, holdingStates, type HoldRow } from './hold-rows.js';

/** A hold that a person places. */
export interface HoldPlacing extends Actor {
  programId: string;
  eventId: string;
  /** Whose part of an event that several share is held. */
  partnerId?: string;
  note: string;
  /** Who decides: the program's default where absent. */
  ownerRole?: string;
  ownerId?: string;
  /** When it asks for a decision; the program's default where absent. */
  expiresAt?: Date;
}

interface NewHold {
  eventId: string;
  partnerId: string;
  cause: HoldCause;
  seen: Suspicion['seen'];
  note?: string;
  ownerRole: string;
  ownerId?: string;
  expiresAt: Date;
}

/**
 * Places holds. What a held event has earned doesn't vest, whatever the clock says, and what has vested already leaves
 * payable, as far as no batch has reserved it.
 */
@Injectable()
export class LineHolds {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly money: HeldLineMoney,
  ) {}

  /**
   * Holds an event by hand.
   * @throws DomainError `not-found` (the event), `invalid-document` (a refund or void, an expiry that has passed, a
   * partner without a part of the event, no partner where several share it),
   * `already-exists` (a person holds it already)
   */
  place(placing: HoldPlacing): Promise<string> {
    const { programId, eventId, note, ownerId, requestId, actorId } = placing;
    return this.database.inTransaction(async (tx) => {
      const { holds: settings } = await readMoneySettings(tx, programId);
      const partnerId = await partnerOf(tx, placing);
      const expiresAt = this.expiry(placing.expiresAt, settings);
      await lockPartners(tx, programId, [partnerId]);
      const made = {
        ...{ eventId, partnerId, cause: 'manual' as const, seen: {}, note, expiresAt },
        ...{ ownerRole: placing.ownerRole ?? settings.ownerRole, ...(ownerId !== undefined && { ownerId }) },
      };
      const actor = requestId === undefined ? { actorId } : { actorId, requestId };
      const [placed] = await this.insert(tx, programId, [made], actor);
      if (placed) return placed.id;
      const repeated = await this.placedBy(tx, placing);
      if (repeated !== undefined) return repeated;
      throw new DomainError('already-exists', 'the event is held by hand already');
    });
  }

  /**
   * Holds the events that ran into rules, each once for each cause: what was released stays released. The partners'
   * money locks must be held. Answers with the new holds.
   */
  async placeSuspected(
    tx: Transaction,
    programId: string,
    suspicions: readonly Suspicion[],
    settings: HoldSettings,
    actor: Actor,
  ): Promise<HoldRow[]> {
    if (suspicions.length === 0) return [];
    const known = await rowsOf<{ event_id: string; partner_id: string; cause: string }>(
      tx,
      `select event_id, partner_id, cause from line_holds where program_id = $1 and event_id = any($2)`,
      [programId, [...new Set(suspicions.map(({ eventId }) => eventId))]],
    );
    const before = new Set(known.map(({ event_id, partner_id, cause }) => `${cause} ${partner_id} ${event_id}`));
    const expiresAt = this.expiry(undefined, settings);
    const made = suspicions
      .filter(({ cause, partnerId, eventId }) => !before.has(`${cause} ${partnerId} ${eventId}`))
      .map((suspicion) => ({ ...suspicion, ownerRole: settings.ownerRole, expiresAt }));
    return this.insert(tx, programId, made, actor);
  }

  private expiry(asked: Date | undefined, { expiresAfter }: HoldSettings): Date {
    const now = this.clock.now().getTime();
    if (asked === undefined) return new Date(now + elapsedMs(expiresAfter));
    if (asked.getTime() > now) return asked;
    const error = { pointer: '/expiresAt', message: 'must lie in the future' };
    throw new DomainError('invalid-document', 'the expiry has passed', [error]);
  }

  /** Those that are new, with their audit and announcement, and the money that they take. */
  private async insert(
    tx: Transaction,
    programId: string,
    holds: readonly NewHold[],
    actor: Actor,
  ): Promise<HoldRow[]> {
    if (holds.length === 0) return [];
    const rows = holds.map(({ eventId, partnerId, cause, seen, note, ownerRole, ownerId, expiresAt }) => ({
      ...{ id: newId('hld'), event_id: eventId, partner_id: partnerId, cause, seen, note },
      ...{ owner_role: ownerRole, owner_id: ownerId, expires_at: expiresAt.toISOString() },
    }));
    const placed = await rowsOf<HoldRow>(
      tx,
      `insert into line_holds as h (id, program_id, event_id, partner_id, cause, seen, note, owner_role, owner_id, state, placed_by,
                                    placed_at, expires_at)
       select g.id, $1, g.event_id, g.partner_id, g.cause, g.seen, g.note, g.owner_role, g.owner_id, 'open', $2, $3, g.expires_at
       from jsonb_to_recordset($4) as g (id text, event_id text, partner_id text, cause text, seen jsonb, note text,
         owner_role text, owner_id text, expires_at timestamptz)
       order by g.event_id collate "C", g.partner_id, g.cause
       on conflict (program_id, event_id, partner_id, cause) where state in ${holdingStates} do nothing returning ${holdColumns}`,
      [programId, actor.actorId, this.clock.now(), JSON.stringify(rows)],
    );
    await this.money.take(tx, programId, placed, actor.actorId);
    await this.audit.recordAll(
      tx,
      placed.map((row) => placingFact(row, actor)),
    );
    const events = placed.map(({ id: subjectId, cause, expires_at }) => {
      return { type: 'line_hold.placed' as const, subjectId, data: { cause, expiresAt: expires_at.toISOString() } };
    });
    await this.outbox.announceAll(tx, programId, events);
    return placed;
  }

  /** The hold that this very request has placed before. */
  private async placedBy(tx: Transaction, { programId, eventId, actorId, requestId }: HoldPlacing) {
    if (requestId === undefined) return undefined;
    const row = await rowOf<{ subject_id: string }>(
      tx,
      `select f.subject_id from audit_facts f join line_holds h on h.id = f.subject_id
       where f.program_id = $1 and f.action = 'line_hold.place' and f.request_id = $2 and f.actor_id = $3 and h.event_id = $4`,
      [programId, requestId, actorId, eventId],
    );
    return row?.subject_id;
  }
}

function placingFact(row: HoldRow, actor: Actor): AuditFact {
  const { program_id: programId, id: subjectId, event_id: eventId, cause, seen, note } = row;
  const fact = { ...actor, programId, action: 'line_hold.place', subjectId, toState: 'open' };
  return { ...fact, ...(note !== null && { reason: note }), details: { eventId, cause, seen } };
}

/** Whose lines are held. @throws DomainError `not-found`, `invalid-document` */
async function partnerOf(tx: Transaction, { programId, eventId, partnerId }: HoldPlacing): Promise<string> {
  const stored = (await storedEvents(tx, programId, [eventId])).get(eventId);
  if (!stored) throw new DomainError('not-found', 'there is no event with this id');
  if (stored.event.kind !== 'conversion') {
    refuse('/eventId', 'is a refund or void: what its event has earned is held');
  }
  const earning =
    stored.partnerId === undefined
      ? (await attributedConversions(tx, programId, [eventId])).map((share) => share.partnerId)
      : [stored.partnerId];
  if (partnerId !== undefined) {
    return earning.find((each) => each === partnerId) ?? refuse('/partnerId', 'has no part of the event');
  }
  const [only, ...others] = earning;
  if (only === undefined) refuse('/eventId', 'is attributed to no partner');
  return others.length === 0 ? only : refuse('/partnerId', 'is missing: several partners share the event');
}

function refuse(pointer: string, message: string): never {
  throw new DomainError('invalid-document', 'it is not one partner who earns with this event', [{ pointer, message }]);
}
