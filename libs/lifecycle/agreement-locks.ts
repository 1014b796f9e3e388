import { Injectable } from '@nestjs/common';
import { lockAgreement } from '../agreements/index.js';
import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { PartnersService } from '../partners/index.js';
import type { Locked } from './agreement-mails.js';

/** Locks are taken in the order partner, agreement, money, so that no two steps wait for each other. */
@Injectable()
export class AgreementLocks {
  constructor(private readonly partners: PartnersService) {}

  /** @throws DomainError `not-found` */
  async take(tx: Transaction, agreementId: string): Promise<Locked> {
    const row = await rowOf<{ partner_id: string }>(tx, `select partner_id from agreements where id = $1`, [
      agreementId,
    ]);
    if (!row) throw new DomainError('not-found', `no agreement ${agreementId}`);
    const partner = await this.partners.lock(tx, row.partner_id);
    return { partner, agreement: await lockAgreement(tx, agreementId) };
  }
}
