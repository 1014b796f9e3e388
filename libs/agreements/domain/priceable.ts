import { DomainError, type FieldError } from '../../kernel/domain-error.js';
import type { Bonus, CommissionRule, Limits, Reward, Terms } from './terms.js';

/** The kinds that the live service prices and books. A kind is added here together with the code that books it. */
const priceableRewards: ReadonlySet<Reward['kind']> = new Set<Reward['kind']>(['percent', 'flat', 'credit', 'banded']);
const priceableLimits: ReadonlySet<keyof Limits> = new Set<keyof Limits>([
  'perEventMinor',
  'perPeriod',
  'lifetimeMinor',
]);
const priceableBonuses: ReadonlySet<Bonus['kind']> = new Set<Bonus['kind']>(['milestone']);

/**
 * Everything in a valid document that this version cannot book yet, by JSON pointer; empty when it prices all of it.
 * Such a document may be proposed and stored, but no agreement is made from it: what it promises would not be paid.
 */
export function unpriceable(terms: Terms): FieldError[] {
  return [
    ...terms.commissions.flatMap((rule, index) => unpriceableInRule(rule, `/commissions/${index}`)),
    ...(terms.bonuses ?? []).flatMap((bonus, index) =>
      priceableBonuses.has(bonus.kind) ? [] : [notYet(`/bonuses/${index}/kind`, `bonuses of kind ${bonus.kind}`)],
    ),
  ];
}

/** @throws DomainError `unsupported-terms` with the pointers of `unpriceable` when there are any. */
export function assertPriceable(terms: Terms): void {
  const errors = unpriceable(terms);
  if (errors.length > 0) throw new DomainError('unsupported-terms', 'the terms hold what cannot be priced yet', errors);
}

function unpriceableInRule(rule: CommissionRule, pointer: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!priceableRewards.has(rule.reward.kind)) {
    errors.push(notYet(`${pointer}/reward/kind`, `rewards of kind ${rule.reward.kind}`));
  }
  const limits: Limits = rule.limits ?? {};
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    if (!priceableLimits.has(name)) errors.push(notYet(`${pointer}/limits/${name}`, `limits of kind ${name}`));
  }
  return errors;
}

function notYet(pointer: string, what: string): FieldError {
  return { pointer, message: `${what} cannot be priced yet` };
}
