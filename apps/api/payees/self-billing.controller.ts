import { Controller, Get, StreamableFile } from '@nestjs/common';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { toSafeNumber } from '../../../libs/kernel/money.js';
import { PartnerList } from '../../../libs/partners/index.js';
import { SelfBilling } from '../../../libs/payees/index.js';
import { Caller, Endpoint, IdParam } from '../edge/index.js';
import { paperList } from './payees.dto.js';

const readers: readonly Role[] = ['partner', 'finance', 'finance_approver', 'auditor'];

/** Invoices that the company issued in the name of a partner, and their credit notes. */
@Controller('v1/partners/:id/self-billing-papers')
export class SelfBillingController {
  constructor(
    private readonly papers: SelfBilling,
    private readonly partners: PartnerList,
  ) {}

  @Get()
  @Endpoint({
    summary: 'List the self-billing papers of a partner, oldest first',
    roles: readers,
    response: paperList,
    errors: ['not-found'],
  })
  async list(@IdParam('id', 'prt') partnerId: string, @Caller() caller: Principal): Promise<unknown> {
    await this.require(partnerId, caller);
    const papers = await this.papers.ofPartner(partnerId);
    return {
      items: papers.map(({ amountMinor, withheldMinor, currency, documentSha256: _hash, ...rest }) => ({
        ...rest,
        amount: { amountMinor: toSafeNumber(amountMinor), currency },
        withheld: { amountMinor: toSafeNumber(withheldMinor), currency },
      })),
    };
  }

  @Get(':paperId/document')
  @Endpoint({
    summary: 'Read a self-billing paper as a PDF',
    roles: readers,
    contentType: 'application/pdf',
    errors: ['not-found'],
  })
  async document(
    @IdParam('id', 'prt') partnerId: string,
    @IdParam('paperId', 'inv') paperId: string,
    @Caller() caller: Principal,
  ): Promise<StreamableFile> {
    await this.require(partnerId, caller);
    return new StreamableFile(await this.papers.documentOf(partnerId, paperId), { type: 'application/pdf' });
  }

  private async require(partnerId: string, caller: Principal): Promise<void> {
    const { programId } = await this.partners.view(partnerId);
    requireAccess(caller, { programId, partnerId }, readers);
  }
}
