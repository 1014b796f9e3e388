import type { Terms } from './terms.js';

/** The contract's section of commission rules; each rule is one clause of it. */
export const commissionsSection = 2;

/** The contract's section of bonuses; each bonus is one clause of it. */
export const bonusesSection = 3;

/**
 * The clause number that the contract prints for each rule and bonus, by its id: `2.1`, `2.2`, … and `3.1`, `3.2`, ….
 * The printed contract and the lines that are priced from it both take their numbers here, so that they agree.
 */
export function clauseNumbers(terms: Terms): Map<string, string> {
  const numbers = new Map<string, string>();
  terms.commissions.forEach((rule, index) => numbers.set(rule.id, `${commissionsSection}.${index + 1}`));
  terms.bonuses?.forEach((bonus, index) => numbers.set(bonus.id, `${bonusesSection}.${index + 1}`));
  return numbers;
}
