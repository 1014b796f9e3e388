export * from './approval-policy.js';
export * from './batch-state.js';
export * from './collection.js';
export * from './content-hash.js';
export * from './payout-rail.js';
export * from './rail-failures.js';
export * from './rail-keys.js';
