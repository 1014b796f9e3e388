import { Injectable } from '@nestjs/common';
import { allPrograms, requireAccess, type Principal, type Role } from '../../../libs/identity/index.js';
import { DomainError } from '../../../libs/kernel/domain-error.js';
import { EnvelopeList, type EnvelopeView, type RecipientView } from '../../../libs/signatures/index.js';

/** Who may look at and act on which envelope. */
@Injectable()
export class EnvelopeAccess {
  constructor(private readonly list: EnvelopeList) {}

  /** @throws DomainError `not-found` also for what is somebody else's, `forbidden` */
  async visible(id: string, caller: Principal, roles: readonly Role[]): Promise<EnvelopeView> {
    const view = await this.list.view(id);
    if (!view) throw new DomainError('not-found', 'there is no such thing');
    requireAccess(caller, view, roles);
    return view;
  }
}

/** The company roles that the caller has in a program. */
export function rolesIn(caller: Principal, programId: string): Role[] {
  const here = caller.roles.filter((grant) => grant.programId === allPrograms || grant.programId === programId);
  return [...new Set(here.map(({ role }) => role))].filter((role) => role !== 'partner' && role !== 'applicant');
}

/** @throws DomainError `not-found` */
export function recipientIn(view: EnvelopeView, recipientId: string): RecipientView {
  const recipient = view.recipients.find(({ id }) => id === recipientId);
  if (!recipient) throw new DomainError('not-found', 'the envelope has no such recipient');
  return recipient;
}
