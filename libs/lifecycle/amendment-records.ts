import { Injectable } from '@nestjs/common';
import {
  amendmentStates,
  InternalApprovals,
  type AmendmentAction,
  type AmendmentCause,
  type AmendmentState,
  type ApprovalSubject,
  type Side,
} from '../agreements/index.js';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { newId } from '../kernel/ids.js';
import type { Actor } from '../orchestration/actor.js';
import type { AmendmentStatus } from '../orchestration/agreement-amendment.js';
import { Outbox } from '../outbox/index.js';

/** A change of an agreement in force, and what became of it. */
export interface AmendmentRow {
  id: string;
  program_id: string;
  agreement_id: string;
  partner_id: string;
  /** Whose proposal it is. */
  side: Side;
  state: AmendmentState;
  /** The newest version at the time, and its terms: nothing else can come between while the amendment is open. */
  base_version_id: string;
  base_hash: string;
  /** What was proposed. */
  terms_hash: string;
  /** What both sides agreed on. */
  agreed_hash: string | null;
  needs_consent: boolean;
  /** JSON pointers of the changes that need consent, by the program as it was when this was proposed. */
  material: string[];
  /** It begins where the agreement would end. */
  is_renewal: boolean;
  /** From when it was proposed to apply; null for as soon as it is agreed on. */
  wanted_from: Date | null;
  answer_within: string | null;
  reason: string;
  proposed_by: string;
  /** Since when the partner may see it; null while only the company's own people do. */
  shown_at: Date | null;
  negotiation_id: string | null;
  notified_at: Date | null;
  notice_ends_at: Date | null;
  may_object: boolean | null;
  notice_document_sha256: string | null;
  objected_at: Date | null;
  objection: string | null;
  version_id: string | null;
  /** From when it applies, as soon as that is settled. */
  effective_from: Date | null;
  cause: AmendmentCause | null;
  end_reason: string | null;
  revision: number;
  created_at: Date;
  state_since: Date;
}

/** A move of an amendment's state. */
export interface AmendmentMove extends Actor {
  action: AmendmentAction;
  reason?: string;
  /** Columns that are set with the state. */
  set?: Partial<AmendmentRow>;
  details?: Record<string, unknown>;
}

const columns = `id, program_id, agreement_id, partner_id, side, state, base_version_id, base_hash, terms_hash, agreed_hash,
  needs_consent, material, is_renewal, wanted_from, answer_within, reason, proposed_by, shown_at, negotiation_id, notified_at,
  notice_ends_at, may_object, notice_document_sha256, objected_at, objection, version_id, effective_from, cause, end_reason,
  revision, created_at, state_since`;
const open = `state in ('awaiting_approval', 'announcing', 'noticed', 'negotiating', 'signing')`;

type NewAmendmentRow = Pick<
  AmendmentRow,
  | 'program_id'
  | 'agreement_id'
  | 'partner_id'
  | 'side'
  | 'state'
  | 'base_version_id'
  | 'base_hash'
  | 'terms_hash'
  | 'needs_consent'
  | 'material'
  | 'is_renewal'
  | 'wanted_from'
  | 'answer_within'
  | 'reason'
  | 'proposed_by'
>;

/**
 * The rows of amendments: each change with its audit fact and its event. Whoever changes one holds the lock of its partner
 * and its agreement; negotiations and envelopes are locked after them.
 */
