export { CapabilityLinks, type LinkPurpose } from './capability-links.js';
export { decodeCursor, encodeCursor, pageFields, pageFrom, pageOf, type Page } from './page.js';
export { PlatformModule, publicUrl, Settings } from './platform.module.js';
