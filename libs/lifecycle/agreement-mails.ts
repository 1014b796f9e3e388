import { Injectable } from '@nestjs/common';
import type { AgreementRow } from '../agreements/index.js';
import type { Transaction } from '../database/index.js';
import type { MailTemplateName } from '../notifications/domain/index.js';
import { Outbox } from '../outbox/index.js';
import type { PartnerRow } from '../partners/index.js';

/** An agreement in force and its partner, both locked until the transaction ends. */
export interface Locked {
  partner: PartnerRow;
  agreement: AgreementRow;
}

/** Mails about agreements in force. They say instants and causes; names and addresses are read when they are sent. */
@Injectable()
export class AgreementMails {
  constructor(private readonly outbox: Outbox) {}

  /** To the partner, and to these roles of the company. */
  async toBothSides(
    tx: Transaction,
    { partner, agreement }: Locked,
    template: MailTemplateName,
    details: Record<string, string | number>,
    roles: readonly ('partner_manager' | 'legal')[] = ['partner_manager'],
  ): Promise<void> {
    for (const to of [{ personId: partner.person_id }, ...roles.map((role) => ({ role }))]) {
      await this.outbox.mail(tx, agreement.program_id, { template, subjectId: agreement.id, to, details });
    }
  }

  async toPartner(
    tx: Transaction,
    { partner, agreement }: Locked,
    template: MailTemplateName,
    details: Record<string, string | number>,
  ): Promise<void> {
    const to = { personId: partner.person_id };
    await this.outbox.mail(tx, agreement.program_id, { template, subjectId: agreement.id, to, details });
  }

  async toCompany(
    tx: Transaction,
    { agreement }: Locked,
    template: MailTemplateName,
    details: Record<string, string | number>,
    roles: readonly ('partner_manager' | 'legal')[],
  ): Promise<void> {
    for (const role of roles) {
      await this.outbox.mail(tx, agreement.program_id, { template, subjectId: agreement.id, to: { role }, details });
    }
  }

  async toPartnerManager(
    tx: Transaction,
    agreement: AgreementRow,
    template: MailTemplateName,
    details: Record<string, string | number>,
  ): Promise<void> {
    const to = { role: 'partner_manager' };
    await this.outbox.mail(tx, agreement.program_id, { template, subjectId: agreement.id, to, details });
  }
}
