import { Injectable } from '@nestjs/common';
import { arrayColumns, isTaken, preparedRows, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError, type ErrorCode, type FieldError } from '../kernel/domain-error.js';
import { inSlices } from '../kernel/in-slices.js';
import { keepNewest } from '../kernel/keep-newest.js';
import { together } from '../kernel/together.js';
import {
  eventContentHash,
  parseEvent,
  reversedEventId,
  type ConversionEvent,
  type TrackedEvent,
} from './domain/index.js';
import { PartnerNames } from './partner-names.js';
import type { StoredEvent } from './stored-events.js';

/** Why an item of a batch was refused, as a problem document says it. */
export interface Problem {
  code: ErrorCode;
  message: string;
  errors: readonly FieldError[];
}

/** What became of one reported event. `eventId` is absent where the report has no readable id. */
export type Acceptance =
  | { verdict: 'accepted'; eventId: string; stored: StoredEvent }
  | { verdict: 'duplicate'; eventId: string }
  | { verdict: 'refused'; eventId?: string; problem: Problem };

/** A report that can be read and whose partner is known: it only remains to see whether its id is taken. */
interface Candidate {
  index: number;
  stored: StoredEvent;
  contentHash: string;
}

/**
 * What is supposed of the ids of reports: that all are new, or that some may be known. A key that must be free costs the database
 * less than one that may be taken, and nearly all reports come once.
 */
export type ReportedIds = 'new' | 'perhaps known';

/** Who has repeated a report is soon to repeat another: so long after it, nothing is supposed to be new. */
const repeatingMs = 60_000;
/** Of so many programs it is remembered that reports were repeated, the last ones. */
const maxRepeating = 10_000;

/** How many reports are read at a time, a millisecond or two: others' batches hold partners' money and wait to go on. */
const sliceSize = 100;

