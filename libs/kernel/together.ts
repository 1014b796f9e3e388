/**
 * What all of these give, in their order, once every one of them has ended; where some fail, the error of the first in
 * the list. Unlike `Promise.all` it leaves nothing running behind an error: no statement of a transaction that is rolled back.
 */
export async function together<Results extends readonly unknown[]>(
  works: readonly [...{ [Place in keyof Results]: Promise<Results[Place]> }],
): Promise<Results> {
  const outcomes = await Promise.allSettled<unknown>(works as readonly Promise<unknown>[]);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }) as unknown as Results;
}
