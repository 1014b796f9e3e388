import { sha256 } from '../../libs/kernel/sha256.js';
import { applicantTokenOf, waitFor, type MailBox, type PactlineApi } from '../client/index.js';
import { newCustomerRate, withNewCustomerRate, type Characters } from './characters.js';
import type { Story } from './story.js';

/** What the walk needs at every step. */
export interface Stage {
  api: PactlineApi;
  mails: MailBox;
  story: Story;
  cast: Characters;
  signal: AbortSignal;
}

/** How long a workflow may take to follow an act before the demo gives up, in milliseconds. */
export const patienceMs = 30_000;

/** A partner under contract. */
export interface ContractedPartner {
  programId: string;
  applicationId: string;
  negotiationId: string;
  envelopeId: string;
  partnerId: string;
  termsHash: string;
  documentHash: string;
  /** With the seals of both parties. */
  contract: Uint8Array;
  /** How it was signed, as a sealed document of its own. */
  evidence: Uint8Array;
}

const askedRate = '15';
const counteredRate = '14';

/** From the application to a contract that both sides have signed. */
export async function contractPartner(stage: Stage): Promise<ContractedPartner> {
  const programId = await openProgram(stage);
  const { applicationId, token } = await apply(stage, programId);
  const { partnerId, negotiationId } = await approve(stage, applicationId);
  const termsHash = await negotiate(stage, negotiationId, token);
  const { envelopeId } = await sign(stage);
  await countersign(stage, envelopeId);
  const papers = await beActive(stage, { applicationId, partnerId, envelopeId });
  return { programId, applicationId, negotiationId, partnerId, termsHash, envelopeId, ...papers };
}

async function openProgram({ api, story, cast }: Stage): Promise<string> {
  const { company, terms, name } = cast.program;
  const program = await story.step(
    `${company} opens a program`,
    () => api.makeProgram(cast.program, `demo/${cast.run}/program`),
    () => [
      `"${name}" is the program that ships with Pactline, with three changes, so that a demo takes seconds and not a month: ` +
        `no holding period (${terms.payment.holding}), no least amount, and vesting and payout are asked for instead of scheduled.`,
      `Its offer: ${cast.program.application.offer.split(',')[0]}.`,
    ],
  );
  return program.id;
}

async function apply(
  { api, story, cast }: Stage,
  programId: string,
): Promise<{ applicationId: string; token: string }> {
  const { name, email } = cast.partner;
  const application = {
    name,
    email,
    company: 'Lindqvist Records Blog',
    references: [{ name: 'Per Holm', relation: 'label manager' }],
    form: {
      website: 'https://lindqvist.example',
      audience: 'Eleven thousand readers who buy records',
      partnerType: 'media',
    },
  };
  const submitted = await story.step(
    `${name} applies`,
    () => api.apply(programId, application, `demo/${cast.run}/application`),
    ({ id }) => [
      `Application ${id} is in review. ${name} got a mail with a link to follow it; nobody else can use it.`,
    ],
  );
  return { applicationId: submitted.id, token: applicantTokenOf(submitted.statusUrl) };
}

async function approve(
  { api, story, cast }: Stage,
  applicationId: string,
): Promise<{ partnerId: string; negotiationId: string }> {
  const decision = { action: 'approve', reason: 'Her readers are our customers', partnerReference: `nora-${cast.run}` };
  const { partnerId, negotiationId } = await story.step(
    'The company approves the application',
    () => api.decide(applicationId, decision, `demo/${cast.run}/decision`),
    ({ partnerId: id }) => [
      `She is partner ${id} now, known to the shop as nora-${cast.run}. The standard terms are on the table.`,
    ],
  );
  if (!partnerId || !negotiationId) throw new Error('The approval opened no negotiation.');
  return { partnerId, negotiationId };
}

