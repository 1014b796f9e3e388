import { applicantTokenOf } from '../../tools/client/applicant-token.js';
import { distantSchedule } from '../../tools/client/standard-program.js';
import type { Terms } from '../../libs/agreements/domain/index.js';
import { parseProgram, type ProgramDocument } from '../../libs/programs/domain/index.js';
import type { ApiAnswer, ApiCall } from './api.js';
import { demoProgram } from './demo-program.js';
import type { TestProduct } from './product.js';

type Changes<Settings> = { [Field in keyof Settings]?: unknown };

/** What a program may differ in from the one that ships; durations are ISO 8601. */
export interface ProgramChanges extends Partial<
  Omit<ProgramDocument, 'agreement' | 'application' | 'contract' | 'review' | 'signature'>
> {
  decisionWithin?: string;
  /** Over what the program that ships says. */
  application?: Changes<ProgramDocument['application']>;
  contract?: Changes<ProgramDocument['contract']>;
  /** In place of the review of the program that ships, whose rules and checklist few tests are about. */
  review?: Changes<ProgramDocument['review']>;
  signature?: Partial<ProgramDocument['signature']>;
  agreement?: Partial<ProgramDocument['agreement']>;
}

export interface Applicant {
  applicationId: string;
  /** The right that came with its status link. */
  token: string;
  email: string;
  name: string;
}

export interface Approved extends Applicant {
  partnerId: string;
  negotiationId: string;
  /** Of the company's offer, version 1. */
  termsHash: string;
}

export interface Sent extends Approved {
  envelopeId: string;
  documentHash: string;
  consentVersion: string;
  /** The token of the signing link, as the mail brought it. */
  link: string;
}

/** An envelope as legal sees it, as far as tests look. */
export interface Envelope {
  state: string;
  awaiting: string | null;
  remindersSent: number;
  expiresAt: string;
  newestDocumentHash: string | null;
  documents: { d0: string; d1: string; d2: string; d3: string | null; certificate: string };
  overlays: { deliveryFailed: boolean; sealBlocked: string | null; timestampPending: boolean };
  recipients: {
    id: string;
    party: string;
    name: string | null;
    state: string;
    delivery: string;
    isLocked: boolean;
    remindersSent: number;
    delegatedTo: string | null;
  }[];
}

/** An answer of an act on a contract: a state or a problem's code. */
export type Answer = ApiAnswer<{ state?: string; stage?: string; code?: string; [field: string]: unknown }>;

let applicants = 0;
let programs = 0;

/** Walks partners of one program through contracting, over HTTP alone, to wherever a test begins. */
export class ContractingWalk {
  private constructor(
    readonly product: TestProduct,
    readonly programId: string,
    readonly document: ProgramDocument,
    /** Tokens of the company's people, for all programs. */
    readonly tokens: { manager: string; legal: string; admin: string; service: string; auditor: string },
  ) {}

  /** Makes a program of the one that ships; it vests and pays only when asked, without a holding period or a minimum. */
  static async open(product: TestProduct, changes: ProgramChanges = {}): Promise<ContractingWalk> {
    const [manager, legal, admin, service, auditor] = await Promise.all(
      (['partner_manager', 'legal', 'admin', 'service', 'auditor'] as const).map((role) => product.token(role)),
    );
    const document = programDocument(changes);
    const { id } = await product.ok<{ id: string }>('POST', '/v1/programs', { token: admin!, body: document });
    const tokens = { manager: manager!, legal: legal!, admin: admin!, service: service!, auditor: auditor! };
    return new ContractingWalk(product, id, document, tokens);
  }

  /** An application whose mail address is verified, by the link in the mail. */
  async apply(changes: Record<string, unknown> = {}): Promise<Applicant> {
    const applicant = await this.applyUnverified(changes);
    if (!this.document.application.verification.required) return applicant;
    const answer = await this.verify(await this.verificationLink(applicant));
    if (answer.status !== 200) throw new Error(`the verification was answered with ${answer.status}: ${answer.text}`);
    return applicant;
  }

  /** An application as it came. */
  async applyUnverified(changes: Record<string, unknown> = {}): Promise<Applicant> {
    const number = ++applicants;
    const { consent } = this.document.application;
    const person = {
      name: `Ada Number ${number}`,
      email: `ada-${number}@partner.example`,
      ...(consent && { consent: { version: consent.version, given: true } }),
      ...changes,
    };
    const answer = await this.product.call<{ id: string; statusUrl: string }>(
      'POST',
      `/v1/programs/${this.programId}/applications`,
      { body: person },
    );
    if (answer.status !== 202) throw new Error(`the application was answered with ${answer.status}: ${answer.text}`);
    const { id, statusUrl } = answer.body;
    return { applicationId: id, token: applicantTokenOf(statusUrl), email: person.email, name: person.name };
  }

