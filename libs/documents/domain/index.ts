/** The pure face of documents: terms in words, clause by clause. */
export { contractSections, type Clause, type ContractFacts, type Effective } from './clause.js';
export { contractClauses } from './contract-clauses.js';
export { englishInstant, englishWording, type Wording } from './wording.js';
export { documentTemplateVersion } from './template-version.js';
