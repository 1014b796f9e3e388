import { Injectable } from '@nestjs/common';
import {
  AgreementActs,
  AgreementList,
  brokenActAt,
  InternalApprovals,
  NegotiationComments,
  NegotiationsService,
} from '../agreements/index.js';
import { Database } from '../database/index.js';
import { AmendmentList } from '../lifecycle/index.js';
import { MailList, type MailView } from '../notifications/index.js';
import { PartnerList, ReviewReader, SuspensionsService, type PartnerView } from '../partners/index.js';
import { brokenAt, EnvelopeList, EnvelopeLog, type ChainedFact, type ListedEnvelope } from '../signatures/index.js';
import { chronologically, isOnlyInEvidence, type TimelineEntry } from './domain/index.js';
import type {
  PartnerTrail,
  TrailAgreement,
  TrailAmendment,
  TrailApproval,
  TrailDocument,
  TrailEnvelope,
  TrailNegotiation,
  TrailPerson,
  TrailSeal,
  TrailSuspension,
  TrailTier,
} from './partner-trail.js';

/** What one answer holds at most of the audit, and of the mails. */
const maxFacts = 10_000;
const maxMails = 2_000;
const mailsAtOnce = 200;
const maxComments = 200;

interface AuditRow {
  id: string;
  at: Date;
  subjectId: string;
  what: string;
  who: string;
  why: string | null;
  from: string | null;
  to: string | null;
  details: Record<string, unknown>;
}

/** Puts all that is recorded of one partner on one page. It only reads, each part from the capability that owns it. */
@Injectable()
export class PartnerTrails {
  constructor(
    private readonly database: Database,
    private readonly partners: PartnerList,
    private readonly review: ReviewReader,
    private readonly suspensions: SuspensionsService,
    private readonly negotiations: NegotiationsService,
    private readonly approvals: InternalApprovals,
    private readonly comments: NegotiationComments,
    private readonly envelopes: EnvelopeList,
    private readonly log: EnvelopeLog,
    private readonly agreements: AgreementList,
    private readonly acts: AgreementActs,
    private readonly amendments: AmendmentList,
    private readonly mailList: MailList,
  ) {}

  /** @throws DomainError `not-found` */
  async read(partnerId: string): Promise<PartnerTrail> {
    const partner = await this.partners.view(partnerId);
    const { history: _, ...application } = await this.review.view(partner.applicationId);
    const negotiations = await this.negotiationsOf(partnerId);
    const { envelopes, evidence } = await this.envelopesOf(partnerId);
    const agreements = await this.agreementsOf(partnerId);
    const amendments = await this.amendmentsOf(partnerId);
    const mails = await this.mailsOf(partnerId);
    const subjects = [
      ...[partnerId, partner.applicationId, ...application.references.map(({ id }) => id)],
      ...application.informationRequests.map(({ id }) => id),
      ...[...negotiations, ...envelopes, ...agreements, ...amendments].map(({ id }) => id),
      ...[...negotiations, ...amendments].flatMap(({ approvals }) => approvals.map(({ id }) => id)),
    ];
    const facts = await this.factsOf(partner.programId, subjects);
    const timeline = [...facts, ...evidence, ...mails.map(mailEntry)].sort(chronologically);
    return {
      ...{ partner, application, negotiations, envelopes, agreements, amendments, mails },
      person: await this.personOf(partnerId),
      suspensions: await this.suspensionsOf(partnerId),
      tiers: await this.tiersOf(partnerId),
      documents: await this.documentsOf(partner, envelopes, amendments),
      dossiers: await this.dossiersOf(partnerId),
      timeline,
      isComplete: facts.length < maxFacts && mails.length < maxMails,
    };
  }

  private async personOf(partnerId: string): Promise<TrailPerson> {
    const [person] = await this.database.query<TrailPerson>(
      `select h.id, h.name, h.email, h.phone, h.language, h.erased_at as "erasedAt"
       from partners p join persons h on h.id = p.person_id where p.id = $1`,
      [partnerId],
    );
    return person!;
  }

