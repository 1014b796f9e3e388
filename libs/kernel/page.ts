import { DomainError } from './domain-error.js';

/** One page of a list and the cursor of the next one; `next` is absent on the last page. */
export interface Page<Item> {
  items: Item[];
  next?: string;
}

/** Where a page begins and how long it is. */
export interface PageRequest {
  /** 1 to 200; 50 where absent. */
  limit?: number | undefined;
  /** The `next` of the page before. */
  cursor?: string | undefined;
}

const maxLimit = 200;
const defaultLimit = 50;

/** The length of a page; throws DomainError `malformed-request` outside 1 to 200. */
export function pageLimit({ limit = defaultLimit }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new DomainError('malformed-request', `a page has 1 to ${maxLimit} items`, [
    { pointer: '/limit', message: `must be an integer from 1 to ${maxLimit}` },
  ]);
}

/** The sort key of the last item on the page before; undefined for the first page. Throws `malformed-request`. */
export function readCursor({ cursor }: PageRequest, parts: number): string[] | undefined {
  if (cursor === undefined) return undefined;
  const key = parseKey(cursor);
  if (key?.length === parts) return key;
  throw new DomainError('malformed-request', 'the cursor is not one that this list gave', [
    { pointer: '/cursor', message: 'is not a cursor of this list' },
  ]);
}

function parseKey(cursor: string): string[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isKey = Array.isArray(key) && key.every((part) => typeof part === 'string' && !part.includes('\0'));
    return isKey ? (key as string[]) : undefined;
  } catch {
    return undefined;
  }
}

/** A page of `rows`, of which one more than `limit` was asked for; `keyOf` is the sort key of a row, as texts. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string[],
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(toItem);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') };
}
