import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '../database/index.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import type { AuthenticationMethod, DeliveryState, EnvelopeState, Party, RecipientState } from './domain/index.js';
import { isOpen } from './domain/index.js';
import type { RecipientRow } from './envelope-rows.js';

export interface RecipientView {
  id: string;
  party: Party;
  place: number;
  name: string | null;
  email: string | null;
  role: string | null;
  title: string | null;
  state: RecipientState;
  authentication: AuthenticationMethod;
  isLocked: boolean;
  delivery: DeliveryState;
  remindersSent: number;
  askedAt: string | null;
  viewedAt: string | null;
  actedAt: string | null;
  delegatedTo: string | null;
}

export interface EnvelopeView {
  id: string;
  programId: string;
  applicationId: string;
  negotiationId: string;
  partnerId: string;
  purpose: 'initial' | 'amendment';
  /** Of the envelopes of its negotiation, from 1; all but the last are superseded. */
  number: number;
  provider: string;
  language: string;
  state: EnvelopeState;
  /** Whose turn it is; null once closed. */
  awaiting: Party | null;
  termsHash: string;
  documentHash: string | null;
  /** What the next signer is shown, and once all have signed the signed contract. */
  newestDocumentHash: string | null;
  documents: { d0: string | null; d1: string | null; d2: string | null; d3: string | null; certificate: string | null };
  consentVersion: string;
  sentAt: Date | null;
  expiresAt: Date | null;
  countersignDueAt: Date | null;
  executedAt: Date | null;
  remindersSent: number;
  reason: string | null;
  /** What is wrong beside the state, if anything is. */
  overlays: {
    deliveryFailed: boolean;
    sealBlocked: 'key_unavailable' | 'verification_failed' | null;
    timestampPending: boolean;
  };
  recipients: RecipientView[];
  createdAt: Date;
  /** When it came to its state: its age in the list. */
  stateSince: Date;
}

export interface EnvelopeFilter {
  programs: '*' | readonly string[];
  state?: EnvelopeState;
  awaiting?: Party;
  stateBefore?: Date;
  /** Those alone whose mails fail, whose seal is blocked or whose time-stamp is missing. */
  overlay?: 'delivery_failed' | 'seal_blocked' | 'timestamp_pending';
  limit: number;
  cursor?: string;
}

type Row = Omit<EnvelopeView, 'newestDocumentHash' | 'documents' | 'overlays' | 'recipients'> & {
  d1: string | null;
  d2: string | null;
  d3: string | null;
  certificate: string | null;
  sealBlocked: EnvelopeView['overlays']['sealBlocked'];
  timestampPending: boolean;
};

const select = `select e.id, e.program_id as "programId", e.application_id as "applicationId", e.negotiation_id as "negotiationId",
    e.partner_id as "partnerId", e.purpose, e.number, e.provider, e.language, e.state, e.awaiting, e.terms_hash as "termsHash",
    e.document_sha256 as "documentHash", e.partner_sealed_sha256 as d1, e.sealed_sha256 as d2, e.timestamped_sha256 as d3,
    e.certificate_sha256 as certificate, e.consent_version as "consentVersion", e.sent_at as "sentAt", e.expires_at as "expiresAt",
    e.countersign_due_at as "countersignDueAt", e.executed_at as "executedAt", e.reminders_sent as "remindersSent", e.reason,
    e.seal_blocked as "sealBlocked", e.timestamp_pending as "timestampPending", e.created_at as "createdAt", e.state_since as "stateSince"
  from envelopes e`;
const sort = 'state_since,id';
const failing = `exists (select 1 from envelope_recipients r where r.envelope_id = e.id and r.delivery = 'failed' and r.state in ('asked', 'viewed'))`;

/** Envelopes as legal looks at them: by state and whose turn it is, the longest waiting first. */
@Injectable()
export class EnvelopeList {
  constructor(private readonly database: Database) {}

  async view(id: string): Promise<EnvelopeView | undefined> {
    const [view] = await this.viewsOf(await this.database.query<Row>(`${select} where e.id = $1`, [id]));
    return view;
  }

  async page({
    programs,
    state,
    awaiting,
    stateBefore,
    overlay,
    limit,
    cursor,
  }: EnvelopeFilter): Promise<Page<EnvelopeView>> {
    const [since, id] = decodeCursor(cursor, sort, ['instant', 'text']);
    const rows = await this.database.query<Row>(
      `${select}
       where ($1::text[] is null or e.program_id = any($1)) and ($2::text is null or e.state = $2) and ($3::text is null or e.awaiting = $3)
         and ($4::timestamptz is null or e.state_since < $4) and ($5::timestamptz is null or (e.state_since, e.id) > ($5, $6))
         and ($7::text is null or ($7 = 'delivery_failed' and ${failing}) or ($7 = 'seal_blocked' and e.seal_blocked is not null)
              or ($7 = 'timestamp_pending' and e.timestamp_pending))
       order by e.state_since, e.id limit $8`,
      [
        programs === '*' ? null : programs,
        state ?? null,
        awaiting ?? null,
        stateBefore ?? null,
        since,
        id,
        overlay ?? null,
        limit + 1,
      ],
    );
    const { items, next } = pageFrom(rows, limit, sort, (row) => [row.stateSince.toISOString(), row.id]);
    return { items: await this.viewsOf(items), next };
  }

  /** The recipients of all of them in one statement. */
  private async viewsOf(rows: readonly Row[]): Promise<EnvelopeView[]> {
    const recipients = await rowsOf<RecipientRow>(
      this.database.dataSource.manager,
      `select r.*, p.name, p.email from envelope_recipients r left join persons p on p.id = r.person_id
       where r.envelope_id = any($1) order by r.party desc, r.place, r.id`,
      [rows.map(({ id }) => id)],
    );
    return rows.map((row) =>
      viewOf(
        row,
        recipients.filter(({ envelope_id: envelopeId }) => envelopeId === row.id),
      ),
    );
  }
}

function viewOf(row: Row, recipients: readonly RecipientRow[]): EnvelopeView {
  const { d1, d2, d3, certificate, sealBlocked, timestampPending, ...view } = row;
  return {
    ...view,
    newestDocumentHash: d3 ?? d2 ?? d1 ?? row.documentHash,
    documents: { d0: row.documentHash, d1, d2, d3, certificate },
    overlays: {
      deliveryFailed: recipients.some((recipient) => recipient.delivery === 'failed' && isOpen(recipient)),
      sealBlocked,
      timestampPending,
    },
    recipients: recipients.map(recipientView),
  };
}

function recipientView(row: RecipientRow): RecipientView {
  const { id, party, place, name, email, role, title, state, authentication, delivery } = row;
  return {
    ...{ id, party, place, name, email, role, title, state, authentication, delivery },
    isLocked: row.locked_at !== null,
    remindersSent: row.reminders_sent,
    askedAt: row.asked_at?.toISOString() ?? null,
    viewedAt: row.viewed_at?.toISOString() ?? null,
    actedAt: row.acted_at?.toISOString() ?? null,
    delegatedTo: row.delegated_to,
  };
}
