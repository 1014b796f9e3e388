import type { HoldCause, HoldState } from '../domain/hold-state.js';
import type { HoldRow } from './hold-rows.js';

/** A hold as an explanation tells of it; plain JSON. Why and by whom is for the company's eyes alone. */
export interface ExplainedHold {
  holdId: string;
  state: HoldState;
  placedAt: string;
  expiresAt: string;
  decidedAt?: string;
  cause?: HoldCause;
  /** What the rule saw. */
  seen?: Record<string, unknown>;
  note?: string;
  decidedBy?: string;
  reason?: string;
}

export function explainedHold(row: HoldRow): ExplainedHold {
  return {
    holdId: row.id,
    state: row.state,
    placedAt: row.placed_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    ...(row.decided_at && { decidedAt: row.decided_at.toISOString() }),
    cause: row.cause,
    seen: row.seen,
    ...(row.note !== null && { note: row.note }),
    ...(row.decided_by !== null && { decidedBy: row.decided_by }),
    ...(row.reason !== null && { reason: row.reason }),
  };
}

/** What the partner learns of a hold: that it is there and what became of it. Rules that are known are evaded. */
export function holdForPartner({ holdId, state, placedAt, expiresAt, decidedAt }: ExplainedHold): ExplainedHold {
  return { holdId, state, placedAt, expiresAt, ...(decidedAt !== undefined && { decidedAt }) };
}

export function isWaiting(holds: readonly ExplainedHold[]): boolean {
  return holds.some(({ state }) => state === 'open' || state === 'overdue');
}
