import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/index.js';
import type { TouchResult } from '../attribution/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Page, PageRequest } from '../platform/index.js';
import { lockPartners } from '../ledger/index.js';
import type { Actor, CutOffRun, VestingResult } from '../orchestration/index.js';
import {
  conversionsSince,
  customersByPartner,
  EventsService,
  reversedEventId,
  saleType,
  storedEvents,
  type ReportedIds,
  type StoredConversion,
  type StoredEvent,
} from '../tracking/index.js';
import { Deliverables, type AcceptedDeliverableRow } from './deliverables.js';
import type { DailyRate } from './domain/index.js';
import { AttributedEvents, EventAttribution } from './event-attribution.js';
import { eventResult, type EventResult } from './event-results.js';
import { ExchangeRates, maxRatesPerCall, type RecordedRates } from './exchange-rates.js';
import { Explanations, type EventExplanation } from './explanations.js';
import { linesOfEvents } from './commission-lines.js';
import { LineBooking } from './line-booking.js';
import { listLines, type EarnedLine, type LinesRequest } from './line-list.js';
import { factsFor, PartnerFactsReader, type PartnerFacts } from './partner-facts.js';
import { groupedByPartner } from './parts-of-partners.js';
import { priceAgain, priceRunning, type TakePriced } from './running-timelines.js';
import { forgetCheckpoints } from './pricing-checkpoints.js';
import { LockedFactsReader, type LockedFacts } from './locked-facts.js';
import { ScheduledBonuses } from './scheduled-bonuses.js';
import {
  inParts,
  priceConversions,
  reversalsByEvent,
  type PricedConversion,
  type PricingRequest,
} from './timeline-pricing.js';
import { TierReviews, type TierReviewView } from './tier-reviews.js';
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
    private readonly locked: LockedFactsReader,
    private readonly booking: LineBooking,
    private readonly bonuses: ScheduledBonuses,
    private readonly deliverables: Deliverables,
    private readonly rates: ExchangeRates,
    private readonly tierReviews: TierReviews,
    private readonly vesting: Vesting,
    private readonly clock: Clock,
    private readonly explanations: Explanations,
    private readonly attribution: EventAttribution,
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
    const results = await this.events.supposingNew(programId, (ids) => {
      return this.database.inTransaction((tx) => this.takeIn(tx, programId, { reports: events, ids }, actor));
    });
    return results();
  }

  /** The same in the caller's transaction, for events of our own. */
  async ingestWithin(
    tx: Transaction,
    programId: string,
    events: readonly unknown[],
    actor: Actor,
  ): Promise<EventResult[]> {
    return (await this.takeIn(tx, programId, { reports: events, ids: 'perhaps known' }, actor))();
  }

  /** Gives what tells the results, which others whose money is locked need not wait for. */
  private async takeIn(
    tx: Transaction,
    programId: string,
    reported: { reports: readonly unknown[]; ids: ReportedIds },
    actor: Actor,
  ): Promise<() => EventResult[]> {
    const { acceptances, read } = await this.events.accept(tx, programId, reported, (candidates) => {
      return this.locked.ahead(tx, programId, candidates);
    });
    const added = acceptances.flatMap((each) => (each.verdict === 'accepted' ? [each.stored] : []));
    const originals = await readOriginals(tx, programId, added);
    const attributed = await this.attribution.ofEvents(tx, programId, added, originals, actor);
    const conversions = conversionsOf([...added, ...originals.values()]);
    const priced = await this.priceAndBook(tx, programId, { conversions, attributed, added, read }, actor);
    return () => acceptances.map((acceptance) => eventResult(acceptance, priced, attributed.priced, originals));
  }

  /**
   * Takes touches of customers in, and prices again the conversions that belong to other partners by them; the results stand
   * in the order of the touches, and one that is refused never hides the others. Repeating a batch changes nothing.
   * @throws DomainError `payload-too-large` for more than `maxEventsPerBatch`
   */
  async reportTouches(programId: string, touches: readonly unknown[], actor: Actor): Promise<TouchResult[]> {
    if (touches.length > maxEventsPerBatch) {
      throw new DomainError('payload-too-large', `a batch has at most ${maxEventsPerBatch} touches`);
    }
    return this.database.inTransaction(async (tx) => {
      const { results, attributed } = await this.attribution.ofTouches(tx, programId, touches, actor);
      await this.priceAndBook(tx, programId, { conversions: [], attributed, added: [] }, actor);
      return results;
    });
  }

  /**
   * Attributes and prices a partner's events at or after an instant (epoch milliseconds) again, for agreements and ends that
   * were recorded after the events they speak of: whose touches count is told by the agreements. How many of the lines changed
   * is in the audit. In the caller's transaction where one is given: then no event comes between what changed and its price.
   */
  async repriceSince(
    programId: string,
    partnerId: string,
    sinceMs: number,
    actor: Actor,
    tx?: Transaction,
  ): Promise<void> {
    if (!tx) return this.database.inTransaction((own) => this.repriceSince(programId, partnerId, sinceMs, actor, own));
    const { counting } = (await this.facts.read(tx, programId, [partnerId])).get(partnerId)!;
    const changed = { partnerId, since: new Date(sinceMs), mayShare: counting.mayShare };
    const moved = await this.attribution.ofAgreement(tx, programId, changed, actor);
    const others = moved.filter((each) => each.partnerId !== partnerId);
    await lockPartners(tx, programId, [partnerId, ...others.map((each) => each.partnerId)]);
    for (const each of moved) await this.giveUp(tx, programId, each.partnerId, each.lostIds, actor);
    await this.priceSince(tx, programId, partnerId, sinceMs, actor);
    for (const each of others) await this.priceSince(tx, programId, each.partnerId, each.sinceMs, actor);
  }

  /** Prices again what is attributed as it should be: all that a partner has at or after an instant (epoch milliseconds). */
  private async priceSince(
    tx: Transaction,
    programId: string,
    partnerId: string,
    sinceMs: number,
    actor: Actor,
  ): Promise<void> {
    await lockPartners(tx, programId, [partnerId]);
    const factsOf = await this.facts.read(tx, programId, [partnerId]);
    const facts = factsOf.get(partnerId)!;
    const take = this.bookWith(tx, programId, new Set(), actor);
    if (facts.countsEvents) {
      await priceAgain(tx, { programId, factsOf }, { partnerId, occurredAt: new Date(sinceMs), id: '' }, take);
    } else {
      const conversions = await conversionsSince(tx, partnerId, sinceMs);
      const priced = await priceConversions(tx, { programId, conversions, newIds: new Set(), factsOf });
      await take([...priced.values()]);
    }
    const untilMs = this.clock.now().getTime();
    await this.bonuses.bring(tx, { programId, partnerId, facts, untilMs, customers: 'all' }, actor);
  }

  /**
   * Records that a deliverable of a partner was accepted, and books what the agreement gives for it. The same one at the same
   * instant is one fact.
   * @throws DomainError `malformed-request` for an instant in the future
   */
  async acceptDeliverable(
    accepted: { programId: string; partnerId: string; deliverable: string; acceptedAt: Date; reason: string },
    actor: Actor,
  ): Promise<AcceptedDeliverableRow> {
    return this.database.inTransaction(async (tx) => {
      const { programId, partnerId } = accepted;
      await lockPartners(tx, programId, [partnerId]);
      const row = await this.deliverables.record(tx, accepted, actor);
      const facts = (await this.facts.read(tx, programId, [partnerId])).get(partnerId)!;
      const untilMs = this.clock.now().getTime();
      await this.bonuses.bring(tx, { programId, partnerId, facts, untilMs, customers: 'due' }, actor);
      return row;
    });
  }

  /** The deliverables of a partner that were accepted, newest first. */
  acceptedDeliverables(partnerId: string): Promise<AcceptedDeliverableRow[]> {
    return this.deliverables.of(partnerId);
  }

  /**
   * Keeps exchange rates and prices the events that waited for them. Repeating it goes on where it was broken off; so does
   * the next cut-off.
   * @throws DomainError `payload-too-large`, `invalid-document`, `already-exists` (a day has another rate)
   */
  async recordRates(programId: string, rates: readonly DailyRate[], actor: Actor): Promise<RecordedRates> {
    if (rates.length > maxRatesPerCall) {
      throw new DomainError('payload-too-large', `one call has at most ${maxRatesPerCall} rates`);
    }
    const recorded = await this.rates.record(programId, rates, actor);
    await this.applyRates(programId, actor);
    return recorded;
  }

  /** The exchange rates of a program, the last told first. @throws DomainError `malformed-request` for a wrong page */
  exchangeRates(programId: string, page: PageRequest): Promise<Page<DailyRate>> {
    return this.rates.list(programId, page);
  }

  /**
   * Applies rates that still wait, reviews tiers and books the bonuses that fell due before the cut-off, then moves what was
   * held long enough from accrued to payable; repeatable, and safe to break off between partners.
   */
  async vest(run: CutOffRun): Promise<VestingResult> {
    await this.applyRates(run.programId, run);
    await this.tierReviews.run(run, (tx, partnerId, sinceMs) => {
      return this.priceSince(tx, run.programId, partnerId, sinceMs, { actorId: run.actorId, requestId: run.requestId });
    });
    await this.bonuses.run(run);
    return this.vesting.run(run);
  }

  /** The reviews of a partner's tier, newest first, at most a thousand. */
  tierReviewsOf(partnerId: string): Promise<TierReviewView[]> {
    return this.tierReviews.of(partnerId);
  }

  /**
   * Why an event has earned what it has; for a partner that asks, of an event with several, what is its own alone.
   * @throws DomainError `not-found`
   */
  explain(programId: string, eventId: string, viewerId?: string): Promise<EventExplanation> {
    return this.explanations.explain(programId, eventId, viewerId);
  }

  /** What partners have earned, newest first. @throws DomainError `malformed-request` for a wrong page */
  lines(programId: string, request: LinesRequest): Promise<Page<EarnedLine>> {
    return listLines(this.database, programId, request);
  }

  /** Prices conversions, with those that the `added` events affect, and books the differences. */
  private async priceAndBook(
    tx: Transaction,
    programId: string,
    batch: {
      conversions: readonly StoredConversion[];
      attributed: AttributedEvents;
      added: readonly StoredEvent[];
      /** What was locked and read of all partners of the conversions, where that was done before. */
      read?: LockedFacts | undefined;
    },
    actor: Actor,
  ): Promise<ReadonlyMap<string, PricedConversion>> {
    const { attributed, added } = batch;
    const conversions = [...batch.conversions, ...attributed.conversions];
    if (conversions.length === 0 && attributed.moved.length === 0) return new Map();
    const partnerIds = [...new Set(conversions.map(({ partnerId }) => partnerId))];
    let { factsOf, ahead } =
      batch.read ?? (await this.locked.read(tx, programId, { partnerIds, lockedToo: attributed.partnerIds }));
    for (const { partnerId, lostIds } of attributed.moved) await this.giveUp(tx, programId, partnerId, lostIds, actor);
    if (conversions.some((each) => isForeign(each, factsOf))) {
      await this.rates.hold(tx, programId);
      factsOf = await this.facts.read(tx, programId, partnerIds);
      ahead = undefined;
    }
    const newIds = new Set(added.map(({ event }) => event.id));
    const book = this.bookWith(tx, programId, newIds, actor);
    const counts = ({ partnerId }: StoredConversion): boolean => factsOf.get(partnerId)?.countsEvents === true;
    const result = new Map<string, PricedConversion>();
    const asked = new Set(batch.conversions.map(({ event }) => event.id));
    const take = async (priced: readonly PricedConversion[]): Promise<void> => {
      for (const each of priced) if (asked.has(each.stored.event.id)) result.set(each.stored.event.id, each);
      attributed.take(priced);
      await book(priced);
    };
    const request = { programId, newIds, factsOf, ahead };
    const plain = conversions.filter((each) => !counts(each));
    await inParts(groupedByPartner(plain), async (part) => {
      await take([...(await priceConversions(tx, { ...request, conversions: part })).values()]);
    });
    await priceRunning(tx, { ...request, conversions: conversions.filter(counts) }, take);
    await this.revalueCustomers(tx, { programId, conversions, factsOf }, actor);
    for (const { partnerId, sinceMs } of attributed.moved) {
      await this.priceSince(tx, programId, partnerId, sinceMs, actor);
    }
    return result;
  }

  /** Takes back all that a partner has earned with conversions that are no longer its own, and forgets what was counted with them. */
  private async giveUp(
    tx: Transaction,
    programId: string,
    partnerId: string,
    eventIds: readonly string[],
    actor: Actor,
  ): Promise<void> {
    if (eventIds.length === 0) return;
    const reversals = [...(await reversalsByEvent(tx, programId, eventIds)).values()].flat();
    const lines = await linesOfEvents(tx, programId, [...eventIds, ...reversals.map(({ id }) => id)]);
    const booked = lines.filter((line) => line.partnerId === partnerId);
    await this.booking.replace(tx, programId, { booked, wanted: [] }, actor);
    await forgetCheckpoints(tx, partnerId, eventIds);
  }

  /** Prices what waited for rates: one partner at a time, so that no event waits long for it. */
  private async applyRates(programId: string, { actorId, requestId }: Actor): Promise<void> {
    const waiting = await this.rates.toApply(programId);
    if (!waiting) return;
    for (const partnerId of waiting.partnerIds) {
      await this.database.inTransaction((tx) => {
        return this.priceSince(tx, programId, partnerId, waiting.since.getTime(), { actorId, requestId });
      });
    }
    await this.rates.applied(waiting);
  }

  /** A sale, refund or void may come after the time over which its customer's value is counted. */
  private async revalueCustomers(
    tx: Transaction,
    { programId, conversions, factsOf }: Pick<PricingRequest, 'programId' | 'conversions' | 'factsOf'>,
    actor: Actor,
  ): Promise<void> {
    const customersOf = customersByPartner(conversions.filter(({ event }) => event.type === saleType));
    for (const [partnerId, facts] of factsOf) {
      const customers = [...(customersOf.get(partnerId) ?? [])];
      if (customers.length === 0) continue;
      await this.bonuses.revalue(tx, { programId, partnerId, facts, customers }, actor);
    }
  }

  /** Brings the books to what pricing gave: all lines that these conversions and their refunds and voids have. */
  private bookWith(tx: Transaction, programId: string, newIds: ReadonlySet<string>, actor: Actor): TakePriced {
    return async (priced) => {
      if (priced.length === 0) return;
      const eventIds = priced.flatMap(({ stored, reversals }) => [
        stored.event.id,
        ...reversals.map(({ reversal }) => reversal.id),
      ]);
      const wanted = priced.flatMap(({ lines }) => lines);
      await this.booking.book(tx, programId, { wanted, eventIds, newIds, shares: sharesAmong(priced) }, actor);
    };
  }
}

/** Whether an event is in another currency than some terms of its partner: what it earns may be told by a rate of its day. */
function isForeign({ partnerId, event }: StoredConversion, factsOf: ReadonlyMap<string, PartnerFacts>): boolean {
  return factsFor(factsOf, partnerId).context.versions.some(({ terms }) => terms.currency !== event.currency);
}

/** Of events with several partners, those that were priced here: lines of the others are not spoken of. */
function sharesAmong(priced: readonly PricedConversion[]): Map<string, Set<string>> {
  const shares = new Map<string, Set<string>>();
  for (const { stored } of priced) {
    if (!stored.event.share) continue;
    shares.set(stored.event.id, (shares.get(stored.event.id) ?? new Set()).add(stored.partnerId));
  }
  return shares;
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
