import { Injectable } from '@nestjs/common';
import { obligationPeriods, termRulesOf, TermsDocuments, type Terms } from '../agreements/index.js';
import { Database } from '../database/index.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { decodeCursor, pageFrom, type Page } from '../platform/index.js';
import { ProgramsService, type Program } from '../programs/index.js';
import {
  agreementEntries,
  byTime,
  requirePeriod,
  type CalendarAgreement,
  type CalendarEntry,
  type CalendarKind,
  type CalendarSettings,
  type CalendarWindow,
} from './domain/index.js';

export interface CalendarRequest extends CalendarWindow {
  programs: '*' | readonly string[];
  kinds?: readonly CalendarKind[] | undefined;
}

/** As the database has it: instants within JSON are texts, and terms are named by their hash. */
interface AgreementRow extends Omit<CalendarAgreement, 'rules' | 'obligations' | 'openOffer' | 'termination'> {
  versions: { hash: string; from: string }[];
  openOffer: { id: string; termFrom: string } | null;
  termination: { id: string; side: string; kind: string; effectiveAt: string } | null;
}

const longestWindowMs = 5 * 366 * 86_400_000;
const agreementsAtOnce = 500;
const sort = 'at,uid';

const selectAgreements = `
  select a.id, a.program_id as "programId", a.partner_id as "partnerId", p.reference as "partnerReference", a.state, a.renewal,
    a.ends_at as "endsAt", a.term_number as "termNumber", a.term_ends_at as "termEndsAt", a.term_anchor as "termAnchor",
    a.term_anchor_number as "termAnchorNumber", case a.state when 'under_notice' then a.state_since else a.term_started_at end as "knownSince",
    (select json_agg(json_build_object('hash', v.terms_hash, 'from', v.effective_from) order by v.version)
       from agreement_versions v where v.agreement_id = a.id) as versions,
    (select json_build_object('id', r.id, 'termFrom', r.term_from) from agreement_renewals r
       where r.agreement_id = a.id and r.term_number = a.term_number + 1 and r.state = 'open') as "openOffer",
    exists (select 1 from agreement_renewals r
       where r.agreement_id = a.id and r.term_number = a.term_number + 1 and r.state <> 'lapsed') as "isOffered",
    (select json_build_object('id', t.id, 'side', t.side, 'kind', t.kind, 'effectiveAt', t.effective_at) from agreement_terminations t
       where t.agreement_id = a.id and t.state = 'given') as termination
  from agreements a join partners p on p.id = a.partner_id
  where a.program_id = $1 and a.state <> 'ended' and a.id > $2
  order by a.id limit ${agreementsAtOnce}`;

/** Deadlines that stand in rows as they are; each gives what an entry has, and the `part` of its subject where that can have several. */
const deadlines: Readonly<Partial<Record<CalendarKind, string>>> = {
  version_start: `select v.agreement_id as "subjectId", v.effective_from as at, v.partner_id as "partnerId", 'version ' || v.version as detail,
      v.version as part
    from agreement_versions v where v.program_id = $1 and v.version > 1 and v.effective_from >= $2 and v.effective_from < $3`,
  change_notice_end: `select m.id as "subjectId", m.notice_ends_at as at, m.partner_id as "partnerId",
      case when m.may_object then 'the partner may object until then' else 'it applies from then' end as detail
    from agreement_amendments m where m.program_id = $1 and m.state = 'noticed' and m.notice_ends_at >= $2 and m.notice_ends_at < $3`,
  envelope_expiry: `select e.id as "subjectId", e.expires_at as at, e.partner_id as "partnerId", e.state as detail from envelopes e
    where e.program_id = $1 and e.awaiting is not null and e.expires_at >= $2 and e.expires_at < $3`,
  countersignature: `select e.id as "subjectId", e.countersign_due_at as at, e.partner_id as "partnerId", e.state as detail from envelopes e
    where e.program_id = $1 and e.state = 'awaiting_countersign' and e.countersign_due_at >= $2 and e.countersign_due_at < $3`,
  round_deadline: `select n.id as "subjectId", n.due_at as at, n.partner_id as "partnerId",
      'version ' || n.current_number || case (select side from proposals o where o.negotiation_id = n.id and o.number = n.current_number)
        when 'company' then ', the partner answers' else ', the company answers' end as detail
    from negotiations n where n.program_id = $1 and n.state = 'open' and n.due_at >= $2 and n.due_at < $3`,
  review_deadline: `select a.id as "subjectId", a.decision_due_at as at, null as "partnerId", a.stage as detail from applications a
    where a.program_id = $1 and a.stage in ('in_review', 'information_requested') and a.decision_due_at >= $2 and a.decision_due_at < $3`,
  information_deadline: `select a.id as "subjectId", a.information_due_at as at, null as "partnerId", a.stage as detail from applications a
    where a.program_id = $1 and a.stage = 'information_requested' and a.information_due_at >= $2 and a.information_due_at < $3`,
};

