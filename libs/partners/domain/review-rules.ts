import type { Condition, PartnerType, ReviewRule } from '../../programs/domain/index.js';
import type { DecisionAction } from './application-stage.js';

/** What rules look at in an application. */
export interface ReviewFacts {
  country?: string | undefined;
  partnerType?: PartnerType | undefined;
  language: string;
  company?: string | undefined;
  /** What stands behind the @. */
  emailDomain: string;
  /** How many there are. */
  webSites: number;
  webSiteHosts: readonly string[];
  references: number;
  attachments: number;
  /** How many other applications of the program share a mail address, company or web site with it. */
  duplicates: number;
  form: Readonly<Record<string, unknown>>;
}

export interface RaisedFlag {
  /** The rule that raised it; `duplicate` for the one that every program has. */
  rule: string;
  reason: string;
}

/** What a program's rules say of an application. */
export interface ReviewOutcome {
  score: number;
  flags: RaisedFlag[];
  decision?: { action: DecisionAction; rule: string; reason: string; reasonCode?: string };
}

export const duplicateRule = 'duplicate';

/**
 * Applies a program's rules: all that score first, then the others in their order. A rejection counts before an approval,
 * and an application with any flag is never approved by a rule, whichever of them comes first.
 */
export function applyRules(rules: readonly ReviewRule[], facts: ReviewFacts): ReviewOutcome {
  const scoring = rules.filter((rule) => rule.then === 'score' && holds(rule.if, facts, 0));
  const score = scoring.reduce((sum, { points = 0 }) => sum + points, 0);
  const met = rules.filter((rule) => rule.then !== 'score' && holds(rule.if, facts, score));
  const flags = met
    .filter(({ then }) => then === 'flag')
    .map(({ id, reason }) => ({ rule: id, reason: reason ?? id }) satisfies RaisedFlag);
  if (facts.duplicates > 0) {
    const others = facts.duplicates === 1 ? 'another application' : `${facts.duplicates} other applications`;
    flags.push({ rule: duplicateRule, reason: `It shares its mail address, company or web site with ${others}.` });
  }
  const decisive = met.find(({ then }) => then === 'reject') ?? met.find(({ then }) => then === 'approve');
  if (!decisive || (decisive.then === 'approve' && flags.length > 0)) return { score, flags };
  const { id: rule, reason, reasonCode } = decisive;
  const decision = {
    action: decisive.then === 'reject' ? ('reject' as const) : ('approve' as const),
    rule,
    reason: reason ?? reasonCode ?? rule,
    ...(reasonCode === undefined ? {} : { reasonCode }),
  };
  return { score, flags, decision };
}

/** Whether a condition holds. A test of what was not answered fails, but for `given: false`. */
export function holds(condition: Condition, facts: ReviewFacts, score: number): boolean {
  if (condition.all) return condition.all.every((part) => holds(part, facts, score));
  if (condition.any) return condition.any.some((part) => holds(part, facts, score));
  if (condition.not) return !holds(condition.not, facts, score);
  const value = factOf(condition.fact ?? '', facts, score);
  if (condition.given !== undefined) return isGiven(value) === condition.given;
  if (value === undefined || value === null) return false;
  if (condition.is !== undefined) return isSame(value, condition.is);
  if (condition.in) return condition.in.some((one) => isSame(value, one));
  if (condition.atLeast !== undefined) return typeof value === 'number' && value >= condition.atLeast;
  if (condition.atMost !== undefined) return typeof value === 'number' && value <= condition.atMost;
  if (condition.contains !== undefined) return contains(value, condition.contains);
  return false;
}

function factOf(name: string, facts: ReviewFacts, score: number): unknown {
  if (name === 'score') return score;
  if (!name.startsWith('form/')) return facts[name as Exclude<keyof ReviewFacts, 'form'>];
  return name
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => {
      const isContainer = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
      return isContainer ? (value as Record<string, unknown>)[key] : undefined;
    }, facts.form);
}

function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== '' && value !== 0;
}

/** Texts are compared without case: people write `Jakarta` and `jakarta`. */
function isSame(value: unknown, other: string | number | boolean): boolean {
  if (typeof value === 'string' && typeof other === 'string') return value.toLowerCase() === other.toLowerCase();
  return value === other;
}

function contains(value: unknown, part: string): boolean {
  if (Array.isArray(value)) return value.some((item) => isSame(item, part));
  return typeof value === 'string' && value.toLowerCase().includes(part.toLowerCase());
}
