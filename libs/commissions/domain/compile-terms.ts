import {
  clauseNumbers,
  hundredPercent,
  parseRate,
  timeZoneOf,
  type CommissionRule,
  type Limits,
  type Period,
  type Reward,
  type Terms,
  type Tiers,
} from '../../agreements/domain/index.js';
import { compileBonuses, type CompiledBonuses } from './compile-bonuses.js';
import { compileConditions, type Condition } from './conditions.js';
import { monthReader } from './months.js';

/** A band of a banded reward; the rate as an exact part of `hundredPercent`. */
export interface CompiledBand {
  /** Minor units or events; included. */
  readonly from: bigint;
  /** The document's text. */
  readonly rate: string;
  readonly numerator: bigint;
}

/** A reward as exact numbers. */
export type CompiledReward =
  /** `rate` is the document's text, `numerator / denominator` its exact share of an amount. */
  | { readonly kind: 'percent'; readonly rate: string; readonly numerator: bigint; readonly denominator: bigint }
  /** Minor units of the terms' currency; a credit goes to the partner's credit account and is never paid as money. */
  | { readonly kind: 'flat' | 'credit'; readonly amountMinor: bigint }
  | {
      readonly kind: 'banded';
      readonly basis: 'amount' | 'count';
      readonly period: Period | 'lifetime';
      readonly mode: 'marginal' | 'whole';
      /** Rising; the first one starts at 0. */
      readonly bands: readonly CompiledBand[];
      readonly denominator: bigint;
    };

/** A limit of a rule. Minor units of the terms' currency. */
export type CompiledLimit =
  | { readonly name: 'perEvent'; readonly maxMinor: bigint }
  | { readonly name: 'perPeriod'; readonly maxMinor: bigint; readonly period: Period }
  | { readonly name: 'lifetime'; readonly maxMinor: bigint };

export interface CompiledRule {
  /** Its place in the document, from 0. */
  readonly index: number;
  readonly id: string;
  /** The number of its clause in the signed contract. */
  readonly clause: string;
  readonly conditions: readonly Condition[];
  readonly reward: CompiledReward;
  /** In the order in which they clamp (terms.md, Pricing 6). */
  readonly limits: readonly CompiledLimit[];
  /** Whether what an event earns depends on what the rule counted or gave before. */
  readonly hasTotals: boolean;
}

/** Whether what an event earns under these terms depends on what was counted before it. */
export function countsEvents({ rules, bonuses }: CompiledTerms): boolean {
  return bonuses.milestones.size > 0 || rules.some(({ hasTotals }) => hasTotals);
}

/** A terms document made ready for pricing: rates as fractions, lists as sets, instants as numbers. */
export interface CompiledTerms {
  readonly hash: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly rules: readonly CompiledRule[];
  /** The rules of each event type, in document order: only these can match it. */
  readonly rulesByEvent: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly bonuses: CompiledBonuses;
  /** Whose touches count for an event that names no partner, and how it is divided; absent where the terms say nothing. */
  readonly attribution: Terms['attribution'];
  /** The tier of a partner for whom none is recorded; undefined where the terms list no tiers. */
  readonly firstTier: string | undefined;
  /** How tiers are reviewed; undefined where the terms list none. */
  readonly tiers: Tiers | undefined;
  /** The month (`YYYY-MM`) of an instant (epoch milliseconds) in the terms' zone. */
  readonly monthOf: (atMs: number) => string;
  /** What the totals of each rule and milestone count, by its id: two versions with the same text go on with them. */
  readonly counted: ReadonlyMap<string, string>;
}

/**
 * Compiles valid terms with their hash. `clauseOf` names the clause of a rule or bonus by its id; without it, it is that of
 * the printed contract.
 */
export function compileTerms(terms: Terms, hash: string, clauseOf?: (id: string) => string): CompiledTerms {
  const timeZone = timeZoneOf(terms);
  const numbers = clauseNumbers(terms);
  const clause = (id: string): string => clauseOf?.(id) ?? numbers.get(id) ?? '';
  const rulesByEvent = new Map<string, CompiledRule[]>();
  const rules = terms.commissions.map((rule, index) => {
    const compiled = compileRule(rule, index, clause(rule.id), timeZone);
    const sameEvent = rulesByEvent.get(rule.event);
    if (sameEvent) sameEvent.push(compiled);
    else rulesByEvent.set(rule.event, [compiled]);
    return compiled;
  });
  return {
    hash,
    currency: terms.currency,
    timeZone,
    rules,
    rulesByEvent,
    bonuses: compileBonuses(terms, rules.length, clause),
    firstTier: terms.tiers?.list[0]?.name,
    tiers: terms.tiers,
    attribution: terms.attribution,
    monthOf: monthReader(timeZone),
    counted: countedBy(terms, timeZone),
  };
}

function compileRule(rule: CommissionRule, index: number, clause: string, timeZone: string): CompiledRule {
  const reward = compileReward(rule.reward);
  const limits = compileLimits(rule.limits ?? {});
  return {
    index,
    id: rule.id,
    clause,
    conditions: compileConditions(rule, timeZone),
    reward,
    limits,
    hasTotals: reward.kind === 'banded' || limits.some(({ name }) => name !== 'perEvent'),
  };
}

function compileReward(reward: Reward): CompiledReward {
  switch (reward.kind) {
    case 'percent':
      return { kind: 'percent', rate: reward.rate, numerator: parseRate(reward.rate), denominator: hundredPercent };
    case 'flat':
    case 'credit':
      return { kind: reward.kind, amountMinor: BigInt(reward.amountMinor) };
    case 'banded': {
      const { kind, basis, period, mode } = reward;
      const bands = reward.bands.map(({ from, rate }) => ({ from: BigInt(from), rate, numerator: parseRate(rate) }));
      return { kind, basis, period, mode, bands, denominator: hundredPercent };
    }
  }
}

function compileLimits({ perEventMinor, perPeriod, lifetimeMinor }: Limits): CompiledLimit[] {
  const limits: CompiledLimit[] = [];
  if (perEventMinor !== undefined) limits.push({ name: 'perEvent', maxMinor: BigInt(perEventMinor) });
  if (perPeriod) limits.push({ name: 'perPeriod', maxMinor: BigInt(perPeriod.maxMinor), period: perPeriod.period });
  if (lifetimeMinor !== undefined) limits.push({ name: 'lifetime', maxMinor: BigInt(lifetimeMinor) });
  return limits;
}

/** A rule's id, basis and period, the currency and the zone (terms.md, Pricing 1); of a milestone what it counts. */
function countedBy({ currency, commissions, bonuses = [] }: Terms, timeZone: string): Map<string, string> {
  const counted = new Map<string, string>();
  for (const { id, reward } of commissions) {
    const basis = reward.kind === 'banded' ? [reward.basis, reward.period] : [];
    counted.set(id, JSON.stringify(['rule', ...basis, currency, timeZone]));
  }
  for (const bonus of bonuses) {
    if (bonus.kind !== 'milestone') continue;
    const { id, event, metric, period } = bonus;
    counted.set(id, JSON.stringify(['milestone', event, metric, period, currency, timeZone]));
  }
  return counted;
}
