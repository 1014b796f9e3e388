import { divideHalfEven } from '../../kernel/rounding.js';
import type { TaxForm } from './tax-profile.js';

/** What a rule looks at: the form that holds (`missing` where none does) and the country of the partner. */
export interface WithholdingFacts {
  form: TaxForm | 'missing';
  /** ISO 3166-1: of the profile, else of the application; null where neither tells. */
  country: string | null;
}

/** One rule of a program; the first that fits decides. */
export interface WithholdingRule {
  id: string;
  forms?: readonly (TaxForm | 'missing')[] | undefined;
  countries?: readonly string[] | undefined;
  /** A percentage from 0 to 100 as a decimal string with at most four places. */
  ratePercent: string;
}

export interface WithholdingSettings {
  rules: readonly WithholdingRule[];
  /**
   * What is withheld from a person of the US without a W-9, where no rule of the program decides otherwise; nothing where
   * it is absent.
   */
  backupRatePercent?: string | undefined;
}

export interface WithholdingDecision {
  /** Minor units, from 0 to the amount. */
  withheldMinor: bigint;
  netMinor: bigint;
  /** The rule that decided: the program's own, `us-backup`, or `none`. */
  ruleId: string;
  ratePercent: string;
}

/** The names of what decides where no rule of a program does. */
export const builtInRules = ['us-backup', 'none'] as const;

/**
 * How much tax is withheld from a payment: the rate of the first rule that fits, rounded half to even to the minor unit.
 * Throws RangeError for a negative amount.
 */
export function decideWithholding(
  amountMinor: bigint,
  facts: WithholdingFacts,
  { rules, backupRatePercent }: WithholdingSettings,
): WithholdingDecision {
  if (amountMinor < 0n) throw new RangeError('nothing is withheld from less than nothing');
  const rule = rules.find((one) => fits(one, facts)) ?? builtIn(facts, backupRatePercent);
  const withheldMinor = share(amountMinor, rule.ratePercent);
  return { withheldMinor, netMinor: amountMinor - withheldMinor, ruleId: rule.id, ratePercent: rule.ratePercent };
}

function fits({ forms, countries }: WithholdingRule, { form, country }: WithholdingFacts): boolean {
  if (forms !== undefined && !forms.includes(form)) return false;
  return countries === undefined || (country !== null && countries.includes(country));
}

function builtIn({ form, country }: WithholdingFacts, backupRatePercent: string | undefined): WithholdingRule {
  const isBackup = form === 'missing' && country === 'US';
  return isBackup && backupRatePercent !== undefined
    ? { id: 'us-backup', ratePercent: backupRatePercent }
    : { id: 'none', ratePercent: '0' };
}

function share(amountMinor: bigint, ratePercent: string): bigint {
  const [whole = '0', decimals = ''] = ratePercent.split('.');
  const scale = 10n ** BigInt(decimals.length);
  return divideHalfEven(amountMinor * BigInt(whole + decimals), 100n * scale);
}
