import { holdSuspended, type LedgerTransaction } from '../../ledger/domain/index.js';

/**
 * What suspended partners gain by these vesting transactions goes on to `held`, one transaction for each partner and
 * currency: it is given back when the last suspension ends. What a vesting takes from payable or pays of a debt stays.
 */
export function suspendedHolds(
  vested: readonly LedgerTransaction[],
  suspended: ReadonlySet<string>,
  cutOff: Date,
  actorId: string,
): LedgerTransaction[] {
  const gains = new Map<string, { partnerId: string; currency: string; key: string; amountMinor: bigint }>();
  for (const { legs, currency, idempotencyKey } of vested) {
    for (const { account, amountMinor } of legs) {
      if (account.code !== 'payable' || !suspended.has(account.ownerId)) continue;
      const id = `${account.ownerId}\n${currency}`;
      // The first line's key is as unique as the line's vesting is.
      const gain = gains.get(id) ?? { partnerId: account.ownerId, currency, key: idempotencyKey, amountMinor: 0n };
      gains.set(id, { ...gain, amountMinor: gain.amountMinor - amountMinor });
    }
  }
  return [...gains.values()]
    .filter(({ amountMinor }) => amountMinor > 0n)
    .map((gain) => holdSuspended({ ...gain, eventAt: cutOff, actorId, refs: {} }));
}
