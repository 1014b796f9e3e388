import type { TaxForm, WithholdingResult } from '../payees/index.js';
import type { ItemRow } from './rows.js';

/** The columns of an item that tell what it is of, what is withheld of it, and why. Amounts as texts of minor units. */
export type ItemAmounts = Pick<
  ItemRow,
  | 'amount_minor'
  | 'withheld_minor'
  | 'withholding_rule'
  | 'withholding_rate'
  | 'withholding_form'
  | 'withholding_profile_id'
>;

/** How they stand in a statement that takes them as JSON rows. */
export const itemAmountsShape = `amount_minor bigint, withheld_minor bigint, withholding_rule text, withholding_rate text,
  withholding_form text, withholding_profile_id text`;

/** What a partner gets of a gross amount in minor units; `tax` is absent where no rule says anything of it. */
export function itemAmounts(grossMinor: bigint, tax: WithholdingResult | undefined): ItemAmounts {
  const withheldMinor = tax?.withheldMinor ?? 0n;
  return {
    amount_minor: (grossMinor - withheldMinor).toString(),
    withheld_minor: withheldMinor.toString(),
    withholding_rule: tax?.ruleId ?? null,
    withholding_rate: tax?.ratePercent ?? null,
    withholding_form: tax?.form ?? null,
    withholding_profile_id: tax?.taxProfileId ?? null,
  };
}

/** What is withheld of an item, as people see it. */
export interface ItemTax {
  /** Minor units. */
  withheldMinor: bigint;
  /** What decided on it; absent where no rule of the program says anything of the partner. */
  withholding?: { ruleId: string; ratePercent: string; form: TaxForm | 'missing' };
}

export function itemTax(row: ItemAmounts): ItemTax {
  const { withholding_rule: ruleId, withholding_rate: ratePercent, withholding_form: form } = row;
  const withheldMinor = BigInt(row.withheld_minor);
  if (ruleId === null || ratePercent === null || form === null) return { withheldMinor };
  return { withheldMinor, withholding: { ruleId, ratePercent, form } };
}

type Amounts = Pick<ItemRow, 'amount_minor' | 'withheld_minor'>;

/** What an item takes from what its partner has to come, in minor units: what is paid, and what is withheld. */
export function grossOf({ amount_minor, withheld_minor }: Amounts): bigint {
  return BigInt(amount_minor) + BigInt(withheld_minor);
}

/** What the partners of items get, in minor units. */
export function totalOf(items: readonly Pick<Amounts, 'amount_minor'>[]): bigint {
  return items.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n);
}

/** What is withheld of items, in minor units. */
export function withheldTotalOf(items: readonly Pick<Amounts, 'withheld_minor'>[]): bigint {
  return items.reduce((sum, { withheld_minor }) => sum + BigInt(withheld_minor), 0n);
}
