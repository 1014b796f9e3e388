import { Injectable } from '@nestjs/common';
import { Temporal } from 'temporal-polyfill';
import { Database } from '../database/index.js';
import { ProgramsService } from '../programs/index.js';
import { isReportable } from './domain/index.js';

/** What was paid to one person of the US in a year (form 1099-NEC). */
export interface InformationReturn {
  partnerId: string;
  reference: string;
  taxProfileId: string;
  /** The last characters of the tax id. */
  taxIdEnding: string;
  year: number;
  /** Box 1: what was paid less what came back, with the tax that was withheld; minor units. */
  compensationMinor: bigint;
  /** Box 4: tax that was withheld; minor units. */
  withheldMinor: bigint;
  currency: 'USD';
  isReportable: boolean;
}

interface SumRow {
  partner_id: string;
  reference: string;
  profile_id: string;
  ending: string;
  paid_minor: string;
  withheld_minor: string;
}

/** Summaries for form 1099-NEC from the ledger, by booking date, for partners whose tax profile is a W-9. */
@Injectable()
export class InformationReturns {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
  ) {}

  /**
   * All partners with a W-9 that were paid in US dollars in the year, on the clock of the program's zone, ordered by id;
   * each says whether it is to be reported.
   */
  async ofYear(programId: string, year: number): Promise<InformationReturn[]> {
    const { timeZone } = (await this.programs.get(programId)).document;
    const [from, until] = [startOf(year, timeZone), startOf(year + 1, timeZone)];
    const rows = await this.database.query<SumRow>(
      `select p.id as partner_id, p.reference, profile.id as profile_id, profile.ending, sums.paid_minor, sums.withheld_minor
       from partners p
       join lateral (select * from tax_profiles t where t.partner_id = p.id order by version desc limit 1) profile
         on profile.form = 'w9'
       join (
         select booked.partner_id,
           coalesce(sum(entry.amount_minor) filter (where booked.kind = 'settle' and account.code = 'payout_clearing'), 0)
             - coalesce(sum(-entry.amount_minor) filter (where booked.kind = 'return' and account.code = 'held'), 0) as paid_minor,
           coalesce(sum(-entry.amount_minor) filter (where account.code = 'withholding_tax'), 0) as withheld_minor
         from ledger_transactions booked
         join ledger_entries entry on entry.transaction_id = booked.id
         join ledger_accounts account on account.id = entry.account_id
         where booked.program_id = $1 and booked.kind in ('settle', 'return') and account.currency = 'USD'
           and booked.created_at >= $2 and booked.created_at < $3
         group by booked.partner_id
       ) sums on sums.partner_id = p.id
       where p.program_id = $1 order by p.id`,
      [programId, from, until],
    );
    return rows.map((row) => {
      const withheldMinor = BigInt(row.withheld_minor);
      // What was withheld was paid for the partner: payments stand with it in the ledger.
      const compensationMinor = BigInt(row.paid_minor);
      return {
        partnerId: row.partner_id,
        reference: row.reference,
        taxProfileId: row.profile_id,
        taxIdEnding: row.ending,
        year,
        compensationMinor,
        withheldMinor,
        currency: 'USD',
        isReportable: isReportable(year, compensationMinor, withheldMinor),
      };
    });
  }
}

function startOf(year: number, timeZone: string): Date {
  const day = Temporal.PlainDate.from({ year, month: 1, day: 1 });
  return new Date(day.toZonedDateTime(timeZone).epochMilliseconds);
}