  private async negotiationsOf(partnerId: string): Promise<TrailNegotiation[]> {
    const rows = await this.database.query<Omit<TrailNegotiation, 'rounds' | 'approvals' | 'comments'>>(
      `select id, kind, agreement_id as "agreementId", state, state_since as "stateSince", created_at as "createdAt", due_at as "dueAt",
         agreed_hash as "agreedHash", template_id as "termsTemplateId", template_version as "termsTemplateVersion"
       from negotiations where partner_id = $1 order by id`,
      [partnerId],
    );
    const found: TrailNegotiation[] = [];
    for (const row of rows) {
      const proposals = await this.negotiations.proposals(row.id);
      const comments = await this.comments.page(row.id, { side: 'company', limit: maxComments });
      found.push({
        ...row,
        rounds: proposals.map(({ number, side, terms_hash, actor_id, note, created_at, retracted_at }) => ({
          ...{ number, side, termsHash: terms_hash, actorId: actor_id, note },
          ...{ createdAt: created_at, retractedAt: retracted_at },
        })),
        approvals: await this.approvalsOf(row.id),
        comments: comments.items.map(({ id, number, side, visibility, actor_id, text, created_at }) => ({
          ...{ id, number, side, visibility, actorId: actor_id, text, createdAt: created_at },
        })),
      });
    }
    return found;
  }

  /** Every approval that was asked for in a negotiation or for a change. */
  private async approvalsOf(subjectId: string): Promise<TrailApproval[]> {
    const approvals = await this.approvals.list(subjectId);
    return approvals.map(({ id, move, state, terms_hash, proposed_by, created_at, state_since, decisions }) => ({
      ...{ id, move, state, termsHash: terms_hash, proposedBy: proposed_by },
      ...{ createdAt: created_at, stateSince: state_since },
      decisions: decisions.map((each) => ({
        ...{ role: each.role, actorId: each.actor_id, decision: each.decision, reason: each.reason },
        at: each.created_at,
      })),
    }));
  }

  private async amendmentsOf(partnerId: string): Promise<TrailAmendment[]> {
    const found: TrailAmendment[] = [];
    for (const amendment of await this.amendments.ofPartner(partnerId)) {
      found.push({ ...amendment, approvals: await this.approvalsOf(amendment.id) });
    }
    return found;
  }

  private async envelopesOf(partnerId: string): Promise<{ envelopes: TrailEnvelope[]; evidence: TimelineEntry[] }> {
    const envelopes: TrailEnvelope[] = [];
    const evidence: TimelineEntry[] = [];
    for (const envelope of await this.envelopes.ofPartner(partnerId)) {
      const chain = await this.log.read(envelope.id);
      const head = chain.at(-1)?.hash ?? null;
      const standing = { facts: chain.length, head, brokenAt: brokenAt(chain) ?? null };
      envelopes.push({ ...envelope, evidence: standing, seals: sealsOf(envelope, chain) });
      evidence.push(...chain.filter(({ type }) => isOnlyInEvidence(type)).map(evidenceEntry));
    }
    return { envelopes, evidence };
  }

  private async agreementsOf(partnerId: string): Promise<TrailAgreement[]> {
    const agreements = await this.agreements.ofPartner(partnerId);
    return Promise.all(
      agreements.map(async (agreement) => {
        const acts = await this.acts.read(agreement.id);
        const head = acts.at(-1)?.hash ?? null;
        return { ...agreement, acts: { count: acts.length, head, brokenAt: brokenActAt(acts) ?? null } };
      }),
    );
  }

  private async suspensionsOf(partnerId: string): Promise<TrailSuspension[]> {
    return (await this.suspensions.of(partnerId)).map((row) => ({
      ...{ id: row.id, cause: row.cause, reason: row.reason, actorId: row.actor_id, from: row.from_at },
      ...{ until: row.until_at, endedBy: row.ended_by, endReason: row.end_reason },
    }));
  }

  private tiersOf(partnerId: string): Promise<TrailTier[]> {
    return this.database.query<TrailTier>(
      `select tier, from_at as "from", reason, recorded_at as "recordedAt" from partner_tiers where partner_id = $1 order by from_at`,
      [partnerId],
    );
  }

  /** Oldest first, as everything here; of very many the newest. */
  private async mailsOf(partnerId: string): Promise<MailView[]> {
    const mails: MailView[] = [];
    for (let cursor: string | undefined; mails.length < maxMails;) {
      const page = await this.mailList.ofPartner(partnerId, { limit: mailsAtOnce, ...(cursor && { cursor }) });
      mails.push(...page.items);
      if (page.next === null) break;
      cursor = page.next;
    }
    return mails.reverse();
  }

