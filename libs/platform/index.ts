export {
  CapabilityLinks,
  challengeSubject,
  signingRecipient,
  signingSubject,
  type LinkPurpose,
} from './capability-links.js';
export {
  decodeCursor,
  encodeCursor,
  mapPage,
  pageFields,
  pageFrom,
  pageLimit,
  pageOf,
  type CursorPart,
  type Page,
  type PageRequest,
} from './page.js';
export { RepeatedWork, type RepeatedWorkOptions } from './repeated-work.js';
export { PlatformModule, publicUrl, Settings } from './platform.module.js';
