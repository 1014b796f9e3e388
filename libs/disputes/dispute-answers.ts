import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { toSafeNumber } from '../kernel/money.js';
import { adjustDown, adjustUp, LedgerService, lockPartners, net } from '../ledger/index.js';
import type { Actor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { readMoneySettings } from '../programs/index.js';
import { disputeStates, type DisputeAction } from './domain/index.js';
import { disputeColumns, lockDispute, readDispute, type DisputeRow } from './dispute-rows.js';

export interface DisputeAnswer extends Actor {
  disputeId: string;
  decision: 'upheld' | 'rejected';
  /** What the partner is told. */
  reason: string;
  /** Minor units of the program's currency, not 0: above it the partner gets more, below it less. With `upheld` alone. */
  adjustmentMinor?: bigint;
}

export interface DisputeDecision extends Actor {
  disputeId: string;
  reason?: string;
}

/** A dispute's next step. */
interface Step {
  action: DisputeAction;
  /** What the row says from now on. */
  set: Partial<Record<(typeof settable)[number], unknown>>;
}

const settable = [
  ...['answered_by', 'answered_at', 'answer', 'adjustment_minor', 'currency'],
  ...['approved_by', 'approved_at'],
] as const;

/** What the company does with disputes: answers them, and books what they come to. */
@Injectable()
export class DisputeAnswers {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly ledger: LedgerService,
  ) {}

  /**
   * Answers a dispute. An adjustment up to the program's limit is booked at once; above it, a second person approves.
   * @throws DomainError `not-found`, `illegal-transition`, `invalid-document` (an adjustment of a dispute that is rejected)
   */
  answer(answer: DisputeAnswer): Promise<DisputeRow> {
    const { decision, adjustmentMinor, actorId, reason } = answer;
    return this.move(answer, 'answer', async (tx, before) => {
      if (decision === 'rejected' && adjustmentMinor !== undefined) throw adjustedRejection();
      const { currency, disputes } = await readMoneySettings(tx, before.program_id);
      const answered = { answered_by: actorId, answered_at: this.clock.now(), answer: reason };
      if (decision === 'rejected') return { action: 'reject', set: answered };
      if (adjustmentMinor === undefined) return { action: 'uphold', set: answered };
      const set = { ...answered, adjustment_minor: adjustmentMinor.toString(), currency };
      const size = adjustmentMinor < 0n ? -adjustmentMinor : adjustmentMinor;
      return { action: size > BigInt(disputes.approvalAboveMinor) ? 'propose' : 'uphold', set };
    });
  }

  /**
   * A second person approves the adjustment, which is booked with it.
   * @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker`
   */
  approve(decision: DisputeDecision): Promise<DisputeRow> {
    return this.move(decision, 'approve', (_tx, before) => {
      assertAnother(before, decision);
      return { action: 'approve', set: { approved_by: decision.actorId, approved_at: this.clock.now() } };
    });
  }

  /** A second person sends the answer back. @throws DomainError `not-found`, `illegal-transition`, `maker-is-checker` */
  sendBack(decision: DisputeDecision): Promise<DisputeRow> {
    return this.move(decision, 'send_back', (_tx, before) => {
      assertAnother(before, decision);
      const nothing = { answered_by: null, answered_at: null, answer: null, adjustment_minor: null, currency: null };
      return { action: 'send_back', set: nothing };
    });
  }

  private move(
    request: DisputeDecision,
    name: 'answer' | 'approve' | 'send_back',
    next: (tx: Transaction, before: DisputeRow) => Step | Promise<Step>,
  ): Promise<DisputeRow> {
    const { disputeId, actorId, requestId, reason } = request;
    return this.database.inTransaction(async (tx) => {
      const { program_id: programId, partner_id: partnerId } = await readDispute(tx, disputeId);
      await lockPartners(tx, programId, [partnerId]);
      const before = await lockDispute(tx, disputeId);
      const subject = { programId, subjectId: before.id, action: `dispute.${name}` };
      const fact = { actorId, ...(requestId !== undefined && { requestId }), ...subject };
      if (await this.audit.wasRecorded(tx, fact)) return before;
      if (name !== 'answer') disputeStates.next(before.state, name);
      else disputeStates.next(before.state, 'uphold');
      const { action, set } = await next(tx, before);
      const after = await this.write(tx, before, disputeStates.next(before.state, action), set);
      if (after.state === 'upheld') await this.book(tx, after, actorId);
      const move = { fromState: before.state, toState: after.state, ...(reason !== undefined && { reason }) };
      await this.audit.record(tx, { ...fact, ...move, details: adjustmentOf(after) });
      await this.tell(tx, after);
      return after;
    });
  }

  private async write(tx: Transaction, { id }: DisputeRow, state: string, set: Step['set']): Promise<DisputeRow> {
    const given = settable.filter((column) => set[column] !== undefined);
    const places = given.map((column, index) => `, ${column} = $${index + 4}`).join('');
    const row = await rowOf<DisputeRow>(
      tx,
      `update disputes d set state = $2, state_since = $3${places} where d.id = $1 returning ${disputeColumns}`,
      [id, state, this.clock.now(), ...given.map((column) => set[column])],
    );
    if (!row) throw new Error(`the dispute ${id} was not written`);
    return row;
  }

  /** The entry names the dispute by its key, and the event where the dispute names one. A gain pays debts first. */
  private async book(tx: Transaction, dispute: DisputeRow, actorId: string): Promise<void> {
    const { id: key, program_id: programId, partner_id: partnerId, currency } = dispute;
    if (dispute.adjustment_minor === null || currency === null) return;
    const adjustment = BigInt(dispute.adjustment_minor);
    const balances = await this.ledger.partnerBalances(tx, programId, ['payable', 'partner_receivable'], [partnerId]);
    const refs = { eventId: dispute.event_id ?? undefined, ruleId: dispute.rule_id ?? undefined };
    const occasion = { key, eventAt: this.clock.now(), currency, actorId, refs, partnerId };
    if (adjustment < 0n) {
      const payableMinor = balances.of('payable', partnerId, currency);
      await this.ledger.post(tx, programId, [adjustDown({ ...occasion, amountMinor: -adjustment, payableMinor })]);
      return;
    }
    const owed = balances.of('partner_receivable', partnerId, currency);
    const netted = owed < adjustment ? owed : adjustment;
    const debts = netted > 0n ? [net({ ...occasion, amountMinor: netted })] : [];
    await this.ledger.post(tx, programId, [adjustUp({ ...occasion, amountMinor: adjustment }), ...debts]);
  }

  private async tell(tx: Transaction, dispute: DisputeRow): Promise<void> {
    const { id: subjectId, program_id: programId, state } = dispute;
    if (state === 'open') return this.outbox.announce(tx, programId, { type: 'dispute.sent_back', subjectId });
    if (state === 'awaiting_approval') {
      return this.outbox.announce(tx, programId, { type: 'dispute.awaiting_approval', subjectId });
    }
    const type = state === 'upheld' ? ('dispute.upheld' as const) : ('dispute.rejected' as const);
    await this.outbox.announce(tx, programId, { type, subjectId, data: adjustmentOf(dispute) });
    const person = await rowOf<{ person_id: string }>(tx, `select person_id from partners where id = $1`, [
      dispute.partner_id,
    ]);
    if (!person) throw new Error(`the dispute ${subjectId} has no partner`);
    const to = { personId: person.person_id };
    await this.outbox.mail(tx, programId, { template: 'dispute-answered', subjectId, to });
  }
}

function adjustedRejection(): DomainError {
  const error = { pointer: '/adjustment', message: 'belongs to a dispute that is upheld' };
  return new DomainError('invalid-document', 'a dispute that is rejected adjusts nothing', [error]);
}

function assertAnother({ answered_by }: DisputeRow, { actorId }: Actor): void {
  if (answered_by !== actorId) return;
  throw new DomainError('maker-is-checker', 'whoever answered a dispute cannot approve its adjustment');
}

function adjustmentOf({ adjustment_minor, currency }: DisputeRow): Record<string, unknown> {
  if (adjustment_minor === null) return {};
  return { adjustment: { amountMinor: toSafeNumber(BigInt(adjustment_minor)), currency } };
}
