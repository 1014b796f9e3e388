import { Injectable } from '@nestjs/common';
import { requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { ApplicationList, type ApplicationView } from '../../../libs/partners/index.js';

/** Roles of the company that see applications. */
export const reviewers: readonly Role[] = ['partner_manager', 'legal', 'admin', 'auditor'];
/** Roles that decide, ask and tick. */
export const deciders: readonly Role[] = ['partner_manager', 'admin'];

/** Applications as far as a caller may see them. */
@Injectable()
export class VisibleApplications {
  constructor(private readonly list: ApplicationList) {}

  /** @throws DomainError `not-found` also for what is somebody else's; `forbidden` for another role of the company */
  async get(id: string, caller: Principal, roles: readonly Role[]): Promise<ApplicationView> {
    const view = await this.list.view(id);
    if (!view) throw new DomainError('not-found', 'there is no such thing');
    requireAccess(caller, { programId: view.programId, applicationId: id, partnerId: view.partnerId }, roles);
    return view;
  }
}
