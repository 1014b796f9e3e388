export { CapabilityLinks, type LinkPurpose } from './capability-links.js';
export { PlatformModule, Settings } from './platform.module.js';
