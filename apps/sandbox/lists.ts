import type { FormParams } from './form-params.js';
import { resourceMissing } from './stripe-error.js';

const pageSize = { usual: 10, largest: 100 };

/** The names of the parameters that every list takes. */
export const listParams = ['limit', 'starting_after', 'created'] as const;

interface Listed {
  id: string;
  created: number;
}

/**
 * A page of a list as Stripe answers it: newest first, at most `limit` objects, those after `starting_after`.
 *
 * @param items in the order in which they were made
 */
export function listPage<Item extends Listed>(
  items: Iterable<Item>,
  params: FormParams,
  path: string,
  present: (item: Item) => Record<string, unknown>,
): Record<string, unknown> {
  const limit = params.integer('limit', 1, pageSize.largest) ?? pageSize.usual;
  const isWanted = createdFilter(params);
  const newestFirst = [...items].reverse();
  const after = params.optional('starting_after');
  const start = after === undefined ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw resourceMissing('object to start after', 'starting_after', 400);
  const page: Item[] = [];
  for (let index = start; index < newestFirst.length && page.length <= limit; index += 1) {
    const item = newestFirst[index];
    if (item && isWanted(item)) page.push(item);
  }
  return { object: 'list', data: page.slice(0, limit).map(present), has_more: page.length > limit, url: path };
}

function createdFilter(params: FormParams): (item: Listed) => boolean {
  const bound = (name: string) => params.integer(name, 0, Number.MAX_SAFE_INTEGER);
  const exactly = bound('created');
  const [from, after] = [bound('created[gte]'), bound('created[gt]')];
  const [to, before] = [bound('created[lte]'), bound('created[lt]')];
  return ({ created }) =>
    (exactly === undefined || created === exactly) &&
    (from === undefined || created >= from) &&
    (after === undefined || created > after) &&
    (to === undefined || created <= to) &&
    (before === undefined || created < before);
}
