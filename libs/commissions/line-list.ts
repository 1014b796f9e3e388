import type { Database } from '../database/index.js';
import { toSafeNumber, type MoneyJson } from '../kernel/money.js';
import type { Tender } from '../ledger/domain/index.js';
import { decodeCursor, mapPage, pageFrom, pageLimit, type Page, type PageRequest } from '../platform/index.js';
import { bookedLine, lineColumns, type CommissionLineRow } from './commission-lines.js';
import type { BookedLine, LineKind } from './domain/line-movements.js';

export interface LinesRequest extends PageRequest {
  partnerId?: string | undefined;
}

/** A line as people see it; plain JSON. */
export interface EarnedLine {
  eventId: string;
  partnerId: string;
  rule: string;
  clause: string;
  kind: LineKind;
  /** The event that a reversal takes back. */
  of?: string;
  amount: MoneyJson;
  /** `credit`: it goes to the partner's credit account and is never paid as money. */
  tender: Tender;
  /** What a milestone counted when it was reached. */
  step?: number;
  /** The limit that cut the amount. */
  clamp?: string;
  termsHash: string;
  agreementVersionId: string;
  occurredAt: string;
  vestsAt: string;
  /** Whether it has left the holding period: all of it stands in payable, or has been paid, or was taken back. */
  vested: boolean;
}

const sort = 'occurred_at desc';

/** Lines that are not zero, newest first; of one partner, or of all. */
export async function listLines(
  database: Database,
  programId: string,
  { partnerId, ...page }: LinesRequest,
): Promise<Page<EarnedLine>> {
  const limit = pageLimit(page);
  const [at, eventId, owner, rule, step] = decodeCursor(page.cursor, sort, [
    'instant',
    'text',
    'text',
    'text',
    'integer',
  ]);
  const rows = await database.query<CommissionLineRow>(
    `select ${lineColumns} from commission_lines l
     where l.program_id = $1 and ($2::text is null or l.partner_id = $2) and l.amount_minor <> 0
       and ($3::timestamptz is null or (l.occurred_at, l.event_id, l.partner_id, l.rule_id, l.step)
                                       < ($3, $4::text collate "C", $5::text, $6::text collate "C", $7::bigint))
     order by l.occurred_at desc, l.event_id desc, l.partner_id desc, l.rule_id desc, l.step desc limit $8`,
    [programId, partnerId ?? null, at, eventId, owner, rule, step, limit + 1],
  );
  const keyOf = (row: CommissionLineRow): string[] => {
    return [row.occurred_at.toISOString(), row.event_id, row.partner_id, row.rule_id, row.step];
  };
  return mapPage(pageFrom(rows, limit, sort, keyOf), (row) => earnedLine(bookedLine(row)));
}

export function earnedLine(line: BookedLine): EarnedLine {
  return {
    eventId: line.eventId,
    partnerId: line.partnerId,
    rule: line.ruleId,
    clause: line.clause,
    kind: line.kind,
    ...(line.ofEventId !== undefined && { of: line.ofEventId }),
    tender: line.tender,
    ...(line.step !== 0n && { step: toSafeNumber(line.step) }),
    amount: { amountMinor: toSafeNumber(line.amountMinor), currency: line.currency },
    ...(line.clamp !== undefined && { clamp: line.clamp }),
    termsHash: line.termsHash,
    agreementVersionId: line.versionId,
    occurredAt: line.occurredAt.toISOString(),
    vestsAt: line.vestAt.toISOString(),
    vested: line.vestedMinor === line.amountMinor,
  };
}
