import { toSafeNumber, type MoneyJson } from '../kernel/money.js';
import { reversedEventId, type Acceptance, type Problem, type StoredEvent } from '../tracking/index.js';
import { judgeReversal, nothingReversed, type NoLineReason, type NoReversalReason } from './domain/index.js';
import type { WantedLine } from './domain/line-movements.js';
import { toReversal, type PricedConversion } from './timeline-pricing.js';

interface PricedShare {
  status: 'priced';
  partnerId: string;
  rule: string;
  clause: string;
  termsHash: string;
  amount: MoneyJson;
}

/** What an event gives one of the partners who share it; `allocated` is the partner's part of the event's own amount. */
export type ShareResult = { partnerId: string; allocated: MoneyJson } & (
  PricedShare | { status: 'unpriced' | 'held'; reason: NoLineReason | NoReversalReason }
);

/** What became of one event of a batch. It is plain JSON; `id` is absent where the report has no readable id. */
export type EventResult = { id?: string } &
  /** It has a line: a commission, or the reversal of one. */
  (
    | PricedShare
    /** It names no partner, or takes back what names none: what it gives each of those who share it, in the order of their ids. */
    | { status: 'attributed'; shares: ShareResult[] }
    /** It names no partner, and no touch that counts leads to one. */
    | { status: 'unattributed' }
    /** It is kept and has no line. */
    | { status: 'unpriced'; reason: NoLineReason | NoReversalReason }
    /** A refund or void of an event that is not known yet. */
    | { status: 'waiting' }
    /** Priced for nobody until there is an exchange rate. */
    | { status: 'held'; reason: NoLineReason | NoReversalReason }
    /** Reported before with the same content. */
    | { status: 'duplicate' }
    | { status: 'refused'; problem: Problem }
  );

/** The result of a report, from what tracking and pricing made of it. `originals` are the events that reversals name. */
export function eventResult(
  acceptance: Acceptance,
  priced: ReadonlyMap<string, PricedConversion>,
  shares: ReadonlyMap<string, readonly PricedConversion[]>,
  originals: ReadonlyMap<string, StoredEvent>,
): EventResult {
  if (acceptance.verdict === 'refused') {
    const { eventId, problem } = acceptance;
    return { ...(eventId !== undefined && { id: eventId }), status: 'refused', problem };
  }
  const id = acceptance.eventId;
  if (acceptance.verdict === 'duplicate') return { id, status: 'duplicate' };
  const { event } = acceptance.stored;
  if (event.kind === 'conversion') {
    if (event.partner === '') return { id, ...sharesOf(id, shares.get(id), ({ outcome }) => outcome.reason) };
    const conversion = priced.get(id);
    return { id, ...outcomeOf(id, conversion, conversion?.outcome.reason) };
  }
  const original = originals.get(reversedEventId(event) ?? '');
  if (!original) return { id, status: 'waiting' };
  if (original.event.kind !== 'conversion') {
    const { reason } = judgeReversal({ kind: original.event.kind }, toReversal(event), nothingReversed());
    return { id, ...outcomeOf(id, undefined, reason) };
  }
  const judgedOf = ({ reversals }: PricedConversion) => reversals.find(({ reversal }) => reversal.id === id);
  if (original.partnerId === undefined) {
    // A rejection of one partner's part says nothing of the others'.
    const concerned = (shares.get(original.event.id) ?? []).filter((share) => judgedOf(share) !== undefined);
    return { id, ...sharesOf(id, concerned, (share) => judgedOf(share)?.outcome.reason) };
  }
  const conversion = priced.get(original.event.id);
  return { id, ...outcomeOf(id, conversion, conversion && judgedOf(conversion)?.outcome.reason) };
}

function sharesOf(
  eventId: string,
  shares: readonly PricedConversion[] = [],
  reasonOf: (share: PricedConversion) => NoLineReason | NoReversalReason | undefined,
) {
  if (shares.length === 0) return { status: 'unattributed' } as const;
  const results = [...shares]
    .sort((a, b) => (a.stored.partnerId < b.stored.partnerId ? -1 : 1))
    .map((share): ShareResult => {
      const { partnerId, event } = share.stored;
      const allocated = { amountMinor: toSafeNumber(event.amountMinor), currency: event.currency };
      return { ...outcomeOf(eventId, share, reasonOf(share)), partnerId, allocated };
    });
  return { status: 'attributed' as const, shares: results };
}

function outcomeOf(
  eventId: string,
  conversion: PricedConversion | undefined,
  reason: NoLineReason | NoReversalReason | undefined,
) {
  const line = conversion?.lines.find((each) => each.eventId === eventId);
  if (line) return pricedResult(line);
  if (reason === undefined) throw new Error(`event ${eventId} has neither a line nor a reason`);
  return reason === 'no_rate' || reason === 'out_of_range'
    ? ({ status: 'held', reason } as const)
    : ({ status: 'unpriced', reason } as const);
}

function pricedResult({ partnerId, ruleId, clause, termsHash, amountMinor, currency }: WantedLine) {
  const amount = { amountMinor: toSafeNumber(amountMinor), currency };
  return { status: 'priced', partnerId, rule: ruleId, clause, termsHash, amount } as const;
}
