import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { formatMoney, toSafeNumber, type MoneyJson } from '../kernel/money.js';
import {
  attributedConversions,
  eventToJson,
  reversedEventId,
  storedEvents,
  type StoredConversion,
  type StoredEvent,
  type UnnamedConversion,
} from '../tracking/index.js';
import { EventAttribution, isUnnamed } from './event-attribution.js';
import {
  attributionFor,
  explainAttribution,
  summaryOfShares,
  type ExplainedAttribution,
} from './explained-attribution.js';
import { linesOfEvents } from './commission-lines.js';
import {
  sentenceOfBonus,
  branchOff,
  explainEvent,
  explainReversal,
  noTotals,
  sentencesOf,
  toPricedEvent,
  type BonusTrace,
  type PricingContext,
  type PricingTrace,
  type ReversalTrace,
  type RuleSentence,
} from './domain/index.js';
import { explainedDisputes, type ExplainedDispute } from './holds/explained-dispute.js';
import { explainedHold, isWaiting, type ExplainedHold } from './holds/explained-hold.js';
import { holdsOfEvent } from './holds/hold-rows.js';
import { earnedLine, type EarnedLine } from './line-list.js';
import { bonusOfEvent, explainedBonus, explainedValues } from './explained-bonuses.js';
import { factsFor, PartnerFactsReader } from './partner-facts.js';
import { totalsBefore } from './running-timelines.js';
import { priceNext, type PricedConversion } from './timeline-pricing.js';

/** An item of a payout batch that pays for a line. */
export interface LinePayout {
  batchId: string;
  itemId: string;
  /** The item's state. */
  state: string;
  amount: MoneyJson;
}

/** A line with the payouts that it went into. */
export interface ExplainedLine extends EarnedLine {
  payouts: LinePayout[];
}

/** Why an event has earned what it has, or nothing. It is plain JSON. */
export interface EventExplanation {
  event: Record<string, unknown>;
  /** The partner that the event belongs to; absent for a refund or void whose event is not known. */
  partnerId?: string;
  /** One sentence that a person understands. */
  summary: string;
  /** How the conversion was priced: for a refund or void, the one that it names. */
  trace?: PricingTrace;
  /** What each rule and bonus of the terms did with it, in their order. */
  sentences?: RuleSentence[];
  /** Why bonuses that fall due by the calendar or by a decision name this event, or are the event itself. */
  bonuses?: BonusTrace[];
  /** Its refunds and voids; for a refund or void, itself alone. */
  reversals: ReversalTrace[];
  lines: ExplainedLine[];
  /** Who has a share of a conversion that names no partner, and why; for a refund or void, of the one that it names. */
  attribution?: ExplainedAttribution;
  /** The same for each partner with a share, on its part. A partner is shown its own in the place of the whole. */
  shares?: EventExplanation[];
  /** Every hold of the conversion, with what was decided about it; absent where there was none. */
  holds?: ExplainedHold[];
  /** Every dispute about it, with the entry that it led to; absent where there was none. */
  disputes?: ExplainedDispute[];
}

/** Says why events have earned what they have, from the events and terms themselves: it prices them once more. */
@Injectable()
export class Explanations {
  constructor(
    private readonly database: Database,
    private readonly facts: PartnerFactsReader,
    private readonly attribution: EventAttribution,
  ) {}

  /**
   * For a partner that asks, of an event that names no partner, what is its own alone.
   * @throws DomainError `not-found`
   */
  explain(programId: string, eventId: string, viewerId?: string): Promise<EventExplanation> {
    return this.database.inTransaction(async (tx) => {
      const stored = (await storedEvents(tx, programId, [eventId])).get(eventId);
      if (!stored) return this.explainBonus(tx, programId, eventId, viewerId);
      const conversion = await conversionBehind(tx, programId, stored);
      if (!conversion) return withoutConversion(stored);
      if (isUnnamed(conversion)) return this.explainShares(tx, programId, { stored, unnamed: conversion, viewerId });
      return this.explainConversion(tx, programId, stored, conversion);
    });
  }

