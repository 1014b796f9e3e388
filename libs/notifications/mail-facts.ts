import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import type { MailRequest } from '../outbox/index.js';
import { ProgramsService } from '../programs/index.js';
import type { MailAddress } from './domain/index.js';

export interface EnvelopeFacts {
  id: string;
  document_sha256: string;
  expires_at: Date;
  reason: string | null;
}

export interface RemittanceFacts {
  id: string;
  amount_minor: string;
  currency: string;
  state_since: Date;
  remittance_sha256: string | null;
}

/** What mails say, read at the moment of sending: an address that was corrected since is the one that gets the mail. */
@Injectable()
export class MailFactsReader {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
  ) {}

  program(programId: string): ReturnType<ProgramsService['get']> {
    return this.programs.get(programId);
  }

  /** Who gets the mail; undefined for an erased person and for a role that the program has no address of. */
  async recipient(programId: string, to: MailRequest['to']): Promise<Required<MailAddress> | undefined> {
    if ('role' in to) {
      const { document } = await this.program(programId);
      const address = (document.contacts as Record<string, string | undefined>)[to.role];
      return address === undefined ? undefined : { name: document.company, address };
    }
    const [person] = await this.database.query<{ name: string | null; email: string | null }>(
      `select name, email from persons where id = $1`,
      [to.personId],
    );
    return person?.name && person.email ? { name: person.name, address: person.email } : undefined;
  }

  async applicationReason(applicationId: string): Promise<string | null> {
    return (await this.one<{ reason: string | null }>(`select reason from applications where id = $1`, applicationId))
      .reason;
  }

  proposal(
    negotiationId: string,
    number: number,
  ): Promise<{ side: 'company' | 'partner'; partner: string | null; application_id: string }> {
    return this.one(
      `select p.side, per.name as partner, n.application_id from proposals p
         join negotiations n on n.id = p.negotiation_id join partners prt on prt.id = n.partner_id join persons per on per.id = prt.person_id
       where n.id = $1 and p.number = $2`,
      negotiationId,
      number,
    );
  }

  envelope(envelopeId: string): Promise<EnvelopeFacts> {
    return this.one(`select id, document_sha256, expires_at, reason from envelopes where id = $1`, envelopeId);
  }

  /** The newest tier of a partner and the contract that made it active. */
  activation(
    partnerId: string,
  ): Promise<{ tier: string | null; document_sha256: string; envelope_id: string; application_id: string }> {
    return this.one(
      `select (select tier from partner_tiers t where t.partner_id = prt.id order by from_at desc limit 1) as tier,
              e.document_sha256, e.id as envelope_id, prt.application_id
         from partners prt join envelopes e on e.partner_id = prt.id and e.state = 'executed' where prt.id = $1`,
      partnerId,
    );
  }

  payoutItem(itemId: string): Promise<RemittanceFacts> {
    return this.one(
      `select id, amount_minor, currency, state_since, remittance_sha256 from payout_items where id = $1`,
      itemId,
    );
  }

  private async one<Row>(sql: string, ...parameters: unknown[]): Promise<Row> {
    const [row] = await this.database.query<Row>(sql, parameters);
    if (row === undefined) throw new Error('what a mail is about is gone');
    return row;
  }
}
