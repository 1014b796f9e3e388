import { canonicalJson } from '../../kernel/canonical-json.js';
import { timeZoneOf, type Terms } from './terms.js';

/** One field that two terms documents differ in. */
export interface FieldChange {
  /** RFC 6901, into the later document; into the earlier one for what is gone. */
  pointer: string;
  /** Absent where the earlier document has no such field. */
  before?: unknown;
  /** Absent where the later one has none. */
  after?: unknown;
}

export interface JudgedChanges {
  /** They need the partner's consent anew. */
  material: FieldChange[];
  /** A notice is enough for them. */
  notices: FieldChange[];
}

/**
 * What changes between two terms documents needs new consent and what a notice only (terms.md, Uses beyond paying).
 * A pattern is a JSON pointer in which `*` stands for any one part; it speaks of everything below it too.
 *
 * Rules, bonuses, obligations and tiers are the same thing while they have the same id or name, wherever they stand;
 * that they stand in another order is a change of the list as such.
 */
export function materialChanges(before: Terms, after: Terms, patterns: readonly string[]): JudgedChanges {
  const split = patterns.map(partsOf);
  const changes = changedFields(withDefaults(before), withDefaults(after), '', '');
  const isMaterial = ({ pointer }: FieldChange): boolean => split.some((pattern) => touches(pattern, partsOf(pointer)));
  return {
    material: changes.filter(isMaterial),
    notices: changes.filter((change) => !isMaterial(change)),
  };
}

/** A document that leaves out what has a default says the same as one that names it. */
function withDefaults(terms: Terms): Terms {
  return { ...terms, timeZone: timeZoneOf(terms) };
}

function partsOf(pointer: string): string[] {
  return pointer.split('/').slice(1);
}

/** Whether a change at `pointer` is at, below or around what `pattern` points at. */
function touches(pattern: readonly string[], pointer: readonly string[]): boolean {
  const length = Math.min(pattern.length, pointer.length);
  return pattern.slice(0, length).every((part, index) => part === '*' || part === pointer[index]);
}

/** Fields that differ, down to single values; `was` is where the value stood before. */
function changedFields(before: unknown, after: unknown, was: string, is: string): FieldChange[] {
  if (before === undefined && after === undefined) return [];
  if (isList(before) && isList(after) && isNamed([...before, ...after])) return changedList(before, after, was, is);
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => {
      const below = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return changedFields(before[name], after[name], was + below, is + below);
    });
  }
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return [];
  return [
    {
      pointer: after === undefined ? was : is,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
  ];
}

function changedList(before: readonly unknown[], after: readonly unknown[], was: string, is: string): FieldChange[] {
  const names = after.map(nameOf);
  const kept = before.map(nameOf).filter((name) => names.includes(name));
  const gone = before.flatMap((item, index) =>
    names.includes(nameOf(item)) ? [] : changedFields(item, undefined, `${was}/${index}`, ''),
  );
  const here = after.flatMap((item, index) => {
    const place = before.findIndex((other) => nameOf(other) === nameOf(item));
    return changedFields(before[place], item, `${was}/${place}`, `${is}/${index}`);
  });
  const keptNow = names.filter((name) => kept.includes(name));
  const isReordered = keptNow.some((name, index) => name !== kept[index]);
  return [...gone, ...here, ...(isReordered ? [{ pointer: is, before: kept, after: keptNow }] : [])];
}

function isNamed(items: readonly unknown[]): boolean {
  const names = items.map(nameOf);
  return names.every((name) => name !== undefined);
}

/** What tells an element of a list from the others: its id, or a tier's name. */
function nameOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const name = item['id'] ?? item['name'];
  return typeof name === 'string' ? name : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
