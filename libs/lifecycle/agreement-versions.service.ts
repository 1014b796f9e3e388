import { Injectable } from '@nestjs/common';
import { AgreementsService, type AgreementVersionRow, type NextVersion } from '../agreements/index.js';
import { CommissionsService } from '../commissions/index.js';
import type { Transaction } from '../database/index.js';
import type { Actor } from '../orchestration/actor.js';
import { AgreementLocks } from './agreement-locks.js';
import { Renewals } from './renewals.service.js';

/** New versions of agreements in force, with what they change for events that happened already. */
@Injectable()
export class AgreementVersions {
  constructor(
    private readonly agreements: AgreementsService,
    private readonly commissions: CommissionsService,
    private readonly locks: AgreementLocks,
    private readonly renewals: Renewals,
  ) {}

  /**
   * Adds a version and prices again, in the same transaction, what happened from its beginning on: it may have been agreed
   * before it is recorded, and events may be dated ahead. An offer to renew named the terms before: it lapses, and the
   * calendar makes it anew on these.
   * @throws DomainError as `AgreementsService.addVersion`
   */
  async add(tx: Transaction, next: NextVersion, actor: Actor): Promise<AgreementVersionRow> {
    const { agreement } = await this.locks.take(tx, next.agreementId);
    const version = await this.agreements.addVersion(tx, next, actor);
    const { program_id: programId, partner_id: partnerId } = version;
    await this.commissions.repriceSince(programId, partnerId, next.from.getTime(), actor, tx);
    await this.renewals.lapse(tx, agreement);
    return version;
  }
}
