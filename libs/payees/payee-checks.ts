import { Injectable } from '@nestjs/common';
import { rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { ProgramsService } from '../programs/index.js';
import { Screening } from './screening.service.js';
import { TaxProfiles } from './tax-profiles.js';

/** Why a partner is not paid now: a stable code, and the row that it is about. */
export interface PayeeFinding {
  cause: 'no_payout_details' | 'payout_details_change' | 'tax_form_missing' | 'screening_hit' | 'screening_unavailable';
  reference: string;
}

export interface CheckedPartner {
  partnerId: string;
  amountMinor: bigint;
  currency: string;
}

/**
 * What holds payments to partners: details that are missing or change, a tax form that is missing or has expired, names
 * that stand on the list of sanctions, and a list of sanctions that cannot be read.
 */
@Injectable()
export class PayeeChecks {
  constructor(
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly profiles: TaxProfiles,
    private readonly screening: Screening,
  ) {}

  /** The findings of each partner that has any; references are opaque ids. */
  async findings(
    tx: Transaction,
    programId: string,
    partners: readonly CheckedPartner[],
  ): Promise<ReadonlyMap<string, readonly PayeeFinding[]>> {
    const program = await this.programs.getIn(tx, programId);
    const { payees } = program.document;
    const ids = [...new Set(partners.map(({ partnerId }) => partnerId))];
    const found = new Map<string, PayeeFinding[]>();
    const add = (partnerId: string, finding: PayeeFinding): void => {
      found.set(partnerId, [...(found.get(partnerId) ?? []), finding]);
    };
    const rows = await rowsOf<{ partner_id: string; open_id: string | null; current_id: string | null }>(
      tx,
      `select asked.partner_id, opened.id as open_id, current.id as current_id
       from unnest($1::text[]) as asked (partner_id)
       left join lateral (select id from payout_details d where d.partner_id = asked.partner_id and d.program_id = $2
         and (d.state = 'awaiting_approval' or (d.state = 'approved' and d.effective_at > $3)) limit 1) opened on true
       left join lateral (select id from payout_details d where d.partner_id = asked.partner_id and d.program_id = $2
         and d.state = 'approved' and d.effective_at <= $3 order by version desc limit 1) current on true`,
      [ids, programId, this.clock.now()],
    );
    for (const { partner_id: partnerId, open_id: open, current_id: current } of rows) {
      if (open !== null) add(partnerId, { cause: 'payout_details_change', reference: open });
      else if (current === null && payees.payoutDetails === 'required') {
        add(partnerId, { cause: 'no_payout_details', reference: partnerId });
      }
    }
    if (payees.taxForm === 'required') {
      const held = await this.profiles.factsOf(tx, program, ids);
      for (const partnerId of ids) {
        const facts = held.get(partnerId);
        if (facts === undefined || facts.form === 'missing') {
          add(partnerId, { cause: 'tax_form_missing', reference: facts?.profileId ?? partnerId });
        }
      }
    }
    const { hits, isListReadable } = await this.screening.screen(tx, programId, ids);
    for (const hit of hits) add(hit.partnerId, { cause: 'screening_hit', reference: hit.id });
    if (!isListReadable) {
      for (const partnerId of ids) add(partnerId, { cause: 'screening_unavailable', reference: partnerId });
    }
    return found;
  }
}
