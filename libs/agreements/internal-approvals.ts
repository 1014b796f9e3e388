import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError, type FieldError } from '../kernel/domain-error.js';
import { isId, newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import type { DecideApprovalInput } from '../orchestration/negotiation.js';
import { Outbox } from '../outbox/index.js';
import { judgeTerms, type Guardrail, type GuardrailRole, type Terms } from './domain/index.js';
import { approvalStates, type ApprovalAction, type ApprovalState } from './domain/negotiation-state.js';
import type { NegotiationRow } from './negotiation-records.js';

/** A role whose approval is needed, and the fields that it is needed for. */
export interface NeededApproval {
  role: GuardrailRole;
  fields: FieldError[];
}

export interface InternalApprovalRow {
  id: string;
  /** The negotiation or the amendment whose move it is: one of the two. */
  negotiation_id: string | null;
  amendment_id: string | null;
  /** What waits: terms to be put on the table, or the acceptance of the partner's. */
  move: 'proposal' | 'acceptance';
  state: ApprovalState;
  terms_hash: string;
  /** The version on the table that the move answers. */
  answers_number: number;
  answer_within: string | null;
  note: string | null;
  needed: NeededApproval[];
  proposed_by: string;
  created_at: Date;
  state_since: Date;
}

export interface ApprovalDecisionRow {
  approval_id: string;
  role: GuardrailRole;
  actor_id: string;
  decision: 'approve' | 'reject';
  reason: string | null;
  created_at: Date;
}

/** What a move is made in: a negotiation, or an amendment that has none yet. */
export type ApprovalSubject = Pick<NegotiationRow, 'id' | 'program_id' | 'current_number'>;

/** A move that waits for approval. */
export interface RequestedMove extends Actor {
  move: InternalApprovalRow['move'];
  termsHash: string;
  note?: string | undefined;
  answerWithin?: string | undefined;
}

const columns = `id, negotiation_id, amendment_id, move, state, terms_hash, answers_number, answer_within, note, needed, proposed_by, created_at, state_since`;

const ofSubject = `(negotiation_id = $1 or amendment_id = $1)`;

function subjectColumn({ id }: ApprovalSubject): string {
  return isId('amd', id) ? 'amendment_id' : 'negotiation_id';
}

/**
 * Moves of the company that go beyond what the mover may agree to alone. They stand here, apart from the versions on the
 * table, until every role that is needed has approved: the partner sees nothing of them before. The negotiation's lock
 * must be held by whoever changes one.
 */
@Injectable()
export class InternalApprovals {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Whose approval these terms need when somebody with `roles` agrees to them; empty where none is needed.
   * @throws DomainError `outside-guardrails` where no role may agree to them
   */
  neededFor(terms: Terms, guardrails: readonly Guardrail[], roles: readonly string[]): NeededApproval[] {
    const { needed, beyond } = judgeTerms(terms, guardrails, roles);
    if (beyond.length === 0) return needed;
    throw new DomainError('outside-guardrails', 'the terms hold what no role of the program may agree to', beyond);
  }

  /** Keeps a move until it is approved, and asks the roles for it. */
  async request(
    tx: Transaction,
    row: ApprovalSubject,
    { move, termsHash, note, answerWithin, actorId, requestId }: RequestedMove,
    needed: readonly NeededApproval[],
  ): Promise<void> {
    const id = newId('apv');
    const now = this.clock.now();
    await tx.query(
      `insert into internal_approvals (id, program_id, ${subjectColumn(row)}, move, state, terms_hash, answers_number, answer_within,
         note, needed, proposed_by, created_at, state_since)
       values ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $11)`,
      [
        ...[id, row.program_id, row.id, move, termsHash, row.current_number, answerWithin ?? null, note ?? null],
        ...[JSON.stringify(needed), actorId, now],
      ],
    );
    const roles = needed.map(({ role }) => role);
    const details = { approvalId: id, move, termsHash, roles };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id, details },
      ...{ action: 'approval.request', toState: 'pending' },
    });
    await this.announce(tx, row, 'requested', details);
    for (const role of roles) await this.ask(tx, row, id, role);
  }

  /** Takes a pending move away because another one came before its approval. */
  async supersede(tx: Transaction, row: ApprovalSubject, { actorId, requestId }: Actor): Promise<void> {
    const pending = await this.pendingOf(row.id, tx);
    if (pending) await this.move(tx, row, pending, 'supersede', { actorId, requestId });
  }

  /**
   * Notes a decision. The move when it was the last approval that was needed: the caller now makes it.
   * @throws DomainError `illegal-transition` (not pending), `maker-is-checker`, `forbidden` (not the role's to decide)
   */
  async decide(
    tx: Transaction,
    row: ApprovalSubject,
    { approvalId, decision, roles, reason, actorId, requestId }: DecideApprovalInput,
  ): Promise<InternalApprovalRow | undefined> {
    const approval = await this.get(row.id, approvalId, tx);
    approvalStates.next(approval.state, decision);
    const isOwn = approval.proposed_by === actorId;
    if (decision === 'withdraw' && !isOwn) {
      throw new DomainError('forbidden', 'only who proposed a move takes it back; others reject it');
    }
    if (decision !== 'withdraw' && isOwn) {
      throw new DomainError('maker-is-checker', 'what needs an approval is approved by somebody else');
    }
    const actor = { actorId, requestId };
    if (decision === 'withdraw') {
      await this.move(tx, row, approval, 'withdraw', actor, reason);
      return undefined;
    }
    const isLast = await this.noteDecision(tx, row, approval, { ...actor, decision, roles, reason });
    if (decision === 'reject') await this.move(tx, row, approval, 'reject', actor, reason);
    else if (isLast) await this.move(tx, row, approval, 'approve', actor, reason);
    return decision === 'approve' && isLast ? approval : undefined;
  }

  /** The move of a negotiation or amendment that waits now. */
  pendingOf(
    subjectId: string,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<InternalApprovalRow | undefined> {
    const sql = `select ${columns} from internal_approvals where ${ofSubject} and state = 'pending'`;
    return rowOf<InternalApprovalRow>(tx, sql, [subjectId]);
  }

  /** The roles that have not decided yet on a pending move. */
  async openRoles(
    approval: InternalApprovalRow,
    tx: Transaction = this.database.dataSource.manager,
  ): Promise<GuardrailRole[]> {
    const decided = new Set((await this.decisions([approval.id], tx)).map(({ role }) => role));
    return approval.needed.map(({ role }) => role).filter((role) => !decided.has(role));
  }

  /** Every approval that was ever asked for in a negotiation or for an amendment, oldest first, with the decisions on each. */
  async list(subjectId: string): Promise<(InternalApprovalRow & { decisions: ApprovalDecisionRow[] })[]> {
    const tx = this.database.dataSource.manager;
    const sql = `select ${columns} from internal_approvals where ${ofSubject} order by id`;
    const approvals = await rowsOf<InternalApprovalRow>(tx, sql, [subjectId]);
    const decisions = await this.decisions(
      approvals.map(({ id }) => id),
      tx,
    );
    return approvals.map((approval) => ({
      ...approval,
      decisions: decisions.filter(({ approval_id }) => approval_id === approval.id),
    }));
  }

  /** Asks a role once more for its approval. */
  async ask(tx: Transaction, row: ApprovalSubject, approvalId: string, role: string): Promise<void> {
    const mail = { template: 'approval-wanted', subjectId: row.id, to: { role }, details: { approvalId } };
    await this.outbox.mail(tx, row.program_id, mail);
  }

  private async get(subjectId: string, id: string, tx: Transaction): Promise<InternalApprovalRow> {
    const sql = `select ${columns} from internal_approvals where ${ofSubject} and id = $2`;
    const row = await rowOf<InternalApprovalRow>(tx, sql, [subjectId, id]);
    if (!row) throw new DomainError('not-found', `no internal approval ${id}`);
    return row;
  }

  /** Notes the decision for every open role that the decider has; whether no role is open then. */
  private async noteDecision(
    tx: Transaction,
    row: ApprovalSubject,
    approval: InternalApprovalRow,
    {
      actorId,
      requestId,
      decision,
      roles,
      reason,
    }: Actor & { decision: 'approve' | 'reject'; roles: readonly string[]; reason: string | undefined },
  ): Promise<boolean> {
    const open = await this.openRoles(approval, tx);
    const own = open.filter((role) => roles.includes(role));
    if (own.length === 0) {
      throw new DomainError('forbidden', `this waits for ${open.join(' and ')}`);
    }
    await tx.query(
      `insert into internal_approval_decisions (approval_id, role, program_id, actor_id, decision, reason, created_at)
       select $1, role, $2, $3, $4, $5, $6 from unnest($7::text[]) as role`,
      [approval.id, row.program_id, actorId, decision, reason ?? null, this.clock.now(), own],
    );
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id, reason },
      action: `approval.${decision}`,
      details: { approvalId: approval.id, roles: own },
    });
    return own.length === open.length;
  }

  private async move(
    tx: Transaction,
    row: ApprovalSubject,
    approval: InternalApprovalRow,
    action: ApprovalAction,
    { actorId, requestId }: Actor,
    reason?: string,
  ): Promise<void> {
    const state = approvalStates.next(approval.state, action);
    await tx.query(`update internal_approvals set state = $2, state_since = $3 where id = $1`, [
      approval.id,
      state,
      this.clock.now(),
    ]);
    const details = { approvalId: approval.id, move: approval.move, termsHash: approval.terms_hash };
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id, details, reason },
      ...{ action: 'approval.end', fromState: approval.state, toState: state },
    });
    await this.announce(tx, row, state, details);
  }

  private announce(
    tx: Transaction,
    row: ApprovalSubject,
    what: 'requested' | Exclude<ApprovalState, 'pending'>,
    { approvalId, ...data }: { approvalId: string; [field: string]: unknown },
  ): Promise<void> {
    const event = {
      type: `internal_approval.${what}` as const,
      subjectId: approvalId,
      data: { [isId('amd', row.id) ? 'amendmentId' : 'negotiationId']: row.id, ...data },
    };
    return this.outbox.announce(tx, row.program_id, event);
  }

  private decisions(approvalIds: readonly string[], tx: Transaction): Promise<ApprovalDecisionRow[]> {
    return rowsOf<ApprovalDecisionRow>(
      tx,
      `select approval_id, role, actor_id, decision, reason, created_at from internal_approval_decisions
       where approval_id = any($1) order by created_at, role`,
      [approvalIds],
    );
  }
}