  /** Of a bonus whose event is its own: whoever asks is shown its own line, the company those of all who have one. */
  private async explainBonus(
    tx: Transaction,
    programId: string,
    eventId: string,
    viewerId: string | undefined,
  ): Promise<EventExplanation> {
    const due = bonusOfEvent(eventId);
    if (!due) throw unknownEvent();
    const lines = await linesOfEvents(tx, programId, [eventId]);
    const partnerIds =
      viewerId === undefined ? [...new Set(lines.map(({ partnerId }) => partnerId))].sort() : [viewerId];
    const factsOf = await this.facts.read(tx, programId, partnerIds);
    const shares: EventExplanation[] = [];
    for (const partnerId of partnerIds) {
      const trace = await explainedBonus(tx, partnerId, due, factsFor(factsOf, partnerId).context);
      const own = lines.filter((line) => line.partnerId === partnerId);
      if (!trace && own.length === 0) continue;
      const disputes = await explainedDisputes(tx, programId, eventId, partnerId);
      const summary =
        trace?.sentence ?? `Bonus ${due.bonusId} was taken back: no agreement of the partner promises it any more.`;
      shares.push({
        ...{ event: bonusEvent(eventId, due.dueMs), partnerId, summary, reversals: [] },
        lines: await this.linesOf(tx, programId, [eventId], partnerId),
        ...(trace && { sentences: [sentenceOfBonus(trace)], bonuses: [trace] }),
        ...(disputes.length > 0 && { disputes }),
      });
    }
    const [only, ...others] = shares;
    if (!only) throw unknownEvent();
    if (others.length === 0) return only;
    const summary = `Bonus ${due.bonusId} fell due for ${shares.length} partners at this instant.`;
    return { event: only.event, summary, shares, reversals: [], lines: shares.flatMap((share) => share.lines) };
  }

  private async explainShares(
    tx: Transaction,
    programId: string,
    { stored, unnamed, viewerId }: { stored: StoredEvent; unnamed: UnnamedConversion; viewerId: string | undefined },
  ): Promise<EventExplanation> {
    const attribution = explainAttribution(await this.attribution.judge(tx, programId, unnamed));
    const conversions = await attributedConversions(tx, programId, [unnamed.event.id]);
    const shares: EventExplanation[] = [];
    for (const conversion of conversions) {
      if (viewerId !== undefined && conversion.partnerId !== viewerId) continue;
      const own = stored.event.id === unnamed.event.id ? conversion : stored;
      const share = await this.explainConversion(tx, programId, own, conversion);
      // A rejection of one partner's part is nothing that the others have to do with.
      if (own === stored && stored.event.kind !== 'conversion' && share.reversals.length === 0) continue;
      shares.push({ ...share, attribution: attributionFor(conversion.partnerId, attribution) });
    }
    if (viewerId === undefined) {
      const summary = summaryOfShares(unnamed.event.id, attribution);
      const lines = shares.flatMap((share) => share.lines);
      return { event: eventToJson(stored.event), summary, attribution, shares, reversals: [], lines };
    }
    if (shares[0]) return { ...shares[0], event: withoutTraces(shares[0].event) };
    if (conversions.some(({ partnerId }) => partnerId === viewerId)) throw unknownEvent();
    return withoutShare(unnamed, viewerId, attributionFor(viewerId, attribution));
  }

  private async explainConversion(
    tx: Transaction,
    programId: string,
    stored: StoredEvent,
    conversion: StoredConversion,
  ): Promise<EventExplanation> {
    const { partnerId } = conversion;
    const factsOf = await this.facts.read(tx, programId, [partnerId]);
    const totals = factsOf.get(partnerId)?.countsEvents
      ? await totalsBefore(tx, { programId, factsOf }, conversion)
      : noTotals();
    // Pricing moves the totals; the trace tells of those before it.
    const before = branchOff({ firstSales: new Map(), ...totals }, new Map());
    const request = { programId, conversions: [conversion], factsOf, totalsOf: new Map([[partnerId, totals]]) };
    const [priced] = await priceNext(tx, request);
    const context = factsOf.get(partnerId)?.context;
    if (!priced || !context) throw new Error(`event ${conversion.event.id} was not priced`);
    const event = toPricedEvent(conversion.event);
    const isOwn = stored.event.id === conversion.event.id;
    const reversals = priced.reversals
      .filter(({ reversal }) => isOwn || reversal.id === stored.event.id)
      .map((judged) => explainReversal(event, priced.outcome, judged));
    const lines = await this.linesOf(
      tx,
      programId,
      isOwn ? [event.id, ...reversals.map((each) => each.event)] : [stored.event.id],
      partnerId,
    );
    const holds = (await holdsOfEvent(tx, programId, event.id, partnerId)).map(explainedHold);
    const disputes = await explainedDisputes(tx, programId, event.id, partnerId);
    const trace = explainEvent(event, { ...before, firstSales: priced.firstSales }, context);
    const bonuses = isOwn ? await explainedValues(tx, programId, conversion, context) : [];
    return {
      event: eventToJson(stored.event),
      partnerId,
      summary: summaryOf(stored, priced, lines, holds) + endOfAgreement(priced, context),
      trace,
      sentences: sentencesOf(trace, bonuses),
      ...(bonuses.length > 0 && { bonuses }),
      reversals,
      lines,
      ...(holds.length > 0 && { holds }),
      ...(disputes.length > 0 && { disputes }),
    };
  }

