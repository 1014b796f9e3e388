import {
  assertPriceable,
  clauseNumbers,
  hundredPercent,
  parseRate,
  timeZoneOf,
  type CommissionRule,
  type Reward,
  type Terms,
} from '../../agreements/domain/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import { compileConditions, type Condition } from './conditions.js';
import { monthReader } from './months.js';

/** A reward as exact numbers. */
export type CompiledReward =
  /** `rate` is the document's text, `numerator / denominator` its exact share of an amount. */
  | { readonly kind: 'percent'; readonly rate: string; readonly numerator: bigint; readonly denominator: bigint }
  /** Minor units of the terms' currency. */
  | { readonly kind: 'flat'; readonly amountMinor: bigint };

/** A limit of a rule, in the order in which limits clamp (terms.md, Pricing 6). */
export interface CompiledLimit {
  readonly name: 'perEvent';
  readonly maxMinor: bigint;
}

export interface CompiledRule {
  /** Its place in the document, from 0. */
  readonly index: number;
  readonly id: string;
  /** The number of its clause in the signed contract. */
  readonly clause: string;
  readonly conditions: readonly Condition[];
  readonly reward: CompiledReward;
  readonly limits: readonly CompiledLimit[];
}

/** A terms document made ready for pricing: rates as fractions, lists as sets, instants as numbers. */
export interface CompiledTerms {
  readonly hash: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly rules: readonly CompiledRule[];
  /** The rules of each event type, in document order: only these can match it. */
  readonly rulesByEvent: ReadonlyMap<string, readonly CompiledRule[]>;
  /** The tier of a partner for whom none is recorded; undefined where the terms list no tiers. */
  readonly firstTier: string | undefined;
  /** The month (`YYYY-MM`) of an instant (epoch milliseconds) in the terms' zone. */
  readonly monthOf: (atMs: number) => string;
}

/**
 * Compiles valid terms with their hash. `clauseOf` names the clause of a rule by its id; without it, it is that of the
 * printed contract. Throws DomainError `unsupported-terms` for what cannot be priced: it is never ignored.
 */
export function compileTerms(terms: Terms, hash: string, clauseOf?: (ruleId: string) => string): CompiledTerms {
  assertPriceable(terms);
  const timeZone = timeZoneOf(terms);
  const numbers = clauseNumbers(terms);
  const rulesByEvent = new Map<string, CompiledRule[]>();
  const rules = terms.commissions.map((rule, index) => {
    const compiled = compileRule(rule, index, clauseOf?.(rule.id) ?? numbers.get(rule.id) ?? '', timeZone);
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
    firstTier: terms.tiers?.list[0]?.name,
    monthOf: monthReader(timeZone),
  };
}

function compileRule(rule: CommissionRule, index: number, clause: string, timeZone: string): CompiledRule {
  const perEventMinor = rule.limits?.perEventMinor;
  return {
    index,
    id: rule.id,
    clause,
    conditions: compileConditions(rule, timeZone),
    reward: compileReward(rule.reward),
    limits: perEventMinor === undefined ? [] : [{ name: 'perEvent', maxMinor: BigInt(perEventMinor) }],
  };
}

function compileReward(reward: Reward): CompiledReward {
  switch (reward.kind) {
    case 'percent':
      return { kind: 'percent', rate: reward.rate, numerator: parseRate(reward.rate), denominator: hundredPercent };
    case 'flat':
      return { kind: 'flat', amountMinor: BigInt(reward.amountMinor) };
    case 'credit':
    case 'banded':
      throw new DomainError('unsupported-terms', `rewards of kind ${reward.kind} cannot be priced yet`);
  }
}
