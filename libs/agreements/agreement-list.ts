import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError } from '../kernel/domain-error.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import { readVersions, type AgreementVersionRow, type TermCause } from './agreement-rows.js';
import {
  lastNoticeAt,
  noticeEnd,
  termRulesOf,
  type AgreementState,
  type EndCause,
  type RenewalState,
  type Term,
  type TerminationState,
  type TermRules,
} from './domain/index.js';
import type { Side } from './domain/negotiation-state.js';
import { TermsDocuments } from './terms-documents.js';

/** An agreement as lists show it. */
export interface AgreementSummary {
  id: string;
  programId: string;
  partnerId: string;
  partnerReference: string;
  state: AgreementState;
  stateSince: Date;
  startedAt: Date;
  /** Not included; null while nothing ends it. */
  endsAt: Date | null;
  endCause: EndCause | null;
  /** How the newest term is renewed, and how often the agreement was. */
  renewal: Term['renewal'];
  renewals: number;
  /** The end of the term that runs now, or ran last. */
  termEndsAt: Date;
}

export interface TermPeriod {
  number: number;
  cause: TermCause;
  termsHash: string;
  startedAt: Date;
  endsAt: Date;
}

export interface AgreementNotice {
  kind: 'term_end' | 'checkpoint';
  /** The end or renewal, or the checkpoint, that it is about. */
  aboutAt: Date;
  /** How long before (milliseconds), or the obligation's id. */
  subject: string;
  /** False where a later notice of the same thing was due at once. */
  isSent: boolean;
  recordedAt: Date;
}

export interface TerminationView {
  id: string;
  side: Side;
  kind: 'ordinary' | 'for_cause';
  state: TerminationState;
  termsHash: string;
  givenAt: Date;
  effectiveAt: Date;
  reason: string | null;
}

export interface RenewalView {
  id: string;
  state: RenewalState;
  termsHash: string;
  termFrom: Date;
  termUntil: Date;
  consentVersion: string;
  consentText: string;
  openedAt: Date;
  stateSince: Date;
  /** Who answered, where somebody did. */
  side: Side | null;
  reason: string | null;
}

/** An agreement with all that happened to it. */
export interface AgreementDetail extends AgreementSummary {
  term: TermPeriod &
    TermRules & {
      /** Until when notice can be given that ends it with this term. */
      lastNoticeAt: Date;
      /** When notice that is given now ends it at the earliest. */
      noticeEndsAt: Date;
    };
  versions: AgreementVersionRow[];
  terms: TermPeriod[];
  notices: AgreementNotice[];
  terminations: TerminationView[];
  renewalOffers: RenewalView[];
  envelopes: {
    id: string;
    state: string;
    termsHash: string;
    /** Null in a draft. */
    documentHash: string | null;
    createdAt: Date;
    stateSince: Date;
  }[];
}

export interface AgreementFilter {
  programs: '*' | readonly string[];
  partnerId?: string | undefined;
  state?: AgreementState | undefined;
  /** Only those whose end is known and before this instant. */
  endsBefore?: Date | undefined;
  /** Only those whose running term ends before this instant, whether it is renewed or not. */
  termEndsBefore?: Date | undefined;
  limit: number;
  cursor?: string | undefined;
}

const select = `
  select a.id, a.program_id as "programId", a.partner_id as "partnerId", p.reference as "partnerReference", a.state,
    a.state_since as "stateSince", a.started_at as "startedAt", a.ends_at as "endsAt", a.end_cause as "endCause", a.renewal,
    a.renewals, term.ends_at as "termEndsAt"
  from agreements a join partners p on p.id = a.partner_id
  cross join lateral (select coalesce(
    (select ends_at from agreement_term_periods t where t.agreement_id = a.id and t.started_at <= now() order by number desc limit 1),
    a.term_ends_at) as ends_at) term`;