async function negotiate({ api, story, cast }: Stage, negotiationId: string, token: string): Promise<string> {
  const key = (step: string): string => `demo/${cast.run}/${step}`;
  const offer = await api.negotiation(negotiationId, token);
  const terms = offer.versions.at(-1)?.terms;
  if (!terms) throw new Error('The negotiation has no version of the terms.');
  const asked = await story.step(
    'She asks for more',
    () => {
      const proposal = { terms: withNewCustomerRate(terms, askedRate), answersHash: offer.termsHash };
      return api.propose(negotiationId, { ...proposal, note: 'My readers buy' }, key('asked'), token);
    },
    ({ number }) => [
      `Version ${number}: ${askedRate} % instead of ${newCustomerRate(terms)} % of a new customer's first order.`,
    ],
  );
  const countered = await story.step(
    'The company meets her half-way',
    () => {
      const proposal = { terms: withNewCustomerRate(terms, counteredRate), answersHash: asked.termsHash };
      return api.propose(negotiationId, { ...proposal, note: 'Our best offer' }, key('countered'));
    },
    ({ number, termsHash }) => [`Version ${number}: ${counteredRate} %. Its terms have the hash ${termsHash}.`],
  );
  await story.step(
    'She accepts',
    () => api.accept(negotiationId, countered.termsHash, key('accepted'), token),
    () => [
      'She names the hash that she accepts, so nothing can be changed under her hand. The contract is printed from these terms.',
    ],
  );
  return countered.termsHash;
}

async function sign({ api, mails, story, cast }: Stage): Promise<{ envelopeId: string }> {
  const { name, email } = cast.partner;
  const link = await story.step(
    'The contract comes by mail',
    () => mails.signingToken(email),
    () => ['The mail holds a link that is hers alone: no role of the company can read it.'],
  );
  const page = await api.signingPage(link);
  const contract = await story.step(
    'She reads the contract',
    () => api.signingDocument(link),
    (pdf) => [`A PDF of ${Math.ceil(pdf.byteLength / 1024)} KiB; its SHA-256 is ${page.documentHash}.`],
  );
  if (sha256(contract) !== page.documentHash) throw new Error('The contract is not the one that its hash names.');
  const act = {
    documentHash: page.documentHash,
    consentVersion: page.consent.version,
    consent: true,
    typedName: name,
  } as const;
  await story.step(
    'She signs',
    () => api.sign(link, act, `demo/${cast.run}/signature`),
    () => [`Her consent: "${page.consent.text}"`],
  );
  return { envelopeId: page.envelopeId };
}

async function countersign({ api, story, cast, signal }: Stage, envelopeId: string): Promise<void> {
  await story.step(
    "The company's legal team countersigns",
    async () => {
      const what = "the partner's seal on the contract";
      const sealed = await waitFor(() => api.toCountersign(envelopeId), { what, patienceMs, signal });
      await api.countersign(envelopeId, sealed, `demo/${cast.run}/countersignature`);
    },
    () => [
      'What they sign carries the seal of the partner already; with their act the contract is concluded, in force from this moment.',
    ],
  );
}

async function beActive(
  { api, story, signal }: Stage,
  { applicationId, partnerId, envelopeId }: Pick<ContractedPartner, 'applicationId' | 'partnerId' | 'envelopeId'>,
): Promise<Pick<ContractedPartner, 'documentHash' | 'contract' | 'evidence'>> {
  const isActive = async (): Promise<true | undefined> => {
    const { stage } = await api.application(applicationId);
    return stage === 'active' ? true : undefined;
  };
  await story.step(
    'She is active',
    async () => {
      await waitFor(isActive, { what: 'the partner to be active', patienceMs, signal });
      return api.partner(partnerId);
    },
    ({ tier }) => [tier ? `Her first tier is ${tier}.` : 'The terms have no tiers.'],
  );
  const contract = await api.contractPdf(envelopeId);
  const evidence = await api.evidenceCertificate(envelopeId);
  const documentHash = sha256(contract);
  story.tell(
    `Both sides have the contract with both seals (SHA-256 ${documentHash}) and the certificate of how it was signed.`,
  );
  return { documentHash, contract, evidence };
}
