import { rowOf, rowsOf, type Transaction } from '../database/index.js';
import { standingOf, type DestinationKind, type DetailsStanding, type DetailsState } from './domain/index.js';

/** How a version reached us: from the partner itself, from a person of the company, from a program with a key. */
export type Channel = 'partner' | 'company' | 'service';

export interface DetailsRow {
  id: string;
  program_id: string;
  partner_id: string;
  version: number;
  kind: DestinationKind;
  ending: string;
  country: string | null;
  provider: string | null;
  sealed: Buffer;
  key_id: string;
  channel: Channel;
  submitted_by: string;
  submitted_at: Date;
  state: DetailsState;
  effective_at: Date | null;
  decided_by: string | null;
  decided_at: Date | null;
  reason: string | null;
}

/** A version as people see it: masked. */
export interface DetailsView {
  id: string;
  partnerId: string;
  version: number;
  kind: DestinationKind;
  ending: string;
  country: string | null;
  provider: string | null;
  channel: Channel;
  submittedBy: string;
  submittedAt: Date;
  standing: DetailsStanding;
  effectiveAt: Date | null;
  decidedBy: string | null;
  decidedAt: Date | null;
  reason: string | null;
}

/** What a row's secret is bound to. */
export function detailsContext(row: Pick<DetailsRow, 'id' | 'program_id' | 'partner_id'>): string {
  return `payout-details:${row.program_id}:${row.partner_id}:${row.id}`;
}

/** All versions of a partner, newest first. */
export function versionsOf(tx: Transaction, partnerId: string): Promise<DetailsRow[]> {
  return rowsOf<DetailsRow>(tx, `select * from payout_details where partner_id = $1 order by version desc`, [
    partnerId,
  ]);
}

/** The version that pays at an instant; undefined where none does yet. */
export function inUseAt(tx: Transaction, partnerId: string, at: Date): Promise<DetailsRow | undefined> {
  return rowOf<DetailsRow>(
    tx,
    `select * from payout_details where partner_id = $1 and state = 'approved' and effective_at <= $2
     order by version desc limit 1`,
    [partnerId, at],
  );
}

/** Views of all versions of one partner, in the order of the rows. */
export function viewsOf(rows: readonly DetailsRow[], at: Date): DetailsView[] {
  const due = rows.filter(({ effective_at: from }) => from !== null && from.getTime() <= at.getTime());
  const newest = Math.max(0, ...due.filter(({ state }) => state === 'approved').map(({ version }) => version));
  return rows.map((row) => ({
    id: row.id,
    partnerId: row.partner_id,
    version: row.version,
    kind: row.kind,
    ending: row.ending,
    country: row.country,
    provider: row.provider,
    channel: row.channel,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at,
    standing: standingOf({ state: row.state, effectiveAt: row.effective_at }, at, row.version === newest),
    effectiveAt: row.effective_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    reason: row.reason,
  }));
}
