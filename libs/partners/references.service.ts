import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { Database, rowOf, rowsOf, type Transaction } from '../database/index.js';
import { Clock } from '../kernel/clock.js';
import { DomainError, type FieldError } from '../kernel/domain-error.js';
import { elapsedMs } from '../kernel/elapsed.js';
import type { Language } from '../kernel/language.js';
import { systemActor } from '../orchestration/actor.js';
import { Outbox } from '../outbox/index.js';
import { CapabilityLinks } from '../platform/index.js';
import { ProgramsService, type ProgramDocument, type ReferenceQuestion } from '../programs/index.js';
import { changeApplication, lockApplication, type ApplicationRow } from './application-row.js';
import { isErasable } from './domain/index.js';

/** `unasked` where there is no mail address or no question; `unanswered` once its deadline has passed. */
export type ReferenceState = 'unasked' | 'asked' | 'answered' | 'unanswered';

interface ReferenceRow {
  id: string;
  program_id: string;
  application_id: string;
  person_id: string;
  state: ReferenceState;
  due_at: Date | null;
}

/** A question in the words of a language. */
export type AskedQuestion = ReferenceQuestion & {
  /** What the choices are called, by their value. */
  optionLabels?: Record<string, string>;
};

/** What the person who was asked sees. */
export interface ReferenceForm {
  referenceId: string;
  language: Language;
  programName: string;
  company: string;
  /** Who named the person. */
  applicantName: string;
  state: ReferenceState;
  dueAt: Date | null;
  questions: AskedQuestion[];
}

const columns = `id, program_id, application_id, person_id, state, due_at`;
const maxAnswerLength = 2_000;

/** People who vouch for an applicant: asked by mail once, with a link that takes one answer. */
@Injectable()
export class ReferencesService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: AuditLog,
    private readonly outbox: Outbox,
    private readonly links: CapabilityLinks,
    private readonly programs: ProgramsService,
  ) {}

  /** Asks everyone who can be reached; when the first of them has to have answered, null where nobody is asked. */
  async ask(tx: Transaction, application: ApplicationRow, document: ProgramDocument): Promise<Date | null> {
    const { questions, answerWithin } = document.application.references;
    if (questions.length === 0) return null;
    const dueAt = new Date(this.clock.now().getTime() + elapsedMs(answerWithin));
    const asked = await rowsOf<ReferenceRow>(
      tx,
      `update application_references r set state = 'asked', due_at = $2 from persons p
       where r.application_id = $1 and r.state = 'unasked' and p.id = r.person_id and p.email is not null
       returning r.id, r.program_id, r.application_id, r.person_id, r.state, r.due_at`,
      [application.id, dueAt],
    );
    for (const { id, person_id: personId, program_id: programId } of asked) {
      await this.audit.record(tx, {
        ...systemActor,
        programId,
        action: 'reference.ask',
        subjectId: id,
        toState: 'asked',
      });
      await this.outbox.mail(tx, programId, { template: 'application-reference', subjectId: id, to: { personId } });
      await this.outbox.announce(tx, programId, {
        type: 'reference.asked',
        subjectId: id,
        data: { applicationId: application.id },
      });
    }
    return asked.length === 0 ? null : dueAt;
  }

  /** What a link leads to. @throws DomainError `not-found` for a link that isn't ours */
  async form(link: string, language?: Language): Promise<ReferenceForm> {
    const row = await this.byLink(link, this.database.dataSource.manager);
    const [names] = await this.database.query<{ applicant: string | null; language: Language; version: number }>(
      `select p.name as applicant, own.language, a.program_version as version
       from applications a join persons p on p.id = a.person_id join persons own on own.id = $2 where a.id = $1`,
      [row.application_id, row.person_id],
    );
    if (!names?.applicant) throw new DomainError('not-found', 'there is no such thing');
    const { document } = await this.programs.get(row.program_id, names.version);
    return {
      referenceId: row.id,
      language: language ?? names.language,
      programName: document.name,
      company: document.company,
      applicantName: names.applicant,
      state: row.state,
      dueAt: row.due_at,
      questions: questionsIn(document, language ?? names.language),
    };
  }

  /**
   * Takes the one answer that a link is good for.
   * @throws DomainError `not-found`, `invalid-document` with a pointer per answer, `illegal-transition` for a second
   * answer, past the deadline, or once the application came to nothing
   */
  async answer(link: string, answers: Readonly<Record<string, string>>, requestId?: string): Promise<ReferenceState> {
    const { id, application_id: applicationId } = await this.byLink(link, this.database.dataSource.manager);
    return this.database.inTransaction(async (tx) => {
      const application = await lockApplication(tx, applicationId);
      const row = await this.byLink(link, tx, 'for update');
      if (isErasable(application.stage)) throw closed('the application has ended');
      if (row.state !== 'asked') throw closed(`the reference is ${row.state}`);
      const now = this.clock.now();
      if (row.due_at && row.due_at.getTime() <= now.getTime()) throw closed('the time to answer has passed');
      const { document } = await this.programs.getIn(tx, application.program_id, application.program_version);
      const given = checkReferenceAnswers(document.application.references.questions, answers);
      await tx.query(
        `update application_references set state = 'answered', answers = $2, answered_at = $3 where id = $1`,
        [id, JSON.stringify(given), now],
      );
      await changeApplication(tx, applicationId, { references_due_at: await this.nextDue(tx, applicationId) });
      const actor = { actorId: id, ...(requestId === undefined ? {} : { requestId }) };
      const fact = { action: 'reference.answer', subjectId: id, fromState: 'asked', toState: 'answered' };
      await this.audit.record(tx, { ...actor, programId: row.program_id, ...fact });
      await this.outbox.announce(tx, row.program_id, {
        type: 'reference.answered',
        subjectId: id,
        data: { applicationId },
      });
      return 'answered' as const;
    });
  }

  /** Notes who did not answer by an instant; when the next one has to, null where nobody is left. */
  async miss(tx: Transaction, application: ApplicationRow, at: Date): Promise<Date | null> {
    const missed = await rowsOf<{ id: string }>(
      tx,
      `update application_references set state = 'unanswered'
       where application_id = $1 and state = 'asked' and due_at <= $2 returning id`,
      [application.id, at],
    );
    for (const { id } of missed) {
      const fact = { action: 'reference.miss', subjectId: id, fromState: 'asked', toState: 'unanswered' };
      await this.audit.record(tx, { ...systemActor, programId: application.program_id, ...fact });
      await this.outbox.announce(tx, application.program_id, {
        type: 'reference.unanswered',
        subjectId: id,
        data: { applicationId: application.id },
      });
    }
    return this.nextDue(tx, application.id);
  }

  private async nextDue(tx: Transaction, applicationId: string): Promise<Date | null> {
    const sql = `select min(due_at) as due from application_references where application_id = $1 and state = 'asked'`;
    return (await rowOf<{ due: Date | null }>(tx, sql, [applicationId]))?.due ?? null;
  }

  private async byLink(link: string, tx: Transaction, lock: '' | 'for update' = ''): Promise<ReferenceRow> {
    const id = this.links.verify('reference', link);
    const sql = `select ${columns} from application_references where id = $1 ${lock}`;
    const row = id === undefined ? undefined : await rowOf<ReferenceRow>(tx, sql, [id]);
    if (!row) throw new DomainError('not-found', 'there is no such thing');
    return row;
  }
}