/** Takes events in, once each: they are kept for ever as they came, and what is made of them is others' work. */
@Injectable()
export class EventsService {
  private readonly names: PartnerNames;
  /** When a report of a program was last repeated, in epoch milliseconds. */
  private readonly repeatedMs = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    this.names = new PartnerNames(clock);
  }

  /**
   * Runs a transaction that accepts reports supposing that all of them are new, and once more where one is not: all that the
   * first one did is undone by then. Where reports were repeated a moment ago, nothing is supposed.
   */
  async supposingNew<T>(programId: string, transaction: (ids: ReportedIds) => Promise<T>): Promise<T> {
    const repeatedMs = this.repeatedMs.get(programId) ?? -Infinity;
    if (this.clock.now().getTime() - repeatedMs < repeatingMs) return transaction('perhaps known');
    try {
      return await transaction('new');
    } catch (error) {
      if (!isTaken(error, 'events_pkey')) throw error;
      return transaction('perhaps known');
    }
  }

  /**
   * Stores the events that are new, in a constant number of statements, and says of each report what became of it, in
   * their order; one bad report never hides the others. First come, first kept: also within the list. Where all ids were
   * said to be new and one is not, the transaction fails: `supposingNew` runs it again.
   * `behind` is called with the events that may be kept once the database has been sent them; what it gives is given
   * beside. Its statements must be prepared ones: the database carries them out when it has stored the events.
   */
  async accept<T>(
    tx: Transaction,
    programId: string,
    { reports, ids }: { reports: readonly unknown[]; ids: ReportedIds },
    behind: (candidates: readonly StoredEvent[]) => Promise<T>,
  ): Promise<{ acceptances: Acceptance[]; read: T }> {
    const results = new Map<number, Acceptance>();
    const parsed = await parseReports(reports, results);
    const candidates = await this.withPartners(tx, programId, parsed, results);
    await waitForArrivals(tx, programId, candidates);
    const firstOfId = new Map<string, Candidate>();
    for (const candidate of candidates) {
      const { id } = candidate.stored.event;
      if (!firstOfId.has(id)) firstOfId.set(id, candidate);
    }
    const unique = [...firstOfId.values()];
    const [kept, read] = await together([
      this.insert(tx, programId, unique, ids),
      behind(unique.map(({ stored }) => stored)),
    ]);
    for (const candidate of candidates) {
      const { id } = candidate.stored.event;
      const isNew = kept.added.has(id) && firstOfId.get(id) === candidate;
      results.set(candidate.index, isNew ? accepted(candidate) : repeated(candidate, kept.hashes.get(id)));
    }
    return { acceptances: reports.map((_, index) => results.get(index) as Acceptance), read };
  }

  /**
   * Finds the partner of each conversion, by our id or the program's own reference; refuses those of unknown ones. Those that
   * name none are kept as they are: whose they are is attributed.
   */
  private async withPartners(
    tx: Transaction,
    programId: string,
    parsed: readonly { index: number; event: TrackedEvent }[],
    results: Map<number, Acceptance>,
  ): Promise<Candidate[]> {
    const names = new Set(
      parsed.flatMap(({ event }) => (event.kind === 'conversion' && event.partner !== '' ? [event.partner] : [])),
    );
    const partners = await this.names.of(tx, programId, [...names]);
    const candidates: Candidate[] = [];
    await inSlices(parsed, sliceSize, ({ index, event }) => {
      const contentHash = eventContentHash(event);
      if (event.kind !== 'conversion' || event.partner === '') {
        candidates.push({ index, contentHash, stored: { event, partnerId: undefined } as StoredEvent });
        return;
      }
      const partnerId = partners.get(event.partner);
      if (partnerId === undefined) results.set(index, unknownPartner(event.id));
      else candidates.push({ index, contentHash, stored: { event: { ...event, partner: partnerId }, partnerId } });
    });
    return candidates;
  }

  /** Adds all of them where they are said to be new, which the database refuses where one is not; else those whose id is free. */
  private async insert(
    tx: Transaction,
    programId: string,
    candidates: readonly Candidate[],
    ids: ReportedIds,
  ): Promise<Kept> {
    const hashes = new Map(candidates.map(({ stored, contentHash }) => [stored.event.id, contentHash]));
    if (candidates.length === 0) return { added: new Set(), hashes };
    const receivedAt = this.clock.now();
    const values = [programId, receivedAt, ...eventColumns.values(candidates)];
    const rows = await preparedRows<{ id: string }>(tx, ids === 'new' ? insertAll : insertFree, values);
    if (ids === 'new') return { added: new Set(hashes.keys()), hashes };
    const added = new Set(rows.map(({ id }) => id));
    const taken = [...hashes.keys()].filter((id) => !added.has(id));
    if (taken.length > 0) keepNewest(this.repeatedMs, programId, receivedAt.getTime(), maxRepeating);
    for (const { id, content_hash } of await contentHashes(tx, programId, taken)) hashes.set(id, content_hash);
    return { added, hashes };
  }
}

/** The ids that were added, and the content of every id that was asked for. */
interface Kept {
  added: ReadonlySet<string>;
  hashes: ReadonlyMap<string, string>;
}

async function parseReports(
  reports: readonly unknown[],
  results: Map<number, Acceptance>,
): Promise<{ index: number; event: TrackedEvent }[]> {
  const parsed: { index: number; event: TrackedEvent }[] = [];
  await inSlices(reports, sliceSize, (report, index) => {
    try {
      parsed.push({ index, event: parseEvent(report, 'refuse', 'attributed') });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { code, message, errors } = error;
      results.set(index, { verdict: 'refused', ...readableId(report), problem: { code, message, errors } });
    }
  });
  return parsed;
}

/** The id of a report that is wrong otherwise, for its answer; none where the id itself may be what is wrong. */
function readableId(report: unknown): { eventId?: string } {
  const id = report !== null && typeof report === 'object' ? (report as { id?: unknown }).id : undefined;
  return typeof id === 'string' && /^[ -~]{1,128}$/.test(id) ? { eventId: id } : {};
}

function unknownPartner(eventId: string): Acceptance {
  const errors = [{ pointer: '/partner', message: 'names no partner of this program' }];
  return { verdict: 'refused', eventId, problem: { code: 'not-found', message: 'the partner is unknown', errors } };
}

function accepted({ stored }: Candidate): Acceptance {
  return { verdict: 'accepted', eventId: stored.event.id, stored };
}

