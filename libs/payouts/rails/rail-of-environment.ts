import type { Database } from '../../database/index.js';
import type { Settings } from '../../platform/index.js';
import type { PayoutRail } from '../domain/index.js';
import { PacedRail } from './paced-rail.js';
import { RailBucket } from './rail-bucket.js';
import { createStripeGlobalPayoutsRail } from './stripe-global-payouts.rail.js';
import { createStripeRail } from './stripe-transfers.rail.js';

/** Stripe's limit per endpoint; others that share the account have the rest of its hundred a second. */
const stripeRequestsPerSecond = 25;

/**
 * Stripe's rail at the pace that its account allows: the one that the environment asks for, else transfers; by its key, a
 * sandbox where the environment names its address. A sandbox has no limit unless one is set.
 */
export function stripeOf({ env }: Settings, database: Database): PayoutRail {
  const rail = stripeRailOf(env, database);
  const perSecond = env.RAIL_REQUESTS_PER_SECOND ?? (env.STRIPE_API_BASE === undefined ? stripeRequestsPerSecond : 0);
  if (perSecond === 0 || rail.limitedAccount === undefined) return rail;
  return new PacedRail(rail, new RailBucket(database, rail.limitedAccount, { perSecond }));
}

function stripeRailOf(env: Settings['env'], database: Database): PayoutRail {
  const options = {
    apiKey: env.STRIPE_API_KEY,
    webhookSecret: env.STRIPE_WEBHOOK_SECRET,
    timeoutMs: env.RAIL_TIMEOUT_MS,
    ...(env.STRIPE_API_BASE === undefined ? {} : { apiBase: env.STRIPE_API_BASE }),
  };
  if (env.PAYOUT_RAIL !== 'stripe-global-payouts') return createStripeRail(options);
  return createStripeGlobalPayoutsRail({ ...options, financialAccount: env.STRIPE_FINANCIAL_ACCOUNT ?? '' }, database);
}
