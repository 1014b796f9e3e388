/**
 * The rails by which money leaves. The names are part of idempotency keys, of attempts and of accounts at rails, so they
 * never change.
 */
export const payoutRailNames = ['stripe-transfers', 'stripe-global-payouts', 'iso-credit-transfer', 'nacha'] as const;

export type PayoutRailName = (typeof payoutRailNames)[number];