/** A report of an id that is taken: harmless with the same content, refused with another. */
function repeated({ stored, contentHash }: Candidate, keptHash: string | undefined): Acceptance {
  const eventId = stored.event.id;
  if (contentHash === keptHash) return { verdict: 'duplicate', eventId };
  const errors = [{ pointer: '/id', message: 'is the id of an event with other content' }];
  return {
    verdict: 'refused',
    eventId,
    problem: { code: 'event-conflict', message: 'an event with this id and other content was kept before', errors },
  };
}

/** What all arrivals of a program share, and a refund or void of an unknown event has alone. */
const arrivalsKey = `hashtextextended('event arrivals of ' || $1::text, 0)`;

/**
 * Keeps a refund and the event that it waits for from arriving at the same time unseen by each other. Batches run side
 * by side, as their insert takes the lock with others; only one with a refund or void of an unknown event runs alone in
 * its program.
 */
async function waitForArrivals(tx: Transaction, programId: string, candidates: readonly Candidate[]): Promise<void> {
  const own = new Set(candidates.map(({ stored }) => stored.event.id));
  const named = new Set<string>();
  for (const { stored } of candidates) {
    const eventId = reversedEventId(stored.event);
    if (eventId !== undefined && !own.has(eventId)) named.add(eventId);
  }
  const known = await contentHashes(tx, programId, [...named]);
  if (known.length < named.size) await tx.query(`select pg_advisory_xact_lock(${arrivalsKey})`, [programId]);
}

async function contentHashes(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<{ id: string; content_hash: string }[]> {
  if (eventIds.length === 0) return [];
  return rowsOf(tx, `select id, content_hash from events where program_id = $1 and id = any($2)`, [
    programId,
    eventIds,
  ]);
}

function conversionOf({ stored: { event } }: Candidate): ConversionEvent | undefined {
  return event.kind === 'conversion' ? event : undefined;
}

/** The columns that an event is stored in. */
const eventColumns = arrayColumns<Candidate>(3, [
  ['id', 'text', ({ stored }) => stored.event.id],
  ['type', 'text', ({ stored: { event } }) => (event.kind === 'conversion' ? event.type : event.kind)],
  ['partner_id', 'text', ({ stored }) => stored.partnerId],
  ['occurred_at', 'timestamptz', ({ stored }) => stored.event.occurredAt.toISOString()],
  ['amount_minor', 'bigint', ({ stored: { event } }) => (event.kind === 'void' ? undefined : event.amountMinor)],
  ['currency', 'text', (candidate) => conversionOf(candidate)?.currency],
  ['customer', 'text', (candidate) => conversionOf(candidate)?.customer],
  ['coupon', 'text', (candidate) => conversionOf(candidate)?.coupon],
  ['products', 'json', (candidate) => productsOf(candidate), productsMade],
  ['country', 'text', (candidate) => conversionOf(candidate)?.country],
  ['campaign', 'text', (candidate) => conversionOf(candidate)?.campaign],
  ['click', 'text', (candidate) => conversionOf(candidate)?.click],
  ['refund_of', 'text', ({ stored: { event } }) => (event.kind === 'refund' ? event.refundOf : undefined)],
  ['void_of', 'text', ({ stored: { event } }) => (event.kind === 'void' ? event.voidOf : undefined)],
  ['content_hash', 'text', ({ contentHash }) => contentHash],
]);

/** In the order of ids, so that two batches with the same events wait for each other instead of locking each other. */
const insertAll = `
  with arrivals as materialized (select pg_advisory_xact_lock_shared(${arrivalsKey}))
  insert into events (program_id, ${eventColumns.names}, received_at)
  select $1, ${eventColumns.cells}, $2
  from ${eventColumns.source}, arrivals
  order by g.id collate "C"`;
const insertFree = `${insertAll} on conflict (program_id, id) do nothing returning id`;

function productsOf(candidate: Candidate): string | undefined {
  const products = conversionOf(candidate)?.products;
  return products && JSON.stringify(products);
}

function productsMade(cell: string): string {
  return `case when ${cell} is not null then array(select json_array_elements_text(${cell})) end`;
}
