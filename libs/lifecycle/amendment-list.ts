import { Injectable } from '@nestjs/common';
import type { AmendmentCause, AmendmentState, Side } from '../agreements/index.js';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';

/** A change of an agreement as people look at it. */
export interface AmendmentView {
  id: string;
  programId: string;
  agreementId: string;
  partnerId: string;
  /** Whose proposal it is. */
  side: Side;
  state: AmendmentState;
  stateSince: Date;
  /** Why it ended without a new version, and what was said about that. */
  cause: AmendmentCause | null;
  endReason: string | null;
  reason: string;
  /** The version that it changes, and the hash of its terms. */
  baseVersion: number;
  baseHash: string;
  /** The terms that were proposed, and those that both sides agreed on. */
  termsHash: string;
  agreedHash: string | null;
  needsConsent: boolean;
  material: string[];
  isRenewal: boolean;
  wantedFrom: Date | null;
  /** From when it applies, as soon as that is settled. */
  effectiveFrom: Date | null;
  negotiationId: string | null;
  envelopeId: string | null;
  /** The version that came of it. */
  version: number | null;
  notice: {
    givenAt: Date;
    endsAt: Date;
    mayObject: boolean;
    documentHash: string;
    objectedAt: Date | null;
    objection: string | null;
  } | null;
  /** Null while only the company's own people see it. */
  shownAt: Date | null;
  createdAt: Date;
}

interface ViewRow extends Omit<AmendmentView, 'notice'> {
  notified_at: Date | null;
  notice_ends_at: Date;
  may_object: boolean;
  notice_document_sha256: string;
  objected_at: Date | null;
  objection: string | null;
}

export interface AmendmentFilter {
  agreementId: string;
  /** Only what the partner may see. */
  shownOnly: boolean;
  limit: number;
  cursor?: string | undefined;
}

const select = `select m.id, m.program_id as "programId", m.agreement_id as "agreementId", m.partner_id as "partnerId", m.side, m.state,
    m.state_since as "stateSince", m.cause, m.end_reason as "endReason", m.reason, b.version as "baseVersion",
    m.base_hash as "baseHash", m.terms_hash as "termsHash", m.agreed_hash as "agreedHash", m.needs_consent as "needsConsent",
    m.material, m.is_renewal as "isRenewal", m.wanted_from as "wantedFrom", m.effective_from as "effectiveFrom",
    m.negotiation_id as "negotiationId", e.id as "envelopeId", v.version, m.shown_at as "shownAt", m.created_at as "createdAt",
    m.notified_at, m.notice_ends_at, m.may_object, m.notice_document_sha256, m.objected_at, m.objection
  from agreement_amendments m join agreement_versions b on b.id = m.base_version_id
  left join agreement_versions v on v.id = m.version_id
  left join envelopes e on e.negotiation_id = m.negotiation_id and e.state <> 'superseded'`;
const sort = 'id desc';

/** Changes of agreements as people look at them, the newest first. */
@Injectable()
export class AmendmentList {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `not-found` */
  async view(id: string): Promise<AmendmentView> {
    const [row] = await this.database.query<ViewRow>(`${select} where m.id = $1`, [id]);
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    return viewOf(row);
  }

  /** Every change of a partner's agreement, oldest first. */
  async ofPartner(partnerId: string): Promise<AmendmentView[]> {
    const rows = await this.database.query<ViewRow>(`${select} where m.partner_id = $1 order by m.id`, [partnerId]);
    return rows.map(viewOf);
  }

  async page({ agreementId, shownOnly, limit, cursor }: AmendmentFilter): Promise<Page<AmendmentView>> {
    const [before] = decodeCursor(cursor, sort, ['text']);
    const rows = await this.database.query<ViewRow>(
      `${select} where m.agreement_id = $1 and (not $2::boolean or m.shown_at is not null) and ($3::text is null or m.id < $3)
       order by m.id desc limit $4`,
      [agreementId, shownOnly, before, limit + 1],
    );
    return pageFrom(rows.map(viewOf), limit, sort, ({ id }) => [id]);
  }
}

function viewOf(row: ViewRow): AmendmentView {
  const { notified_at, notice_ends_at, may_object, notice_document_sha256, objected_at, objection, ...view } = row;
  const given = notified_at && {
    ...{ givenAt: notified_at, endsAt: notice_ends_at, mayObject: may_object, documentHash: notice_document_sha256 },
    ...{ objectedAt: objected_at, objection },
  };
  return { ...view, notice: given };
}
