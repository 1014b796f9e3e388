import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { renderStatement, type StatementEntry } from '../documents/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { ProgramsService } from '../programs/index.js';
import { bookingSpan, partnerWords, type BookingDates } from './domain/index.js';
import { nothing, Statements, type StatementLine } from './statements.js';

/** How many bookings one paper is made from: a bound on memory. The CSV has all. */
const mostLines = 100_000;

export interface StatementPaperRequest {
  partnerId: string;
  programId: string;
  dates: BookingDates;
  /** All of the partner's currencies where nothing is said. */
  currency?: string | undefined;
}

/** Statements of account as papers. */
@Injectable()
export class StatementPapers {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
    private readonly statements: Statements,
  ) {}

  /**
   * The statement as PDF, one section for each currency.
   * @throws DomainError `not-found`, `malformed-request` where more was booked than one paper is made from
   */
  async pdf({ programId, partnerId, dates, currency }: StatementPaperRequest): Promise<Uint8Array> {
    const { name, company, timeZone, currency: own } = (await this.programs.get(programId)).document;
    const partner = await this.partner(partnerId);
    const span = bookingSpan(dates, timeZone);
    const { isCut, statements } = await this.statements.whole({ programId, partnerId, currency, span }, mostLines);
    if (isCut) {
      const message = `more than ${mostLines} bookings: ask for fewer days, or for the statement as CSV`;
      throw new DomainError('malformed-request', message, [{ pointer: '/from', message }]);
    }
    const sections = statements.map(({ lines, ...head }) => ({ ...head, entries: lines.map(entryOf) }));
    const none = { currency: own, opening: nothing, closing: nothing, entries: [] };
    return renderStatement({
      programName: name,
      company,
      partnerName: partner.name,
      partnerReference: partner.reference,
      partnerId,
      from: dates.from,
      to: dates.to,
      readAt: new Date(Math.floor(this.clock.now().getTime() / 1_000) * 1_000),
      timeZone,
      sections: sections.length === 0 ? [none] : sections,
    });
  }

  private async partner(partnerId: string): Promise<{ name: string; reference: string }> {
    const [row] = await this.database.query<{ name: string; reference: string }>(
      `select coalesce(application.company, person.name, partner.reference) as name, partner.reference
       from partners partner
       left join applications application on application.id = partner.application_id
       left join persons person on person.id = partner.person_id
       where partner.id = $1`,
      [partnerId],
    );
    if (!row) throw new DomainError('not-found', 'there is no such partner');
    return row;
  }
}

function entryOf(line: StatementLine): StatementEntry {
  const { accruedMinor, payableMinor, heldMinor, receivableMinor } = line;
  const moves = [accruedMinor, payableMinor, heldMinor, -receivableMinor];
  return {
    bookedAt: line.bookedAt,
    eventAt: line.eventAt,
    what: partnerWords(line.kind),
    subject: line.eventId ?? line.itemId ?? line.batchId ?? '',
    rule: line.ruleId ?? '',
    clause: line.clause ?? '',
    termsHash: line.termsHash ?? '',
    amountMinor: line.totalMinor,
    movedMinor: moves.reduce((sum, minor) => (minor > 0n ? sum + minor : sum), 0n),
    balanceMinor: line.balanceMinor,
  };
}
