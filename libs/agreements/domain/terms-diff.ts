import { canonicalJson } from '../../kernel/canonical-json.js';
import { pointerStep } from './terms-pattern.js';
import type { Terms } from './terms.js';

/** One step into a document: a field's name, or the element of a list that has this value in its key field. */
export type PathStep = string | { key: string; value: string | number };

/**
 * One difference between two documents, at the smallest part that can be told apart. Values are those of the documents.
 * Elements of lists are found by their key (rules and bonuses by id), so that one that moves stays the same one; `at` is
 * an element's place in the newer list, from 0. `changed` of a union's part (a reward of another kind) holds it whole.
 */
export type TermsChange =
  | { kind: 'changed'; path: readonly PathStep[]; before: unknown; after: unknown }
  | { kind: 'added'; path: readonly PathStep[]; after: unknown; at?: number }
  | { kind: 'removed'; path: readonly PathStep[]; before: unknown }
  | { kind: 'moved'; path: readonly PathStep[]; from: number; at: number };

type Json = Readonly<Record<string, unknown>>;

/** The lists whose elements have a key, by the name of the field that holds them. All others are values as a whole. */
const keys: Readonly<Record<string, string>> = {
  commissions: 'id',
  bonuses: 'id',
  obligations: 'id',
  list: 'name',
  bands: 'from',
  steps: 'at',
};

/**
 * What turns the terms `before` into the terms `after`, both valid, in the order of the document. Empty exactly where
 * the two have the same hash; `applyChanges` makes the one of the other.
 */
export function diffTerms(before: Terms, after: Terms): TermsChange[] {
  return diffObjects(before as unknown as Json, after as unknown as Json, []);
}

function diffObjects(before: Json, after: Json, path: readonly PathStep[]): TermsChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => diffField(before[name], after[name], [...path, name]));
}

function diffField(before: unknown, after: unknown, path: readonly PathStep[]): TermsChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ kind: 'added', path, after }];
  if (after === undefined) return [{ kind: 'removed', path, before }];
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const key = keyOf(path);
  if (key !== undefined && Array.isArray(before) && Array.isArray(after)) return diffLists(before, after, key, path);
  if (isObject(before) && isObject(after) && before['kind'] === after['kind']) return diffObjects(before, after, path);
  return [{ kind: 'changed', path, before, after }];
}

