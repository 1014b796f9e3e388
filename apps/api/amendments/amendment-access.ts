import { Injectable } from '@nestjs/common';
import { AgreementList, TermsDocuments, type AgreementSummary } from '../../../libs/agreements/index.js';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { AmendmentList, type AmendmentView } from '../../../libs/lifecycle/index.js';

export const companyReaders: readonly Role[] = [
  ...(['partner_manager', 'legal', 'finance', 'finance_approver', 'admin', 'auditor'] as const),
];
export const readers: readonly Role[] = [...companyReaders, 'partner'];
export const writers: readonly Role[] = ['partner_manager', 'legal', 'partner'];

/** Which amendment a caller may see, and on whose side it stands. */
@Injectable()
export class AmendmentAccess {
  constructor(
    private readonly agreements: AgreementList,
    private readonly amendments: AmendmentList,
    private readonly terms: TermsDocuments,
  ) {}

  /** @throws DomainError `not-found`, `forbidden` */
  async agreement(id: string, caller: Principal, roles: readonly Role[]): Promise<AgreementSummary> {
    const agreement = await this.agreements.view(id);
    requireAccess(caller, agreement, roles);
    return agreement;
  }

  /** @throws DomainError `not-found`, also for the partner while the company has not shown it; `forbidden` */
  async amendment(id: string, caller: Principal, roles: readonly Role[]): Promise<AmendmentView> {
    const amendment = await this.amendments.view(id);
    requireAccess(caller, amendment, roles);
    const isHidden = amendment.shownAt === null && sideOf(caller, amendment) === 'partner';
    if (isHidden) throw new DomainError('not-found', 'there is no such thing');
    return amendment;
  }

  /** An amendment with the terms that it is about now. */
  async detail(id: string): Promise<AmendmentView & { terms: unknown }> {
    const amendment = await this.amendments.view(id);
    const { programId, agreedHash, termsHash } = amendment;
    return { ...amendment, terms: await this.terms.get(programId, agreedHash ?? termsHash) };
  }
}

/** Whoever acts for the partner is its side, whatever else it may do. */
export function sideOf({ partnerId }: Principal, owned: { partnerId: string }): 'company' | 'partner' {
  return partnerId === owned.partnerId ? 'partner' : 'company';
}
