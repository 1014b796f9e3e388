export { assertSameCurrency, parseProgram, readProgram, type ProgramDocument } from './program-document.js';
export {
  standardFields,
  type ApplicationSettings,
  type FormField,
  type ReferenceQuestion,
  type StandardField,
} from './application-settings.js';
export { checkFormAnswers, formSchemaOf, type FormAnswers } from './form-answers.js';
export { LinearPattern, PatternError } from './form-pattern.js';
export { formSchemaErrors, type FormSchema } from './form-schema.js';
export {
  attachmentMediaTypes,
  fieldTypes,
  formLanguage,
  formView,
  maxAttachmentBytes,
  maxReferences,
  standardFieldUse,
  type FieldView,
  type FormView,
} from './form-view.js';
export { isPartnerType, partnerTypes, type PartnerType } from './partner-type.js';
export {
  rejectReasonText,
  type ChecklistItem,
  type Condition,
  type ReviewRule,
  type ReviewSettings,
} from './review-settings.js';
export { consentIn, type Consent, type ConsentSettings } from './consent.js';
export { contractStyle } from './contract-settings.js';
export {
  disputeSettings,
  holdSettings,
  type DisputeSettings,
  type HoldRules,
  type HoldSettings,
} from './hold-settings.js';
export { languageField } from './language.js';
export type { CompanySigner, SignatureSettings, SigningOrder } from './signature-settings.js';
