/** The highest attempt that fits into an end-to-end id. */
export const maxAttempt = 99;

/**
 * The id that travels with the money to the payee and comes back in every report, at most 35 characters: the digits of
 * the item's id and the attempt.
 *
 * @param itemId `itm_` and 32 hexadecimal digits
 * @throws RangeError for another id, and for an attempt beyond 1 to 99
 */
export function endToEndIdOf(itemId: string, attempt: number): string {
  const digits = /^itm_([0-9a-f]{32})$/.exec(itemId)?.[1];
  if (digits === undefined) throw new RangeError('only a payout item has an end-to-end id');
  if (!Number.isInteger(attempt) || attempt < 1 || attempt > maxAttempt) {
    throw new RangeError(`attempts of an end-to-end id are 1 to ${maxAttempt}`);
  }
  return `${digits}-${attempt}`;
}

/** The item and attempt that an end-to-end id was made from; undefined for one that was not made here. */
export function attemptOfEndToEndId(endToEndId: string): { itemId: string; attempt: number } | undefined {
  const match = /^([0-9a-f]{32})-([1-9]\d?)$/i.exec(endToEndId);
  if (!match) return undefined;
  return { itemId: `itm_${match[1]!.toLowerCase()}`, attempt: Number(match[2]) };
}

/** A message id of 27 characters that follows from the id of what it is the message of. */
export function messageIdOf(fileId: string): string {
  const digits = /^[a-z]{3}_([0-9a-f]{32})$/.exec(fileId)?.[1];
  if (digits === undefined) throw new RangeError('a message id is made from an id of ours');
  return `PL${BigInt(`0x${digits}`).toString(36).toUpperCase().padStart(25, '0')}`;
}
