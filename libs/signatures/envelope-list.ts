import { Injectable } from '@nestjs/common';
import { Database, rowsOf } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { pageFrom, type Page } from '../platform/index.js';
import { ProgramsService, type SignatureSettings } from '../programs/index.js';
import {
  awaitedParty,
  isOpen,
  progressAt,
  stallsOf,
  turnOf,
  type AuthenticationMethod,
  type DeliveryState,
  type EnvelopeState,
  type Party,
  type RecipientState,
  type Stall,
} from './domain/index.js';
import { envelopeQuery, type EnvelopeFilter, type Patience } from './envelope-query.js';
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

/** A line of legal's list: the envelope with whose turn it is, how long it stands, and what keeps it from going on. */
export interface ListedEnvelope extends EnvelopeView {
  partnerReference: string;
  /** Of the clause library that the contract was written with; null in a draft. */
  templateVersion: string | null;
  /** The template of terms that its negotiation began with; null where it began with the program's own. */
  termsTemplateId: string | null;
  termsTemplateVersion: number | null;
  /** Ids of the recipients whose turn it is. */
  turn: string[];
  /** How long it has been in its state, and since it was sent, in milliseconds. */
  ageMs: number;
  sinceSentMs: number | null;
  /** When somebody last got further. */
  progressAt: Date;
  /** What happens unless somebody acts: the next of its deadlines. */
  nextDeadline: { kind: 'expiry' | 'countersignature'; at: Date } | null;
  stalled: Stall[];
}

type Row = Omit<EnvelopeView, 'newestDocumentHash' | 'documents' | 'overlays' | 'recipients'> &
  Pick<ListedEnvelope, 'partnerReference' | 'templateVersion' | 'termsTemplateId' | 'termsTemplateVersion'> & {
    d1: string | null;
    d2: string | null;
    d3: string | null;
    certificate: string | null;
    sealBlocked: EnvelopeView['overlays']['sealBlocked'];
    sealBlockedAt: Date | null;
    timestampPending: boolean;
    programVersion: number | null;
  };

const select = `select e.id, e.program_id as "programId", e.application_id as "applicationId", e.negotiation_id as "negotiationId",
    e.partner_id as "partnerId", e.purpose, e.number, e.provider, e.language, e.state, e.awaiting, e.terms_hash as "termsHash",
    e.document_sha256 as "documentHash", e.partner_sealed_sha256 as d1, e.sealed_sha256 as d2, e.timestamped_sha256 as d3,
    e.certificate_sha256 as certificate, e.consent_version as "consentVersion", e.sent_at as "sentAt", e.expires_at as "expiresAt",
    e.countersign_due_at as "countersignDueAt", e.executed_at as "executedAt", e.reminders_sent as "remindersSent", e.reason,
    e.seal_blocked as "sealBlocked", e.seal_blocked_at as "sealBlockedAt", e.timestamp_pending as "timestampPending",
    e.created_at as "createdAt", e.state_since as "stateSince", e.program_version as "programVersion",
    e.template_version as "templateVersion", n.template_id as "termsTemplateId", n.template_version as "termsTemplateVersion",
    p.reference as "partnerReference"
  from envelopes e join partners p on p.id = e.partner_id join negotiations n on n.id = e.negotiation_id`;
/** The instants of a row that the list can be sorted by, as cursors hold them. */
const sortedBy = { age: 'stateSince', expiry: 'expiresAt', sent: 'sentAt' } as const;

