import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { DisputeState, MissingFacts } from './domain/index.js';

/** A dispute as its row says. */
export interface DisputeRow {
  id: string;
  program_id: string;
  partner_id: string;
  subject: 'event' | 'line' | 'missing';
  subject_key: string;
  event_id: string | null;
  rule_id: string | null;
  facts: Partial<MissingFacts>;
  text: string;
  state: DisputeState;
  due_at: Date;
  /** When the company is reminded next. */
  remind_at: Date;
  overdue_at: Date | null;
  opened_by: string;
  opened_at: Date;
  answered_by: string | null;
  answered_at: Date | null;
  answer: string | null;
  /** Minor units; above 0 the partner gets more, below 0 less. */
  adjustment_minor: string | null;
  currency: string | null;
  approved_by: string | null;
  approved_at: Date | null;
  state_since: Date;
}

export const disputeColumns = `d.id, d.program_id, d.partner_id, d.subject, d.subject_key, d.event_id, d.rule_id, d.facts, d.text,
  d.state, d.due_at, d.remind_at, d.overdue_at, d.opened_by, d.opened_at, d.answered_by, d.answered_at, d.answer,
  d.adjustment_minor, d.currency, d.approved_by, d.approved_at, d.state_since`;

/** @throws DomainError `not-found` */
export async function readDispute(tx: Transaction, disputeId: string): Promise<DisputeRow> {
  return dispute(tx, disputeId, '');
}

/** Locked until the transaction ends. @throws DomainError `not-found` */
export async function lockDispute(tx: Transaction, disputeId: string): Promise<DisputeRow> {
  return dispute(tx, disputeId, 'for update');
}

async function dispute(tx: Transaction, disputeId: string, lock: string): Promise<DisputeRow> {
  const sql = `select ${disputeColumns} from disputes d where d.id = $1 ${lock}`;
  const row = await rowOf<DisputeRow>(tx, sql, [disputeId]);
  if (!row) throw new DomainError('not-found', `no dispute ${disputeId}`);
  return row;
}
