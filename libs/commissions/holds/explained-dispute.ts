import { rowsOf, type Transaction } from '../../database/index.js';
import { toSafeNumber, type MoneyJson } from '../../kernel/money.js';

/** A dispute as an explanation tells of it; plain JSON. */
export interface ExplainedDispute {
  disputeId: string;
  state: string;
  openedAt: string;
  answeredAt?: string;
  /** What the partner got beside the lines, or what was taken back; booked once the dispute is upheld. */
  adjustment?: MoneyJson;
}

/** Every dispute about an event, oldest first. An adjustment that waits for its approval is not told. */
export async function explainedDisputes(
  tx: Transaction,
  programId: string,
  eventId: string,
  partnerId: string,
): Promise<ExplainedDispute[]> {
  const rows = await rowsOf<{
    id: string;
    state: string;
    opened_at: Date;
    answered_at: Date | null;
    adjustment_minor: string | null;
    currency: string | null;
  }>(
    tx,
    `select id, state, opened_at, answered_at, adjustment_minor, currency from disputes
     where program_id = $1 and event_id = $2 and partner_id = $3 order by id`,
    [programId, eventId, partnerId],
  );
  return rows.map(({ id, state, opened_at, answered_at, adjustment_minor, currency }) => ({
    disputeId: id,
    state,
    openedAt: opened_at.toISOString(),
    ...((state === 'upheld' || state === 'rejected') && answered_at && { answeredAt: answered_at.toISOString() }),
    ...(state === 'upheld' &&
      adjustment_minor !== null &&
      currency !== null && { adjustment: { amountMinor: toSafeNumber(BigInt(adjustment_minor)), currency } }),
  }));
}
