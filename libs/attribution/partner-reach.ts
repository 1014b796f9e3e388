import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/index.js';
import type { Actor } from '../orchestration/actor.js';
import { CouponCodes } from './coupon-codes.js';
import type { LinkTarget } from './domain/index.js';
import { PartnerLinks } from './partner-links.js';

/** What a partner whose terms speak of attribution has from its activation on. */
@Injectable()
export class PartnerReach {
  constructor(
    private readonly links: PartnerLinks,
    private readonly coupons: CouponCodes,
  ) {}

  /**
   * Gives a partner its first coupon code and, where the program says where links lead, its first link, in the transaction
   * that makes it active. Of parameters, `{partner}` stands for its reference.
   */
  async equip(
    tx: Transaction,
    partner: { id: string; programId: string; reference: string },
    target: LinkTarget | undefined,
    actor: Actor,
  ): Promise<void> {
    await this.coupons.make(tx, partner, undefined, actor);
    if (!target) return;
    const parameters = Object.fromEntries(
      Object.entries(target.parameters).map(([name, value]) => [
        name,
        value.replaceAll('{partner}', partner.reference),
      ]),
    );
    await this.links.make(tx, partner, { ...target, parameters, name: 'first link' }, actor);
  }
}
