import { rowOf, rowsOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { AgreementState, EndCause, Term } from './domain/index.js';

/** An agreement with the newest term that is known of it: one that was renewed ahead has its next term here. */
export interface AgreementRow {
  id: string;
  program_id: string;
  partner_id: string;
  state: AgreementState;
  state_since: Date;
  started_at: Date;
  /** Not included; null while nothing ends it. What is in force says the same. */
  ends_at: Date | null;
  /** How the newest term is renewed. */
  renewal: Term['renewal'];
  /** Counted from 1. */
  term_number: number;
  /** From where terms are counted, and the number of the term that began there. */
  term_anchor: Date;
  term_anchor_number: number;
  term_started_at: Date;
  term_ends_at: Date;
  renewals: number;
  /** When obligations are to be checked next. */
  checkpoint_at: Date | null;
  end_cause: EndCause | null;
}

export interface AgreementVersionRow {
  id: string;
  agreement_id: string;
  program_id: string;
  partner_id: string;
  version: number;
  terms_hash: string;
  /** `notice` where no consent was needed: such a version has no envelope. */
  basis: 'signed' | 'notice';
  envelope_id: string | null;
  effective_from: Date;
  /** Not included; null while nothing ends it. The same as `effective_from` where it never came into force. */
  effective_until: Date | null;
}

export type TermCause = 'begin' | 'auto' | 'consent' | 'version';

const agreementColumns = `id, program_id, partner_id, state, state_since, started_at, ends_at, renewal, term_number, term_anchor,
  term_anchor_number, term_started_at, term_ends_at, renewals, checkpoint_at, end_cause`;

export const versionColumns = `id, agreement_id, program_id, partner_id, version, terms_hash, basis, envelope_id, effective_from,
  case when isempty(in_force) then effective_from else upper(in_force) end as effective_until`;

/** @throws DomainError `not-found` */
export function readAgreement(tx: Transaction, id: string): Promise<AgreementRow> {
  return agreementRow(tx, id, '');
}

/** Locked until the transaction ends. @throws DomainError `not-found` */
export function lockAgreement(tx: Transaction, id: string): Promise<AgreementRow> {
  return agreementRow(tx, id, 'for update');
}

async function agreementRow(tx: Transaction, id: string, lock: string): Promise<AgreementRow> {
  const row = await rowOf<AgreementRow>(tx, `select ${agreementColumns} from agreements where id = $1 ${lock}`, [id]);
  if (!row) throw new DomainError('not-found', `no agreement ${id}`);
  return row;
}

/** Every version of an agreement, oldest first. */
export function readVersions(tx: Transaction, agreementId: string): Promise<AgreementVersionRow[]> {
  return rowsOf<AgreementVersionRow>(
    tx,
    `select ${versionColumns} from agreement_versions where agreement_id = $1 order by version`,
    [agreementId],
  );
}
