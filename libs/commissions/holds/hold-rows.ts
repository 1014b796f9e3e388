import { rowOf, rowsOf, type Transaction } from '../../database/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import type { HoldCause, HoldState } from '../domain/hold-state.js';

/** A hold as its row says. */
export interface HoldRow {
  id: string;
  program_id: string;
  event_id: string;
  partner_id: string;
  cause: HoldCause;
  /** The numbers that the rule saw. */
  seen: Record<string, unknown>;
  note: string | null;
  owner_role: string;
  owner_id: string | null;
  state: HoldState;
  placed_by: string;
  placed_at: Date;
  expires_at: Date;
  asked_at: Date | null;
  decided_by: string | null;
  decided_at: Date | null;
  reason: string | null;
  /** The void by which a rejection took back what the event had earned. */
  void_event_id: string | null;
}

export const holdColumns = `h.id, h.program_id, h.event_id, h.partner_id, h.cause, h.seen, h.note, h.owner_role, h.owner_id, h.state,
  h.placed_by, h.placed_at, h.expires_at, h.asked_at, h.decided_by, h.decided_at, h.reason, h.void_event_id`;

/** The states in which a hold keeps money back. */
export const holdingStates = `('open', 'overdue')`;

/** Whether some hold keeps the lines of the event behind a line (`alias`) from vesting: its own and those of its reversals. */
export function isHeld(alias: string): string {
  return `exists (select from line_holds held where held.program_id = ${alias}.program_id
    and held.event_id = coalesce(${alias}.of_event_id, ${alias}.event_id) and held.state in ${holdingStates})`;
}

/** @throws DomainError `not-found` */
export async function readHold(tx: Transaction, holdId: string): Promise<HoldRow> {
  const row = await rowOf<HoldRow>(tx, `select ${holdColumns} from line_holds h where h.id = $1`, [holdId]);
  if (!row) throw new DomainError('not-found', `no hold ${holdId}`);
  return row;
}

/** Every hold that an event had, oldest first. */
export function holdsOfEvent(tx: Transaction, programId: string, eventId: string): Promise<HoldRow[]> {
  return rowsOf<HoldRow>(
    tx,
    `select ${holdColumns} from line_holds h where h.program_id = $1 and h.event_id = $2 order by h.id`,
    [programId, eventId],
  );
}
