import { Injectable } from '@nestjs/common';
import {
  attribute,
  couponTouchId,
  currentShares,
  eventsReachedBy,
  hasShares,
  lockAttribution,
  replaceShares,
  touchesById,
  touchesOfCustomers,
  TouchesService,
  type Attribution,
  type AttributionTerms,
  type KnownTouch,
  type NoTerms,
  type PartnerWeight,
  type TouchResult,
} from '../attribution/index.js';
import { AuditLog } from '../audit/index.js';
import type { Transaction } from '../database/index.js';
import type { Actor } from '../orchestration/index.js';
import { Outbox } from '../outbox/index.js';
import {
  attributedConversions,
  reachedConversions,
  reversedEventId,
  storedEvents,
  type StoredConversion,
  type StoredEvent,
  type UnnamedConversion,
} from '../tracking/index.js';
import { versionAt } from './domain/index.js';
import { PartnerFactsReader, type PartnerFacts } from './partner-facts.js';
import type { PricedConversion } from './timeline-pricing.js';

/** How many conversions are judged by the same statements. */
const conversionsPerPage = 1_000;

/** A partner whose share of earlier conversions is another one now. */
export interface MovedPartner {
  readonly partnerId: string;
  /** The conversions that it has no share of any more. */
  readonly lostIds: readonly string[];
  /** The first of all that changed; epoch milliseconds. */
  readonly sinceMs: number;
}

/** What attribution has to do with a batch of events. */
export class AttributedEvents {
  /** How the shares of these conversions were priced, by event. */
  readonly priced = new Map<string, PricedConversion[]>();

  constructor(
    /** The shares of new conversions, and of those that new refunds and voids name. */
    readonly conversions: readonly StoredConversion[] = [],
    readonly moved: readonly MovedPartner[] = [],
  ) {}

  /** Remembers how the shares among these were priced. */
  take(priced: readonly PricedConversion[]): void {
    if (this.conversions.length === 0) return;
    const ids = new Set(this.conversions.map(({ event }) => event.id));
    for (const each of priced) {
      const { id } = each.stored.event;
      if (ids.has(id)) this.priced.set(id, [...(this.priced.get(id) ?? []), each]);
    }
  }

  /** Everybody whose money this may move. */
  get partnerIds(): string[] {
    return [...this.conversions, ...this.moved].map(({ partnerId }) => partnerId);
  }
}

