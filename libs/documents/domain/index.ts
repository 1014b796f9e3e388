/** The pure face of documents: terms in words, clause by clause. */
export { contractSections, type Clause, type ContractFacts, type Effective } from './clause.js';
export { contractClauses } from './contract-clauses.js';
export { englishInstant, englishWording, type Wording } from './wording.js';
export { documentTemplateVersion } from './template-version.js';
export { changeWords, describeChanges, type DescribedChange } from './terms-changes/describe-changes.js';
export type { ChangeWords } from './terms-changes/change-words.js';
