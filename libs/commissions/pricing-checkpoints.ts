import { rowsOf, type Transaction } from '../database/index.js';
import { sha256 } from '../kernel/sha256.js';
import type { StoredConversion, TimelinePlace } from '../tracking/index.js';
import { restoreTotals, storeTotals, type PricingContext, type StoredTotals, type Totals } from './domain/index.js';

/** What pricing had counted once it had priced an event of a partner, and every event before it. */
export interface Checkpoint {
  readonly place: TimelinePlace;
  readonly totals: Totals;
}

interface CheckpointRow {
  partner_id: string;
  program_id: string;
  month: string;
  occurred_at: Date;
  event_id: string;
  fingerprint: string;
  totals: StoredTotals;
}

/** Earlier than any event. */
export const startOfTime = new Date('0001-01-01T00:00:00Z');

/** The place of a conversion in its partner's timeline. */
export function placeOf({ partnerId, event }: StoredConversion): TimelinePlace {
  return { partnerId, occurredAt: event.occurredAt, id: event.id };
}

/** The newest checkpoint of each of these partners that has one. */
export async function latestCheckpoints(
  tx: Transaction,
  contextOf: ReadonlyMap<string, PricingContext>,
): Promise<Map<string, Checkpoint>> {
  const rows = await rowsOf<CheckpointRow>(
    tx,
    `select distinct on (partner_id) partner_id, occurred_at, event_id, fingerprint, totals from pricing_checkpoints
     where partner_id = any($1) order by partner_id, occurred_at desc, event_id desc`,
    [[...contextOf.keys()]],
  );
  return new Map(
    rows.flatMap((row) => {
      const context = contextOf.get(row.partner_id);
      return context && holds(row, context) ? [[row.partner_id, checkpoint(row)]] : [];
    }),
  );
}

/** The newest checkpoint of a partner before a place; undefined where pricing must begin with the first event. */
export async function checkpointBefore(
  tx: Transaction,
  { partnerId, occurredAt, id }: TimelinePlace,
  context: PricingContext,
): Promise<Checkpoint | undefined> {
  const rows = await rowsOf<CheckpointRow>(
    tx,
    `select partner_id, occurred_at, event_id, fingerprint, totals from pricing_checkpoints
     where partner_id = $1 and (occurred_at, event_id) < ($2, $3::text collate "C")
     order by occurred_at desc, event_id desc`,
    [partnerId, occurredAt, id],
  );
  const row = rows.find((each) => holds(each, context));
  return row && checkpoint(row);
}

/** Forgets what was counted once these events of a partner had come: they are its own no more. */
export async function forgetCheckpoints(
  tx: Transaction,
  partnerId: string,
  eventIds: readonly string[],
): Promise<void> {
  await tx.query(
    `delete from pricing_checkpoints c where c.partner_id = $1 and c.occurred_at >=
       (select min(e.occurred_at) from events e where e.program_id = c.program_id and e.id = any($2 collate "C"))`,
    [partnerId, eventIds],
  );
}

/**
 * Collects checkpoints while events are priced: of each partner the last one of each month (UTC), in the place of the one that
 * was there. Events never go, so whoever prices a timeline again comes past every month that has one.
 */
export class CheckpointWriter {
  private readonly rows = new Map<string, CheckpointRow>();

  constructor(
    private readonly programId: string,
    private readonly contextOf: ReadonlyMap<string, PricingContext>,
  ) {}

  /** Whether the totals of this conversion must be kept before those of the next one replace them. */
  static endsMonth(stored: StoredConversion, next: StoredConversion | undefined): boolean {
    return next?.partnerId !== stored.partnerId || monthOf(next) !== monthOf(stored);
  }

  add(stored: StoredConversion, totals: Totals): void {
    const { partnerId, occurredAt, id } = placeOf(stored);
    const context = this.contextOf.get(partnerId);
    if (!context) throw new Error(`the context of partner ${partnerId} was not read`);
    const month = monthOf(stored);
    this.rows.set(`${partnerId}\n${month}`, {
      ...{ partner_id: partnerId, program_id: this.programId, month, occurred_at: occurredAt, event_id: id },
      ...{ fingerprint: fingerprintOf(context, occurredAt), totals: storeTotals(totals) },
    });
  }

  async save(tx: Transaction): Promise<void> {
    if (this.rows.size === 0) return;
    await tx.query(
      `insert into pricing_checkpoints (partner_id, month, program_id, occurred_at, event_id, fingerprint, totals)
       select g.partner_id, g.month, g.program_id, g.occurred_at, g.event_id, g.fingerprint, g.totals
       from json_to_recordset($1) as g (partner_id text, month text, program_id text, occurred_at timestamptz,
         event_id text, fingerprint text, totals jsonb)
       on conflict (partner_id, month) do update set occurred_at = excluded.occurred_at, event_id = excluded.event_id,
         fingerprint = excluded.fingerprint, totals = excluded.totals`,
      [JSON.stringify([...this.rows.values()])],
    );
    this.rows.clear();
  }
}

function monthOf({ event }: StoredConversion): string {
  return event.occurredAt.toISOString().slice(0, 7);
}

function checkpoint({
  partner_id: partnerId,
  occurred_at: occurredAt,
  event_id: id,
  totals,
}: CheckpointRow): Checkpoint {
  return { place: { partnerId, occurredAt, id }, totals: restoreTotals(totals) };
}

function holds({ fingerprint, occurred_at: occurredAt }: CheckpointRow, context: PricingContext): boolean {
  return fingerprint === fingerprintOf(context, occurredAt);
}

/**
 * What was agreed up to an instant, as far as totals depend on it. Whoever changes it prices again what came after; a
 * checkpoint of another agreement is never gone on with, whatever happens.
 */
function fingerprintOf({ versions, tiers }: PricingContext, at: Date): string {
  const untilMs = at.getTime();
  const agreed = versions
    .filter(({ fromMs }) => fromMs <= untilMs)
    .map(({ fromMs, untilMs: endMs, terms }) => [
      fromMs,
      endMs !== undefined && endMs <= untilMs ? endMs : null,
      terms.hash,
    ]);
  const held = tiers.filter(({ fromMs }) => fromMs <= untilMs).map(({ fromMs, tier }) => [fromMs, tier]);
  return sha256(JSON.stringify([agreed, held]));
}
