import { moneyToJson } from '../../../libs/kernel/money.js';
import type { ItemSummary } from '../../../libs/payouts/index.js';

type Amounts = Pick<ItemSummary, 'amountMinor' | 'withheldMinor' | 'withholding'>;

/** What a payout is of, as the API shows it: what the partner gets, what was owed, and what is withheld by which rule. */
export function itemAmountsOf({ amountMinor, withheldMinor, withholding }: Amounts, currency: string): object {
  return {
    amount: moneyToJson({ amountMinor, currency }),
    gross: moneyToJson({ amountMinor: amountMinor + withheldMinor, currency }),
    withheld: moneyToJson({ amountMinor: withheldMinor, currency }),
    withholding: withholding ?? null,
  };
}

/** The sums of payouts, as the API shows them. */
export function totalsOf(
  { totalMinor, withheldMinor }: { totalMinor: bigint; withheldMinor: bigint },
  currency: string,
) {
  return {
    total: moneyToJson({ amountMinor: totalMinor, currency }),
    gross: moneyToJson({ amountMinor: totalMinor + withheldMinor, currency }),
    withheld: moneyToJson({ amountMinor: withheldMinor, currency }),
  };
}
