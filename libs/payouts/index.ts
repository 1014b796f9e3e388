export * from './domain/index.js';
export { createStripeRail, type StripeRailOptions } from './rails/stripe-transfers.rail.js';
export type { SliceResult } from './item-sender.js';
export type { BatchDetail, BatchesRequest, BatchSummary, ItemsRequest, ItemSummary } from './payout-lists.js';
export { PayoutsModule } from './payouts.module.js';
export { PayoutsService } from './payouts.service.js';
export type { Progress } from './progress.js';
export type { Reconciliation } from './reconciliation.js';
