/** The pure face of attribution: whose touches count for an event, and how it is divided among their partners. */
export {
  attribute,
  touchKinds,
  type Attribution,
  type AttributionTerms,
  type JudgedTouch,
  type NoTerms,
  type PartnerWeight,
  type Touch,
  type TouchKind,
  type TouchVerdict,
} from './attribute.js';
export { weigh, type AttributionModel } from './models.js';
export { clickAddress, isClick, passedParameters, type LinkTarget } from './link.js';
export {
  couponKey,
  couponTouchId,
  parametersShape,
  parseTouch,
  touchContentHash,
  touchIdPattern,
  type TouchReport,
} from './touch-report.js';