/** Decides who has a share of the conversions that name no partner, and keeps it true when touches come late. */
@Injectable()
export class EventAttribution {
  constructor(
    private readonly touches: TouchesService,
    private readonly facts: PartnerFactsReader,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /** Attributes the conversions among new events that name no partner; costs nothing where all do. */
  async ofEvents(
    tx: Transaction,
    programId: string,
    added: readonly StoredEvent[],
    originals: ReadonlyMap<string, StoredEvent>,
    actor: Actor,
  ): Promise<AttributedEvents> {
    const own = added.filter(isUnnamed);
    const reversed = added.flatMap(({ event }) => originals.get(reversedEventId(event) ?? '') ?? []).filter(isUnnamed);
    if (own.length === 0 && reversed.length === 0) return new AttributedEvents();
    const ownIds = new Set(own.map(({ event }) => event.id));
    const others = reversed.filter(({ event }) => !ownIds.has(event.id));
    await this.touches.lock(tx, programId, [...own, ...others]);
    const reached = await this.touches.ofConversions(tx, programId, own);
    const earlier = await reachedConversions(tx, programId, reached);
    const moved = await this.attributeAgain(tx, programId, { own, earlier }, actor);
    const ids = new Set([...ownIds, ...others.map(({ event }) => event.id)]);
    return new AttributedEvents(await attributedConversions(tx, programId, [...ids]), moved);
  }

  /** Keeps reported touches and attributes again what they may reach. */
  async ofTouches(
    tx: Transaction,
    programId: string,
    reports: readonly unknown[],
    actor: Actor,
  ): Promise<{ results: TouchResult[]; attributed: AttributedEvents }> {
    const { results, reached } = await this.touches.accept(tx, programId, reports);
    const earlier = await reachedConversions(tx, programId, reached);
    const moved = await this.attributeAgain(tx, programId, { own: [], earlier }, actor);
    return { results, attributed: new AttributedEvents([], moved) };
  }

  /**
   * Attributes again what touches of a partner may reach since an instant at which its agreement has become another one. Until
   * the transaction ends, no other event of the program is attributed. The partners' money locks must not be held yet.
   */
  async ofAgreement(
    tx: Transaction,
    programId: string,
    { partnerId, since, mayShare }: { partnerId: string; since: Date; mayShare: boolean },
    actor: Actor,
  ): Promise<MovedPartner[]> {
    if (!mayShare && !(await hasShares(tx, partnerId, since))) return [];
    await lockAttribution(tx, programId, 'alone');
    const ids = await eventsReachedBy(tx, programId, partnerId, since);
    const moved = new Map<string, MovedPartner>();
    for (let start = 0; start < ids.length; start += conversionsPerPage) {
      const stored = await storedEvents(tx, programId, ids.slice(start, start + conversionsPerPage));
      const earlier = [...stored.values()].filter(isUnnamed);
      for (const each of await this.attributeAgain(tx, programId, { own: [], earlier }, actor)) {
        const { lostIds = [], sinceMs = Infinity } = moved.get(each.partnerId) ?? {};
        moved.set(each.partnerId, {
          ...{ partnerId: each.partnerId, lostIds: [...lostIds, ...each.lostIds] },
          sinceMs: Math.min(sinceMs, each.sinceMs),
        });
      }
    }
    return [...moved.values()];
  }

  /** How a conversion is divided, and why: as the touches that are known by now say it. */
  async judge(tx: Transaction, programId: string, conversion: UnnamedConversion): Promise<Attribution> {
    return (await this.judgeAll(tx, programId, [conversion])).get(conversion.event.id)!;
  }

  /** Attributes conversions that are `own` to this transaction and `earlier` ones that touches reach; who lost or gained by the latter. */
  private async attributeAgain(
    tx: Transaction,
    programId: string,
    { own, earlier }: { own: readonly UnnamedConversion[]; earlier: readonly UnnamedConversion[] },
    actor: Actor,
  ): Promise<MovedPartner[]> {
    const ownIds = new Set(own.map(({ event }) => event.id));
    const conversions = [...own, ...earlier.filter(({ event }) => !ownIds.has(event.id))];
    const judged = await this.judgeAll(tx, programId, conversions);
    const before = await currentShares(
      tx,
      programId,
      conversions.map(({ event }) => event.id),
    );
    const changed = conversions.filter(({ event: { id } }) => !sameShares(before.get(id), judged.get(id)?.shares));
    const shared = changed.map(({ event }) => ({ event, shares: judged.get(event.id)!.shares }));
    await replaceShares(tx, programId, shared);
    const moved = new Map<string, { partnerId: string; lostIds: string[]; sinceMs: number; eventIds: string[] }>();
    for (const { event, shares } of shared) {
      if (ownIds.has(event.id)) continue;
      const now = new Set(shares.map(({ partnerId }) => partnerId));
      for (const partnerId of new Set([...now, ...(before.get(event.id) ?? []).map((share) => share.partnerId)])) {
        const known = moved.get(partnerId) ?? { partnerId, lostIds: [], sinceMs: Infinity, eventIds: [] };
        known.sinceMs = Math.min(known.sinceMs, event.occurredAt.getTime());
        known.eventIds.push(event.id);
        if (!now.has(partnerId)) known.lostIds.push(event.id);
        moved.set(partnerId, known);
      }
    }
    await this.tell(tx, programId, [...moved.values()], actor);
    return [...moved.values()].sort((a, b) => (a.partnerId < b.partnerId ? -1 : 1));
  }

  private async judgeAll(
    tx: Transaction,
    programId: string,
    conversions: readonly UnnamedConversion[],
  ): Promise<Map<string, Attribution>> {
    if (conversions.length === 0) return new Map();
    const events = conversions.map(({ event }) => event);
    const customers = [...new Set(events.flatMap(({ customer }) => customer ?? []))];
    const byCustomer = await touchesOfCustomers(tx, programId, customers);
    const named = events.flatMap(({ id, click }) => [couponTouchId(id), ...(click === undefined ? [] : [click])]);
    const byId = await touchesById(tx, programId, named);
    const touchesOf = new Map(
      events.map(({ id, click, customer }) => {
        const own = [byId.get(couponTouchId(id)), byId.get(click ?? '')].filter((touch) => touch !== undefined);
        return [id, [...own, ...(byCustomer.get(customer ?? '') ?? [])] as KnownTouch[]];
      }),
    );
    const partnerIds = [...new Set([...touchesOf.values()].flat().map(({ partnerId }) => partnerId))];
    const factsOf = await this.facts.read(tx, programId, partnerIds);
    return new Map(
      events.map(({ id, occurredAt }) => {
        const termsOf = (partnerId: string) => termsAt(factsOf.get(partnerId)!, occurredAt.getTime());
        return [id, attribute(occurredAt.getTime(), touchesOf.get(id) ?? [], termsOf)];
      }),
    );
  }

  private async tell(
    tx: Transaction,
    programId: string,
    moved: readonly { partnerId: string; eventIds: readonly string[] }[],
    actor: Actor,
  ): Promise<void> {
    const changes = moved.flatMap(({ partnerId, eventIds }) => eventIds.map((eventId) => ({ partnerId, eventId })));
    await this.audit.recordAll(
      tx,
      changes.map(({ partnerId, eventId }) => {
        return { ...actor, programId, action: 'event.attribute', subjectId: eventId, details: { partnerId } };
      }),
    );
    await this.outbox.announceAll(
      tx,
      programId,
      changes.map(({ partnerId, eventId }) => {
        return { type: 'partner.event_share_changed', subjectId: partnerId, data: { conversionId: eventId } } as const;
      }),
    );
  }
}

/** Whether it is a conversion whose partner nobody has named. */
export function isUnnamed(stored: StoredEvent): stored is UnnamedConversion {
  return stored.partnerId === undefined && stored.event.kind === 'conversion';
}

/** What a partner's terms say about attribution at an instant (epoch milliseconds). */
function termsAt({ context }: PartnerFacts, atMs: number): AttributionTerms | NoTerms {
  const version = versionAt(context.versions, atMs);
  if (!version) return 'no_agreement';
  const { attribution, timeZone } = version.terms;
  return attribution ? { ...attribution, timeZone } : 'no_attribution_terms';
}

function sameShares(before: readonly PartnerWeight[] = [], after: readonly PartnerWeight[] = []): boolean {
  return (
    before.length === after.length &&
    before.every((share, index) => share.partnerId === after[index]?.partnerId && share.weight === after[index]?.weight)
  );
}
