import {
  hundredPercent,
  parseRate,
  timeZoneOf,
  type Bonus,
  type Period,
  type Terms,
} from '../../agreements/domain/index.js';
import { durationAdder } from './months.js';

interface CompiledBonus {
  /** Its place in the document, counted on from the last commission rule. */
  readonly index: number;
  readonly id: string;
  /** The number of its clause in the signed contract. */
  readonly clause: string;
}

/** A bonus of a fixed amount (minor units of the terms' currency) at the activation of the partner. */
export interface CompiledUpfront extends CompiledBonus {
  readonly amountMinor: bigint;
}

/** The same, after each `every` counted from the activation. */
export interface CompiledRetainer extends CompiledBonus {
  readonly every: string;
  readonly amountMinor: bigint;
}

/** The same, for each deliverable of a kind that was accepted. */
export interface CompiledParticipation extends CompiledBonus {
  readonly deliverable: string;
  readonly amountMinor: bigint;
}

/** Amounts for what a partner reaches in a period. */
export interface CompiledMilestone extends CompiledBonus {
  readonly event: string;
  readonly metric: 'count' | 'amount' | 'new_customers';
  readonly period: Period | 'lifetime';
  /** Rising: at how many events, minor units or customers, and the amount in minor units. */
  readonly steps: readonly { readonly at: bigint; readonly amountMinor: bigint }[];
}

/** A part of what a customer bought in the time `after` its first sale. */
export interface CompiledLifetimeValue extends CompiledBonus {
  /** When it falls due, by the customer's first sale; both in epoch milliseconds. */
  readonly dueMs: (firstSaleMs: number) => number;
  /** The document's text, and its exact part of a whole. */
  readonly rate: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The bonuses of a terms document by what they wait for. */
export interface CompiledBonuses {
  readonly upfront: readonly CompiledUpfront[];
  readonly retainers: readonly CompiledRetainer[];
  readonly participations: readonly CompiledParticipation[];
  readonly lifetimeValues: readonly CompiledLifetimeValue[];
  /** By the type of event that they count. */
  readonly milestones: ReadonlyMap<string, readonly CompiledMilestone[]>;
}

/** Whether some fall due by the calendar or by a decision: no event brings them when it comes. */
export function hasScheduledBonuses({ upfront, retainers, participations, lifetimeValues }: CompiledBonuses): boolean {
  return [upfront, retainers, participations, lifetimeValues].some(({ length }) => length > 0);
}

/** Compiles the bonuses of valid terms; their places go on behind the `rules` of the document. */
export function compileBonuses(terms: Terms, rules: number, clauseOf: (id: string) => string): CompiledBonuses {
  const timeZone = timeZoneOf(terms);
  const milestones = new Map<string, CompiledMilestone[]>();
  const compiled = { upfront: [], retainers: [], participations: [], lifetimeValues: [] } as {
    upfront: CompiledUpfront[];
    retainers: CompiledRetainer[];
    participations: CompiledParticipation[];
    lifetimeValues: CompiledLifetimeValue[];
  };
  terms.bonuses?.forEach((bonus, place) => {
    const common = { index: rules + place, id: bonus.id, clause: clauseOf(bonus.id) };
    switch (bonus.kind) {
      case 'upfront':
        return compiled.upfront.push({ ...common, amountMinor: BigInt(bonus.amountMinor) });
      case 'retainer':
        return compiled.retainers.push({ ...common, every: bonus.every, amountMinor: BigInt(bonus.amountMinor) });
      case 'participation': {
        const { deliverable, amountMinor } = bonus;
        return compiled.participations.push({ ...common, deliverable, amountMinor: BigInt(amountMinor) });
      }
      case 'lifetime_value': {
        const exact = { numerator: parseRate(bonus.rate), denominator: hundredPercent };
        const dueMs = durationAdder(bonus.after, timeZone);
        return compiled.lifetimeValues.push({ ...common, dueMs, rate: bonus.rate, ...exact });
      }
      case 'milestone': {
        const own = milestones.get(bonus.event) ?? [];
        milestones.set(bonus.event, own);
        return own.push(milestone(common, bonus));
      }
    }
  });
  return { ...compiled, milestones };
}

function milestone(common: CompiledBonus, bonus: Extract<Bonus, { kind: 'milestone' }>): CompiledMilestone {
  const { event, metric, period, steps } = bonus;
  const compiled = steps.map(({ at, amountMinor }) => ({ at: BigInt(at), amountMinor: BigInt(amountMinor) }));
  return { ...common, event, metric, period, steps: compiled };
}
