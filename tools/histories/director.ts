import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import {
  applicantTokenOf,
  distantSchedule,
  HttpClient,
  MailBox,
  PactlineApi,
  standardProgram,
  strikeSandbox,
  waitFor,
  type ApplicationView,
  type CompanyTokens,
  type PageOf,
} from '../client/index.js';
import type { ProductUrls } from '../embedded/running.js';

/** An applicant of a scenario, as it goes along. */
export interface Applicant {
  programId: string;
  applicationId: string;
  email: string;
  /** The token of its status link. */
  token: string;
}

/** An applicant whose application was approved. */
export interface Negotiator extends Applicant {
  partnerId: string;
  negotiationId: string;
}

/** A partner whose contract lies before it. */
export interface Signer extends Negotiator {
  envelopeId: string;
  documentHash: string;
  link: string;
}

/** A change of an agreement on its way. */
export interface Change {
  id: string;
  agreementId: string;
  state: string;
  negotiationId: string | null;
}

const patienceMs = 60_000;

/** Who acts for the company in scenarios: a person for each role, and somebody else who approves batches as well. */
export type ScenarioTokens = CompanyTokens & Readonly<Record<'second_approver', string>>;

/** Plays the people of a scenario over HTTP, in programs made for it. */
export class Director {
  readonly api: PactlineApi;
  private readonly http: HttpClient;
  readonly mails: MailBox;
  private readonly sandbox: string;
  private count = 0;

  constructor(
    { api, mail, sandbox }: ProductUrls,
    private readonly tokens: ScenarioTokens,
  ) {
    if (mail === undefined) throw new Error('Scenarios read signing links from the mail catcher: unset SMTP_URL.');
    if (sandbox === undefined) throw new Error('Scenarios have the rail fail as they need it: unset STRIPE_API_KEY.');
    this.sandbox = sandbox;
    this.api = new PactlineApi(api, tokens);
    this.http = new HttpClient(api);
    this.mails = new MailBox(mail);
  }

  /** A key or name that was not used before. */
  name(of: string): string {
    this.count += 1;
    return `${of}-${this.count}`;
  }

  /** A program in which nothing is held back and nothing is scheduled, with what the scenario changes in it. */
  async openProgram(changes: Partial<ProgramDocument> = {}): Promise<string> {
    const standard = standardProgram();
    const schedule = distantSchedule(new Date());
    const payment = { ...standard.terms.payment, holding: 'P0D', minimumMinor: 0 };
    const program = {
      ...standard,
      slug: this.name('scenario'),
      vesting: { schedule },
      payout: { ...standard.payout, schedule },
      agreement: { ...standard.agreement, calendar: { schedule } },
      terms: { ...standard.terms, payment },
      ...changes,
    };
    return (await this.api.makeProgram(program, this.name('program'))).id;
  }

  /** An application, with its mail address verified unless the scenario says otherwise. */
  async apply(changes: Partial<ProgramDocument> = {}, { isVerified = true } = {}): Promise<Applicant> {
    const programId = await this.openProgram(changes);
    const email = `${this.name('applicant')}@partner.example`;
    const { consent, verification } = { ...standardProgram().application, ...changes.application };
    const agreed = consent && { consent: { version: consent.version, given: true } };
    const application = { name: 'Ada Example', email, ...agreed };
    const { id, statusUrl } = await this.api.apply(programId, application, this.name('application'));
    if (verification.required && isVerified) await this.verify(id);
    return { programId, applicationId: id, email, token: applicantTokenOf(statusUrl) };
  }

  async verify(applicationId: string): Promise<void> {
    await this.api.verify(await this.mails.verificationToken(applicationId), this.name('verification'));
  }

  /** The question that the applicant has to answer. */
  async openQuestion({ applicationId, token }: Applicant): Promise<string> {
    const path = `/v1/applications/${applicationId}/information-requests`;
    const { items } = await this.http.json<PageOf<{ id: string; state: string }>>({ method: 'GET', path, token });
    const open = items.find(({ state }) => state === 'open');
    if (!open) throw new Error('The applicant was not asked anything.');
    return open.id;
  }

  async approve(applicant: Applicant): Promise<Negotiator> {
    const decided = await this.api.decide(applicant.applicationId, { action: 'approve' }, this.name('decision'));
    const { partnerId, negotiationId } = decided;
    if (!partnerId || !negotiationId) throw new Error('The approval opened no negotiation.');
    return { ...applicant, partnerId, negotiationId };
  }

  /** The partner accepts what is on the table and gets the contract; `before` is the link that it had until then. */
  async agree(negotiator: Negotiator, before?: string): Promise<Signer> {
    const { negotiationId, token, email } = negotiator;
    const { termsHash } = await this.api.negotiation(negotiationId, token);
    await this.api.accept(negotiationId, termsHash, this.name('acceptance'), token);
    const link = await this.mails.signingToken(email, before);
    const { envelopeId, documentHash } = await this.api.signingPage(link);
    return { ...negotiator, envelopeId, documentHash, link };
  }

