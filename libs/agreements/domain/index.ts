/** The pure face of agreements: terms documents, their check, hash, clauses and what can be priced. */
export * from './terms.js';
export { parseTerms } from './parse-terms.js';
export { termsSchema } from './terms-schema.js';
export { canonicalTermsText, termsHash } from './terms-hash.js';
export { bonusesSection, clauseNumbers, commissionsSection } from './clauses.js';
export { assertPriceable, unpriceable } from './priceable.js';
export { hundredPercent, parseRate } from './rate.js';
export * from './act-chain.js';
export * from './agreement-state.js';
export * from './calendar-steps.js';
export { isTermsPattern, materialChanges, type JudgedChanges, type TermsChange } from './material-changes.js';
export * from './obligation-calendar.js';
export * from './term-calendar.js';
