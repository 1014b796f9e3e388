import type { CommissionLine } from './lines.js';

/** What terms cost over a set of events. Amounts are minor units of the terms' currency. */
export interface SimulatedCost {
  /** Commissions, credits and bonuses less what refunds and voids took back. */
  totalMinor: bigint;
  /** With credits, which are not money. */
  commissionsMinor: bigint;
  bonusesMinor: bigint;
  /** Negative or zero. */
  reversalsMinor: bigint;
  lines: number;
  byRule: Map<string, { lines: number; amountMinor: bigint }>;
  /** Why events have no line, and how many. */
  withoutLine: Map<string, number>;
}

type CostedLine = Pick<CommissionLine, 'kind' | 'ruleId' | 'amountMinor'>;

/** Adds lines up, one event after the other: what is kept grows with the rules, never with the events. */
export class CostTally {
  /** Goes on with a cost where one is given. */
  constructor(
    readonly cost: SimulatedCost = {
      ...{ totalMinor: 0n, commissionsMinor: 0n, bonusesMinor: 0n, reversalsMinor: 0n, lines: 0 },
      ...{ byRule: new Map(), withoutLine: new Map() },
    },
  ) {}

  line({ kind, ruleId, amountMinor }: CostedLine): void {
    const { cost } = this;
    cost.totalMinor += amountMinor;
    if (kind === 'reversal') cost.reversalsMinor += amountMinor;
    else if (kind === 'bonus') cost.bonusesMinor += amountMinor;
    else cost.commissionsMinor += amountMinor;
    cost.lines += 1;
    const rule = cost.byRule.get(ruleId) ?? { lines: 0, amountMinor: 0n };
    cost.byRule.set(ruleId, { lines: rule.lines + 1, amountMinor: rule.amountMinor + amountMinor });
  }

  noLine(reason: string | undefined): void {
    if (reason !== undefined) this.cost.withoutLine.set(reason, (this.cost.withoutLine.get(reason) ?? 0) + 1);
  }
}
