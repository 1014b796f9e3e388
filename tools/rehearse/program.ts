import { readFileSync } from 'node:fs';
import { parseTerms, type Terms } from '../../libs/agreements/domain/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import {
  assertSameCurrency,
  parseProgram,
  type FormField,
  type ProgramDocument,
} from '../../libs/programs/domain/index.js';
import { distantSchedule, standardProgram, type PactlineApi, type ProgramView } from '../client/index.js';
import { messageOf } from '../embedded/project.mjs';
import { filesCurrency } from './inputs.js';
import { UnusableInput } from './options.js';

/**
 * The terms of a file, checked as the product checks them: valid, in the files' currency.
 *
 * @throws UnusableInput with the pointers of what is wrong
 */
export function readTermsFile(file: string): Terms {
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UnusableInput(`The terms in ${file} can't be read: ${messageOf(error)}`);
  }
  try {
    const terms = parseTerms(input);
    assertSameCurrency(terms, filesCurrency);
    return terms;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const places = error.errors.map(({ pointer, message }) => `${pointer}: ${message}`);
    throw new UnusableInput(`The terms in ${file} are refused: ${error.message}`, places);
  }
}

/**
 * The rehearsal's program: the one that ships, with a form that takes the file's columns, a review without rules of its
 * own (the file says what was decided), and schedules that leave vesting, payouts and the calendar of agreements to the
 * rehearsal.
 */
export function rehearsalProgram(
  { slug, terms, formColumns }: { slug: string; terms: Terms | undefined; formColumns: readonly string[] },
  now: Date,
): ProgramDocument {
  const standard = standardProgram();
  const schedule = distantSchedule(now);
  const { callToAction, offer } = standard.application;
  return parseProgram({
    ...standard,
    slug,
    name: `Rehearsal of ${standard.name}`,
    application: { callToAction, offer, fields: [...formFields(formColumns).values()] },
    review: { decisionWithin: standard.review.decisionWithin, maxReminders: 0, erasure: { schedule } },
    vesting: { schedule },
    payout: { ...standard.payout, schedule },
    agreement: { ...standard.agreement, calendar: { schedule } },
    terms: terms ?? standard.terms,
  });
}

const maxFields = 100;

/** One optional text field for each column, by the column; columns beyond what a form may have are left out. */
export function formFields(columns: readonly string[]): Map<string, FormField> {
  const fields = new Map<string, FormField>();
  const names = new Set<string>();
  for (const [index, column] of columns.slice(0, maxFields).entries()) {
    const camel = column.replace(/[_\s-]+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const isUsable = /^[a-z][a-zA-Z0-9]{0,39}$/.test(camel) && !names.has(camel);
    const name = isUsable ? camel : `column${index + 1}`;
    names.add(name);
    const label = column.replaceAll('_', ' ').slice(0, 200) || `column ${index + 1}`;
    fields.set(column, { name, label, type: 'text', required: false });
  }
  return fields;
}

/** The rehearsal's program on the API, made where it is not there yet. */
export async function openProgram(api: PactlineApi, document: ProgramDocument): Promise<ProgramView> {
  const existing = (await api.programs()).find((program) => program.document.slug === document.slug);
  return existing ?? api.makeProgram(document, `rehearsal/${document.slug}/program`);
}