/** What comes up, as things stand: renewals, notices, expiries, ends, decisions that are due. What is past and done is not in it. */
@Injectable()
export class ContractCalendar {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
    private readonly terms: TermsDocuments,
  ) {}

  /** One page, in the order of time. @throws DomainError `malformed-request` (the window, the cursor) */
  async page(request: CalendarRequest, limit: number, cursor?: string): Promise<Page<CalendarEntry>> {
    const [at, uid] = decodeCursor(cursor, sort, ['instant', 'text']);
    const entries = await this.entries(request);
    const begin = cursor === undefined ? 0 : entries.findIndex((entry) => isAfter(entry, new Date(at!), uid!));
    const rest = begin < 0 ? [] : entries.slice(begin);
    return pageFrom(rest, limit, sort, (entry) => [entry.at.toISOString(), entry.uid]);
  }

  /** Every entry of the window, in the order of time. @throws DomainError `malformed-request` (the window) */
  async entries({ programs, from, until, kinds }: CalendarRequest): Promise<CalendarEntry[]> {
    requirePeriod(from, until, longestWindowMs);
    const isWanted = (kind: CalendarKind): boolean => kinds === undefined || kinds.includes(kind);
    const wanted = (await this.programs.list()).filter(({ id }) => programs === '*' || programs.includes(id));
    const entries: CalendarEntry[] = [];
    for (const program of wanted) {
      entries.push(...(await this.agreementEntries(program, { from, until })));
      for (const [kind, sql] of Object.entries(deadlines) as [CalendarKind, string][]) {
        if (isWanted(kind)) entries.push(...(await this.deadlines(program.id, kind, sql, { from, until })));
      }
    }
    return entries.filter(({ kind }) => isWanted(kind)).sort(byTime);
  }

  private async deadlines(
    programId: string,
    kind: CalendarKind,
    sql: string,
    { from, until }: CalendarWindow,
  ): Promise<CalendarEntry[]> {
    const rows = await this.database.query<Omit<CalendarEntry, 'uid' | 'kind' | 'programId'> & { part?: number }>(
      `select d.*, p.reference as "partnerReference" from (${sql}) d left join partners p on p.id = d."partnerId"`,
      [programId, from, until],
    );
    return rows.map(({ part, ...row }) => {
      return { ...row, uid: `${kind}-${row.subjectId}${part === undefined ? '' : `-${part}`}`, kind, programId };
    });
  }

  /** Batch by batch, so that a program with very many agreements needs no more memory than its entries do. */
  private async agreementEntries({ id, document }: Program, window: CalendarWindow): Promise<CalendarEntry[]> {
    const { noticesBefore, renewal } = document.agreement;
    const settings: CalendarSettings = {
      noticesBeforeMs: noticesBefore.map(elapsedMs),
      offerBeforeMs: elapsedMs(renewal.offerBefore),
    };
    const terms = new Map<string, Terms>();
    const entries: CalendarEntry[] = [];
    for (let after = ''; ;) {
      const rows = await this.database.query<AgreementRow>(selectAgreements, [id, after]);
      await this.learnTerms(id, rows, terms);
      for (const row of rows) entries.push(...agreementEntries(agreementOf(row, terms), settings, window));
      if (rows.length < agreementsAtOnce) return entries;
      after = rows.at(-1)!.id;
    }
  }

  private async learnTerms(programId: string, rows: readonly AgreementRow[], known: Map<string, Terms>): Promise<void> {
    const unknown = rows.flatMap(({ versions }) => versions.map(({ hash }) => hash)).filter((hash) => !known.has(hash));
    if (unknown.length === 0) return;
    for (const [hash, document] of await this.terms.getAll(programId, unknown)) known.set(hash, document);
  }
}

function agreementOf({ versions, openOffer, termination, ...row }: AgreementRow, terms: ReadonlyMap<string, Terms>) {
  const dated = versions.map(({ hash, from }) => ({ from: new Date(from), terms: terms.get(hash)! }));
  return {
    ...row,
    rules: termRulesOf(dated.at(-1)!.terms),
    obligations: obligationPeriods(dated),
    openOffer: openOffer && { id: openOffer.id, termFrom: new Date(openOffer.termFrom) },
    termination: termination && { ...termination, effectiveAt: new Date(termination.effectiveAt) },
  };
}

function isAfter(entry: CalendarEntry, at: Date, uid: string): boolean {
  return entry.at.getTime() > at.getTime() || (entry.at.getTime() === at.getTime() && entry.uid > uid);
}
