import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { TaxProfiles, type TaxProfileView } from '../../../libs/payees/index.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody } from '../edge/index.js';
import { channelOf } from './channel.js';
import { taxProfileBody, taxProfileVersions, taxProfileView } from './payees.dto.js';

const editors: readonly Role[] = ['partner', 'finance'];
const readers: readonly Role[] = ['partner', 'finance', 'finance_approver', 'auditor'];

/** What a partner has stated about its taxes. */
@Controller('v1/partners/:id/tax-profile')
export class TaxProfilesController {
  constructor(
    private readonly profiles: TaxProfiles,
    private readonly partners: PartnerList,
  ) {}

  @Get()
  @Endpoint({
    summary: 'Read the tax profile of a partner, every version, newest first',
    description: 'Masked: of the tax id only the last characters are shown, of name and address nothing.',
    roles: readers,
    response: taxProfileVersions,
    errors: ['not-found'],
  })
  async versions(
    @IdParam('id', 'prt') partnerId: string,
    @Caller() caller: Principal,
  ): Promise<{ items: TaxProfileView[] }> {
    await this.require(partnerId, caller, readers);
    return { items: await this.profiles.versions(partnerId) };
  }

  @Post()
  @Endpoint({
    summary: 'State the tax profile of a partner anew',
    description: 'A W-8 holds until the end of the third calendar year after the one it was signed in.',
    roles: editors,
    response: taxProfileView,
    status: 201,
    errors: ['not-found', 'invalid-document', 'illegal-transition'],
    bodyExample: {
      ...{ form: 'vat', country: 'DE', legalName: 'Perry GmbH', address: ['Am Markt 1', '20095 Hamburg'] },
      ...{ taxId: 'DE123456788', taxIdKind: 'vat' },
    },
  })
  async submit(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(taxProfileBody) profile: z.infer<typeof taxProfileBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<TaxProfileView> {
    await this.require(partnerId, caller, editors);
    return this.profiles.submit({ ...actor, partnerId, channel: channelOf(caller, partnerId), profile });
  }

  private async require(partnerId: string, caller: Principal, roles: readonly Role[]): Promise<void> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, roles);
  }
}
