import {
  agreementPeriods,
  byId,
  isHeld,
  judgeReversal,
  kindOf,
  nothingReversed,
  priceEvent,
  reversedOriginal,
  simulatedBonuses,
  timelineOver,
  valuesOfCustomer,
  type AgreementPeriod,
  type CompiledTerms,
  type CommissionLine,
  type NoLineReason,
  type NoReversalReason,
  type Original,
  type PricingContext,
  type PricingOutcome,
  type RateTable,
  type Reversal,
  type ReversalState,
  type TierPeriod,
  type TimelineState,
  type ValuedSale,
} from '../../libs/commissions/domain/index.js';
import { BonusLines } from './bonus-lines.js';
import { CustomerSales } from './customer-sales.js';
import { StoredEvent, type EventStore } from './event-store.js';
import { FirstSaleTable } from './first-sales.js';

/** `unattributed`: it names no partner, and no touch says whose it is. */
export type Reason = NoLineReason | NoReversalReason | 'unattributed';

/** One line of the result. */
export interface SimulatedLine {
  kind: CommissionLine['kind'];
  /** The id of the rule or bonus. */
  rule: string;
  event: string;
  /** Epoch milliseconds. */
  occurredAtMs: number;
  /** Minor units of the terms' currency; negative for a reversal. */
  amountMinor: number;
  partner: string;
  /** The event that a reversal takes back. */
  of?: string;
}

/** What a simulation takes beside the events. The terms apply to each partner apart and are in force always. */
export interface SimulationFacts {
  readonly terms: CompiledTerms;
  readonly rates: RateTable;
  /** By the partner's name. */
  readonly tiers: ReadonlyMap<string, readonly TierPeriod[]>;
  /** When the partners were activated, in epoch milliseconds; without it there are no bonuses that count from then. */
  readonly activatedAtMs?: number | undefined;
  /** The last instant that counts for bonuses that fall due by themselves; absent: the last of the file. */
  readonly asOfMs?: number | undefined;
}

interface Partner {
  readonly state: TimelineState<number>;
  readonly context: PricingContext;
}

/** What the terms give for all events of a store: the same functions price here as in the live service. */
export class Simulation {
  private readonly order: Uint32Array;
  private readonly amounts: Float64Array;
  /** Index of the rule of each row's line, or -1. */
  private readonly rules: Int32Array;
  /** Index in `reasonNames` of each row without a line; 0 for none. */
  private readonly reasons: Uint8Array;
  private readonly reasonNames: (Reason | undefined)[] = [undefined];
  private readonly partners = new Map<number, Partner>();
  private readonly firstSales = new FirstSaleTable();
  private readonly versions: readonly AgreementPeriod[];
  private readonly version: AgreementPeriod;
  private readonly bonusLines: BonusLines;

  constructor(
    private readonly store: EventStore,
    private readonly facts: SimulationFacts,
  ) {
    this.versions = agreementPeriods([{ fromMs: -Infinity, terms: facts.terms }]);
    this.version = this.versions[0]!;
    this.order = store.inOrder();
    this.amounts = new Float64Array(store.length);
    this.rules = new Int32Array(store.length).fill(-1);
    this.reasons = new Uint8Array(store.length);
    this.bonusLines = new BonusLines(store);
    this.priceConversions();
    this.judgeReversals();
    const untilMs = facts.asOfMs ?? this.lastMs();
    this.giveFixedBonuses(untilMs);
    this.giveLifetimeValues(untilMs);
  }

  /** The lines of refunds and voids of events that the file has not, in the order of the file. */
  *refusedLines(): Generator<number> {
    for (let row = 0; row < this.store.length; row += 1) if (this.isRefused(row)) yield this.store.lineAt(row);
  }

  /** Every line, ordered by (`occurredAt`, `event`, place in the document: rules, then bonuses). */
  *lines(): Generator<SimulatedLine> {
    const bonuses = this.bonusLines.inOrder();
    let next = 0;
    for (const row of this.order) {
      const line = this.lineOf(row);
      if (!line) continue;
      while (next < bonuses.length && this.isBefore(bonuses[next]!, line)) yield this.bonusLine(bonuses[next++]!);
      yield line;
    }
    while (next < bonuses.length) yield this.bonusLine(bonuses[next++]!);
  }

