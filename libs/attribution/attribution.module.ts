import { Module } from '@nestjs/common';
import { CouponCodes } from './coupon-codes.js';
import { PartnerLinks } from './partner-links.js';
import { PartnerReach } from './partner-reach.js';
import { TouchesService } from './touches.service.js';

/** How partners reach customers: their links, coupon codes and touches. */
@Module({
  providers: [CouponCodes, PartnerLinks, PartnerReach, TouchesService],
  exports: [CouponCodes, PartnerLinks, PartnerReach, TouchesService],
})
export class AttributionModule {}
