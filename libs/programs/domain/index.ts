export {
  assertSameCurrency,
  checkFormAnswers,
  parseProgram,
  readProgram,
  type ProgramDocument,
} from './program-document.js';
export type { FormField } from './application-settings.js';
export { contractStyle } from './contract-settings.js';
export { languageField } from './language.js';
export type { CompanySigner, SignatureSettings, SigningOrder } from './signature-settings.js';
