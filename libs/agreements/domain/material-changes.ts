import { diffTerms, pointerOfChange, type PathStep, type TermsChange } from './terms-diff.js';
import { touches } from './terms-pattern.js';
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
 * Changes are those of `diffTerms`: rules, bonuses, obligations and tiers are the same thing while they have the same id
 * or name, wherever they stand; that they stand in another order is a change of the list as such.
 */
export function materialChanges(before: Terms, after: Terms, patterns: readonly string[]): JudgedChanges {
  const changes = fieldChanges(withDefaults(before), withDefaults(after));
  const isMaterial = ({ pointer }: FieldChange): boolean => patterns.some((pattern) => touches(pattern, pointer));
  return {
    material: changes.filter(isMaterial),
    notices: changes.filter((change) => !isMaterial(change)),
  };
}

/** A document that leaves out what has a default says the same as one that names it. */
function withDefaults(terms: Terms): Terms {
  return { ...terms, timeZone: timeZoneOf(terms) };
}

function fieldChanges(before: Terms, after: Terms): FieldChange[] {
  const found: FieldChange[] = [];
  for (const change of diffTerms(before, after)) {
    if (change.kind !== 'moved') {
      found.push({ pointer: pointerOfChange(change, before, after), ...valuesOf(change) });
      continue;
    }
    const order = newOrder(change, before, after);
    // However many elements moved, the list has one new order.
    if (!found.some(({ pointer }) => pointer === order.pointer)) found.push(order);
  }
  return found;
}

function valuesOf(change: Exclude<TermsChange, { kind: 'moved' }>): Pick<FieldChange, 'before' | 'after'> {
  if (change.kind === 'added') return { after: change.after };
  return change.kind === 'removed' ? { before: change.before } : { before: change.before, after: change.after };
}

/** The keys of the elements that both lists have, in the order of each. */
function newOrder({ path }: TermsChange, before: Terms, after: Terms): FieldChange {
  const { key } = path.at(-1) as Exclude<PathStep, string>;
  const list = path.slice(0, -1);
  const pointer = pointerOfChange({ kind: 'changed', path: list, before, after }, before, after);
  const [old, next] = [keysAt(before, list, key), keysAt(after, list, key)];
  return {
    pointer,
    before: old.filter((each) => next.includes(each)),
    after: next.filter((each) => old.includes(each)),
  };
}

function keysAt(document: Terms, path: readonly PathStep[], key: string): unknown[] {
  let value: unknown = document;
  for (const step of path) {
    value =
      typeof step === 'string'
        ? (value as Record<string, unknown>)[step]
        : (value as Record<string, unknown>[]).find((element) => element[step.key] === step.value);
  }
  return (value as Record<string, unknown>[]).map((element) => element[key]);
}
