import { z } from 'zod';
import { DomainError } from '../kernel/domain-error.js';

/** The query fields of every list: `z.strictObject({ ...pageFields, state: … })`. */
export const pageFields = {
  /** How many items at most. */
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** The `next` of the page before. */
  cursor: z.string().min(1).max(1_000).optional(),
};

export interface Page<Item> {
  items: Item[];
  /** The cursor of the next page; null on the last one. */
  next: string | null;
}

/** The schema of a page of these items, for the API's description. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/**
 * A page from `limit + 1` rows: the surplus row only tells that there are more. `keyOf` gives the sort key of a row, the
 * values that the next page starts after, as texts that the database reads back exactly. `sort` names the order; a cursor
 * of another order is refused.
 *
 *     const after = decodeCursor(query.cursor, 'stage_since,id', 2);
 *     // … where ($3::timestamptz is null or (stage_since, id) > ($3, $4)) order by stage_since, id limit $5 (limit + 1)
 *     return pageFrom(rows, query.limit, 'stage_since,id', (row) => [row.stageSince.toISOString(), row.id]);
 */
export function pageFrom<Row>(
  rows: readonly Row[],
  limit: number,
  sort: string,
  keyOf: (row: Row) => string[],
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(sort, keyOf(last)) : null };
}

/** An opaque cursor that stands after a row with this sort key. */
export function encodeCursor(sort: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url');
}

/**
 * The sort key that a cursor stands after, of `length` texts; nulls without a cursor, ready to be bound to a query.
 * @throws DomainError `malformed-request` for a cursor that isn't of this list and order
 */
export function decodeCursor(
  cursor: string | undefined,
  sort: string,
  length: number,
  pointer = '/cursor',
): (string | null)[] {
  if (cursor === undefined) return Array.from({ length }, () => null);
  const values = readJson(Buffer.from(cursor, 'base64url').toString());
  const isOurs = Array.isArray(values) && values.length === length + 1 && values[0] === sort;
  if (isOurs && values.every((value) => typeof value === 'string' && !value.includes('\0')))
    return values.slice(1) as string[];
  throw new DomainError('malformed-request', 'the cursor is not one of this list', [
    { pointer, message: 'must be the `next` of a page of the same list and order' },
  ]);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
