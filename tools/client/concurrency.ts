/**
 * Does `work` for each item, at most `limit` at a time, in the order of the items. The first failure is thrown once what
 * was begun has ended; nothing new is begun after it.
 */
export async function forEachLimited<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const takeTurns = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && failures.length === 0; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, takeTurns));
  const [first] = failures;
  if (first !== undefined) throw first instanceof Error ? first : new Error('The work failed.', { cause: first });
}
