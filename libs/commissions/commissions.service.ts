import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Page } from '../platform/index.js';
import { lockPartners } from '../ledger/index.js';
import type { Actor, CutOffRun, VestingResult } from '../orchestration/index.js';
import {
  conversionsSince,
  EventsService,
  reversedEventId,
  storedEvents,
  type StoredConversion,
  type StoredEvent,
} from '../tracking/index.js';
import { eventResult, type EventResult } from './event-results.js';
import { Explanations, type EventExplanation } from './explanations.js';
import { LineBooking } from './line-booking.js';
import { listLines, type EarnedLine, type LinesRequest } from './line-list.js';
import { PartnerFactsReader } from './partner-facts.js';
import { priceConversions, type PricedConversion } from './timeline-pricing.js';
import { Vesting } from './vesting.js';

/** The most events that one call takes: a bound on one transaction's time and on how long it holds its locks. */
export const maxEventsPerBatch = 1_000;

/** What partners earn: events in, lines and money out (terms.md, Pricing; money.md, Commission rules). */
@Injectable()
export class CommissionsService {
  constructor(
    private readonly database: Database,
    private readonly events: EventsService,
    private readonly facts: PartnerFactsReader,
    private readonly booking: LineBooking,
    private readonly vesting: Vesting,
    private readonly explanations: Explanations,
  ) {}

  /**
   * Takes events in, prices them and posts what they earn, all in one transaction; the results stand in the order of the
   * events, and one that is refused never hides the others. Repeating a batch changes nothing.
   * @throws DomainError `payload-too-large` for more than `maxEventsPerBatch`
   */
  async ingest(programId: string, events: readonly unknown[], actor: Actor): Promise<EventResult[]> {
    if (events.length > maxEventsPerBatch) {
      throw new DomainError('payload-too-large', `a batch has at most ${maxEventsPerBatch} events`);
    }
    return this.database.inTransaction((tx) => this.ingestWithin(tx, programId, events, actor));
  }

  /** The same in the caller's transaction, for events of our own. */
  async ingestWithin(
    tx: Transaction,
    programId: string,
    events: readonly unknown[],
    actor: Actor,
  ): Promise<EventResult[]> {
    const acceptances = await this.events.accept(tx, programId, events);
    const added = acceptances.flatMap((each) => (each.verdict === 'accepted' ? [each.stored] : []));
    const originals = await readOriginals(tx, programId, added);
    const priced = await this.priceAndBook(
      tx,
      programId,
      conversionsOf([...added, ...originals.values()]),
      added,
      actor,
    );
    return acceptances.map((acceptance) => eventResult(acceptance, priced, originals));
  }

  /**
   * Prices a partner's events at or after an instant (epoch milliseconds) again, for agreements, ends or tiers that were
   * recorded after the events they speak of; how many of the lines changed is in the audit. In the caller's transaction
   * where one is given: then no event comes between what changed and its price.
   */
  async repriceSince(
    programId: string,
    partnerId: string,
    sinceMs: number,
    actor: Actor,
    tx?: Transaction,
  ): Promise<void> {
    if (!tx) return this.database.inTransaction((own) => this.repriceSince(programId, partnerId, sinceMs, actor, own));
    await lockPartners(tx, programId, [partnerId]);
    await this.priceAndBook(tx, programId, await conversionsSince(tx, partnerId, sinceMs), [], actor);
  }

  /** Moves what was held long enough from accrued to payable; repeatable, and safe to break off between partners. */
  vest(run: CutOffRun): Promise<VestingResult> {
    return this.vesting.run(run);
  }

  /** Why an event has earned what it has. @throws DomainError `not-found` */
  explain(programId: string, eventId: string): Promise<EventExplanation> {
    return this.explanations.explain(programId, eventId);
  }

  /** What partners have earned, newest first. @throws DomainError `malformed-request` for a wrong page */
  lines(programId: string, request: LinesRequest): Promise<Page<EarnedLine>> {
    return listLines(this.database, programId, request);
  }

  /** Prices conversions, with those that the `added` events affect, and books the differences. */
  private async priceAndBook(
    tx: Transaction,
    programId: string,
    conversions: readonly StoredConversion[],
    added: readonly StoredEvent[],
    actor: Actor,
  ): Promise<ReadonlyMap<string, PricedConversion>> {
    if (conversions.length === 0) return new Map();
    const partnerIds = [...new Set(conversions.map(({ partnerId }) => partnerId))];
    await lockPartners(tx, programId, partnerIds);
    const factsOf = await this.facts.read(tx, programId, partnerIds);
    const newIds = new Set(added.map(({ event }) => event.id));
    const priced = await priceConversions(tx, { programId, conversions, newIds, factsOf });
    const all = [...priced.values()];
    const eventIds = all.flatMap(({ stored, reversals }) => [
      stored.event.id,
      ...reversals.map(({ reversal }) => reversal.id),
    ]);
    const wanted = all.flatMap(({ lines }) => lines);
    await this.booking.book(tx, programId, { wanted, eventIds, newIds }, actor);
    return priced;
  }
}

/** The events that new refunds and voids name, as far as they are known, by id. */
async function readOriginals(
  tx: Transaction,
  programId: string,
  added: readonly StoredEvent[],
): Promise<Map<string, StoredEvent>> {
  const named = added.flatMap(({ event }) => reversedEventId(event) ?? []);
  return storedEvents(tx, programId, [...new Set(named)]);
}

function conversionsOf(events: readonly StoredEvent[]): StoredConversion[] {
  const byId = new Map<string, StoredConversion>();
  for (const stored of events) {
    if (stored.partnerId !== undefined) byId.set(stored.event.id, stored);
  }
  return [...byId.values()];
}