  /** What the audit says of these; of very many facts the newest. */
  private async factsOf(programId: string, subjects: readonly string[]): Promise<TimelineEntry[]> {
    const rows = await this.database.query<AuditRow>(
      `select id, at, subject_id as "subjectId", action as what, actor_id as who, reason as why, from_state as "from", to_state as "to",
         details
       from audit_facts where subject_id = any($1) and program_id = $2 order by at desc, id desc limit ${maxFacts}`,
      [subjects, programId],
    );
    return rows.map((row) => ({ ...row, source: 'audit' as const }));
  }

  private dossiersOf(partnerId: string): Promise<PartnerTrail['dossiers']> {
    return this.database.query(
      `select sha256, made_by as "madeBy", made_at as "madeAt" from dossiers where partner_id = $1 order by made_at desc, sha256`,
      [partnerId],
    );
  }

  /** Files of the application, every revision of the contracts, notices of change: each with what the store knows of it. */
  private async documentsOf(
    partner: PartnerView,
    envelopes: readonly TrailEnvelope[],
    amendments: readonly TrailAmendment[],
  ): Promise<TrailDocument[]> {
    const attachments = await this.database.query<{ id: string; hash: string }>(
      `select id, document_sha256 as hash from application_attachments where application_id = $1 order by id`,
      [partner.applicationId],
    );
    const named = [
      ...attachments.map(({ id, hash }) => ({ subjectId: id, sha256: hash })),
      ...envelopes.flatMap(({ id, documents: { d0, d1, d2, d3, certificate } }) =>
        [d0, d1, d2, d3, certificate].flatMap((sha256) => (sha256 === null ? [] : [{ subjectId: id, sha256 }])),
      ),
      ...amendments.flatMap(({ id, notice }) => (notice ? [{ subjectId: id, sha256: notice.documentHash }] : [])),
    ];
    const stored = await this.database.query<Omit<TrailDocument, 'subjectId'>>(
      `select sha256, kind, media_type as "mediaType", coalesce(size_bytes, octet_length(bytes)) as "sizeBytes", created_at as "createdAt"
       from documents where program_id = $1 and sha256 = any($2)`,
      [partner.programId, named.map(({ sha256 }) => sha256)],
    );
    const unknown = { kind: null, mediaType: null, sizeBytes: null, createdAt: null };
    return named.map(({ subjectId, sha256 }) => ({
      ...(stored.find((document) => document.sha256 === sha256) ?? { sha256, ...unknown }),
      subjectId,
    }));
  }
}

function mailEntry(mail: MailView): TimelineEntry {
  const { id, template, subjectId, personId, role, state, stateSince, code, createdAt } = mail;
  return {
    ...{ at: createdAt, source: 'mail', id, subjectId, what: `mail.${template}`, who: 'system', why: null },
    ...{ from: null, to: state },
    details: { ...(personId === null ? { role } : { personId }), stateSince, ...(code !== null && { code }) },
  };
}

/** What the evidence says beside the audit; its data (addresses, devices, names) stays in the evidence. */
function evidenceEntry({ envelopeId, number, type, at, actorId, data }: ChainedFact): TimelineEntry {
  const { recipientId } = data;
  return {
    ...{ at: new Date(at), source: 'evidence', id: `${envelopeId}/${String(number).padStart(6, '0')}` },
    ...{ subjectId: envelopeId, what: `envelope.${type}`, who: actorId, why: null, from: null, to: null },
    details: { fact: number, ...(typeof recipientId === 'string' && { recipientId }) },
  };
}

/** The seals that a contract carries, with the certificate that the evidence names for each. */
function sealsOf({ documents: { d1, d2 } }: ListedEnvelope, chain: readonly ChainedFact[]): TrailSeal[] {
  const made = [
    { party: 'partner' as const, type: 'awaiting_countersign', documentHash: d1 },
    { party: 'company' as const, type: 'sealed', documentHash: d2 },
  ];
  return made.flatMap(({ party, type, documentHash }) => {
    const fact = chain.find((each) => each.type === type && 'certificateSha256' in each.data);
    if (fact === undefined || documentHash === null) return [];
    const { certificateSha256: hash } = fact.data;
    return [{ party, at: new Date(fact.at), documentHash, certificateSha256: typeof hash === 'string' ? hash : null }];
  });
}
