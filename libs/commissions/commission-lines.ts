import { arrayColumns, preparedRows, rowsOf, type Transaction } from '../database/index.js';
import type { BookedLine, LineKind } from './domain/line-movements.js';
import type { Tender } from '../ledger/domain/index.js';
import { isHeld } from './holds/hold-rows.js';

/** A row of `commission_lines`, as the driver gives it. */
export interface CommissionLineRow {
  event_id: string;
  partner_id: string;
  rule_id: string;
  step: string;
  kind: LineKind;
  tender: Tender;
  of_event_id: string | null;
  amount_minor: string;
  vested_minor: string;
  currency: string;
  terms_hash: string;
  agreement_version_id: string;
  clause: string;
  clamp: string | null;
  occurred_at: Date;
  vest_at: Date;
  revision: number;
}

export const lineColumns = `l.event_id, l.partner_id, l.rule_id, l.step, l.kind, l.tender, l.of_event_id, l.amount_minor, l.vested_minor,
  l.currency, l.terms_hash, l.agreement_version_id, l.clause, l.clamp, l.occurred_at, l.vest_at, l.revision`;

/** All lines of these events, those with the amount 0 too. */
export async function linesOfEvents(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<BookedLine[]> {
  if (eventIds.length === 0) return [];
  const rows = await rowsOf<CommissionLineRow>(
    tx,
    `select ${lineColumns} from commission_lines l where l.program_id = $1 and l.event_id = any($2)`,
    [programId, eventIds],
  );
  return rows.map(bookedLine);
}

/**
 * The lines of a partner's bonuses that fell due by the calendar or by a decision, up to an instant: those with an event of their
 * own, and those of customers whose sales are named.
 */
export async function scheduledLines(
  tx: Transaction,
  programId: string,
  partnerId: string,
  { until, saleIds }: { until: Date; saleIds: readonly string[] },
): Promise<BookedLine[]> {
  const rows = await rowsOf<CommissionLineRow>(
    tx,
    `select ${lineColumns} from commission_lines l
     where l.program_id = $1 and l.partner_id = $2 and l.kind = 'bonus' and l.step = 0 and l.occurred_at <= $3
       and (starts_with(l.event_id, l.rule_id || '@') or l.event_id = any($4 collate "C"))`,
    [programId, partnerId, until, saleIds],
  );
  return rows.map(bookedLine);
}

/** The lines of these partners that may vest before the cut-off, in a fixed order. */
export async function unvestedLines(
  tx: Transaction,
  programId: string,
  partnerIds: readonly string[],
  cutOff: Date,
): Promise<BookedLine[]> {
  const rows = await rowsOf<CommissionLineRow>(
    tx,
    `select ${lineColumns} from commission_lines l
     where l.program_id = $1 and l.partner_id = any($2) and l.vest_at < $3 and l.vested_minor <> l.amount_minor
       and not ${isHeld('l')}
     order by l.partner_id, l.occurred_at, l.event_id, l.rule_id, l.step`,
    [programId, partnerIds, cutOff],
  );
  return rows.map(bookedLine);
}

/** Marks what `unvestedLines` gave under the same locks as vested. */
export async function markVested(
  tx: Transaction,
  programId: string,
  partnerIds: readonly string[],
  cutOff: Date,
): Promise<void> {
  await tx.query(
    `update commission_lines l set vested_minor = amount_minor
     where program_id = $1 and partner_id = any($2) and vest_at < $3 and vested_minor <> amount_minor and not ${isHeld('l')}`,
    [programId, partnerIds, cutOff],
  );
}

/** What is written of lines. */
interface SavedLines {
  readonly lines: readonly BookedLine[];
  /** The ledger transactions that sum new lines up. */
  readonly accruedIn: ReadonlyMap<BookedLine, string>;
  readonly computedAt: Date;
}

/**
 * Writes lines as they are now, new ones and changed ones, in a statement each. Throws where a line is not what it was read
 * as: then somebody else has changed it, without the money lock.
 */
export async function saveLines(tx: Transaction, programId: string, saved: SavedLines): Promise<void> {
  const isNew = ({ revision }: BookedLine): boolean => revision === 1;
  // A key that must be free costs the database a third less than one that may be taken; nearly all lines are new.
  const added = saved.lines.filter(isNew);
  if (added.length > 0) await preparedRows(tx, insertLines, valuesOf(programId, { ...saved, lines: added }));
  const changed = saved.lines.filter((line) => !isNew(line));
  if (changed.length === 0) return;
  const written = await preparedRows(tx, replaceLines, valuesOf(programId, { ...saved, lines: changed }));
  if (written.length !== changed.length) throw new Error('commission lines were changed by somebody else meanwhile');
}

export function bookedLine(row: CommissionLineRow): BookedLine {
  return {
    eventId: row.event_id,
    partnerId: row.partner_id,
    ruleId: row.rule_id,
    step: BigInt(row.step),
    kind: row.kind,
    tender: row.tender,
    ofEventId: row.of_event_id ?? undefined,
    amountMinor: BigInt(row.amount_minor),
    vestedMinor: BigInt(row.vested_minor),
    currency: row.currency,
    termsHash: row.terms_hash,
    versionId: row.agreement_version_id,
    clause: row.clause,
    clamp: row.clamp ?? undefined,
    occurredAt: row.occurred_at,
    vestAt: row.vest_at,
    revision: row.revision,
  };
}

/** The columns that a line is saved in. */
const savedColumns = arrayColumns<{ line: BookedLine; accruedIn: string | undefined }>(3, [
  ['event_id', 'text', ({ line }) => line.eventId],
  ['partner_id', 'text', ({ line }) => line.partnerId],
  ['rule_id', 'text', ({ line }) => line.ruleId],
  ['step', 'bigint', ({ line }) => line.step],
  ['kind', 'text', ({ line }) => line.kind],
  ['tender', 'text', ({ line }) => line.tender],
  ['of_event_id', 'text', ({ line }) => line.ofEventId],
  ['amount_minor', 'bigint', ({ line }) => line.amountMinor],
  ['vested_minor', 'bigint', ({ line }) => line.vestedMinor],
  ['currency', 'text', ({ line }) => line.currency],
  ['terms_hash', 'text', ({ line }) => line.termsHash],
  ['agreement_version_id', 'text', ({ line }) => line.versionId],
  ['clause', 'text', ({ line }) => line.clause],
  ['clamp', 'text', ({ line }) => line.clamp],
  ['occurred_at', 'timestamptz', ({ line }) => line.occurredAt.toISOString()],
  ['vest_at', 'timestamptz', ({ line }) => line.vestAt.toISOString()],
  ['revision', 'integer', ({ line }) => line.revision],
  ['accrued_in', 'text', ({ accruedIn }) => accruedIn],
]);

const insertLines = `
  insert into commission_lines as l (program_id, ${savedColumns.names}, computed_at)
  select $1, ${savedColumns.cells}, $2 from ${savedColumns.source}`;

const replaceLines = `${insertLines}
  on conflict (program_id, event_id, partner_id, rule_id, step, kind, tender) do update set
    amount_minor = excluded.amount_minor, vested_minor = excluded.vested_minor, terms_hash = excluded.terms_hash,
    agreement_version_id = excluded.agreement_version_id, clause = excluded.clause, clamp = excluded.clamp,
    vest_at = excluded.vest_at, revision = excluded.revision, computed_at = excluded.computed_at
  where l.revision = excluded.revision - 1
  returning 1`;

function valuesOf(programId: string, { lines, accruedIn, computedAt }: SavedLines): unknown[] {
  const rows = lines.map((line) => ({ line, accruedIn: accruedIn.get(line) }));
  return [programId, computedAt, ...savedColumns.values(rows)];
}
