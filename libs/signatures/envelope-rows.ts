import { rowOf, type Transaction } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import type { Language } from '../kernel/language.js';
import type { AuthenticationMethod, DeliveryState, EnvelopeState, Party, RecipientState } from './domain/index.js';

export interface EnvelopeRow {
  id: string;
  program_id: string;
  application_id: string;
  negotiation_id: string;
  partner_id: string;
  /** The applicant. */
  person_id: string;
  number: number;
  purpose: 'initial' | 'amendment';
  agreement_id: string | null;
  program_version: number | null;
  provider: string;
  language: Language;
  template_version: string | null;
  state: EnvelopeState;
  awaiting: Party | null;
  terms_hash: string;
  /** D0: what the partner is shown; null in a draft. */
  document_sha256: string | null;
  consent_version: string;
  consent_hash: string | null;
  /** Whether the document has the fields that seals are made in. */
  is_sealable: boolean;
  /** D1: with the partner's seal. */
  partner_sealed_sha256: string | null;
  /** D2: with both seals. */
  sealed_sha256: string | null;
  /** D3: with the time-stamp. */
  timestamped_sha256: string | null;
  certificate_sha256: string | null;
  effective_from: Date | null;
  sent_at: Date | null;
  partner_signed_at: Date | null;
  countersigned_at: Date | null;
  verified_at: Date | null;
  executed_at: Date | null;
  expires_at: Date | null;
  countersign_due_at: Date | null;
  escalated_at: Date | null;
  expiry_warned_at: Date | null;
  extensions: number;
  seal_blocked: 'key_unavailable' | 'verification_failed' | null;
  seal_blocked_at: Date | null;
  timestamp_pending: boolean;
  reminders_sent: number;
  reason: string | null;
  created_at: Date;
  state_since: Date;
  /** In the order of their places, the partner's first. */
  recipients: RecipientRow[];
  /** The number of its newest fact. */
  revision: number;
}

export interface RecipientRow {
  id: string;
  program_id: string;
  envelope_id: string;
  party: Party;
  place: number;
  /** Null where anyone with the role may act. */
  person_id: string | null;
  role: string | null;
  subject_id: string | null;
  title: string | null;
  authentication: AuthenticationMethod;
  state: RecipientState;
  link_generation: number;
  link_hash: string | null;
  delivery: DeliveryState;
  asked_at: Date | null;
  viewed_at: Date | null;
  acted_at: Date | null;
  acted_by: string | null;
  reminders_sent: number;
  last_reminded_at: Date | null;
  resends: number;
  delegated_to: string | null;
  access_code_hash: string | null;
  code_number: number;
  /** How many of its codes were sent before it was last unlocked: those count no more. */
  codes_before_unlock: number;
  code_sent_at: Date | null;
  code_used_at: Date | null;
  failed_attempts: number;
  locked_at: Date | null;
  authenticated_at: Date | null;
  created_at: Date;
  /** Of the person; null for a role and for someone who was erased. */
  name: string | null;
  email: string | null;
}

const instants = [
  ...(['asked_at', 'viewed_at', 'acted_at', 'last_reminded_at', 'code_sent_at', 'code_used_at'] as const),
  ...(['locked_at', 'authenticated_at', 'created_at'] as const),
];

/** One statement, so that envelope, recipients and facts are those of one moment. */
const select = `
  select e.*, p.person_id,
    coalesce((select max(number) from envelope_events v where v.envelope_id = e.id), 0) as revision,
    coalesce((select jsonb_agg(to_jsonb(r) || jsonb_build_object('name', h.name, 'email', h.email) order by r.party desc, r.place, r.id)
              from envelope_recipients r left join persons h on h.id = r.person_id where r.envelope_id = e.id), '[]'::jsonb) as recipients
  from envelopes e join partners p on p.id = e.partner_id`;

/** An envelope by a condition on `e` with one parameter; undefined where there is none. */
export async function envelopeWhere(
  tx: Transaction,
  condition: string,
  parameter: string,
): Promise<EnvelopeRow | undefined> {
  const row = await rowOf<EnvelopeRow>(tx, `${select} where ${condition}`, [parameter]);
  return row && { ...row, recipients: row.recipients.map(revived) };
}

/** JSON has no instants. */
function revived(row: RecipientRow): RecipientRow {
  const at = instants.map((name) => [name, row[name] === null ? null : new Date(row[name])] as const);
  return { ...row, ...(Object.fromEntries(at) as Pick<RecipientRow, (typeof instants)[number]>) };
}

/**
 * The envelope, locked until the transaction ends: whoever acts on it comes after. It is read by a statement of its own, which sees
 * what was committed while this one waited.
 * @throws DomainError `not-found`
 */
export async function lockEnvelope(tx: Transaction, id: string): Promise<EnvelopeRow> {
  await tx.query(`select 1 from envelopes where id = $1 for update`, [id]);
  const row = await envelopeWhere(tx, 'e.id = $1', id);
  if (!row) throw new DomainError('not-found', `no envelope ${id}`);
  return row;
}

/** @throws DomainError `not-found` */
export function recipientOf(row: EnvelopeRow, recipientId: string): RecipientRow {
  const found = row.recipients.find(({ id }) => id === recipientId);
  if (!found) throw new DomainError('not-found', `envelope ${row.id} has no recipient ${recipientId}`);
  return found;
}

/** The newest revision of the contract; null in a draft. */
export function newestDocument(row: EnvelopeRow): string | null {
  return row.timestamped_sha256 ?? row.sealed_sha256 ?? row.partner_sealed_sha256 ?? row.document_sha256;
}

/** What those whose turn it is are shown: the partner D0, the company what the partner's seal is on. */
export function shownDocument(row: EnvelopeRow): string | null {
  return row.state === 'awaiting_countersign' ? newestDocument(row) : row.document_sha256;
}

/** Every id that stands for the partner's side: none of these countersigns. */
export function partnerSide(row: EnvelopeRow): string[] {
  const people = row.recipients
    .filter(({ party }) => party === 'partner')
    .flatMap(({ id, person_id, acted_by }) => [id, person_id, acted_by]);
  const ids = [row.partner_id, `usr_${row.partner_id}`, row.person_id, row.application_id, ...people];
  return [...new Set(ids.filter((id) => id !== null))];
}
