export {
  assertSameCurrency,
  checkFormAnswers,
  parseProgram,
  type FormField,
  type ProgramDocument,
} from './program-document.js';
