import type { Terms } from '../../libs/agreements/domain/index.js';
import { termsHash } from '../../libs/agreements/domain/index.js';
import type { ContractInput } from '../../libs/documents/contract-pdf.js';

/** A terms document that uses every part and every kind of the schema. */
export const everyKindTerms: Terms = {
  schema: 'pactline.terms/1',
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  commissions: [
    {
      id: 'new-customers',
      event: 'sale',
      match: {
        customer: 'new',
        minAmountMinor: 1000,
        tiers: ['gold', 'silver'],
        coupons: ['SPRING'],
        products: ['cd', 'vinyl', 'poster'],
        countries: ['US'],
        campaigns: ['launch'],
        from: '2026-01-01T00:00:00Z',
        until: '2026-07-01T00:00:00Z',
        withinFirst: 'P1Y6M',
      },
      reward: { kind: 'percent', rate: '12.5' },
      limits: { perEventMinor: 5000, perPeriod: { period: 'month', maxMinor: 100000 }, lifetimeMinor: 2000000 },
    },
    {
      id: 'volume',
      event: 'sale',
      reward: {
        kind: 'banded',
        basis: 'amount',
        period: 'month',
        mode: 'marginal',
        bands: [
          { from: 0, rate: '8' },
          { from: 500000, rate: '10' },
          { from: 2000000, rate: '12.25' },
        ],
      },
    },
    { id: 'install', event: 'install', reward: { kind: 'flat', amountMinor: 200 } },
    { id: 'store-credit', event: 'referral', reward: { kind: 'credit', amountMinor: 1050, of: 'store_credit' } },
  ],
  bonuses: [
    { id: 'welcome', kind: 'upfront', amountMinor: 10000 },
    { id: 'base-fee', kind: 'retainer', every: 'P1M', amountMinor: 5001 },
    {
      id: 'volume-steps',
      kind: 'milestone',
      event: 'sale',
      metric: 'count',
      period: 'month',
      steps: [
        { at: 50, amountMinor: 5002 },
        { at: 1100, amountMinor: 10003 },
      ],
    },
    { id: 'campaign', kind: 'participation', deliverable: 'guest-blog', amountMinor: 15004 },
    { id: 'ltv', kind: 'lifetime_value', after: 'P12M', rate: '2.125' },
  ],
  tiers: {
    lookback: 'P90D',
    requalify: 'month',
    metric: 'amount',
    graceReviews: 1,
    list: [
      { name: 'bronze', from: 0 },
      { name: 'silver', from: 200000 },
      { name: 'gold', from: 1000000 },
    ],
  },
  attribution: { model: 'roles', window: 'P45D', shares: { introducer: '60', closer: '40' } },
  payment: { frequency: 'monthly', holding: 'P30D', minimumMinor: 2500, methods: ['bank_transfer', 'card'] },
  term: { length: 'P12M', renewal: 'auto', notice: 'P31D' },
  obligations: [
    {
      id: 'disclosure',
      text: 'Every post that earns a commission says so.\nIt says so in its first line.',
      checkpoint: 'P88D',
    },
  ],
  legal: { governingLaw: 'the laws of the State of Delaware', exclusivity: false },
};

/** The input of a contract on `terms`, with anything else replaced. */
export function contractInput(terms: Terms = everyKindTerms, changes: Partial<ContractInput> = {}): ContractInput {
  return {
    terms,
    termsHash: termsHash(terms),
    programName: 'Crescent Records Partners',
    company: 'Crescent Records Ltd.',
    partner: { name: 'Ada Perry', company: 'Perry Reviews' },
    effective: { kind: 'on-countersignature' },
    createdAt: new Date('2026-03-01T09:30:00Z'),
    ...changes,
  };
}