  /** The token of the link in the newest verification mail; waits for the mail. */
  async verificationLink({ email, applicationId }: Applicant): Promise<string> {
    const link = new RegExp(`(verification\\.${applicationId}\\.[\\w-]+)`);
    return this.product.until('the verification mail', async () => {
      return (await this.product.mails(email)).map(({ text }) => link.exec(text)?.[1]).find((found) => found);
    });
  }

  verify(link: string, call: ApiCall = {}): Promise<Answer> {
    return this.product.call('POST', `/v1/verification/${link}`, { body: {}, ...call });
  }

  decide(applicationId: string, body: Record<string, unknown>, call: ApiCall = {}): Promise<Answer> {
    return this.product.call('POST', `/v1/applications/${applicationId}/decision`, {
      token: this.tokens.manager,
      body,
      ...call,
    });
  }

  withdraw({ applicationId, token }: Applicant, reason = 'I changed my mind'): Promise<Answer> {
    return this.product.call('POST', `/v1/applications/${applicationId}/withdrawal`, { token, body: { reason } });
  }

  /** An approved applicant with the company's offer on the table. */
  async approved(changes: { applicant?: Record<string, unknown>; reference?: string } = {}): Promise<Approved> {
    const applicant = await this.apply(changes.applicant);
    const { reference } = changes;
    const body = { action: 'approve', ...(reference === undefined ? {} : { partnerReference: reference }) };
    const answer = await this.decide(applicant.applicationId, body);
    if (answer.status !== 200) throw new Error(`the approval was answered with ${answer.status}: ${answer.text}`);
    const { partnerId, negotiationId } = answer.body as unknown as { partnerId: string; negotiationId: string };
    const { termsHash } = await this.negotiation(negotiationId, applicant.token);
    return { ...applicant, partnerId, negotiationId, termsHash };
  }

  negotiation(
    negotiationId: string,
    token = this.tokens.manager,
  ): Promise<{ state: string; number: number; termsHash: string; awaiting?: string; versions: { terms: Terms }[] }> {
    return this.product.ok('GET', `/v1/negotiations/${negotiationId}`, { token });
  }

  propose(
    negotiationId: string,
    body: { terms: unknown; answersHash: string },
    token = this.tokens.manager,
  ): Promise<Answer> {
    return this.product.call('POST', `/v1/negotiations/${negotiationId}/proposals`, { token, body });
  }

  accept(negotiationId: string, termsHash: string, token = this.tokens.manager): Promise<Answer> {
    return this.product.call('POST', `/v1/negotiations/${negotiationId}/acceptance`, { token, body: { termsHash } });
  }

  /** A partner that accepted the offer and has the contract's signing link in its mail box. */
  async sent(changes: { applicant?: Record<string, unknown>; reference?: string } = {}): Promise<Sent> {
    const partner = await this.approved(changes);
    const answer = await this.accept(partner.negotiationId, partner.termsHash, partner.token);
    if (answer.status !== 200) throw new Error(`the acceptance was answered with ${answer.status}: ${answer.text}`);
    return { ...partner, ...(await this.signingPage(partner)) };
  }

  /** What the link in the newest mail to the partner leads to; waits for the mail. */
  async signingPage({
    email,
  }: Applicant): Promise<Pick<Sent, 'envelopeId' | 'documentHash' | 'consentVersion' | 'link'>> {
    const { text } = await this.product.mail(email, 'sign');
    const link = /(signing\.rcp_[0-9a-f]{32}-\d+\.[\w-]+)/.exec(text)?.[1];
    if (link === undefined) throw new Error('the mail has no signing link');
    const page = await this.product.ok<{ envelopeId: string; documentHash: string; consent: { version: string } }>(
      'GET',
      `/v1/signing/${link}`,
    );
    return { envelopeId: page.envelopeId, documentHash: page.documentHash, consentVersion: page.consent.version, link };
  }

  /** The partner signs; with its last signature this waits for the partner's seal, so that the company's turn has begun. */
  async sign(
    { envelopeId, link, documentHash, consentVersion, name }: Sent,
    changes: Record<string, unknown> = {},
  ): Promise<Answer> {
    const body = { documentHash, consentVersion, consent: true, typedName: name, ...changes };
    const answer: Answer = await this.product.call('POST', `/v1/signing/${link}/signature`, { body });
    if (answer.body?.state === 'partner_signed') await this.leaves(envelopeId, 'partner_signed');
    return answer;
  }