  /** How many events have a line, how many have none and why. */
  counts(): { priced: number; withoutLine: Map<Reason, number> } {
    let priced = 0;
    const byIndex = new Float64Array(this.reasonNames.length);
    for (let row = 0; row < this.store.length; row += 1) {
      if (this.isRefused(row)) continue;
      const reason = this.reasons[row] ?? 0;
      if (reason === 0) priced += 1;
      else byIndex[reason] = (byIndex[reason] ?? 0) + 1;
    }
    const withoutLine = new Map<Reason, number>();
    this.reasonNames.forEach((name, index) => name && withoutLine.set(name, byIndex[index] ?? 0));
    return { priced, withoutLine };
  }

  /** Why an event of the store has no line; undefined for one that has a line. */
  reasonOf(row: number): Reason | undefined {
    return this.reasonNames[this.reasons[row] ?? 0];
  }

  private lineOf(row: number): SimulatedLine | undefined {
    const rule = this.version.terms.rules[this.rules[row] ?? -1];
    const amountMinor = this.amounts[row] ?? 0;
    if (!rule || amountMinor === 0) return undefined;
    const original = this.originalOf(row);
    return {
      kind: original === undefined ? kindOf(rule) : 'reversal',
      rule: rule.id,
      event: this.store.idAt(row),
      occurredAtMs: this.store.occurredAtMs(row),
      amountMinor,
      partner: this.store.text(this.store.partnerAt(original ?? row)),
      ...(original !== undefined && { of: this.store.idAt(original) }),
    };
  }

  private bonusLine(line: number): SimulatedLine {
    return {
      kind: 'bonus',
      rule: this.bonusLines.bonusAt(line).id,
      event: this.bonusLines.eventAt(line),
      occurredAtMs: this.bonusLines.occurredAtMs(line),
      amountMinor: this.bonusLines.amountAt(line),
      partner: this.store.text(this.bonusLines.partnerAt(line)),
    };
  }

  /** Of one event the line of its rule comes first. */
  private isBefore(bonus: number, { occurredAtMs, event }: SimulatedLine): boolean {
    const laterMs = this.bonusLines.occurredAtMs(bonus) - occurredAtMs;
    return laterMs < 0 || (laterMs === 0 && byId(this.bonusLines.eventAt(bonus), event) < 0);
  }

  private priceConversions(): void {
    const event = new StoredEvent(this.store);
    for (const row of this.order) {
      if (this.store.kindAt(row) !== 'conversion') continue;
      if (this.store.isUnattributed(row)) {
        this.keep(row, 0, 'unattributed');
        continue;
      }
      const partner = this.store.partnerAt(row);
      const { state, context } = this.partner(partner);
      const outcome = priceEvent(event.at(row), state, context);
      this.rules[row] = outcome.rule?.index ?? -1;
      this.keep(row, Number(outcome.amountMinor), outcome.reason);
      for (const { bonus, amountMinor } of outcome.milestones) {
        this.bonusLines.add(bonus, { occurredAtMs: event.occurredAtMs, partner, row }, amountMinor);
      }
    }
  }

  /** After all conversions: a refund at the same instant as its event may come before it in the order. */
  private judgeReversals(): void {
    const states = new Map<number, ReversalState>();
    for (const row of this.order) {
      const target = this.originalOf(row);
      if (target === undefined) continue;
      const state = states.get(target) ?? nothingReversed();
      states.set(target, state);
      const outcome = judgeReversal(this.originalAt(target), this.reversalAt(row), state);
      this.rules[row] = this.rules[target] ?? -1;
      this.keep(row, Number(outcome.amountMinor), outcome.reason);
    }
  }