  async sign({ link, documentHash }: Signer): Promise<void> {
    const { consent } = await this.api.signingPage(link);
    const act = { documentHash, consentVersion: consent.version, consent: true, typedName: 'Ada Example' } as const;
    await this.api.sign(link, act, this.name('signature'));
  }

  /** Legal countersigns what carries the partner's seal. */
  async countersign({ envelopeId }: Signer): Promise<void> {
    const sealed = await waitFor(() => this.api.toCountersign(envelopeId), { what: "the partner's seal", patienceMs });
    await this.api.countersign(envelopeId, sealed, this.name('countersignature'));
  }

  /** A partner under contract, in a program with these changes. */
  async contract(changes: Partial<ProgramDocument> = {}): Promise<Signer> {
    const signer = await this.agree(await this.approve(await this.apply(changes)));
    await this.sign(signer);
    await this.countersign(signer);
    await this.untilStage(signer, 'active');
    return signer;
  }

  /** The partner manager proposes to change the agreement: its terms with these changes. */
  async amend(
    { partnerId, negotiationId }: Signer,
    legal: ProgramDocument['terms']['legal'],
    from?: Date,
  ): Promise<Change> {
    const { legal: token, partner_manager: manager } = this.tokens;
    const path = `/v1/partners/${partnerId}/agreements`;
    const { items } = await this.http.json<PageOf<{ id: string }>>({ method: 'GET', path, token });
    const { termsHash, versions } = await this.api.negotiation(negotiationId, token);
    const [agreement, signed] = [items[0], versions.at(-1)?.terms];
    if (!agreement || !signed) throw new Error('The partner has no agreement.');
    const terms = { ...signed, legal: { ...signed.legal, ...legal } };
    const body = {
      ...{ terms, baseHash: termsHash, reason: 'A new season' },
      ...(from && { effectiveFrom: from.toISOString() }),
    };
    const change = await this.http.finished<Omit<Change, 'agreementId'>>({
      ...{ method: 'POST', path: `/v1/agreements/${agreement.id}/amendments`, token: manager, body },
      idempotencyKey: this.name('amendment'),
    });
    return { ...change, agreementId: agreement.id };
  }

  /** The id of the approval that a change waits for. */
  async wantedApproval({ id }: Change): Promise<string> {
    const path = `/v1/amendments/${id}/internal-approvals`;
    const { items } = await this.http.json<PageOf<{ id: string }>>({ method: 'GET', path, token: this.tokens.legal });
    const [approval] = items;
    if (!approval) throw new Error('The change waits for no approval.');
    return approval.id;
  }

  /** Waits until a change is in a state. */
  async untilChange({ id }: Change, state: string): Promise<Change | undefined> {
    const path = `/v1/amendments/${id}`;
    const there = async (): Promise<Change | undefined> => {
      const change = await this.http.json<Change>({ method: 'GET', path, token: this.tokens.legal });
      return change.state === state ? change : undefined;
    };
    return waitFor(there, { what: `the change to be ${state}`, patienceMs });
  }

  /** An act that commands have no method for: as the person with this token, or as a role. */
  async act(
    path: string,
    body: unknown,
    as: { token: string } | { role: keyof ScenarioTokens } | 'anyone',
  ): Promise<void> {
    const token = as === 'anyone' ? undefined : 'token' in as ? as.token : this.tokens[as.role];
    const request = { method: 'POST', path, body, token, idempotencyKey: this.name('act') } as const;
    // Some acts answer with nothing.
    while ((await this.http.send(request)).status === 202) await this.pause(500);
  }

  /** The next transfer that is asked of the rail goes wrong in this way. */
  async strikeTransfer(kind: 'refuse' | 'error_500_before'): Promise<void> {
    await strikeSandbox(this.sandbox, [{ kind, times: 1, match: { path: '/v1/transfers' } }]);
  }

  /** Lets time pass: what is due in it happens. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Waits until the application has come to a stage. */
  async untilStage({ applicationId }: Applicant, stage: string): Promise<ApplicationView> {
    const there = async (): Promise<ApplicationView | undefined> => {
      const application = await this.api.application(applicationId);
      return application.stage === stage ? application : undefined;
    };
    return waitFor(there, { what: `the application to be ${stage}`, patienceMs });
  }

  /** A partner under contract, in a program with these changes, that has earned something, all of which may be paid. */
  async earn(changes: Partial<ProgramDocument> = {}): Promise<Signer> {
    const signer = await this.contract(changes);
    const sale = {
      type: 'sale',
      partner: signer.partnerId,
      customer: 'customer-1',
      amountMinor: 12_000,
      currency: 'USD',
    };
    const event = { ...sale, id: this.name('order'), occurredAt: new Date().toISOString() };
    const [result] = await this.api.report(signer.programId, [event], this.name('events'));
    if (result?.status !== 'priced') throw new Error('The order was not priced.');
    return signer;
  }
}
