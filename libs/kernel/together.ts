/**
 * What all of these give, in their order, once every one of them has ended; where some fail, the error that came first:
 * those after it may only follow from it. Unlike `Promise.all` it leaves nothing running behind an error, no statement of a
 * transaction that is rolled back.
 */
export async function together<Results extends readonly unknown[]>(
  works: readonly [...{ [Place in keyof Results]: Promise<Results[Place]> }],
): Promise<Results> {
  const all = works as readonly Promise<unknown>[];
  const outcome = Promise.all(all);
  await Promise.allSettled([outcome, ...all]);
  return (await outcome) as unknown as Results;
}