/** The questions of a program's form in a language, else in the form's first one. */
function questionsIn({ application }: ProgramDocument, language: Language): AskedQuestion[] {
  const { questions = {}, choices = {} } = application.texts[language] ?? {};
  return application.references.questions.map((question) => ({
    ...question,
    label: questions[question.id] ?? question.label,
    ...(question.options && {
      optionLabels: Object.fromEntries(question.options.map((option) => [option, choices[option] ?? option])),
    }),
  }));
}

/** @throws DomainError `invalid-document` with a pointer below `/answers` for every answer that does not fit */
function checkReferenceAnswers(
  questions: readonly ReferenceQuestion[],
  answers: Readonly<Record<string, string>>,
): Record<string, string> {
  const errors: FieldError[] = [];
  const known = new Set(questions.map(({ id }) => id));
  for (const id of Object.keys(answers)) {
    if (!known.has(id)) errors.push({ pointer: `/answers/${id}`, message: 'is not a question of this form' });
  }
  const given: Record<string, string> = {};
  for (const { id, required, options } of questions) {
    const answer = (Object.hasOwn(answers, id) ? answers[id]! : '').trim();
    const pointer = `/answers/${id}`;
    if (answer === '') {
      if (required) errors.push({ pointer, message: 'is missing' });
      continue;
    }
    if (options && !options.includes(answer)) {
      errors.push({ pointer, message: `must be one of ${options.join(', ')}` });
    } else if (answer.length > maxAnswerLength) {
      errors.push({ pointer, message: `must be at most ${maxAnswerLength} characters` });
    }
    given[id] = answer;
  }
  if (errors.length > 0) throw new DomainError('invalid-document', 'the answers are not valid', errors);
  return given;
}

function closed(why: string): DomainError {
  return new DomainError('illegal-transition', `nothing can be answered: ${why}`);
}
