import { Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { AgreementList, AgreementsService } from '../../../libs/agreements/index.js';
import { programsOf, requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import type { Actor } from '../../../libs/orchestration/index.js';
import { PartnerList, SuspensionsService, type PartnerView, type SuspensionRow } from '../../../libs/partners/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { toDetailView, toVersionView } from '../agreements/agreement-views.js';
import { partnerAgreements } from '../agreements/agreements.dto.js';
import { Caller, CallingActor, Endpoint, IdParam, ZodBody, ZodQuery } from '../edge/index.js';
import { partnerDetail, partnerPage, partnersQuery, suspensionBody } from './partners.dto.js';

const companyReaders: readonly Role[] = [
  'partner_manager',
  'legal',
  'finance',
  'finance_approver',
  'admin',
  'auditor',
  'service',
];
const readers: readonly Role[] = [...companyReaders, 'partner', 'applicant'];
const suspenders: readonly Role[] = ['partner_manager', 'legal', 'finance'];

/** Partners with their stage, tier and agreements. */
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly partners: PartnerList,
    private readonly agreements: AgreementsService,
    private readonly agreementList: AgreementList,
    private readonly suspensions: SuspensionsService,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List partners, oldest first',
    roles: companyReaders,
    response: partnerPage,
    csv: ['id', 'programId', 'reference', 'stage', 'tier', 'createdAt', 'activatedAt'],
  })
  page(
    @ZodQuery(partnersQuery) query: z.infer<typeof partnersQuery>,
    @Caller() caller: Principal,
  ): Promise<Page<PartnerView>> {
    const { programId, ...rest } = query;
    if (programId !== undefined) requireProgram(caller, programId, companyReaders);
    return this.partners.page({
      ...rest,
      programs: programId === undefined ? programsOf(caller, companyReaders) : [programId],
    });
  }

  @Get(':id')
  @Endpoint({
    summary: 'Read a partner with its agreement versions',
    roles: readers,
    response: partnerDetail,
    errors: ['not-found'],
  })
  async get(@IdParam('id', 'prt') id: string, @Caller() caller: Principal): Promise<unknown> {
    const view = await this.partners.view(id);
    requireAccess(caller, { ...view, partnerId: id }, readers);
    return this.detail(view, caller);
  }

  @Get(':id/agreements')
  @Endpoint({
    summary: 'Read the agreements of a partner, with their terms, notices and renewals',
    roles: [...companyReaders, 'partner'],
    response: partnerAgreements,
    errors: ['not-found'],
  })
  async agreementsOf(@IdParam('id', 'prt') id: string, @Caller() caller: Principal): Promise<unknown> {
    const { programId } = await this.partners.view(id);
    requireAccess(caller, { programId, partnerId: id }, [...companyReaders, 'partner']);
    return { items: (await this.agreementList.ofPartner(id)).map(toDetailView) };
  }

  @Post(':id/suspension')
  @Endpoint({
    summary: 'Suspend a partner for a cause',
    description: 'Events go on being priced; nothing is collected for payout. Several causes each hold by themselves.',
    roles: suspenders,
    response: partnerDetail,
    errors: ['illegal-transition', 'already-exists', 'not-found'],
  })
  async suspend(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(suspensionBody) body: z.infer<typeof suspensionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, (await this.partners.view(partnerId)).programId, suspenders);
    await this.suspensions.begin({ ...actor, partnerId, ...body });
    return this.detail(await this.partners.view(partnerId), caller);
  }

  @Post(':id/suspension/end')
  @Endpoint({
    summary: 'End the suspension of a partner for one cause',
    description: 'The partner is active again once no cause is left.',
    roles: suspenders,
    response: partnerDetail,
    errors: ['illegal-transition', 'not-found'],
  })
  async endSuspension(
    @IdParam('id', 'prt') partnerId: string,
    @ZodBody(suspensionBody) body: z.infer<typeof suspensionBody>,
    @Caller() caller: Principal,
    @CallingActor() actor: Actor,
  ): Promise<unknown> {
    requireProgram(caller, (await this.partners.view(partnerId)).programId, suspenders);
    await this.suspensions.end({ ...actor, partnerId, ...body });
    return this.detail(await this.partners.view(partnerId), caller);
  }

  private async detail(view: PartnerView, caller: Principal): Promise<unknown> {
    const versions = await this.agreements.versionsOf(view.id);
    const isOwner = caller.partnerId === view.id;
    const suspensions = (await this.suspensions.of(view.id)).map((row) => (isOwner ? told(row) : known(row)));
    return { ...view, agreements: versions.map(toVersionView), suspensions };
  }
}

/** What the partner learns of a suspension: why it was suspended in words of the company is the company's. */
function told({ cause, from_at: from, until_at: until }: SuspensionRow) {
  return { cause, from, until };
}

function known(row: SuspensionRow) {
  const { reason, actor_id: actorId, ended_by: endedBy, end_reason: endReason } = row;
  return { ...told(row), reason, actorId, endedBy, endReason };
}
