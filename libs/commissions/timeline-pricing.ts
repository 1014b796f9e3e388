import type { Transaction } from '../database/index.js';
import {
  branchOff,
  byTime,
  commissionLine,
  priceEvent,
  reversalLine,
  reverse,
  reversedOriginal,
  timelineOver,
  toPricedEvent,
  type CommissionLine,
  type JudgedReversal,
  type PricedEvent,
  type PricingOutcome,
  type Reversal,
  type TimelineState,
} from './domain/index.js';
import type { WantedLine } from './domain/line-movements.js';
import {
  firstSales,
  laterConversions,
  reversedEventId,
  storedReversals,
  type CurrencyPeriod,
  type FirstSale,
  type StoredConversion,
  type StoredReversal,
} from '../tracking/index.js';
import type { PartnerFacts } from './partner-facts.js';

/** A conversion with what became of it and of its refunds and voids. */
export interface PricedConversion {
  readonly stored: StoredConversion;
  /** What pricing knew of the partner's earlier events. */
  readonly state: TimelineState;
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
}

/**
 * Prices conversions with all of their refunds and voids, and with them the existing conversions that the new ones
 * affect. All that reaches from one event to another is, in the kinds of rules there are, a customer's first sale: an
 * event that doesn't change it costs the same however many came before. The database is asked a constant number of
 * times. The partners' money locks must be held.
 */
export async function priceConversions(
  tx: Transaction,
  request: PricingRequest,
): Promise<Map<string, PricedConversion>> {
  const { programId, factsOf } = request;
  const conversions = new Map(request.conversions.map((stored) => [stored.event.id, stored]));
  const first = await readFirstSales(tx, request);
  for (const stored of await affectedConversions(tx, request, first)) conversions.set(stored.event.id, stored);
  const reversals = await reversalsByEvent(tx, programId, [...conversions.keys()]);
  const priced = new Map<string, PricedConversion>();
  for (const [eventId, stored] of conversions) {
    const facts = factsOf.get(stored.partnerId);
    if (!facts) throw new Error(`the facts of partner ${stored.partnerId} were not read`);
    priced.set(eventId, priceConversion(stored, first, facts, reversals.get(eventId) ?? []));
  }
  return priced;
}

function customerKey(partnerId: string, customer: string): string {
  return JSON.stringify([partnerId, customer]);
}

/** The first sale of every customer of these conversions. */
async function readFirstSales(
  tx: Transaction,
  { conversions, factsOf }: PricingRequest,
): Promise<Map<string, FirstSale>> {
  const customers = new Map<string, { partnerId: string; customer: string; periods: CurrencyPeriod[] }>();
  for (const { partnerId, event } of conversions) {
    if (event.customer === undefined) continue;
    const periods = (factsOf.get(partnerId)?.context.versions ?? []).map(({ fromMs, untilMs, terms }) => {
      return { fromMs, untilMs, currency: terms.currency };
    });
    customers.set(customerKey(partnerId, event.customer), { partnerId, customer: event.customer, periods });
  }
  const sales = await firstSales(tx, [...customers.values()]);
  return new Map(sales.map((sale) => [customerKey(sale.partnerId, sale.customer), sale]));
}

/** The existing conversions after a new one that has become its customer's first sale: they had another one, or none. */
async function affectedConversions(
  tx: Transaction,
  { programId, newIds }: PricingRequest,
  first: ReadonlyMap<string, FirstSale>,
): Promise<StoredConversion[]> {
  const changed = [...first.values()].filter(({ eventId }) => newIds.has(eventId));
  const places = changed.map(({ partnerId, customer, eventId, occurredAt }) => ({
    ...{ partnerId, customer, afterMs: occurredAt.getTime(), afterId: eventId },
  }));
  return laterConversions(tx, programId, places);
}

function placeOf({ eventId, occurredAt }: FirstSale): { occurredAtMs: number; id: string } {
  return { occurredAtMs: occurredAt.getTime(), id: eventId };
}

async function reversalsByEvent(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
): Promise<Map<string, StoredReversal[]>> {
  const byEvent = new Map<string, StoredReversal[]>();
  for (const reversal of await storedReversals(tx, programId, eventIds)) {
    const eventId = reversedEventId(reversal) ?? '';
    const known = byEvent.get(eventId);
    if (known) known.push(reversal);
    else byEvent.set(eventId, [reversal]);
  }
  return byEvent;
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
  storedReversalsOfIt: readonly StoredReversal[],
): PricedConversion {
  const event = toPricedEvent(stored.event);
  const state = stateBefore(stored, event, first);
  const outcome = priceEvent(event, branchOff(state, new Map(state.firstSales as Map<string, number>)), facts.context);
  const reversals = reverse(reversedOriginal(event, outcome), storedReversalsOfIt.map(toReversal));
  return { stored, state, outcome, reversals, lines: linesOf({ stored, event, outcome, reversals }, facts) };
}

/** The history just before an event, as far as pricing the event reads it. */
function stateBefore(
  { partnerId }: StoredConversion,
  event: PricedEvent,
  first: ReadonlyMap<string, FirstSale>,
): TimelineState {
  const sale = event.customer === undefined ? undefined : first.get(customerKey(partnerId, event.customer));
  const isEarlier = sale !== undefined && byTime(placeOf(sale), event) < 0;
  return timelineOver(new Map(isEarlier ? [[sale.customer, sale.occurredAt.getTime()]] : []));
}

function linesOf(
  priced: Omit<PricedConversion, 'lines' | 'state'> & { event: PricedEvent },
  { termsByHash }: PartnerFacts,
): WantedLine[] {
  const { stored, event, outcome, reversals } = priced;
  const own = commissionLine(event, outcome);
  if (!own || !outcome.rule) return [];
  const vestAt = termsByHash.get(own.termsHash)?.vestAt(stored.event.occurredAt);
  if (!vestAt) throw new Error(`the terms ${own.termsHash} were not read`);
  const taken = reversals.flatMap(({ reversal, outcome: judged }) => {
    const line = reversalLine(reversal, judged, event.id, outcome);
    return line ? [line] : [];
  });
  return [
    wantedLine(own, stored.partnerId, vestAt, outcome.clampedBy),
    ...taken.map((line) => wantedLine(line, stored.partnerId, vestAt, undefined)),
  ];
}

function wantedLine(line: CommissionLine, partnerId: string, vestAt: Date, clamp: string | undefined): WantedLine {
  const { eventId, ruleId, of, currency, termsHash, versionId = '', clause, occurredAt, amountMinor } = line;
  // Credits and bonuses have no place in the books yet, and no agreement that promises them is made.
  const kind = line.kind === 'reversal' ? 'reversal' : 'commission';
  return {
    ...{ eventId, partnerId, ruleId, step: 0n, kind, ofEventId: of, currency, termsHash, versionId, clause },
    ...{ clamp, occurredAt, vestAt, amountMinor },
  };
}
