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

/** A name of a rejection's void: it says nothing about customers, so it doesn't count as a sale that came back. */
export const rejectionPrefix = 'hold-rejected:';

/** Whether some hold keeps a partner's lines of the event behind a line (`alias`) from vesting: its own and those of its reversals. */
export function isHeld(alias: string): string {
  return `exists (select from line_holds held where held.program_id = ${alias}.program_id
    and held.event_id = coalesce(${alias}.of_event_id, ${alias}.event_id) and held.partner_id = ${alias}.partner_id
    and held.state in ${holdingStates})`;
}

/** @throws DomainError `not-found` */
export async function readHold(tx: Transaction, holdId: string): Promise<HoldRow> {
  const row = await rowOf<HoldRow>(tx, `select ${holdColumns} from line_holds h where h.id = $1`, [holdId]);
  if (!row) throw new DomainError('not-found', `no hold ${holdId}`);
  return row;
}

/** Every hold that a partner's part of an event had, oldest first. */
export function holdsOfEvent(
  tx: Transaction,
  programId: string,
  eventId: string,
  partnerId: string,
): Promise<HoldRow[]> {
  return rowsOf<HoldRow>(
    tx,
    `select ${holdColumns} from line_holds h where h.program_id = $1 and h.event_id = $2 and h.partner_id = $3 order by h.id`,
    [programId, eventId, partnerId],
  );
}

/** Whose money each of these voids takes back, of those by which a hold was rejected: the one partner's whose hold it was. */
export async function partnersOfRejections(
  tx: Transaction,
  programId: string,
  voidIds: readonly string[],
): Promise<Map<string, string>> {
  const holdIds = voidIds.filter((id) => id.startsWith(rejectionPrefix)).map((id) => id.slice(rejectionPrefix.length));
  if (holdIds.length === 0) return new Map();
  const rows = await rowsOf<{ id: string; partner_id: string }>(
    tx,
    `select id, partner_id from line_holds where program_id = $1 and id = any($2)`,
    [programId, holdIds],
  );
  return new Map(rows.map(({ id, partner_id }) => [`${rejectionPrefix}${id}`, partner_id]));
}