  decline({ link }: Sent, reason = 'The rate is too low'): Promise<Answer> {
    return this.product.call('POST', `/v1/signing/${link}/decline`, { body: { reason } });
  }

  /** Countersigns what there is to countersign: the contract with the partner's seal, unless the test says otherwise. */
  async countersign(
    { envelopeId }: Pick<Sent, 'envelopeId'>,
    token = this.tokens.legal,
    hash?: string,
  ): Promise<Answer> {
    const body = { documentHash: hash ?? (await this.envelope(envelopeId)).newestDocumentHash };
    return this.product.call('POST', `/v1/envelopes/${envelopeId}/countersignature`, { token, body });
  }

  voidEnvelope({ envelopeId }: Sent, token = this.tokens.legal): Promise<Answer> {
    const body = { reason: 'The wrong offer was sent' };
    return this.product.call('POST', `/v1/envelopes/${envelopeId}/void`, { token, body });
  }

  /** A partner whose contract is executed and in force. */
  async activePartner(changes: { applicant?: Record<string, unknown>; reference?: string } = {}): Promise<Sent> {
    const partner = await this.sent(changes);
    for (const act of [() => this.sign(partner), () => this.countersign(partner)]) {
      const answer = await act();
      if (answer.status !== 200) throw new Error(`signing was answered with ${answer.status}: ${answer.text}`);
    }
    await this.stage(partner.applicationId, 'active');
    return partner;
  }

  /** Waits for an application to be in a stage. */
  async stage(applicationId: string, wanted: string): Promise<void> {
    await this.product.until(`${wanted}`, async () => (await this.application(applicationId)).stage === wanted);
  }

  application(applicationId: string): Promise<{ stage: string; reason: string | null; envelopeId: string | null }> {
    return this.product.ok('GET', `/v1/applications/${applicationId}`, { token: this.tokens.manager });
  }

  /** Waits until an envelope is in a state no more. */
  async leaves(envelopeId: string, state: string): Promise<void> {
    await this.product.until(`the end of ${state}`, async () => (await this.envelope(envelopeId)).state !== state);
  }

  /** Waits until an envelope is in a state. */
  async reaches(envelopeId: string, state: string): Promise<void> {
    await this.product.until(state, async () => (await this.envelope(envelopeId)).state === state);
  }

  envelope(envelopeId: string): Promise<Envelope> {
    return this.product.ok('GET', `/v1/envelopes/${envelopeId}`, { token: this.tokens.legal });
  }

  evidence(
    envelopeId: string,
  ): Promise<{ brokenAt: number | null; facts: { type: string; at: string; data: object }[] }> {
    return this.product.ok('GET', `/v1/envelopes/${envelopeId}/evidence`, { token: this.tokens.legal });
  }

  /** `action from>to` of every fact about a thing, oldest first. */
  async audit(subjectId: string): Promise<string[]> {
    const facts = await this.product.rows<{ action: string; from_state: string | null; to_state: string | null }>(
      `select action, from_state, to_state from audit_facts where subject_id = $1 order by id`,
      subjectId,
    );
    return facts.map(({ action, from_state, to_state }) => `${action} ${from_state ?? ''}>${to_state ?? ''}`);
  }
}

/** The program that ships, with its waits and schedules changed; every one has a slug and mail addresses of its own. */
export function programDocument(changes: ProgramChanges = {}): ProgramDocument {
  const { decisionWithin, agreement, application, contract, review, signature, ...rest } = changes;
  const standard = demoProgram();
  const number = ++programs;
  const schedule = distantSchedule(new Date());
  const terms: Terms = {
    ...standard.terms,
    payment: { ...standard.terms.payment, holding: 'P0D', minimumMinor: 0 },
  };
  return parseProgram({
    ...standard,
    slug: `program-${number}`,
    contacts: {
      partner_manager: `manager-${number}@company.example`,
      legal: `legal-${number}@company.example`,
      finance: `finance-${number}@company.example`,
    },
    vesting: { schedule },
    payout: { ...standard.payout, schedule },
    terms,
    application: { ...standard.application, ...application },
    contract: { ...standard.contract, ...contract },
    review: {
      decisionWithin: decisionWithin ?? standard.review.decisionWithin,
      erasure: { schedule },
      ...review,
    },
    signature: { ...standard.signature, ...signature },
    agreement: { ...standard.agreement, calendar: { schedule }, ...agreement },
    ...rest,
  });
}
