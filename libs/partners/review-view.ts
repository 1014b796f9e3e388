import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { ProgramsService, type ChecklistItem } from '../programs/index.js';
import { applicationColumns, type ApplicationRow } from './application-row.js';
import { AttachmentsService, type AttachmentView } from './attachments.service.js';
import type { ApplicationStage, ContactKind } from './domain/index.js';
import type { ReferenceState } from './references.service.js';

interface PersonView {
  name: string | null;
  email: string | null;
  phone: string | null;
  language: string;
}

export interface InformationRequestView {
  id: string;
  round: number;
  state: 'open' | 'answered' | 'unanswered' | 'closed';
  question: string | null;
  askedBy: string;
  askedAt: Date;
  dueAt: Date;
  answer: string | null;
  /** Answers of the form that came with it. */
  form: Record<string, unknown> | null;
  endedAt: Date | null;
}

/** All that a reviewer looks at, on one page. Personal data of the applicant and of people who vouch for it. */
export interface ReviewView {
  id: string;
  programId: string;
  programVersion: number;
  stage: ApplicationStage;
  person: PersonView;
  company: string | null;
  country: string | null;
  partnerType: string | null;
  webSites: string[];
  form: Record<string, unknown>;
  formVersion: string;
  consentVersion: string | null;
  verifiedAt: Date | null;
  reviewSince: Date | null;
  reviewerId: string | null;
  decisionDueAt: Date | null;
  remindersSent: number;
  escalatedAt: Date | null;
  score: number | null;
  flags: { rule: string; reason: string; raisedAt: Date }[];
  duplicates: { applicationId: string; stage: ApplicationStage; on: ContactKind[]; createdAt: Date }[];
  checklist: (ChecklistItem & { checkedBy: string | null; checkedAt: Date | null; note: string | null })[];
  references: {
    id: string;
    name: string | null;
    email: string | null;
    phone: string | null;
    relation: string | null;
    state: ReferenceState;
    dueAt: Date | null;
    answeredAt: Date | null;
    answers: { question: string; label: string; answer: string }[];
  }[];
  informationRequests: InformationRequestView[];
  attachments: AttachmentView[];
  decision: { by: string; at: Date; reason: string | null; reasonCode: string | null } | null;
  history: {
    at: Date;
    action: string;
    actorId: string;
    from: string | null;
    to: string | null;
    reason: string | null;
    details: Record<string, unknown>;
  }[];
  erasedAt: Date | null;
}

/** Reads what a review is about. */
@Injectable()
export class ReviewReader {
  constructor(
    private readonly database: Database,
    private readonly programs: ProgramsService,
    private readonly attachments: AttachmentsService,
  ) {}

  /** @throws DomainError `not-found` */
  async view(id: string): Promise<ReviewView> {
    const [row] = await this.database.query<
      ApplicationRow & PersonView & { form_version: string; consent_version: string | null }
    >(
      `select ${applicationColumns
        .split(',')
        .map((column) => `a.${column.trim()}`)
        .join(', ')}, a.form_version, a.consent_version, p.name, p.email, p.phone, p.language
       from applications a join persons p on p.id = a.person_id where a.id = $1`,
      [id],
    );
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    const { document } = await this.programs.get(row.program_id, row.program_version);
    return {
      id,
      programId: row.program_id,
      programVersion: row.program_version,
      stage: row.stage,
      person: { name: row.name, email: row.email, phone: row.phone, language: row.language },
      company: row.company,
      country: row.country,
      partnerType: row.partner_type,
      webSites: row.web_sites,
      form: row.form,
      formVersion: row.form_version,
      consentVersion: row.consent_version,
      verifiedAt: row.verified_at,
      reviewSince: row.review_since,
      reviewerId: row.reviewer_id,
      decisionDueAt: row.decision_due_at,
      remindersSent: row.reminders_sent,
      escalatedAt: row.escalated_at,
      score: row.score,
      flags: await this.flags(id),
      duplicates: await this.duplicates(id),
      checklist: await this.checklist(id, document.review.checklist),
      references: await this.references(id, document.application.references.questions),
      informationRequests: await this.informationRequests(id),
      attachments: await this.attachments.list(id),
      decision:
        row.decided_by !== null && row.decided_at !== null
          ? { by: row.decided_by, at: row.decided_at, reason: row.reason, reasonCode: row.reason_code }
          : null,
      history: await this.history(id),
      erasedAt: row.erased_at,
    };
  }

  /** Questions to the applicant and their answers, oldest first. */
  informationRequests(id: string): Promise<InformationRequestView[]> {
    return this.database.query<InformationRequestView>(
      `select r.id, r.round, r.state, q.text as question, r.asked_by as "askedBy", r.asked_at as "askedAt", r.due_at as "dueAt",
         w.text as answer, w.form, r.ended_at as "endedAt"
       from information_requests r join information_messages q on q.id = r.question_id
         left join information_messages w on w.id = r.answer_id where r.application_id = $1 order by r.round`,
      [id],
    );
  }

  private flags(id: string): Promise<ReviewView['flags']> {
    return this.database.query(
      `select rule, reason, raised_at as "raisedAt" from application_flags where application_id = $1 order by rule`,
      [id],
    );
  }

  private duplicates(id: string): Promise<ReviewView['duplicates']> {
    return this.database.query(
      `select a.id as "applicationId", a.stage, array_agg(distinct other.kind order by other.kind) as "on", a.created_at as "createdAt"
       from application_keys own join application_keys other on other.program_id = own.program_id and other.kind = own.kind
           and other.key = own.key and other.application_id <> own.application_id
         join applications a on a.id = other.application_id
       where own.application_id = $1 group by a.id order by a.id limit 100`,
      [id],
    );
  }

  private async checklist(id: string, items: readonly ChecklistItem[]): Promise<ReviewView['checklist']> {
    const done = await this.database.query<{ item: string; checked_by: string; checked_at: Date; note: string | null }>(
      `select item, checked_by, checked_at, note from application_checks where application_id = $1`,
      [id],
    );
    return items.map((item) => {
      const tick = done.find((one) => one.item === item.id);
      return {
        ...item,
        checkedBy: tick?.checked_by ?? null,
        checkedAt: tick?.checked_at ?? null,
        note: tick?.note ?? null,
      };
    });
  }

  private async references(
    id: string,
    questions: readonly { id: string; label: string }[],
  ): Promise<ReviewView['references']> {
    type Row = Omit<ReviewView['references'][number], 'answers'> & { answers: Record<string, string> | null };
    const rows = await this.database.query<Row>(
      `select r.id, p.name, p.email, p.phone, r.relation, r.state, r.due_at as "dueAt", r.answered_at as "answeredAt", r.answers
       from application_references r join persons p on p.id = r.person_id where r.application_id = $1 order by r.id`,
      [id],
    );
    return rows.map((row) => ({
      ...row,
      answers: questions.flatMap(({ id: question, label }) => {
        const answer = row.answers?.[question];
        return answer === undefined ? [] : [{ question, label, answer }];
      }),
    }));
  }

  private history(id: string): Promise<ReviewView['history']> {
    return this.database.query(
      `select at, action, actor_id as "actorId", from_state as "from", to_state as "to", reason, details from audit_facts
       where subject_id = $1 order by id limit 1000`,
      [id],
    );
  }
}
