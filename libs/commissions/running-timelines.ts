import type { Transaction } from '../database/index.js';
import { conversionsBetween, type StoredConversion, type TimelinePlace } from '../tracking/index.js';
import { linesOfEvents } from './commission-lines.js';
import {
  gatherFacts,
  noTotals,
  reverse,
  reversedOriginal,
  reversalLine,
  toPricedEvent,
  versionAt,
  type PricingOutcome,
  type Totals,
} from './domain/index.js';
import type { BookedLine } from './domain/line-movements.js';
import { factsFor, type PartnerFacts } from './partner-facts.js';
import { groupedByPartner } from './parts-of-partners.js';
import {
  checkpointBefore,
  CheckpointWriter,
  latestCheckpoints,
  placeOf,
  startOfTime,
  type Checkpoint,
} from './pricing-checkpoints.js';
import {
  inParts,
  priceNext,
  reversalsByEvent,
  reversalsOf,
  wantedLine,
  type PricedConversion,
  type PricingRequest,
} from './timeline-pricing.js';

/** Takes over conversions that were priced, to book their lines. */
export type TakePriced = (priced: readonly PricedConversion[]) => Promise<void>;

/** How many conversions are priced and booked together when a timeline is priced again. */
const pageSize = 2_000;
const endOfTime = new Date('9999-12-31T23:59:59.999Z');

/**
 * Prices conversions of partners whose terms count events: bands, limits over time and milestones. A partner's events go on
 * from what was counted before them; where one comes late, the timeline is priced again from there on, beginning at the
 * newest checkpoint before it. The database is asked a constant number of times for each part of those whose events are in
 * order, and once a page for each of the others. The partners' money locks must be held.
 */
export async function priceRunning(tx: Transaction, request: PricingRequest, take: TakePriced): Promise<void> {
  const { conversions, newIds, factsOf } = request;
  if (conversions.length === 0) return;
  const contextOf = new Map([...factsOf].map(([partnerId, { context }]) => [partnerId, context]));
  const latest = await latestCheckpoints(tx, contextOf);
  const inOrder: StoredConversion[][] = [];
  const late: TimelinePlace[] = [];
  for (const added of timelines(conversions.filter(({ event }) => newIds.has(event.id)))) {
    const first = placeOf(added[0]!);
    const checkpoint = latest.get(first.partnerId);
    if (checkpoint && isBefore(checkpoint.place, first)) inOrder.push(added);
    else late.push(first);
  }
  await inParts(inOrder, (part) => goOn(tx, { ...request, conversions: part }, latest, take));
  for (const from of late) await priceAgain(tx, request, from, take);
  const known = conversions.filter(
    (each) =>
      !newIds.has(each.event.id) &&
      !late.some((from) => !isBefore(placeOf(each), from) && from.partnerId === each.partnerId),
  );
  await take(await knownConversions(tx, { ...request, conversions: known }));
}

/** Prices a partner's timeline again, from a place on, which is included. */
export async function priceAgain(
  tx: Transaction,
  { programId, factsOf }: Pick<PricingRequest, 'programId' | 'factsOf'>,
  from: TimelinePlace,
  take: TakePriced,
): Promise<void> {
  const { partnerId } = from;
  const { context } = factsFor(factsOf, partnerId);
  const start = await checkpointBefore(tx, from, context);
  const writer = new CheckpointWriter(programId, new Map([[partnerId, context]]));
  const pages = pagesFrom(tx, { programId, factsOf, partnerId, start }, (stored, totals, next) => {
    if (CheckpointWriter.endsMonth(stored, next)) writer.add(stored, totals);
  });
  for await (const priced of pages) await take(priced.filter(({ stored }) => !isBefore(placeOf(stored), from)));
  await writer.save(tx);
}

/** What was counted of a partner's events before one of them. */
export async function totalsBefore(
  tx: Transaction,
  { programId, factsOf }: Pick<PricingRequest, 'programId' | 'factsOf'>,
  stored: StoredConversion,
): Promise<Totals> {
  const { partnerId, ...place } = placeOf(stored);
  const { context } = factsFor(factsOf, partnerId);
  const start = await checkpointBefore(tx, { partnerId, ...place }, context);
  const totals = start?.totals ?? noTotals();
  const until = { partnerId, ...place };
  for await (const _page of pagesFrom(tx, { programId, factsOf, partnerId, start, until, totals })) continue;
  return totals;
}

/** Prices new conversions that follow all that their partners' checkpoints have seen. */
async function goOn(
  tx: Transaction,
  request: PricingRequest,
  latest: ReadonlyMap<string, Checkpoint>,
  take: TakePriced,
): Promise<void> {
  const { programId, conversions, factsOf } = request;
  const contextOf = new Map([...factsOf].map(([partnerId, { context }]) => [partnerId, context]));
  const totalsOf = new Map([...latest].map(([partnerId, { totals }]) => [partnerId, totals]));
  const writer = new CheckpointWriter(programId, contextOf);
  const next = new Map(conversions.map((stored, index) => [stored, conversions[index + 1]]));
  const priced = await priceNext(tx, { ...request, totalsOf }, (stored, totals) => {
    if (CheckpointWriter.endsMonth(stored, next.get(stored))) writer.add(stored, totals);
  });
  await take(priced);
  await writer.save(tx);
}

