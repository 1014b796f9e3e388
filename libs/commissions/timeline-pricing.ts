import type { Transaction } from '../database/index.js';
import { groupBy } from '../kernel/group-by.js';
import { together } from '../kernel/together.js';
import {
  byTime,
  commissionLine,
  milestoneLines,
  noTotals,
  priceEvent,
  reversalLine,
  reverse,
  reversedOriginal,
  toPricedEvent,
  type CommissionLine,
  type FirstSales,
  type JudgedReversal,
  type PricedEvent,
  type PricingOutcome,
  type Reversal,
  type Totals,
} from './domain/index.js';
import type { WantedLine } from './domain/line-movements.js';
import {
  firstSales,
  laterConversions,
  reversedEventId,
  storedReversals,
  type FirstSale,
  type StoredConversion,
  type StoredReversal,
} from '../tracking/index.js';
import { partnersOfRejections } from './holds/hold-rows.js';
import { customersAsked, type HistoriesAhead } from './customer-histories.js';
import { factsFor, type PartnerFacts } from './partner-facts.js';
import { partsOfPartners } from './parts-of-partners.js';

/** A conversion with what became of it and of its refunds and voids. */
export interface PricedConversion {
  readonly stored: StoredConversion;
  /** What pricing knew of the sales of its customer before it. */
  readonly firstSales: FirstSales<string>;
  readonly outcome: PricingOutcome;
  readonly reversals: readonly JudgedReversal[];
  /** The lines that it and its reversals earn. */
  readonly lines: readonly WantedLine[];
}

/** What is to be priced. */
export interface PricingRequest {
  readonly programId: string;
  readonly conversions: readonly StoredConversion[];
  /** Those of them that were not there before: they may change what existing events of their customers earn. */
  readonly newIds: ReadonlySet<string>;
  /** The facts of every partner of these conversions. */
  readonly factsOf: ReadonlyMap<string, PartnerFacts>;
  /** What was asked of all these conversions and their customers before, under the same locks. */
  readonly ahead?: HistoriesAhead | undefined;
}

/**
 * Prices conversions of partners whose terms count nothing, with all of their refunds and voids, and with them the existing
 * conversions that the new ones affect. All that reaches from one event to another is then a customer's first sale: an
 * event that doesn't change it costs the same however many came before. The database is asked a constant number of
 * times. The partners' money locks must be held.
 */
export async function priceConversions(
  tx: Transaction,
  request: PricingRequest,
): Promise<Map<string, PricedConversion>> {
  const { programId, factsOf } = request;
  const conversions = new Map(request.conversions.map((stored) => [keyOf(stored), stored]));
  const { first, mayBeReversed } = await readFirstSales(tx, request);
  const affected = await affectedConversions(tx, request, first);
  for (const stored of affected) conversions.set(keyOf(stored), stored);
  const eventIds = new Set([...conversions.values()].map(({ event }) => event.id));
  const isAsked = mayBeReversed || affected.length > 0;
  const reversals = await reversalsByEvent(tx, programId, isAsked ? [...eventIds] : []);
  const priced = new Map<string, PricedConversion>();
  for (const [key, stored] of conversions) {
    const facts = factsFor(factsOf, stored.partnerId);
    priced.set(key, priceConversion(stored, first, facts, reversalsOf(reversals, stored), noTotals()));
  }
  return priced;
}

/**
 * Prices and books the conversions of each partner in parts, each with all those of some partners: a partner's are never
 * parted, as what one of them changes is told by those before it. What `work` reads is asked for all parts at once, and the
 * database writes what one part earns while the next is priced: others wait for the same partners' money.
 */
export async function inParts(
  byPartner: readonly (readonly StoredConversion[])[],
  work: (part: readonly StoredConversion[]) => Promise<void>,
): Promise<void> {
  await together(partsOfPartners(byPartner).map(work));
}

/**
 * Prices the next conversions of partners' timelines, whatever their terms: for each partner they must stand in the order of
 * time and be all that follow what its totals have seen. Moves the totals over each conversion; `told` is called after it.
 */
export async function priceNext(
  tx: Transaction,
  request: Omit<PricingRequest, 'newIds'> & { readonly totalsOf: ReadonlyMap<string, Totals> },
  told: (stored: StoredConversion, totals: Totals) => void = () => undefined,
): Promise<PricedConversion[]> {
  const { programId, conversions, factsOf, totalsOf } = request;
  const { first, mayBeReversed } = await readFirstSales(tx, request);
  const asked = mayBeReversed ? conversions.map(({ event }) => event.id) : [];
  const reversals = await reversalsByEvent(tx, programId, asked);
  return conversions.map((stored) => {
    const totals = totalsOf.get(stored.partnerId);
    if (!totals) throw new Error(`the totals of partner ${stored.partnerId} were not read`);
    const facts = factsFor(factsOf, stored.partnerId);
    const priced = priceConversion(stored, first, facts, reversalsOf(reversals, stored), totals);
    told(stored, totals);
    return priced;
  });
}

/** Tells the shares of one event apart; an event of one partner has its own id. */
function keyOf({ event, partnerId }: StoredConversion): string {
  return event.share ? `${partnerId}\n${event.id}` : event.id;
}

function customerKey(partnerId: string, customer: string): string {
  return `${partnerId}\n${customer}`;
}

/** The first sale of every customer of these conversions, and whether any of them may have refunds or voids. */
async function readFirstSales(
  tx: Transaction,
  { programId, conversions, factsOf, ahead }: Omit<PricingRequest, 'newIds'>,
): Promise<{ first: Map<string, FirstSale>; mayBeReversed: boolean }> {
  const asked = customersAsked(conversions, (partnerId) => factsFor(factsOf, partnerId).counting);
  const eventIds = conversions.map(({ event }) => event.id);
  const { sales, mayBeReversed } = await (ahead?.covering(asked) ?? firstSales(tx, programId, asked, eventIds));
  return { first: new Map(sales.map((sale) => [customerKey(sale.partnerId, sale.customer), sale])), mayBeReversed };
}