/** Agreements as people look at them, oldest first. */
@Injectable()
export class AgreementList {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly documents: TermsDocuments,
  ) {}

  /** @throws DomainError `not-found` */
  async view(id: string): Promise<AgreementSummary> {
    const [row] = await this.database.query<AgreementSummary>(`${select} where a.id = $1`, [id]);
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    return row;
  }

  page(filter: AgreementFilter): Promise<Page<AgreementSummary>> {
    const { programs, partnerId, state, endsBefore, termEndsBefore, limit, cursor } = filter;
    const [after] = decodeCursor(cursor, 'id', ['text']);
    return this.database
      .query<AgreementSummary>(
        `${select} where ($1::text[] is null or a.program_id = any($1)) and ($2::text is null or a.partner_id = $2)
           and ($3::text is null or a.state = $3) and ($4::timestamptz is null or a.ends_at < $4)
           and ($5::timestamptz is null or term.ends_at < $5) and ($6::text is null or a.id > $6) order by a.id limit $7`,
        [
          ...[programs === '*' ? null : programs, partnerId ?? null, state ?? null, endsBefore ?? null],
          ...[termEndsBefore ?? null, after, limit + 1],
        ],
      )
      .then((rows) => pageFrom(rows, limit, 'id', ({ id }) => [id]));
  }

  /** The agreements of one partner with all that happened to them: one from activation on, none before. */
  async ofPartner(partnerId: string): Promise<AgreementDetail[]> {
    const rows = await this.database.query<AgreementSummary>(`${select} where a.partner_id = $1 order by a.id`, [
      partnerId,
    ]);
    return Promise.all(rows.map((row) => this.detailOf(row)));
  }

  /** @throws DomainError `not-found` */
  async detail(id: string): Promise<AgreementDetail> {
    return this.detailOf(await this.view(id));
  }

  private async detailOf(summary: AgreementSummary): Promise<AgreementDetail> {
    const { id, programId, partnerId } = summary;
    const versions = await readVersions(this.database.dataSource.manager, id);
    const terms = await this.database.query<TermPeriod>(
      `select number, cause, terms_hash as "termsHash", started_at as "startedAt", ends_at as "endsAt"
       from agreement_term_periods where agreement_id = $1 order by number`,
      [id],
    );
    const now = this.clock.now();
    const term = terms.findLast(({ startedAt }) => startedAt <= now) ?? terms[0]!;
    const inForce = versions.findLast(({ effective_from }) => effective_from <= now) ?? versions[0]!;
    const rules = termRulesOf(await this.documents.get(programId, inForce.terms_hash));
    const notice = { lastNoticeAt: lastNoticeAt(term.endsAt, rules), noticeEndsAt: noticeEnd(now, rules) };
    return {
      ...summary,
      term: { ...term, ...rules, ...notice },
      versions,
      terms,
      ...(await this.history(id, partnerId)),
    };
  }

  private async history(
    id: string,
    partnerId: string,
  ): Promise<Pick<AgreementDetail, 'notices' | 'terminations' | 'renewalOffers' | 'envelopes'>> {
    const [notices, terminations, renewalOffers, envelopes] = await Promise.all([
      this.database.query<AgreementNotice>(
        `select kind, about_at as "aboutAt", subject, is_sent as "isSent", recorded_at as "recordedAt"
         from agreement_notices where agreement_id = $1 order by recorded_at, about_at, subject`,
        [id],
      ),
      this.database.query<TerminationView>(
        `select id, side, kind, state, terms_hash as "termsHash", given_at as "givenAt", effective_at as "effectiveAt", reason
         from agreement_terminations where agreement_id = $1 order by id`,
        [id],
      ),
      this.database.query<RenewalView>(
        `select id, state, terms_hash as "termsHash", term_from as "termFrom", term_until as "termUntil",
           consent_version as "consentVersion", consent_text as "consentText", opened_at as "openedAt",
           state_since as "stateSince", side, reason
         from agreement_renewals where agreement_id = $1 order by id`,
        [id],
      ),
      this.database.query<AgreementDetail['envelopes'][number]>(
        `select id, state, terms_hash as "termsHash", document_sha256 as "documentHash", created_at as "createdAt",
           state_since as "stateSince" from envelopes where partner_id = $1 order by id`,
        [partnerId],
      ),
    ]);
    return { notices, terminations, renewalOffers, envelopes };
  }
}
