import { z } from 'zod';
import { parseInstant } from '../kernel/calendar.js';
import { DomainError } from '../kernel/domain-error.js';

const maxLimit = 200;
const defaultLimit = 50;

/** The query fields of every list: `z.strictObject({ ...pageFields, state: … })`. */
export const pageFields = {
  /** How many items at most. */
  limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
  /** The `next` of the page before. */
  cursor: z.string().min(1).max(1_000).optional(),
};

/** Where a page begins and how long it is. */
export interface PageRequest {
  /** 1 to 200; 50 where absent. */
  limit?: number | undefined;
  /** The `next` of the page before. */
  cursor?: string | undefined;
}

/** The length of a page. @throws DomainError `malformed-request` outside 1 to 200 */
export function pageLimit({ limit = defaultLimit }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  const error = { pointer: '/limit', message: `must be an integer from 1 to ${maxLimit}` };
  throw new DomainError('malformed-request', `a page has 1 to ${maxLimit} items`, [error]);
}

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
 *     const after = decodeCursor(query.cursor, 'stage_since,id', ['instant', 'text']);
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

/** The same page of other items. */
export function mapPage<Row, Item>({ items, next }: Page<Row>, toItem: (row: Row) => Item): Page<Item> {
  return { items: items.map(toItem), next };
}

/** An opaque cursor that stands after a row with this sort key. */
export function encodeCursor(sort: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url');
}

/** What a part of a sort key has to be, so that whatever a client sends reaches the database as such. */
export type CursorPart = 'text' | 'integer' | 'instant';

const partForms: Readonly<Record<CursorPart, (text: string) => boolean>> = {
  text: (text) => !text.includes('\0'),
  integer: (text) => /^-?\d{1,18}$/.test(text),
  instant: (text) => parseInstant(text) !== undefined,
};

/**
 * The sort key that a cursor stands after, one text per part; nulls without a cursor, ready to be bound to a query.
 * @throws DomainError `malformed-request` for a cursor that isn't of this list and order
 */
export function decodeCursor(
  cursor: string | undefined,
  sort: string,
  parts: readonly CursorPart[],
  pointer = '/cursor',
): (string | null)[] {
  if (cursor === undefined) return parts.map(() => null);
  const values = readJson(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(values) && values.length === parts.length + 1 && values[0] === sort) {
    const key: unknown[] = values.slice(1);
    const isOurs = key.every((value, index) => typeof value === 'string' && partForms[parts[index] ?? 'text'](value));
    if (isOurs) return key as string[];
  }
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