  private giveFixedBonuses(untilMs: number): void {
    const due = { activatedAtMs: this.facts.activatedAtMs, untilMs };
    for (const [partner, { context }] of this.partners) {
      for (const { bonus, occurredAtMs, amountMinor } of simulatedBonuses(context, due)) {
        this.bonusLines.add(bonus, { occurredAtMs, partner }, amountMinor);
      }
    }
  }

  private giveLifetimeValues(untilMs: number): void {
    if (this.version.terms.bonuses.lifetimeValues.length === 0) return;
    const { store } = this;
    const customers = new CustomerSales(store, this.order, (row) => {
      return !store.isUnattributed(row) && !isHeld(this.reasonOf(row) as NoLineReason);
    });
    const reversals = this.reversalsByTarget();
    const saleAt = (row: number): ValuedSale => ({
      occurredAtMs: store.occurredAtMs(row),
      amountMinor: BigInt(store.amountAt(row)),
      currency: store.currencyAt(row),
      share: store.shareAt(row),
      reversals: (reversals.get(row) ?? []).map((each) => this.reversalAt(each)),
    });
    function* sales(first: number): Generator<ValuedSale> {
      for (const row of customers.from(first)) yield saleAt(row);
    }
    for (const row of customers.firstSales()) {
      const partner = store.partnerAt(row);
      const first = { id: store.idAt(row), occurredAtMs: store.occurredAtMs(row) };
      const values = valuesOfCustomer(first, () => sales(row), this.partner(partner).context, untilMs);
      for (const { bonus, occurredAtMs, amountMinor } of values) {
        this.bonusLines.add(bonus, { occurredAtMs, partner, row }, amountMinor);
      }
    }
  }

  private reversalsByTarget(): Map<number, number[]> {
    const reversals = new Map<number, number[]>();
    for (const row of this.order) {
      const target = this.originalOf(row);
      if (target === undefined) continue;
      const own = reversals.get(target);
      if (own) own.push(row);
      else reversals.set(target, [row]);
    }
    return reversals;
  }

  private originalAt(row: number): Original {
    const kind = this.store.kindAt(row);
    return kind === 'conversion'
      ? reversedOriginal(new StoredEvent(this.store).at(row), this.outcomeOf(row))
      : { kind };
  }

  private outcomeOf(row: number): Pick<PricingOutcome, 'rule' | 'amountMinor' | 'reason'> {
    return {
      rule: this.version.terms.rules[this.rules[row] ?? -1],
      amountMinor: BigInt(this.amounts[row] ?? 0),
      reason: this.reasonOf(row) as NoLineReason | undefined, // only conversions come here
    };
  }

  private reversalAt(row: number): Reversal {
    const common = { id: this.store.idAt(row), occurredAtMs: this.store.occurredAtMs(row) };
    if (this.store.kindAt(row) === 'void') return { kind: 'void', ...common };
    return { kind: 'refund', ...common, amountMinor: BigInt(this.store.amountAt(row)) };
  }

  private originalOf(row: number): number | undefined {
    return this.store.kindAt(row) === 'conversion' ? undefined : this.store.targetAt(row);
  }

  private isRefused(row: number): boolean {
    return this.store.kindAt(row) !== 'conversion' && this.store.targetAt(row) === undefined;
  }

  private keep(row: number, amount: number, reason: Reason | undefined): void {
    this.amounts[row] = amount;
    if (reason === undefined) return;
    let index = this.reasonNames.indexOf(reason);
    if (index === -1) index = this.reasonNames.push(reason) - 1;
    this.reasons[row] = index;
  }

  private lastMs(): number {
    const last = this.order.at(-1);
    return last === undefined ? -Infinity : this.store.occurredAtMs(last);
  }

  /** The terms apply to each partner apart; the histories of all partners' customers lie in one table. */
  private partner(reference: number): Partner {
    let partner = this.partners.get(reference);
    if (!partner) {
      const tiers = this.facts.tiers.get(this.store.text(reference)) ?? [];
      const context = { versions: this.versions, tiers, rates: this.facts.rates };
      this.partners.set(reference, (partner = { state: timelineOver(this.firstSales), context }));
    }
    return partner;
  }
}
