import { payoutRailNames, type PayoutRailName } from '../kernel/payout-rail-names.js';
import type { Environment } from './environment.js';

/** What each rail needs of the environment before anything can be paid by it. */
const needs: Readonly<Record<PayoutRailName, (env: Environment) => boolean>> = {
  'stripe-transfers': () => true,
  'stripe-global-payouts': (env) => env.STRIPE_FINANCIAL_ACCOUNT !== undefined,
  'iso-credit-transfer': (env) => env.BANK_DEBTOR_NAME !== undefined && env.BANK_DEBTOR_IBAN !== undefined,
  nacha: (env) =>
    [env.ACH_BANK, env.ACH_BANK_NAME, env.ACH_IMMEDIATE_ORIGIN, env.ACH_COMPANY_NAME, env.ACH_COMPANY_ID].every(
      (value) => value !== undefined,
    ),
};

/** The rails that programs of this installation may name. A rehearsal pays by the sandbox alone, whatever else is there. */
export function configuredRails(env: Environment): readonly PayoutRailName[] {
  if (env.REHEARSAL) return ['stripe-transfers'];
  return payoutRailNames.filter((name) => name === env.PAYOUT_RAIL || needs[name](env));
}
