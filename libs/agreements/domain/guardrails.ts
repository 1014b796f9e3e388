import { canonicalJson } from '../../kernel/canonical-json.js';
import type { FieldError } from '../../kernel/domain-error.js';
import { termsSchema } from './terms-schema.js';
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
 * say over the field. A value that a bound cannot be compared with is outside of that bound.
 */
export function judgeTerms(terms: Terms, guardrails: readonly Guardrail[], roles: readonly string[]): GuardrailVerdict {
  const needed = new Map<GuardrailRole, FieldError[]>();
  const beyond: FieldError[] = [];
  for (const { path, bounds } of guardrails) {
    for (const { pointer, value } of valuesAt(terms, path)) {
      const admitting = bounds.filter((bound) => admits(bound, value));
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

/** The values of a document at a pattern, with their pointers. */
function valuesAt(terms: Terms, path: string): { pointer: string; value: unknown }[] {
  let found: { pointer: string; value: unknown }[] = [{ pointer: '', value: terms }];
  for (const token of tokensOf(path)) found = found.flatMap((at) => childrenOf(at, token));
  return found;
}

function childrenOf(
  { pointer, value }: { pointer: string; value: unknown },
  token: string,
): { pointer: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => token === '*' || name === token)
    .map(([name, child]) => ({ pointer: `${pointer}/${escapeToken(name)}`, value: child as unknown }));
}

function tokensOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escapeToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function admits({ min, max, allowed, forbidden }: GuardrailBound, value: unknown): boolean {
  if (min !== undefined && !(compare(value, min) >= 0)) return false;
  if (max !== undefined && !(compare(value, max) <= 0)) return false;
  if (allowed !== undefined && !allowed.some((one) => isSame(one, value))) return false;
  return forbidden === undefined || !forbidden.some((one) => isSame(one, value));
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

interface SchemaNode {
  $ref?: string;
  type?: string;
  properties?: Record<string, unknown>;
  items?: unknown;
  additionalProperties?: unknown;
  allOf?: { then?: unknown }[];
}

/** Whether some terms document could have a field at this pattern: one that could not would guard nothing. */
export function isTermsPattern(path: string): boolean {
  if (!path.startsWith('/')) return false;
  let nodes: SchemaNode[] = resolved(termsSchema);
  for (const token of tokensOf(path)) nodes = nodes.flatMap((node) => schemaChildren(node, token)).flatMap(resolved);
  return nodes.length > 0;
}

/** The node itself, and the kinds that it may be. */
function resolved(node: SchemaNode): SchemaNode[] {
  if (node.$ref !== undefined) {
    const definitions = termsSchema.$defs as unknown as Record<string, SchemaNode>;
    const target = definitions[node.$ref.replace('#/$defs/', '')];
    return target ? resolved(target) : [];
  }
  return [node, ...(node.allOf ?? []).flatMap(({ then }) => (then ? resolved(then as SchemaNode) : []))];
}

function schemaChildren(node: SchemaNode, token: string): SchemaNode[] {
  const isIndex = token === '*' || /^(0|[1-9]\d*)$/.test(token);
  const named = Object.entries(node.properties ?? {})
    .filter(([name]) => token === '*' || name === token)
    .map(([, child]) => child);
  const others = [
    ...(node.type === 'array' && isIndex ? [node.items] : []),
    ...(typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []),
  ];
  return [...named, ...others].filter((child): child is SchemaNode => typeof child === 'object' && child !== null);
}