@Injectable()
export class AmendmentRecords {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly approvals: InternalApprovals,
  ) {}

  /** @throws DomainError `not-found` */
  async get(id: string, tx: Transaction = this.database.dataSource.manager): Promise<AmendmentRow> {
    const sql = `select ${columns} from agreement_amendments where id = $1`;
    const row = await rowOf<AmendmentRow>(tx, sql, [id]);
    if (!row) throw new DomainError('not-found', `no amendment ${id}`);
    return row;
  }

  /** The amendment of an agreement that is on its way. */
  openOf(tx: Transaction, agreementId: string): Promise<AmendmentRow | undefined> {
    const sql = `select ${columns} from agreement_amendments where agreement_id = $1 and ${open}`;
    return rowOf<AmendmentRow>(tx, sql, [agreementId]);
  }

  /** What this very request has proposed already: its answer was lost, and it is sent again. */
  async ofRequest(
    tx: Transaction,
    agreementId: string,
    { actorId, requestId }: Actor,
  ): Promise<AmendmentRow | undefined> {
    const sql = `select ${columns} from agreement_amendments m where agreement_id = $1 and exists (
      select 1 from audit_facts f where f.subject_id = m.id and f.action = 'amendment.propose' and f.request_id = $2 and f.actor_id = $3)`;
    return requestId === undefined ? undefined : rowOf<AmendmentRow>(tx, sql, [agreementId, requestId, actorId]);
  }

  async insert(tx: Transaction, row: NewAmendmentRow, actor: Actor): Promise<AmendmentRow> {
    const id = newId('amd');
    const now = this.clock.now();
    const entries = Object.entries({ id, ...row, created_at: now, state_since: now });
    const made = await rowOf<AmendmentRow>(
      tx,
      `insert into agreement_amendments (${entries.map(([name]) => name).join(', ')})
       values (${entries.map((_, index) => `$${index + 1}`).join(', ')}) returning ${columns}`,
      entries.map(([, value]) => value as unknown),
    );
    const { side, base_hash: baseHash, terms_hash: termsHash, needs_consent: needsConsent } = row;
    const details = { agreementId: row.agreement_id, side, baseHash, termsHash, needsConsent };
    const { actorId, requestId } = actor;
    const fact = { programId: row.program_id, action: 'amendment.propose', subjectId: id, toState: row.state, details };
    await this.audit.record(tx, { actorId, requestId, reason: row.reason, ...fact });
    await this.outbox.announce(tx, row.program_id, { type: 'amendment.proposed', subjectId: id, data: details });
    return made!;
  }

  /** Moves a locked row; what it is then. @throws DomainError `illegal-transition` */
  async move(tx: Transaction, row: AmendmentRow, move: AmendmentMove): Promise<AmendmentRow> {
    const { actorId, requestId, action, reason, details = {} } = move;
    const state = amendmentStates.next(row.state, action);
    const changed = await this.set(tx, row, { ...move.set, state, state_since: this.clock.now() });
    await this.audit.record(tx, {
      ...{ actorId, requestId, programId: row.program_id, subjectId: row.id, reason, details },
      ...{ action: `amendment.${action}`, fromState: row.state, toState: state },
    });
    await this.outbox.announce(tx, row.program_id, { type: `amendment.${state}`, subjectId: row.id, data: details });
    return changed;
  }

  /** Sets columns of a locked row without a move of its state. The names are ours, never a caller's. */
  async set(tx: Transaction, row: AmendmentRow, set: Partial<AmendmentRow>): Promise<AmendmentRow> {
    const entries = Object.entries({ ...set, revision: row.revision + 1 });
    const assignments = entries.map(([name], index) => `${name} = $${index + 2}`).join(', ');
    const changed = await rowOf<AmendmentRow>(
      tx,
      `update agreement_amendments set ${assignments} where id = $1 returning ${columns}`,
      [row.id, ...entries.map(([, value]) => value as unknown)],
    );
    return changed!;
  }

  async status(id: string, tx: Transaction = this.database.dataSource.manager): Promise<AmendmentStatus> {
    const row = await this.get(id, tx);
    const pending = row.state === 'awaiting_approval' ? await this.approvals.pendingOf(id, tx) : undefined;
    return {
      state: row.state,
      revision: row.revision,
      ...(row.negotiation_id !== null && { negotiationId: row.negotiation_id }),
      ...(row.notice_ends_at !== null && { noticeEndsAtMs: row.notice_ends_at.getTime() }),
      ...(pending && { approvers: await this.approvals.openRoles(pending, tx) }),
    };
  }
}

/** What an amendment's internal approvals are about: it has no rounds yet. */
export function approvalSubject({ id, program_id }: AmendmentRow): ApprovalSubject {
  return { id, program_id, current_number: 0 };
}

/** The actor of an input, without the rest of it. */
export function actorOf({ actorId, requestId }: Actor): Actor {
  return { actorId, ...(requestId !== undefined && { requestId }) };
}
