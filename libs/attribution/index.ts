export * from './domain/index.js';
export { PartnerReach } from './partner-reach.js';
export { AttributionModule } from './attribution.module.js';
export { CouponCodes, type CouponCode } from './coupon-codes.js';
export { currentShares, replaceShares } from './event-shares.js';
export { PartnerLinks, type NewLink, type PartnerLink } from './partner-links.js';
export {
  eventsReachedBy,
  hasShares,
  lockAttribution,
  touchesById,
  touchesOfCustomers,
  type KnownTouch,
} from './touch-rows.js';
export { TouchesService, type TouchResult } from './touches.service.js';
