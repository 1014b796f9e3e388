import type {
  AgreementDetail,
  ApprovalDecisionRow,
  CommentRow,
  InternalApprovalRow,
  NegotiationRow,
  ProposalRow,
} from '../agreements/index.js';
import type { DocumentKind } from '../documents/index.js';
import type { AmendmentView } from '../lifecycle/index.js';
import type { MailView } from '../notifications/index.js';
import type { PartnerView, ReviewView, SuspensionRow } from '../partners/index.js';
import type { ListedEnvelope } from '../signatures/index.js';
import type { TimelineEntry } from './domain/index.js';

/** Who the partner is. Every field but the id is null once the person was erased. */
export interface TrailPerson {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  language: string;
  erasedAt: Date | null;
}

/** A move of the company that waited for internal approval. */
export interface TrailApproval {
  id: string;
  move: InternalApprovalRow['move'];
  state: InternalApprovalRow['state'];
  termsHash: string;
  proposedBy: string;
  createdAt: Date;
  stateSince: Date;
  decisions: {
    role: string;
    actorId: string;
    decision: ApprovalDecisionRow['decision'];
    reason: string | null;
    at: Date;
  }[];
}

/** A change of an agreement, with what was asked inside the company before the partner saw it. */
export interface TrailAmendment extends AmendmentView {
  approvals: TrailApproval[];
}

export interface TrailNegotiation {
  id: string;
  kind: NegotiationRow['kind'];
  agreementId: string | null;
  state: NegotiationRow['state'];
  stateSince: Date;
  createdAt: Date;
  dueAt: Date | null;
  agreedHash: string | null;
  termsTemplateId: string | null;
  termsTemplateVersion: number | null;
  /** Every version, oldest first, those that were taken back too. */
  rounds: {
    number: number;
    side: ProposalRow['side'];
    termsHash: string;
    actorId: string;
    note: string | null;
    createdAt: Date;
    retractedAt: Date | null;
  }[];
  approvals: TrailApproval[];
  comments: {
    id: string;
    number: number;
    side: CommentRow['side'];
    visibility: CommentRow['visibility'];
    actorId: string;
    text: string;
    createdAt: Date;
  }[];
}

/** A seal of a contract: on which revision, with which certificate. */
export interface TrailSeal {
  party: 'partner' | 'company';
  at: Date;
  documentHash: string | null;
  /** SHA-256 of the certificate; null where the evidence does not say. */
  certificateSha256: string | null;
}

export interface TrailEnvelope extends ListedEnvelope {
  evidence: {
    facts: number;
    /** The hash that the chain ends with; null where there is no evidence (any more). */
    head: string | null;
    /** The number of the first fact that does not follow from the one before; null where the whole chain holds. */
    brokenAt: number | null;
  };
  seals: TrailSeal[];
}

export interface TrailAgreement extends AgreementDetail {
  /** What each side did to it, hash-chained. */
  acts: { count: number; head: string | null; brokenAt: number | null };
}

export interface TrailSuspension {
  id: string;
  cause: SuspensionRow['cause'];
  reason: string;
  actorId: string;
  from: Date;
  until: Date | null;
  endedBy: string | null;
  endReason: string | null;
}

export interface TrailTier {
  tier: string;
  from: Date;
  reason: string;
  recordedAt: Date;
}

/** A document that the trail names, by the hash of its bytes. */
export interface TrailDocument {
  sha256: string;
  /** Null where it was erased. */
  kind: DocumentKind | null;
  mediaType: string | null;
  sizeBytes: number | null;
  createdAt: Date | null;
  /** The envelope, attachment or change that it belongs to. */
  subjectId: string;
}

/** All that is recorded of one partner, from its application on. */
export interface PartnerTrail {
  partner: PartnerView;
  person: TrailPerson;
  application: Omit<ReviewView, 'history'>;
  negotiations: TrailNegotiation[];
  envelopes: TrailEnvelope[];
  agreements: TrailAgreement[];
  /** Changes of its agreements, oldest first, whatever became of them. */
  amendments: TrailAmendment[];
  suspensions: TrailSuspension[];
  tiers: TrailTier[];
  mails: MailView[];
  documents: TrailDocument[];
  /** Dossiers that were made, newest first. */
  dossiers: { sha256: string; madeBy: string; madeAt: Date }[];
  timeline: TimelineEntry[];
  /** False where there is more than fits in one answer: the timeline then has its newest entries. */
  isComplete: boolean;
}