/** The key field of a list at this path; undefined where a list has none. */
function keyOf(path: readonly PathStep[]): string | undefined {
  const last = path.at(-1);
  return typeof last === 'string' ? keys[last] : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function diffLists(
  before: readonly Json[],
  after: readonly Json[],
  key: string,
  path: readonly PathStep[],
): TermsChange[] {
  const stepTo = (element: Json): PathStep[] => [...path, { key, value: element[key] as string | number }];
  const old = new Map(before.map((element, index) => [element[key], { element, index }]));
  const kept = new Set(after.map((element) => element[key]).filter((value) => old.has(value)));
  const removed = before.filter((element) => !kept.has(element[key]));
  const steady = steadyValues(
    before.map((element) => element[key]).filter((value) => kept.has(value)),
    [...kept],
  );
  return [
    ...removed.map((element): TermsChange => ({ kind: 'removed', path: stepTo(element), before: element })),
    ...after.flatMap((element, at): TermsChange[] => {
      const known = old.get(element[key]);
      if (!known) return [{ kind: 'added', path: stepTo(element), after: element, at }];
      const moved: TermsChange[] = steady.has(element[key])
        ? []
        : [{ kind: 'moved', path: stepTo(element), from: known.index, at }];
      return [...moved, ...diffField(known.element, element, stepTo(element))];
    }),
  ];
}

/**
 * A largest set of values whose order is the same in both lists, which hold the same values: they stayed, and the
 * fewest others moved.
 */
function steadyValues(before: readonly unknown[], after: readonly unknown[]): Set<unknown> {
  const placeBefore = new Map(before.map((value, index) => [value, index]));
  const places = after.map((value) => placeBefore.get(value) ?? 0);
  // `ends[n]` is the index in `after` that the best rising run of n + 1 places ends at (patience sorting).
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  places.forEach((place, index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[ends[middle] ?? 0] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? undefined : ends[low - 1];
    ends[low] = index;
  });
  const steady = new Set<unknown>();
  for (let index = ends.at(-1); index !== undefined; index = previous[index]) steady.add(after[index]);
  return steady;
}

/** The document that `changes` make of `before`: `applyChanges(before, diffTerms(before, after))` equals `after`. */
export function applyChanges(before: Terms, changes: readonly TermsChange[]): Terms {
  const result = structuredClone(before) as unknown as Record<string, unknown>;
  applyTo(
    result,
    changes.map((change) => ({ change, path: change.path })),
  );
  return result as unknown as Terms;
}

/** A change with the part of its path that is still to be walked. */
interface Pending {
  change: TermsChange;
  path: readonly PathStep[];
}

function applyTo(target: Record<string, unknown>, pending: readonly Pending[]): void {
  for (const [name, own] of groupedByField(pending)) {
    const key = keys[name];
    const whole = own.find(({ path }) => path.length === 1);
    if (whole) setField(target, name, whole.change);
    else if (key !== undefined) target[name] = applyToList(target[name] as Record<string, unknown>[], key, own);
    else
      applyTo(
        target[name] as Record<string, unknown>,
        own.map(({ change, path }) => ({ change, path: path.slice(1) })),
      );
  }
}

function groupedByField(pending: readonly Pending[]): Map<string, Pending[]> {
  const groups = new Map<string, Pending[]>();
  for (const each of pending) {
    const name = each.path[0] as string;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return groups;
}

function setField(target: Record<string, unknown>, name: string, change: TermsChange): void {
  if (change.kind === 'changed' || change.kind === 'added') target[name] = change.after;
  if (change.kind === 'removed') delete target[name];
}

/** What stayed keeps its order; what came or moved is put in at its place, the first place first. */
function applyToList(list: readonly Record<string, unknown>[], key: string, own: readonly Pending[]): unknown[] {
  const elements = new Map(list.map((element) => [element[key], element]));
  const placed: { value: unknown; at: number }[] = [];
  const gone = new Set<unknown>();
  const inside = new Map<unknown, Pending[]>();
  for (const { change, path } of own) {
    const { value } = path[1] as Exclude<PathStep, string>;
    if (path.length > 2) inside.set(value, [...(inside.get(value) ?? []), { change, path: path.slice(2) }]);
    else if (change.kind === 'moved') placed.push({ value, at: change.at });
    else if (change.kind === 'removed') gone.add(value);
    else elements.set(value, change.after as Record<string, unknown>);
    if (path.length === 2 && change.kind === 'added') placed.push({ value, at: change.at ?? 0 });
  }
  for (const [value, changes] of inside) applyTo(elements.get(value) ?? {}, changes);
  const isPlaced = new Set(placed.map(({ value }) => value));
  const result = list
    .filter((element) => !gone.has(element[key]) && !isPlaced.has(element[key]))
    .map((element) => element[key]);
  for (const { value, at } of placed.sort((a, b) => a.at - b.at)) result.splice(at, 0, value);
  return result.map((value) => elements.get(value));
}

/** Where a change is, as a JSON pointer into the document that has it: the newer one, for what was removed the older. */
export function pointerOfChange(change: TermsChange, before: Terms, after: Terms): string {
  let value: unknown = change.kind === 'removed' ? before : after;
  return change.path
    .map((step) => {
      if (typeof step === 'string') {
        value = (value as Json)[step];
        return pointerStep(step);
      }
      const index = (value as Json[]).findIndex((element) => element[step.key] === step.value);
      value = (value as Json[])[index];
      return pointerStep(index);
    })
    .join('');
}
