import { Controller, Get, Post } from '@nestjs/common';
import { z } from 'zod';
import { CouponCodes, PartnerLinks, type CouponCode, type PartnerLink } from '../../../libs/attribution/index.js';
import { requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { mapPage, publicUrl, Settings } from '../../../libs/platform/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { couponBody, couponPage, couponView, linkBody, linkPage, linkView, listQuery } from './attribution.dto.js';

const makers: readonly Role[] = ['partner_manager', 'admin'];
const readers: readonly Role[] = ['partner_manager', 'finance', 'admin', 'auditor', 'service', 'partner'];

/** The links and coupon codes by which partners reach customers. */
@Controller('v1/partners')
export class ReachController {
  constructor(
    private readonly partners: PartnerList,
    private readonly links: PartnerLinks,
    private readonly coupons: CouponCodes,
    private readonly settings: Settings,
  ) {}

  @Get(':id/links')
  @Endpoint({
    summary: 'List the links of a partner, newest first',
    roles: readers,
    response: linkPage,
    errors: ['not-found'],
    csv: ['id', 'name', 'address', 'destination', 'createdAt', 'endedAt'],
  })
  async linksOf(
    @IdParam('id', 'prt') id: string,
    @ZodQuery(listQuery) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(id);
    requireAccess(caller, { programId, partnerId: id }, readers);
    return mapPage(await this.links.of(id, query), (link) => this.linkView(link));
  }

  @Post(':id/links')
  @Endpoint({
    summary: 'Give a partner a link',
    description:
      'A click on its public address is a touch of the partner; the id of the click goes to the destination.',
    roles: makers,
    response: linkView,
    status: 201,
    errors: ['already-exists', 'not-found'],
  })
  async makeLink(
    @IdParam('id', 'prt') id: string,
    @ZodBody(linkBody) body: z.infer<typeof linkBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(id);
    requireProgram(caller, programId, makers);
    return this.linkView(await this.links.create({ id, programId }, body, actor));
  }

  @Post(':id/links/:linkId/end')
  @Endpoint({
    summary: 'End a link of a partner',
    description: 'It leads on as before, and its clicks count no more.',
    roles: makers,
    response: linkView,
    errors: ['not-found'],
  })
  async endLink(
    @IdParam('id', 'prt') id: string,
    @IdParam('linkId', 'lnk') linkId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, (await this.partners.view(id)).programId, makers);
    return this.linkView(await this.links.end(id, linkId, actor));
  }

  @Get(':id/coupon-codes')
  @Endpoint({
    summary: 'List the coupon codes of a partner, newest first',
    roles: readers,
    response: couponPage,
    errors: ['not-found'],
    csv: ['id', 'code', 'createdAt', 'endedAt'],
  })
  async codesOf(
    @IdParam('id', 'prt') id: string,
    @ZodQuery(listQuery) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(id);
    requireAccess(caller, { programId, partnerId: id }, readers);
    return mapPage(await this.coupons.of(id, query), codeView);
  }

  @Post(':id/coupon-codes')
  @Endpoint({
    summary: 'Give a partner a coupon code',
    description: 'Its use is a touch of the partner. A code belongs to one partner for ever.',
    roles: makers,
    response: couponView,
    status: 201,
    errors: ['already-exists', 'not-found'],
  })
  async makeCode(
    @IdParam('id', 'prt') id: string,
    @ZodBody(couponBody) { code }: z.infer<typeof couponBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    const { programId } = await this.partners.view(id);
    requireProgram(caller, programId, makers);
    return codeView(await this.coupons.create({ id, programId }, code, actor));
  }

  @Post(':id/coupon-codes/:codeId/end')
  @Endpoint({
    summary: 'End a coupon code of a partner',
    description: 'Its use counts no more.',
    roles: makers,
    response: couponView,
    errors: ['not-found'],
  })
  async endCode(
    @IdParam('id', 'prt') id: string,
    @IdParam('codeId', 'cpn') codeId: string,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, (await this.partners.view(id)).programId, makers);
    return codeView(await this.coupons.end(id, codeId, actor));
  }

  private linkView({ programId: _, createdAt, endedAt, ...link }: PartnerLink): unknown {
    const address = `${publicUrl(this.settings.env)}/go/${link.slug}`;
    return { ...link, address, createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  }
}

function codeView({ programId: _, createdAt, endedAt, ...code }: CouponCode): unknown {
  return { ...code, createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
}