/** Envelopes as legal looks at them: by state and whose turn it is, the longest waiting first. */
@Injectable()
export class EnvelopeList {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly programs: ProgramsService,
  ) {}

  async view(id: string): Promise<EnvelopeView | undefined> {
    const rows = await this.database.query<Row>(`${select} where e.id = $1`, [id]);
    const recipients = await this.recipientsOf(rows);
    return rows.map((row) => viewOf(row, recipients.get(row.id) ?? []))[0];
  }

  /** @throws DomainError `malformed-request` for a cursor of another list or order */
  async page(filter: EnvelopeFilter): Promise<Page<ListedEnvelope>> {
    const now = this.clock.now();
    const patience = await this.patience();
    const { sql, parameters, sort } = envelopeQuery(select, filter, patience, now);
    const rows = await this.database.query<Row>(sql, parameters);
    const by = sortedBy[sort.replace('-', '') as keyof typeof sortedBy];
    const { items, next } = pageFrom(rows, filter.limit, sort, (row) => [row[by]!.toISOString(), row.id]);
    return { items: await this.listed(items, patience, now), next };
  }

  /** The envelopes of a partner, oldest first. */
  async ofPartner(partnerId: string): Promise<ListedEnvelope[]> {
    const rows = await this.database.query<Row>(`${select} where e.partner_id = $1 order by e.id`, [partnerId]);
    return this.listed(rows, await this.patience(), this.clock.now());
  }

  /** How long envelopes may stand still: by the program as it is now, since how a company watches changes at once. */
  private async patience(): Promise<Patience> {
    const programs = await this.programs.list();
    return new Map(programs.map(({ id, document }) => [id, elapsedMs(document.signature.stalledAfter)]));
  }

  private async listed(rows: readonly Row[], patience: Patience, now: Date): Promise<ListedEnvelope[]> {
    const recipients = await this.recipientsOf(rows);
    const settings = await this.settingsOf(rows);
    return rows.map((row) => {
      const own = recipients.get(row.id) ?? [];
      return listedOf(row, own, settings.get(versionKey(row))!, patience.get(row.programId)!, now);
    });
  }

  /** How the envelopes are signed, by the versions of their programs that they were made under. */
  private async settingsOf(rows: readonly Row[]): Promise<Map<string, SignatureSettings>> {
    const found = new Map<string, SignatureSettings>();
    for (const row of rows) {
      if (found.has(versionKey(row))) continue;
      const { document } = await this.programs.get(row.programId, row.programVersion ?? undefined);
      found.set(versionKey(row), document.signature);
    }
    return found;
  }

  /** The recipients of all of them in one statement. */
  private async recipientsOf(rows: readonly Row[]): Promise<Map<string, RecipientRow[]>> {
    const recipients = await rowsOf<RecipientRow>(
      this.database.dataSource.manager,
      `select r.*, p.name, p.email from envelope_recipients r left join persons p on p.id = r.person_id
       where r.envelope_id = any($1) order by r.party desc, r.place, r.id`,
      [rows.map(({ id }) => id)],
    );
    const byEnvelope = new Map<string, RecipientRow[]>();
    for (const recipient of recipients) {
      const others = byEnvelope.get(recipient.envelope_id);
      if (others) others.push(recipient);
      else byEnvelope.set(recipient.envelope_id, [recipient]);
    }
    return byEnvelope;
  }
}

function versionKey({ programId, programVersion }: Pick<Row, 'programId' | 'programVersion'>): string {
  return `${programId} ${programVersion ?? ''}`;
}

function listedOf(
  row: Row,
  recipients: readonly RecipientRow[],
  settings: SignatureSettings,
  stalledAfterMs: number,
  now: Date,
): ListedEnvelope {
  const { partnerReference, templateVersion, termsTemplateId, termsTemplateVersion, state, stateSince } = row;
  const party = awaitedParty(state);
  const { order } = party === 'company' ? settings.companySigners : settings.partnerSigners;
  const { sealBlocked, sealBlockedAt } = row;
  const tracked = { state, stateSince, sealBlocked, sealBlockedAt, recipients: recipients.map(trackedOf) };
  return {
    ...viewOf(row, recipients),
    ...{ partnerReference, templateVersion, termsTemplateId, termsTemplateVersion },
    turn: turnOf(recipients, party, order).map(({ id }) => id),
    ageMs: now.getTime() - stateSince.getTime(),
    sinceSentMs: row.sentAt && now.getTime() - row.sentAt.getTime(),
    progressAt: progressAt(tracked),
    nextDeadline: deadlineOf(row),
    stalled: stallsOf(tracked, stalledAfterMs, now),
  };
}

/** The company's deadline comes first while it lies before the expiry; after it the expiry alone is left. */
function deadlineOf({ state, expiresAt, countersignDueAt }: Row): ListedEnvelope['nextDeadline'] {
  if (awaitedParty(state) === null || expiresAt === null) return null;
  const isCompanys = state === 'awaiting_countersign' && countersignDueAt !== null && countersignDueAt < expiresAt;
  return isCompanys ? { kind: 'countersignature', at: countersignDueAt } : { kind: 'expiry', at: expiresAt };
}

function trackedOf(row: RecipientRow) {
  const { id, state, delivery } = row;
  return {
    ...{ id, state, delivery, askedAt: row.asked_at, viewedAt: row.viewed_at, actedAt: row.acted_at },
    ...{ authenticatedAt: row.authenticated_at, lockedAt: row.locked_at },
  };
}

function viewOf(row: Row, recipients: readonly RecipientRow[]): EnvelopeView {
  const { id, programId, applicationId, negotiationId, partnerId, purpose, number, provider, language } = row;
  const { state, awaiting, termsHash, documentHash, consentVersion, sentAt, expiresAt, countersignDueAt } = row;
  const { executedAt, remindersSent, reason, createdAt, stateSince } = row;
  const { d1, d2, d3, certificate, sealBlocked, timestampPending } = row;
  return {
    ...{ id, programId, applicationId, negotiationId, partnerId, purpose, number, provider, language },
    ...{ state, awaiting, termsHash, documentHash, consentVersion, sentAt, expiresAt, countersignDueAt },
    ...{ executedAt, remindersSent, reason, createdAt, stateSince },
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
