import { isCurrency } from '../../../libs/kernel/currency.js';
import { invalidFields } from './errors.js';

/** Stripe's bounds for metadata: keys, characters of a key, characters of a value. */
const metadataLimits = { keys: 50, keyLength: 40, valueLength: 500 };

/** Refuses every field that is not in the list, as Stripe does. */
export function allowOnly(body: Record<string, unknown>, ...names: readonly string[]): void {
  for (const name of Object.keys(body)) if (!names.includes(name)) throw invalidFields(`Unknown field: ${name}.`);
}

/** The object under a name; an empty one where it is missing. */
export function objectIn(body: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = body[name] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalidFields(`${name} must be an object.`);
  return value as Record<string, unknown>;
}

export function textIn(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw invalidFields(`${name} must be a text.`);
  return value;
}

export function requiredText(body: Record<string, unknown>, name: string): string {
  const value = textIn(body, name);
  if (value === undefined) throw invalidFields(`Missing required field: ${name}.`);
  return value;
}

/** An ISO 4217 code in lower case. */
export function currencyOf(text: string): string {
  if (text !== text.toLowerCase() || !isCurrency(text.toUpperCase())) throw invalidFields('Invalid currency.');
  return text;
}

export function metadataOf(body: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(objectIn(body, 'metadata')).map(([key, value]) => {
    const fits = typeof value === 'string' && value.length <= metadataLimits.valueLength;
    if (!fits || key.length > metadataLimits.keyLength) throw invalidFields('A metadata key or value is not valid.');
    return [key, value] as const;
  });
  if (entries.length > metadataLimits.keys) throw invalidFields('Too many metadata keys.');
  return Object.fromEntries(entries);
}

/** A page of a v2 list, newest first; the next one is behind an address that Stripe makes. */
export function v2Page<Item extends { id: string }>(
  newestFirst: readonly Item[],
  { query, path }: { query: URLSearchParams; path: string },
  present: (item: Item) => Record<string, unknown>,
): Record<string, unknown> {
  const limit = wholeNumber(query, 'limit', 100) ?? 10;
  if (limit < 1) throw invalidFields('limit must be 1 to 100.');
  const after = query.get('page');
  const start = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw invalidFields('page is not known.');
  const page = newestFirst.slice(start, start + limit);
  const last = page.at(-1);
  const next = new URLSearchParams(query);
  if (last) next.set('page', last.id);
  const hasMore = last !== undefined && start + limit < newestFirst.length;
  return {
    data: page.map(present),
    next_page_url: hasMore ? `${path}?${next.toString()}` : null,
    previous_page_url: null,
  };
}

export function wholeNumber(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value <= most)) throw invalidFields(`${name} must be a whole number of at most ${most}.`);
  return value;
}
