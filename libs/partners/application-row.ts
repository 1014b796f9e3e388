import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { PartnerType } from '../programs/index.js';
import type { ApplicationStage } from './domain/index.js';

/** The row of an application, as services move it. Nothing in it names the person. */
export interface ApplicationRow {
  id: string;
  program_id: string;
  program_version: number;
  person_id: string;
  stage: ApplicationStage;
  company: string | null;
  form: Record<string, unknown>;
  country: string | null;
  partner_type: PartnerType | null;
  web_sites: string[];
  effective_from: Date | null;
  partner_reference: string | null;
  verified_at: Date | null;
  verify_due_at: Date | null;
  verification_mails: number;
  review_since: Date | null;
  reviewer_id: string | null;
  score: number | null;
  decision_due_at: Date | null;
  next_reminder_at: Date | null;
  reminders_sent: number;
  escalate_at: Date | null;
  escalated_at: Date | null;
  information_due_at: Date | null;
  references_due_at: Date | null;
  reason: string | null;
  reason_code: string | null;
  decided_by: string | null;
  decided_at: Date | null;
  revision: number;
  erased_at: Date | null;
  created_at: Date;
  stage_since: Date;
}

export const applicationColumns = `id, program_id, program_version, person_id, stage, company, form, country, partner_type,
  web_sites, effective_from, partner_reference, verified_at, verify_due_at, verification_mails, review_since, reviewer_id,
  score, decision_due_at, next_reminder_at, reminders_sent, escalate_at, escalated_at, information_due_at,
  references_due_at, reason, reason_code, decided_by, decided_at, revision, erased_at, created_at, stage_since`;

/** What may be changed of a row beside its stage. */
export type ApplicationChanges = Partial<
  Omit<ApplicationRow, 'id' | 'program_id' | 'program_version' | 'person_id' | 'stage' | 'revision' | 'created_at'>
>;

/** The row, locked until the transaction ends. @throws DomainError `not-found` */
export async function lockApplication(tx: Transaction, id: string): Promise<ApplicationRow> {
  const sql = `select ${applicationColumns} from applications where id = $1 for update`;
  const row = await rowOf<ApplicationRow>(tx, sql, [id]);
  if (!row) throw new DomainError('not-found', `no application ${id}`);
  return row;
}

/** Changes a locked row; each change counts its revision up, by which later answers know themselves to be newer. */
export async function changeApplication(
  tx: Transaction,
  id: string,
  changes: ApplicationChanges & { stage?: ApplicationStage },
): Promise<ApplicationRow> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const assignments = given.map(([column], index) => `${column} = $${index + 2}`);
  const values = given.map(([column, value]) => (column === 'form' ? JSON.stringify(value) : value));
  const row = await rowOf<ApplicationRow>(
    tx,
    `update applications set ${['revision = revision + 1', ...assignments].join(', ')}
     where id = $1 returning ${applicationColumns}`,
    [id, ...values],
  );
  if (!row) throw new DomainError('not-found', `no application ${id}`);
  return row;
}
