/** The pure face of agreements: terms documents, their check, hash, clauses and what can be priced. */
export * from './terms.js';
export { parseTerms } from './parse-terms.js';
export { termsSchema } from './terms-schema.js';
export { canonicalTermsText, termsHash } from './terms-hash.js';
export { bonusesSection, clauseNumbers, commissionsSection } from './clauses.js';
export { hundredPercent, parseRate } from './rate.js';
export * from './act-chain.js';
export * from './agreement-state.js';
export * from './amendment-start.js';
export * from './amendment-state.js';
export * from './calendar-steps.js';
export { materialChanges, type FieldChange, type JudgedChanges } from './material-changes.js';
export * from './obligation-calendar.js';
export * from './term-calendar.js';
export { isTermsPattern } from './terms-pattern.js';
export { unreachableRules } from './unreachable-rules.js';
export { applyChanges, diffTerms, pointerOfChange, type PathStep, type TermsChange } from './terms-diff.js';
export {
  guardrailRoles,
  isBoundDecimal,
  judgeTerms,
  type Guardrail,
  type GuardrailBound,
  type GuardrailRole,
  type GuardrailVerdict,
} from './guardrails.js';
