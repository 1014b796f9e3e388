import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { LedgerService, lockPartners } from '../ledger/index.js';
import type { CutOffRun, VestingResult } from '../orchestration/index.js';
import { markVested, unvestedLines } from './commission-lines.js';
import { readPurses } from './purses.js';
import type { BookedLine } from './domain/line-movements.js';
import { vestingTransactions } from './domain/vesting.js';
import { suspendedHolds } from './domain/suspended-vesting.js';
import { isHeld } from './holds/hold-rows.js';
import { RuleHolds } from './holds/hold-rules.js';
import { LineBooking } from './line-booking.js';

/** How many lines one transaction vests, apart from a single partner that has more. */
const linesPerTransaction = 2_000;
const auditAction = 'commission.vest';

/** Moves what was held long enough from accrued to payable (money.md, Flow). */
@Injectable()
export class Vesting {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditLog,
    private readonly ledger: LedgerService,
    private readonly booking: LineBooking,
    private readonly rules: RuleHolds,
  ) {}

  /**
   * Vests in chunks of partners, each in a transaction of its own: after a crash the next run goes on with the rest.
   * Answers with all that this cut-off has vested, earlier runs included.
   */
  async run(request: CutOffRun): Promise<VestingResult> {
    for (const partnerIds of await this.dueChunks(request)) {
      await this.database.inTransaction((tx) => this.vestChunk(tx, partnerIds, request));
    }
    return this.resultOf(request);
  }

  /** The partners with lines that are due, by about `linesPerTransaction` lines. */
  private async dueChunks({ programId, cutOffMs }: CutOffRun): Promise<string[][]> {
    const due = await this.database.query<{ partner_id: string; lines: string }>(
      `select partner_id, count(*) as lines from commission_lines l
       where program_id = $1 and vest_at < $2 and vested_minor <> amount_minor and not ${isHeld('l')} group by partner_id order by partner_id`,
      [programId, new Date(cutOffMs)],
    );
    const chunks: string[][] = [];
    let room = 0;
    for (const { partner_id, lines } of due) {
      if (room < Number(lines)) {
        chunks.push([]);
        room = linesPerTransaction;
      }
      chunks.at(-1)?.push(partner_id);
      room -= Number(lines);
    }
    return chunks;
  }

  private async vestChunk(tx: Transaction, partnerIds: string[], request: CutOffRun): Promise<void> {
    const { programId, cutOffMs, actorId, requestId } = request;
    const cutOff = new Date(cutOffMs);
    await lockPartners(tx, programId, partnerIds);
    const due = await unvestedLines(tx, programId, partnerIds, cutOff);
    const eventIds = [...new Set(due.map(({ ofEventId, eventId }) => ofEventId ?? eventId))];
    const placed = await this.rules.examine(tx, { programId, eventIds, at: cutOff }, request);
    const held = new Set(placed.map(({ event_id, partner_id }) => `${partner_id} ${event_id}`));
    const lines = due.filter(({ partnerId, ofEventId, eventId }) => !held.has(`${partnerId} ${ofEventId ?? eventId}`));
    if (lines.length === 0) return;
    const transactions = vestingTransactions(
      lines,
      {
        payableOf: await readPurses(this.ledger, tx, programId, lines, 'vested'),
        receivableOf: await readPurses(this.ledger, tx, programId, lines, 'owed'),
      },
      cutOff,
      actorId,
    );
    await this.booking.post(tx, programId, transactions);
    const suspended = await suspendedAmong(tx, partnerIds);
    await this.booking.post(tx, programId, suspendedHolds(transactions, suspended, cutOff, actorId));
    await markVested(tx, programId, partnerIds, cutOff);
    const details = { cutOffMs, partners: partnerIds.length, lines: lines.length, vestedMinor: vestedBy(lines) };
    const fact = { programId, actorId, ...(requestId === undefined ? {} : { requestId }), action: auditAction };
    await this.audit.record(tx, { ...fact, subjectId: programId, details });
  }

  /** What the chunks of this cut-off have recorded, so that a run that was broken off and repeated counts once. */
  private async resultOf({ programId, cutOffMs }: CutOffRun): Promise<VestingResult> {
    const row = await rowOf<{ lines: string; vested_minor: string }>(
      this.database.dataSource.manager,
      `select coalesce(sum((details->>'lines')::bigint), 0) as lines,
              coalesce(sum((details->>'vestedMinor')::numeric), 0) as vested_minor
       from audit_facts
       where subject_id = $1 and program_id = $1 and action = $2 and details->>'cutOffMs' = $3`,
      [programId, auditAction, String(cutOffMs)],
    );
    return { lines: Number(row?.lines ?? 0), vestedMinor: row?.vested_minor ?? '0' };
  }
}

/** Those of the partners whom some cause holds right now. */
async function suspendedAmong(tx: Transaction, partnerIds: readonly string[]): Promise<Set<string>> {
  const rows = await rowsOf<{ partner_id: string }>(
    tx,
    `select distinct partner_id from partner_suspensions where partner_id = any($1) and until_at is null`,
    [partnerIds],
  );
  return new Set(rows.map(({ partner_id }) => partner_id));
}

/** Net minor units, as a decimal text; a program has one currency. */
function vestedBy(lines: readonly BookedLine[]): string {
  return lines.reduce((sum, { amountMinor, vestedMinor }) => sum + amountMinor - vestedMinor, 0n).toString();
}