  private async linesOf(
    tx: Transaction,
    programId: string,
    eventIds: readonly string[],
    partnerId: string,
  ): Promise<ExplainedLine[]> {
    const lines = (await linesOfEvents(tx, programId, eventIds)).filter((line) => {
      return line.amountMinor !== 0n && line.partnerId === partnerId;
    });
    const payouts = await payoutsOf(tx, programId, eventIds, partnerId);
    return lines
      .map(earnedLine)
      .map((line) => ({ ...line, payouts: payouts.get(JSON.stringify([line.eventId, line.rule])) ?? [] }));
  }
}

/** The event that a bonus of its own instant stands for. */
function bonusEvent(id: string, dueMs: number): Record<string, unknown> {
  return { id, type: 'bonus', occurredAt: new Date(dueMs).toISOString() };
}

function unknownEvent(): DomainError {
  return new DomainError('not-found', 'there is no event with this id');
}

/** An event as one of its partners is shown it: the coupon and the click may be another's. */
function withoutTraces({ coupon: _coupon, click: _click, ...event }: Record<string, unknown>): Record<string, unknown> {
  return event;
}

/** What a partner that has no share of an event may know of it: that its touches were looked at, and why they don't count. */
function withoutShare(
  { event }: UnnamedConversion,
  viewerId: string,
  attribution: ExplainedAttribution,
): EventExplanation {
  // Whoever never reached its customer learns nothing, not even that the event is there.
  if (attribution.touches.length === 0) throw unknownEvent();
  const { id, type, occurredAt } = event;
  const summary = `Event ${id} is not attributed to the partner: ${attribution.touches.at(-1)!.sentence}`;
  const told = { id, type, occurredAt: occurredAt.toISOString() };
  return { event: told, partnerId: viewerId, summary, attribution, reversals: [], lines: [] };
}

/** The conversion itself, or the one that a refund or void names. */
async function conversionBehind(
  tx: Transaction,
  programId: string,
  stored: StoredEvent,
): Promise<StoredConversion | UnnamedConversion | undefined> {
  if (isConversion(stored)) return stored;
  const originalId = reversedEventId(stored.event) ?? '';
  const original = (await storedEvents(tx, programId, [originalId])).get(originalId);
  return original && isConversion(original) ? original : undefined;
}

function isConversion(stored: StoredEvent): stored is StoredConversion | UnnamedConversion {
  return stored.event.kind === 'conversion';
}

function withoutConversion({ event }: StoredEvent): EventExplanation {
  const summary = `${event.kind === 'void' ? 'The void' : 'The refund'} ${event.id} takes nothing back: no event that can be priced is known under the id that it names.`;
  return { event: eventToJson(event), summary, reversals: [], lines: [] };
}

/** Which items of payout batches pay for the entries in payable that these events brought, by event and rule. */
async function payoutsOf(
  tx: Transaction,
  programId: string,
  eventIds: readonly string[],
  partnerId: string,
): Promise<Map<string, LinePayout[]>> {
  const rows = await rowsOf<{
    event_id: string;
    rule_id: string;
    batch_id: string;
    item_id: string;
    state: string;
    amount_minor: string;
    currency: string;
  }>(
    tx,
    `select t.event_id, t.rule_id, i.batch_id, i.id as item_id, i.state, -sum(e.amount_minor) as amount_minor, e.currency
     from ledger_transactions t
     join ledger_entries e on e.transaction_id = t.id
     join payout_item_entries p on p.entry_id = e.id
     join payout_items i on i.id = p.item_id
     where t.program_id = $1 and t.event_id = any($2) and i.partner_id = $3
     group by t.event_id, t.rule_id, i.batch_id, i.id, i.state, e.currency order by i.id`,
    [programId, eventIds, partnerId],
  );
  const payouts = new Map<string, LinePayout[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.event_id, row.rule_id]);
    const amount = { amountMinor: toSafeNumber(BigInt(row.amount_minor)), currency: row.currency };
    const payout = { batchId: row.batch_id, itemId: row.item_id, state: row.state, amount };
    payouts.set(key, [...(payouts.get(key) ?? []), payout]);
  }
  return payouts;
}

