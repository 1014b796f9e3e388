/** The pure face of documents: terms in words, clause by clause. */
export { contractSections, listMark, type Amends, type Clause, type ContractFacts, type Effective } from './clause.js';
export { clauseTexts, textKeys } from './clause-library/clause-library.js';
export type { TextKey } from './clause-library/text-key.js';
export { clauseVersions, documentTemplateVersion } from './clause-library/versions.js';
export { contractClauses, contractSpeech } from './contract-clauses.js';
export { contractLanguage } from './contract-language.js';
export { styleErrors, type ContractStyle, type OwnClause } from './contract-style.js';
export { pageLabels } from './page-labels.js';
export { Speech } from './speech.js';
export { withoutTurns } from './direction.js';
export { englishCounted, englishInstant, englishShortInstant, englishWording } from './wording/english.js';
export { wordingOf } from './wording/wording-of.js';
export type { Numerals, Wording } from './wording/wording.js';
export { changeWords, describeChanges, type DescribedChange } from './terms-changes/describe-changes.js';
export type { ChangeWords } from './terms-changes/change-words.js';
