import { Controller, Get } from '@nestjs/common';
import type { z } from 'zod';
import { AgreementsService } from '../../../libs/agreements/index.js';
import { programsOf, requireAccess, requireProgram, type Principal, type Role } from '../../../libs/identity/index.js';
import { PartnerList, type PartnerView } from '../../../libs/partners/index.js';
import type { Page } from '../../../libs/platform/index.js';
import { Caller, Endpoint, IdParam, ZodQuery } from '../edge/index.js';
import { partnerDetail, partnerPage, partnersQuery } from './partners.dto.js';

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

/** Partners with their stage, tier and agreements. */
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly partners: PartnerList,
    private readonly agreements: AgreementsService,
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
    const versions = await this.agreements.versionsOf(id);
    return {
      ...view,
      agreements: versions.map((row) => ({
        version: row.version,
        termsHash: row.terms_hash,
        effectiveFrom: row.effective_from,
        effectiveUntil: row.effective_until,
        envelopeId: row.envelope_id,
      })),
    };
  }
}
