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
 * Stripe's rails at the pace that their account allows: transfers, and Global Payouts where there is a financial account
 * to pay from; by its key, a sandbox where the environment names its address. A sandbox has no limit unless one is set.
 */
export function stripeOf({ env }: Settings, database: Database): PayoutRail[] {
  return stripeRailsOf(env, database).map((rail) => paced(rail, env, database));
}

function paced(rail: PayoutRail, env: Settings['env'], database: Database): PayoutRail {
  const perSecond = env.RAIL_REQUESTS_PER_SECOND ?? (env.STRIPE_API_BASE === undefined ? stripeRequestsPerSecond : 0);
  if (perSecond === 0 || rail.limitedAccount === undefined) return rail;
  return new PacedRail(rail, new RailBucket(database, rail.limitedAccount, { perSecond }));
}

function stripeRailsOf(env: Settings['env'], database: Database): PayoutRail[] {
  const options = {
    apiKey: env.STRIPE_API_KEY,
    webhookSecret: env.STRIPE_WEBHOOK_SECRET,
    timeoutMs: env.RAIL_TIMEOUT_MS,
    ...(env.STRIPE_API_BASE === undefined ? {} : { apiBase: env.STRIPE_API_BASE }),
  };
  const { STRIPE_FINANCIAL_ACCOUNT: financialAccount } = env;
  if (financialAccount === undefined) return [createStripeRail(options)];
  // Each event destination at Stripe has a secret of its own.
  const webhookSecret = env.STRIPE_GLOBAL_PAYOUTS_WEBHOOK_SECRET ?? env.STRIPE_WEBHOOK_SECRET;
  const payouts = createStripeGlobalPayoutsRail({ ...options, webhookSecret, financialAccount }, database);
  return [createStripeRail(options), payouts];
}
