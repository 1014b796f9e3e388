import type { Terms } from '../../libs/agreements/domain/index.js';

/** Terms that pay a share of every sale, with these parts in place of the usual ones. */
export function termsWith({ commissions, payment, term, ...rest }: Partial<Terms> = {}): Terms {
  return {
    schema: 'pactline.terms/1',
    currency: 'USD',
    commissions: commissions ?? [{ id: 'sales', event: 'sale', reward: { kind: 'percent', rate: '10' } }],
    payment: payment ?? { frequency: 'monthly', holding: 'P30D', minimumMinor: 0, methods: ['bank_transfer'] },
    term: term ?? { length: 'P12M', renewal: 'auto', notice: 'P30D' },
    ...rest,
  };
}

/** A fifth of a customer's first sale, a tenth of all others. */
export const newAndOther = termsWith({
  commissions: [
    { id: 'new', event: 'sale', match: { customer: 'new' }, reward: { kind: 'percent', rate: '20' } },
    { id: 'other', event: 'sale', reward: { kind: 'percent', rate: '10' } },
  ],
});
