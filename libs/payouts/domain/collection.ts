/** What one partner has to come at a cut-off, before it is decided whether it is paid now. */
export interface Claim {
  partnerId: string;
  /** Minor units: what vested less what was taken back; may be negative. */
  amountMinor: bigint;
  /** The least amount that is paid, by the partner's terms. */
  minimumMinor: bigint;
  /** The partner's account at the rail; undefined where it has none yet. */
  accountReference: string | undefined;
  /** Whether some cause suspends the partner when the collection is made. */
  isSuspended: boolean;
  /** What of the amount is withheld for the tax office, in minor units. */
  withheldMinor: bigint;
}

/** Why an amount waits for a later batch. */
export type CarryCause = 'nothing_due' | 'suspended' | 'below_minimum' | 'nothing_after_tax' | 'no_payout_account';

/** Why this claim is carried to the next collection; undefined where it is paid now. */
export function carryCause({
  amountMinor,
  minimumMinor,
  accountReference,
  isSuspended,
  withheldMinor,
}: Claim): CarryCause | undefined {
  if (amountMinor <= 0n) return 'nothing_due';
  if (isSuspended) return 'suspended';
  if (amountMinor < minimumMinor) return 'below_minimum';
  if (amountMinor === withheldMinor) return 'nothing_after_tax';
  return accountReference === undefined ? 'no_payout_account' : undefined;
}
