import { canonicalJson } from '../../kernel/canonical-json.js';
import type { FieldError } from '../../kernel/domain-error.js';
import { absentLimitsAt } from './absent-limits.js';
import { valuesAt } from './terms-pattern.js';
import type { Terms } from './terms.js';

/** The roles that may be given a say over terms. */
export const guardrailRoles = ['partner_manager', 'legal', 'finance', 'finance_approver', 'admin'] as const;

export type GuardrailRole = (typeof guardrailRoles)[number];

/**
 * What one role may agree to by itself. `min` and `max` are included: a decimal text bounds rates, exactly; a whole
 * number bounds amounts and counts. `allowed` and `forbidden` list values. With none of them the role is not bounded.
 */
export interface GuardrailBound {
  role: GuardrailRole;
  min?: string | number | undefined;
  max?: string | number | undefined;
  /** The only values that the role may agree to; an empty list allows none, so that the field may not be there. */
  allowed?: readonly (string | number | boolean)[] | undefined;
  forbidden?: readonly (string | number | boolean)[] | undefined;
}

/** Bounds of the fields that a JSON pointer names, where `*` stands for every element or name, the lowest role first. */
export interface Guardrail {
  path: string;
  bounds: readonly GuardrailBound[];
}

/** What somebody may not agree to alone: the roles whose approval it takes, or that no role may approve it at all. */
export interface GuardrailVerdict {
  /** By role, the fields that need it; empty where nothing is outside. */
  needed: { role: GuardrailRole; fields: FieldError[] }[];
  /** Fields with values that no role may agree to. */
  beyond: FieldError[];
}

/**
 * Holds terms against a program's guardrails, for somebody with `roles`. A value that one of its own roles may agree to
 * is inside. Else it takes the first role of the guardrail's list that may; a role that the list does not name has no
 * say over the field. A value that a bound cannot be compared with is outside of that bound, and a limit that a rule leaves
 * out counts as what it amounts to: no cap is one without end, no least amount is zero.
 */
export function judgeTerms(terms: Terms, guardrails: readonly Guardrail[], roles: readonly string[]): GuardrailVerdict {
  const needed = new Map<GuardrailRole, FieldError[]>();
  const beyond: FieldError[] = [];
  for (const { path, bounds } of guardrails) {
    const judged = [
      ...valuesAt(terms, path).map(({ pointer, value }) => ({
        pointer,
        admitting: bounds.filter((bound) => admits(bound, value)),
      })),
      ...absentLimitsAt(terms, path).map(({ pointer, amountMinor }) => ({
        pointer,
        admitting: bounds.filter((bound) => admitsAbsence(bound, amountMinor)),
      })),
    ];
    for (const { pointer, admitting } of judged) {
      if (admitting.some(({ role }) => roles.includes(role))) continue;
      const [first] = admitting;
      if (!first) beyond.push({ pointer, message: 'is outside of what any role may agree to' });
      else
        needed.set(first.role, [
          ...(needed.get(first.role) ?? []),
          { pointer, message: `needs the approval of ${first.role}` },
        ]);
    }
  }
  return { needed: [...needed].map(([role, fields]) => ({ role, fields })), beyond };
}

function admits({ min, max, allowed, forbidden }: GuardrailBound, value: unknown): boolean {
  if (min !== undefined && !(compare(value, min) >= 0)) return false;
  if (max !== undefined && !(compare(value, max) <= 0)) return false;
  if (allowed !== undefined && !allowed.some((one) => isSame(one, value))) return false;
  return forbidden === undefined || !forbidden.some((one) => isSame(one, value));
}

/** A list of values says nothing of a field that is not there, unless it is empty: then it must not be. */
function admitsAbsence({ min, max, allowed }: GuardrailBound, amountMinor: number): boolean {
  if (typeof min === 'number' && amountMinor < min) return false;
  if (typeof max === 'number' && amountMinor > max) return false;
  return allowed === undefined || allowed.length === 0 || allowed.includes(amountMinor);
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** Below, at or above 0 as `value` is below, at or above `bound`; NaN where the two cannot be compared. */
function compare(value: unknown, bound: string | number): number {
  if (typeof bound !== typeof value) return Number.NaN;
  const [left, right] = [exact(value), exact(bound)];
  if (left === undefined || right === undefined) return Number.NaN;
  return left < right ? -1 : left > right ? 1 : 0;
}

const boundDecimals = 18;

/** A decimal text or a whole number as an integer of 10^-18; undefined for anything else. */
function exact(value: unknown): bigint | undefined {
  const match = /^(\d{1,18})(?:\.(\d{1,18}))?$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  );
  return match ? BigInt(`${match[1]}${(match[2] ?? '').padEnd(boundDecimals, '0')}`) : undefined;
}

/** Whether a text is a decimal that rates can be compared with. */
export function isBoundDecimal(text: string): boolean {
  return exact(text) !== undefined;
}