/** The existing conversions after a new one that has become its customer's first sale: they had another one, or none. */
async function affectedConversions(
  tx: Transaction,
  { programId, newIds, factsOf }: PricingRequest,
  first: ReadonlyMap<string, FirstSale>,
): Promise<StoredConversion[]> {
  const changed = [...first.values()].filter(({ eventId }) => newIds.has(eventId));
  const places = changed.map(({ partnerId, customer, eventId, occurredAt }) => ({
    ...{ partnerId, customer, afterMs: occurredAt.getTime(), afterId: eventId },
    mayShare: factsFor(factsOf, partnerId).counting.mayShare,
  }));
  return laterConversions(tx, programId, places);
}

function placeOf({ eventId, occurredAt }: FirstSale): { occurredAtMs: number; id: string } {
  return { occurredAtMs: occurredAt.getTime(), id: eventId };
}

/** A refund or void, and whose part alone it takes back where that is one partner's. */
export type PartnersReversal = StoredReversal & { readonly onlyPartnerId?: string | undefined };

/** The refunds and voids of these conversions, by the conversion's id. */
export async function reversalsByEvent(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<Map<string, PartnersReversal[]>> {
  const reversals = await storedReversals(tx, programId, eventIds);
  const partnerOf = await partnersOfRejections(
    tx,
    programId,
    reversals.map(({ id }) => id),
  );
  const own = reversals.map((reversal) => ({ ...reversal, onlyPartnerId: partnerOf.get(reversal.id) }));
  return groupBy(own, (reversal) => reversedEventId(reversal) ?? '');
}

/** What takes something back of a partner's part of a conversion, as the engine is given it. */
export function reversalsOf(
  byEvent: ReadonlyMap<string, readonly PartnersReversal[]>,
  { event: { id }, partnerId }: { event: { id: string }; partnerId: string },
): Reversal[] {
  const own = (byEvent.get(id) ?? []).filter(({ onlyPartnerId = partnerId }) => onlyPartnerId === partnerId);
  return own.map(toReversal);
}

/** What the engine is given of a refund or void. */
export function toReversal(event: StoredReversal): Reversal {
  const common = { id: event.id, occurredAtMs: event.occurredAt.getTime() };
  return event.kind === 'void'
    ? { kind: 'void', ...common }
    : { kind: 'refund', ...common, amountMinor: event.amountMinor };
}

function priceConversion(
  stored: StoredConversion,
  first: ReadonlyMap<string, FirstSale>,
  facts: PartnerFacts,
  reversalsOfIt: readonly Reversal[],
  totals: Totals,
): PricedConversion {
  const event = toPricedEvent(stored.event);
  const firstSales = salesBefore(stored, event, first);
  const outcome = priceEvent(event, { firstSales, ...totals }, facts.context);
  const reversals = reverse(reversedOriginal(event, outcome), reversalsOfIt);
  return { stored, firstSales, outcome, reversals, lines: linesOf({ stored, event, outcome, reversals }, facts) };
}

/** The customer's history just before an event, as far as pricing the event reads it; the events keep it, so it stays. */
function salesBefore(
  { partnerId }: StoredConversion,
  event: PricedEvent,
  first: ReadonlyMap<string, FirstSale>,
): FirstSales<string> {
  const sale = event.customer === undefined ? undefined : first.get(customerKey(partnerId, event.customer));
  const earlier = sale !== undefined && byTime(placeOf(sale), event) < 0 ? sale.occurredAt.getTime() : undefined;
  return { get: () => earlier, set: () => undefined };
}

/** All lines of a conversion that was priced: its own, those of the milestones that it reached, and what was taken back. */
function linesOf(
  priced: Pick<PricedConversion, 'stored' | 'outcome' | 'reversals'> & { event: PricedEvent },
  facts: PartnerFacts,
): WantedLine[] {
  const { stored, event, outcome, reversals } = priced;
  const { partnerId } = stored;
  const steps = milestoneLines(event, outcome).map(({ step, ...line }) =>
    wantedLine(line, { partnerId, step, vestAt: facts.vestAt(line) }),
  );
  const own = commissionLine(event, outcome);
  if (!own || !outcome.rule) return steps;
  const { kind } = own;
  const vestAt = facts.vestAt(own);
  const tender = kind === 'credit' ? 'credit' : 'money';
  const taken = reversals.flatMap(({ reversal, outcome: judged }) => {
    const line = reversalLine(reversal, judged, event.id, outcome);
    return line ? [wantedLine(line, { partnerId, vestAt, tender })] : [];
  });
  return [wantedLine(own, { partnerId, vestAt, tender, clamp: outcome.clampedBy }), ...taken, ...steps];
}

/** A line as the books have it. */
export function wantedLine(
  line: CommissionLine,
  at: { partnerId: string; vestAt: Date } & Partial<Pick<WantedLine, 'step' | 'tender' | 'clamp'>>,
): WantedLine {
  return {
    eventId: line.eventId,
    partnerId: at.partnerId,
    ruleId: line.ruleId,
    step: at.step ?? 0n,
    kind: line.kind,
    tender: at.tender ?? 'money',
    ofEventId: line.of,
    currency: line.currency,
    termsHash: line.termsHash,
    versionId: line.versionId ?? '',
    clause: line.clause,
    clamp: at.clamp,
    occurredAt: line.occurredAt,
    vestAt: at.vestAt,
    amountMinor: line.amountMinor,
  };
}