interface Stretch extends Pick<PricingRequest, 'programId' | 'factsOf'> {
  readonly partnerId: string;
  readonly start: Checkpoint | undefined;
  /** Not included. */
  readonly until?: TimelinePlace;
  /** Those that are moved along; the checkpoint's where nothing is said. */
  readonly totals?: Totals;
}

/** Prices a partner's conversions after a checkpoint, page by page in the order of time. */
async function* pagesFrom(
  tx: Transaction,
  { programId, factsOf, partnerId, start, until, totals = start?.totals ?? noTotals() }: Stretch,
  told: (stored: StoredConversion, totals: Totals, next: StoredConversion | undefined) => void = () => undefined,
): AsyncGenerator<PricedConversion[]> {
  let after = start?.place;
  for (;;) {
    const bounds = { from: after?.occurredAt ?? startOfTime, until: endOfTime, after, limit: pageSize + 1 };
    const found = await conversionsBetween(tx, [partnerId], bounds);
    const inside = until ? found.filter((each) => isBefore(placeOf(each), until)) : found;
    const page = inside.slice(0, pageSize);
    const next = new Map(page.map((stored, index) => [stored, inside[index + 1]]));
    const request = { programId, factsOf, conversions: page, totalsOf: new Map([[partnerId, totals]]) };
    yield await priceNext(tx, request, (stored, moved) => told(stored, moved, next.get(stored)));
    const last = page.at(-1);
    if (!last || inside.length <= pageSize) return;
    after = placeOf(last);
  }
}

/** Conversions that were priced before and stay as they are, with the refunds and voids that they have by now. */
async function knownConversions(tx: Transaction, request: PricingRequest): Promise<PricedConversion[]> {
  const { programId, conversions, factsOf } = request;
  if (conversions.length === 0) return [];
  const ids = conversions.map(({ event }) => event.id);
  const booked = await linesOfEvents(tx, programId, ids);
  const reversals = await reversalsByEvent(tx, programId, ids);
  return conversions.map((stored) => {
    const facts = factsFor(factsOf, stored.partnerId);
    const own = booked.filter(
      ({ eventId, partnerId }) => eventId === stored.event.id && partnerId === stored.partnerId,
    );
    const event = toPricedEvent(stored.event);
    const outcome = bookedOutcome(stored, own, facts);
    const judged = reverse(reversedOriginal(event, outcome), reversalsOf(reversals, stored));
    const earned = own.find(isEarned);
    const taken = judged.flatMap(({ reversal, outcome: each }) => {
      const line = earned && reversalLine(reversal, each, event.id, outcome);
      if (!line) return [];
      return [wantedLine(line, { partnerId: stored.partnerId, vestAt: earned.vestAt, tender: earned.tender })];
    });
    const firstSales = { get: () => undefined, set: () => undefined };
    return { stored, firstSales, outcome, reversals: judged, lines: [...own, ...taken] };
  });
}

/** How a conversion was priced, as its lines say it. */
function bookedOutcome(
  stored: StoredConversion,
  own: readonly BookedLine[],
  { context }: PartnerFacts,
): PricingOutcome {
  const event = toPricedEvent(stored.event);
  const version = versionAt(context.versions, event.occurredAtMs);
  const line = own.find(isEarned);
  const none = { clampedBy: undefined, milestones: [] };
  if (!line) {
    const { held } = gatherFacts(event, { firstSales: new Map() }, context);
    return {
      version,
      rule: undefined,
      amountMinor: 0n,
      reason: held ?? (version ? 'no_rule' : 'no_agreement'),
      ...none,
    };
  }
  const rule = version?.terms.rules.find(({ id }) => id === line.ruleId);
  if (!rule) throw new Error(`the line of event ${stored.event.id} names a rule that was not in force`);
  return { version, rule, amountMinor: line.amountMinor, reason: undefined, ...none };
}

/** Whether it is the one line that the event itself earns. */
function isEarned({ kind, amountMinor }: BookedLine): boolean {
  return (kind === 'commission' || kind === 'credit') && amountMinor !== 0n;
}

/** The conversions of each partner, in the order of time. */
function timelines(conversions: readonly StoredConversion[]): StoredConversion[][] {
  const inOrder = (a: StoredConversion, b: StoredConversion): number => (isBefore(placeOf(a), placeOf(b)) ? -1 : 1);
  return groupedByPartner(conversions).map((own) => own.sort(inOrder));
}

function isBefore(a: Omit<TimelinePlace, 'partnerId'>, b: Omit<TimelinePlace, 'partnerId'>): boolean {
  return a.occurredAt < b.occurredAt || (a.occurredAt.getTime() === b.occurredAt.getTime() && a.id < b.id);
}
