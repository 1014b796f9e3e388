import { sha256 } from '../../libs/kernel/sha256.js';
import { ApiProblem, forEachLimited, HttpClient, waitFor, type SandboxTotals } from '../client/index.js';
import type { Applicant } from './applicants.js';
import { patienceMs, type Rehearsal } from './rehearsal.js';

const inFlight = 12;

/** A partner whose contract is in force. */
export interface ActivePartner {
  partnerId: string;
  partnerRef: string;
}

/**
 * Takes every applicant that was won to an active partner: approved, contract accepted, signed and countersigned.
 *
 * @param firstOrderAt agreements are in force from then on at the latest, so that every order of the file finds one
 */
export async function contractPartners(
  rehearsal: Rehearsal,
  applicants: readonly Applicant[],
  firstOrderAt: Date | undefined,
): Promise<ActivePartner[]> {
  const won = wonOnce(rehearsal, applicants);
  const active: ActivePartner[] = [];
  await rehearsal.progress.phase('contracts', won.length, async (advance) => {
    await forEachLimited(won, inFlight, async (applicant) => {
      const partner = await contract(rehearsal, applicant, firstOrderAt);
      if (partner) active.push(partner);
      advance();
    });
    await accountsOpened(rehearsal, active.length);
  });
  return active;
}

/** The won applicants in the order of the file; of several with one partner's reference, the first is that partner. */
function wonOnce({ findings }: Rehearsal, applicants: readonly Applicant[]): Applicant[] {
  const lines = new Map<string, number>();
  const inOrder = [...applicants].sort((a, b) => a.input.line - b.input.line);
  return inOrder.filter(({ input: { won, line, ref } }) => {
    if (won === undefined) return false;
    const first = lines.get(won.partnerRef);
    if (first === undefined) return lines.set(won.partnerRef, line);
    findings.add({
      file: 'applications',
      line,
      ref,
      reason: `its partner_ref is that of line ${first}: it stays undecided`,
    });
    return false;
  });
}

/** Undefined where the API refuses a step, which is noted. */
async function contract(
  rehearsal: Rehearsal,
  applicant: Applicant,
  firstOrderAt: Date | undefined,
): Promise<ActivePartner | undefined> {
  const { line, ref, won } = applicant.input;
  if (!won) return undefined;
  const effectiveFrom = earliest(won.wonAt, firstOrderAt);
  try {
    const partnerId = await repeatedOnConflict(() => walk(rehearsal, applicant, won.partnerRef, effectiveFrom));
    return { partnerId, partnerRef: won.partnerRef };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    rehearsal.findings.add({ file: 'applications', line, ref, reason: `could not be contracted: ${error.reason}` });
    return undefined;
  }
}

/**
 * A step whose answer was lost may have been done: its repeat is then refused as a conflict. The walk begins at what the
 * rows say, so once more is right either way.
 */
async function repeatedOnConflict<Result>(walkOnce: () => Promise<Result>): Promise<Result> {
  try {
    return await walkOnce();
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
    return walkOnce();
  }
}

/** Where an application stands, as its row or a decision tells it. */
interface Position {
  stage: string;
  partnerId?: string | null;
  negotiationId?: string | null;
}

/** From wherever the application stands to an active partner, whose id it answers with. */
async function walk(
  rehearsal: Rehearsal,
  applicant: Applicant,
  partnerReference: string,
  effectiveFrom: Date | undefined,
): Promise<string> {
  const { api, signal } = rehearsal;
  const { applicationId, input, token } = applicant;
  const key = (step: string): string => `rehearsal/${step}/${sha256(input.ref)}`;
  let { stage, partnerId, negotiationId }: Position = await api.application(applicationId);
  if (stage === 'in_review') {
    const from = effectiveFrom && { effectiveFrom: effectiveFrom.toISOString() };
    const decision = { action: 'approve', partnerReference, ...from };
    ({ stage, partnerId, negotiationId } = await api.decide(applicationId, decision, key('decision')));
  }
  if (!partnerId || !negotiationId) throw new Error(`Application ${applicationId} is ${stage}, without a partner.`);
  if (stage === 'approved') {
    const { state, termsHash } = await api.negotiation(negotiationId, token);
    if (state === 'open') await api.accept(negotiationId, termsHash, key('acceptance'), token);
    await sign(rehearsal, applicant, key);
  }
  const isActive = async (): Promise<true | undefined> => {
    const view = await api.application(applicationId);
    return view.stage === 'active' ? true : undefined;
  };
  if (stage !== 'active')
    await waitFor(isActive, { what: `application ${applicationId} to be active`, patienceMs, signal });
  return partnerId;
}

/** The partner signs what it read, then legal countersigns it; what was done before is left out. */
async function sign(
  { api, mails, signal }: Rehearsal,
  { email, name }: Applicant,
  key: (step: string) => string,
): Promise<void> {
  const link = await mails.signingToken(email);
  const page = await api.signingPage(link);
  let { state } = page;
  const { documentHash, envelopeId } = page;
  if (state === 'sent' || state === 'viewed') {
    const contract = await api.signingDocument(link);
    if (sha256(contract) !== documentHash)
      throw new Error(`Envelope ${envelopeId} shows another document than its hash names.`);
    const act = { documentHash, consentVersion: page.consent.version, consent: true, typedName: name } as const;
    ({ state } = await api.sign(link, act, key('signature')));
  }
  if (state === 'partner_signed' || state === 'awaiting_countersign') {
    const what = `envelope ${envelopeId} to carry the partner's seal`;
    const sealed = await waitFor(() => api.toCountersign(envelopeId), { what, patienceMs, signal });
    await api.countersign(envelopeId, sealed, key('countersignature'));
  }
}

/** Accounts at the rail open a moment after activation; until then a payout is carried over to the next month. */
async function accountsOpened({ sandboxUrl, signal }: Rehearsal, partners: number): Promise<void> {
  const sandbox = new HttpClient(sandboxUrl, { signal });
  const isDone = async (): Promise<true | undefined> => {
    const { accounts } = await sandbox.json<SandboxTotals>({ method: 'GET', path: '/sandbox/totals' });
    return accounts >= partners ? true : undefined;
  };
  await waitFor(isDone, { what: 'the accounts of the partners at the rail', patienceMs, signal });
}

function earliest(...instants: (Date | undefined)[]): Date | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : new Date(Math.min(...known.map((instant) => instant.getTime())));
}
