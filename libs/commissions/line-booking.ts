import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import type { Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/ids.js';
import { toSafeNumber } from '../kernel/money.js';
import { together } from '../kernel/together.js';
import { LedgerService, type LedgerTransaction } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { linesOfEvents, saveLines } from './commission-lines.js';
import {
  isScheduled,
  lineMovements,
  movementTransactions,
  type BookedLine,
  type LineMovement,
  type WantedLine,
} from './domain/line-movements.js';
import { readPurses } from './purses.js';

/** Brings the booked lines of events to what pricing wants, and moves the money with them. */
@Injectable()
export class LineBooking {
  constructor(
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Books `wanted`, which are all lines that the events of `eventIds` have from now on; how many lines changed. Events
   * of `newIds` were not there before, so no line of theirs is looked for. The partners' money locks must be held.
   */
  async book(
    tx: Transaction,
    programId: string,
    pricing: {
      wanted: readonly WantedLine[];
      eventIds: Iterable<string>;
      newIds: ReadonlySet<string>;
      /** Of events with several partners, whose lines are spoken of. */
      shares?: ReadonlyMap<string, ReadonlySet<string>>;
    },
    actor: Actor,
  ): Promise<number> {
    const known = [...pricing.eventIds].filter((id) => !pricing.newIds.has(id));
    // What fell due by the calendar may name a customer's first sale; pricing that sale says nothing of it.
    const booked = (await linesOfEvents(tx, programId, known)).filter((line) => {
      return !isScheduled(line) && (pricing.shares?.get(line.ofEventId ?? line.eventId)?.has(line.partnerId) ?? true);
    });
    return this.replace(tx, programId, { booked, wanted: pricing.wanted }, actor);
  }

  /** Books `wanted` in the place of the lines that are `booked`; how many changed. The partners' money locks must be held. */
  async replace(
    tx: Transaction,
    programId: string,
    { booked, wanted }: { booked: readonly BookedLine[]; wanted: readonly WantedLine[] },
    actor: Actor,
  ): Promise<number> {
    const movements = lineMovements(booked, wanted);
    // Balances are read only where something is clawed back: no other event pays for the sum.
    const clawedBack = movements.filter(({ clawbackMinor }) => clawbackMinor > 0n).map(({ line }) => line);
    const payableOf = await readPurses(this.ledger, tx, programId, clawedBack, 'vested');
    const { actorId } = actor;
    const postings = movementTransactions(movements, { payableOf, actorId, newId: () => newId('txn') });
    const lines = movements.map(({ line }) => line);
    await together([
      this.post(tx, programId, postings.transactions),
      saveLines(tx, programId, { lines, accruedIn: postings.accruedIn, computedAt: this.clock.now() }),
    ]);
    await this.audit.recordAll(
      tx,
      movements.flatMap((movement) => repricingFact(programId, movement, actor)),
    );
    return movements.length;
  }

  /** Posts what the caller has made sure was never posted: a key that is taken means that books and lines disagree. */
  async post(tx: Transaction, programId: string, transactions: readonly LedgerTransaction[]): Promise<void> {
    const { skipped } = await this.ledger.post(tx, programId, transactions);
    if (skipped.length > 0) throw new Error(`the ledger has already posted ${skipped[0]}`);
  }
}

/** What the audit is told where a line that was there has changed; new lines are told by the ledger. */
function repricingFact(programId: string, { line, before }: LineMovement, actor: Actor) {
  if (!before) return [];
  const details = {
    partnerId: line.partnerId,
    rule: line.ruleId,
    fromMinor: toSafeNumber(before.amountMinor),
    toMinor: toSafeNumber(line.amountMinor),
    revision: line.revision,
  };
  return [{ ...actor, programId, action: 'commission.reprice', subjectId: line.eventId, details }];
}
