import {
  judgeReversal,
  nothingReversed,
  priceEvent,
  reversedOriginal,
  type AgreementPeriod,
  type CompiledRule,
  type NoLineReason,
  type NoReversalReason,
  type Original,
  type PricingContext,
  type PricingOutcome,
  type RateTable,
  type ReversalState,
  type TierPeriod,
} from '../../libs/commissions/domain/index.js';
import { StoredEvent, type EventStore } from './event-store.js';
import { FirstSaleTable } from './first-sales.js';

export type Reason = NoLineReason | NoReversalReason;

/** One line of the result, as a view on its row. */
export interface SimulatedLine {
  row: number;
  rule: CompiledRule;
  /** Minor units of the terms' currency; negative for a reversal. */
  amountMinor: number;
  /** The row whose partner the line belongs to, and that a reversal takes back. */
  original: number;
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
  private readonly contexts = new Map<number, PricingContext>();
  private readonly version: AgreementPeriod;

  constructor(
    private readonly store: EventStore,
    version: AgreementPeriod,
    private readonly tiers: ReadonlyMap<string, readonly TierPeriod[]>,
    private readonly rates: RateTable,
  ) {
    this.version = version;
    this.order = store.inOrder();
    this.amounts = new Float64Array(store.length);
    this.rules = new Int32Array(store.length).fill(-1);
    this.reasons = new Uint8Array(store.length);
    this.priceConversions();
    this.judgeReversals();
  }

  /** The lines of refunds and voids of events that the file has not, in the order of the file. */
  *refusedLines(): Generator<number> {
    for (let row = 0; row < this.store.length; row += 1) if (this.isRefused(row)) yield this.store.lineAt(row);
  }

  /** Every line, ordered by (`occurredAt`, `event`); an event has one line at most. */
  *lines(): Generator<SimulatedLine> {
    for (const row of this.order) {
      const rule = this.version.terms.rules[this.rules[row] ?? -1];
      const amountMinor = this.amounts[row] ?? 0;
      if (!rule || amountMinor === 0) continue;
      yield { row, rule, amountMinor, original: this.originalOf(row) ?? row };
    }
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

  private priceConversions(): void {
    const state = { firstSales: new FirstSaleTable() };
    const event = new StoredEvent(this.store);
    for (const row of this.order) {
      if (this.store.kindAt(row) !== 'conversion') continue;
      const outcome = priceEvent(event.at(row), state, this.contextOf(this.store.partnerAt(row)));
      this.rules[row] = outcome.rule?.index ?? -1;
      this.keep(row, Number(outcome.amountMinor), outcome.reason);
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

  private originalAt(row: number): Original {
    const kind = this.store.kindAt(row);
    return kind === 'conversion'
      ? reversedOriginal(new StoredEvent(this.store).at(row), this.outcomeOf(row))
      : { kind };
  }

  private outcomeOf(row: number): PricingOutcome {
    return {
      version: this.version,
      rule: this.version.terms.rules[this.rules[row] ?? -1],
      amountMinor: BigInt(this.amounts[row] ?? 0),
      reason: this.reasonOf(row) as NoLineReason | undefined, // only conversions come here
    };
  }

  private reversalAt(row: number): Parameters<typeof judgeReversal>[1] {
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

  /** The terms apply to each partner apart; only the tiers differ. */
  private contextOf(partner: number): PricingContext {
    let context = this.contexts.get(partner);
    if (!context) {
      const tiers = this.tiers.get(this.store.text(partner)) ?? [];
      this.contexts.set(partner, (context = { versions: [this.version], tiers, rates: this.rates }));
    }
    return context;
  }
}
