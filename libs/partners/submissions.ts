import { rowOf, type Transaction } from '../database/index.js';
import { elapsedMs } from '../kernel/elapsed.js';
import { newId } from '../kernel/ids.js';
import type { Language } from '../kernel/language.js';
import { DomainError } from '../kernel/domain-error.js';
import {
  checkFormAnswers,
  formLanguage,
  isPartnerType,
  type ApplicationSettings,
  type FormAnswers,
  type Program,
} from '../programs/index.js';
import { applicationColumns, type ApplicationRow } from './application-row.js';
import { contactKeys, standardFieldErrors, type ApplicationForm } from './domain/index.js';

/** Which request made an application, so that a repeat finds it and its erasure finds the stored answer. */
export interface SubmissionKeys {
  /** Of the idempotency key and the body; unique in the program. */
  requestKey?: string;
  /** Of the caller, the address and the idempotency key. */
  submissionKey?: string;
}

/**
 * The answers to the program's own questions, after standard and own ones were checked together.
 * @throws DomainError `invalid-document` with a pointer per fault
 */
export function checkedAnswers(settings: ApplicationSettings, input: ApplicationForm): FormAnswers {
  const errors = standardFieldErrors(settings, input);
  try {
    const answers = checkFormAnswers(settings, input.form);
    if (errors.length === 0) return answers;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    errors.push(...error.errors);
  }
  throw new DomainError('invalid-document', 'the application form is not valid', errors);
}

export async function insertPerson(
  tx: Transaction,
  programId: string,
  person: { name: string; email?: string; phone?: string; language: Language },
): Promise<string> {
  const id = newId('per');
  await tx.query(`insert into persons (id, program_id, name, email, phone, language) values ($1, $2, $3, $4, $5, $6)`, [
    id,
    programId,
    person.name,
    person.email ?? null,
    person.phone ?? null,
    person.language,
  ]);
  return id;
}

/** The row of a new application; undefined where another request with the same key came first. */
export function insertApplication(
  tx: Transaction,
  program: Program,
  input: ApplicationForm,
  made: SubmissionKeys & { personId: string; answers: FormAnswers; now: Date },
): Promise<ApplicationRow | undefined> {
  const { application: settings, review } = program.document;
  const { now, answers } = made;
  const inMs = (text: string): Date => new Date(now.getTime() + elapsedMs(text));
  const isVerified = settings.verification.required;
  const { partnerType: answered } = answers;
  const partnerType = input.partnerType ?? (isPartnerType(answered) ? answered : null);
  const row = {
    id: newId('app'),
    program_id: program.id,
    program_version: program.version,
    person_id: made.personId,
    stage: isVerified ? 'unverified' : 'in_review',
    company: input.company ?? null,
    form: JSON.stringify(answers),
    form_version: settings.version,
    country: input.country ?? null,
    partner_type: partnerType,
    web_sites: input.webSites,
    consent_version: input.consent?.version ?? null,
    verify_due_at: isVerified ? inMs(settings.verification.within) : null,
    verification_mails: isVerified ? 1 : 0,
    decision_due_at: isVerified ? null : inMs(review.decisionWithin),
    request_key: made.requestKey ?? null,
    submission_key: made.submissionKey ?? null,
    created_at: now,
    stage_since: now,
  };
  const columns = Object.keys(row);
  return rowOf<ApplicationRow>(
    tx,
    `insert into applications (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
     on conflict (program_id, request_key) do nothing returning ${applicationColumns}`,
    Object.values(row),
  );
}

/** The people who vouch for the applicant; they are asked once the applicant's own address is verified. */
export async function insertReferences(
  tx: Transaction,
  { id, program_id: programId }: ApplicationRow,
  { references }: ApplicationForm,
  language: Language,
): Promise<void> {
  for (const reference of references) {
    const personId = await insertPerson(tx, programId, { ...reference, language });
    await tx.query(
      `insert into application_references (id, program_id, application_id, person_id, relation) values ($1, $2, $3, $4, $5)`,
      [newId('ref'), programId, id, personId, reference.relation ?? null],
    );
  }
}

/** What the application is compared with others by. */
export async function insertKeys(tx: Transaction, row: ApplicationRow, input: ApplicationForm): Promise<void> {
  const keys = contactKeys(input);
  await tx.query(
    `insert into application_keys (program_id, application_id, kind, key)
     select $1, $2, kind, key from unnest($3::text[], $4::text[]) as one (kind, key) on conflict do nothing`,
    [row.program_id, row.id, keys.map(({ kind }) => kind), keys.map(({ key }) => key)],
  );
}

/** The language that somebody who applies is written to in. */
export function applicantLanguage(settings: ApplicationSettings, input: ApplicationForm): Language {
  return formLanguage(settings, input.language);
}