/** The sentence that answers "why was I (not) paid for this". */
function summaryOf(
  stored: StoredEvent,
  { outcome, reversals }: PricedConversion,
  lines: readonly ExplainedLine[],
  holds: readonly ExplainedHold[],
): string {
  const { event } = stored;
  const own = lines.find(({ eventId, kind }) => eventId === event.id && kind !== 'bonus');
  if (event.kind !== 'conversion') {
    const judged = reversals.find(({ reversal }) => reversal.id === event.id);
    const name = event.kind === 'void' ? 'The void' : 'The refund';
    if (!own) return `${name} ${event.id} takes nothing back: ${words(judged?.outcome.reason ?? 'zero')}.`;
    const amount = formatMoney(-BigInt(own.amount.amountMinor), own.amount.currency);
    return `${name} ${event.id} takes back ${amount} of what event ${own.of ?? ''} earned under clause ${own.clause}.`;
  }
  const bonuses = lines.filter(({ eventId, kind }) => eventId === event.id && kind === 'bonus').map(bonusSentence);
  if (!own) return [`Event ${event.id} earned nothing: ${words(outcome.reason ?? 'zero')}.`, ...bonuses].join(' ');
  const amount = formatMoney(BigInt(own.amount.amountMinor), own.amount.currency);
  const taken = lines.filter(({ of }) => of === event.id).reduce((sum, line) => sum - line.amount.amountMinor, 0);
  const less = taken === 0 ? '' : `, of which ${formatMoney(BigInt(taken), own.amount.currency)} was taken back`;
  const earned = own.tender === 'credit' ? `${amount} of credit` : amount;
  const when = isWaiting(holds) ? 'it is held for review until somebody decides' : whenPaid(own);
  return [`Event ${event.id} earned ${earned} under clause ${own.clause}${less}; ${when}.`, ...bonuses].join(' ');
}

/** What came with an event: a milestone that it reached, or what its customer was worth. */
function bonusSentence(line: ExplainedLine): string {
  const amount = formatMoney(BigInt(line.amount.amountMinor), line.amount.currency);
  const why = line.step === undefined ? 'For what its customer bought' : `For the step ${line.step} that it reached`;
  return `${why}, bonus ${line.rule} gives ${amount} under clause ${line.clause}; ${whenPaid(line)}.`;
}

/** When the agreement ended, where that is why an event has earned nothing. */
function endOfAgreement({ stored, outcome }: PricedConversion, { versions }: PricingContext): string {
  const untilMs = versions.at(-1)?.untilMs;
  const hasEnded =
    outcome.reason === 'no_agreement' && untilMs !== undefined && untilMs <= stored.event.occurredAt.getTime();
  return hasEnded ? ` The agreement ended on ${new Date(untilMs).toISOString()}.` : '';
}

function whenPaid({ payouts, vested, vestsAt, tender }: ExplainedLine): string {
  const last = payouts.at(-1);
  if (tender === 'credit' && vested) return 'it stands in the credit account';
  if (last) return `it is part of payout ${last.itemId}, which is ${last.state}`;
  return vested ? 'it waits for the next payout' : `it is held until ${vestsAt.slice(0, 10)}`;
}

/** Reasons as words. */
const reasonWords: Readonly<Record<string, string>> = {
  no_agreement: 'no agreement was in force when it happened',
  no_rate: 'there is no exchange rate for its day yet',
  out_of_range: 'its converted amount is too large to be counted',
  no_rule: 'no rule of the agreement matches it',
  zero: 'what it comes to rounds to zero',
  refund_before_event: 'it is dated before the event that it names',
  void_before_event: 'it is dated before the event that it names',
  refund_after_void: 'the event was taken back whole before',
  void_after_void: 'the event was taken back whole before',
  refund_exceeds: 'with the refunds before it, it is more than the amount of the event',
  refund_of_priceless: 'the event has no price',
  refund_without_line: 'the event earned nothing',
  void_without_line: 'the event earned nothing',
  refund_partial: 'a flat amount is taken back only when the whole amount is refunded',
};

function words(reason: string): string {
  return reasonWords[reason] ?? reason.replaceAll('_', ' ');
}
