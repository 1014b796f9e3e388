import { sha256 } from '../../libs/kernel/sha256.js';
import type { FormField } from '../../libs/programs/domain/index.js';
import { ApiProblem, applicantTokenOf, forEachLimited } from '../client/index.js';
import type { ApplicationInput, ApplicationInputs } from './inputs.js';
import type { Rehearsal } from './rehearsal.js';

/** Most of the time each waits for its mail. */
const inFlight = 32;

/** An application that the API took in. */
export interface Applicant {
  input: ApplicationInput;
  applicationId: string;
  /** The token of its status link: what it negotiates with. */
  token: string;
  name: string;
  email: string;
}

export interface SubmittedApplications {
  applicants: Applicant[];
  counts: { read: number; created: number; duplicates: number; refused: number };
}

/** Posts every application, as its applicant would. A repeat finds the application that the first one made. */
export async function submitApplications(
  rehearsal: Rehearsal,
  inputs: ApplicationInputs,
  fields: ReadonlyMap<string, FormField>,
): Promise<SubmittedApplications> {
  const { progress, findings } = rehearsal;
  const applicants: Applicant[] = [];
  let refused = inputs.faults.length;
  for (const fault of inputs.faults) findings.add({ file: 'applications', ...fault });
  for (const repeat of inputs.repeats) findings.add({ file: 'applications', ...repeat });
  await progress.phase('applications', inputs.rows.length, async (advance) => {
    await forEachLimited(inputs.rows, inFlight, async (input) => {
      const applicant = await submit(rehearsal, input, fields);
      if (applicant) applicants.push(applicant);
      else refused += 1;
      advance();
    });
  });
  const counts = { read: inputs.read, created: applicants.length, duplicates: inputs.repeats.length, refused };
  return { applicants, counts };
}

/** Undefined where the API refuses it, which is noted. */
async function submit(
  rehearsal: Rehearsal,
  input: ApplicationInput,
  fields: ReadonlyMap<string, FormField>,
): Promise<Applicant | undefined> {
  const { api, programId, findings } = rehearsal;
  const { ref, line, answers } = input;
  const person = personOf(ref);
  const form = Object.fromEntries(
    Object.entries(answers).flatMap(([column, text]) => {
      const field = fields.get(column);
      return field ? [[field.name, text]] : [];
    }),
  );
  try {
    const { id, statusUrl } = await api.apply(programId, { ...person, form }, `rehearsal/application/${sha256(ref)}`);
    await verify(rehearsal, id, sha256(ref));
    return { input, applicationId: id, token: applicantTokenOf(statusUrl), ...person };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    findings.add({ file: 'applications', line, ref, reason: error.reason });
    return undefined;
  }
}

/** As the applicant would: by the link in its mail. One that an earlier run verified is left alone. */
async function verify({ api, mails, isResumed }: Rehearsal, applicationId: string, ref: string): Promise<void> {
  if (isResumed && (await api.application(applicationId)).stage !== 'unverified') return;
  await api.verify(await mails.verificationToken(applicationId), `rehearsal/verification/${ref}`);
}

/** The file names nobody: a name and an address are derived from the reference. */
function personOf(ref: string): { name: string; email: string } {
  const mailbox = /^[A-Za-z0-9_-]{1,60}$/.test(ref) ? ref.toLowerCase() : sha256(ref).slice(0, 40);
  return { name: `Applicant ${mailbox.slice(0, 8)}`, email: `${mailbox}@applicants.example` };
}
