import type { Terms } from '../../libs/agreements/domain/index.js';
import type { CompanyRole } from '../../libs/identity/index.js';
import { HttpClient, type HttpClientOptions } from './http-client.js';
import type {
  ApplicationState,
  ApplicationView,
  BatchDetail,
  BatchStatus,
  BatchView,
  CollectionResult,
  CommissionLineView,
  EnvelopeStatus,
  EnvelopeView,
  EventExplanation,
  EventResult,
  LedgerAccountView,
  NegotiationStatus,
  NegotiationView,
  PageOf,
  PartnerView,
  PayoutItemView,
  ProgramView,
  SigningPage,
  SubmittedApplication,
  TierReviewView,
  TrialBalanceView,
  VestingResult,
} from './resources.js';

/** The tokens of the people of the company, by role. */
export type CompanyTokens = Readonly<Record<CompanyRole, string>>;

const pageLimit = 200;

/**
 * The HTTP API as the project's own commands use it: one method per act, each as the person who may do it. A partner
 * acts with the token of its status link or of its signing link. Every act takes a key, so that it may be repeated.
 *
 * All methods throw ApiProblem for what the API refuses and ServerAway where it stays away.
 */
export class PactlineApi {
  private readonly http: HttpClient;

  constructor(
    readonly url: string,
    private readonly tokens: CompanyTokens,
    options: HttpClientOptions = {},
  ) {
    this.http = new HttpClient(url, options);
  }

  makeProgram(document: unknown, key: string): Promise<ProgramView> {
    return this.act('admin', '/v1/programs', document, key);
  }

  async programs(): Promise<ProgramView[]> {
    return (await this.read<PageOf<ProgramView>>('admin', '/v1/programs')).items;
  }

  apply(programId: string, application: unknown, key: string): Promise<SubmittedApplication> {
    const path = `/v1/programs/${programId}/applications`;
    return this.http.json({ method: 'POST', path, body: application, idempotencyKey: key });
  }

  /** Proves the mail address of an application, with the token of the link in its mail; harmless once it is proved. */
  verify(link: string, key: string): Promise<ApplicationState> {
    return this.http.finished({ method: 'POST', path: `/v1/verification/${link}`, body: {}, idempotencyKey: key });
  }

  application(id: string): Promise<ApplicationView> {
    return this.read('admin', `/v1/applications/${id}`);
  }

  /** Starts the run that erases applicants whose time to be kept is over; the instant that it goes by. */
  eraseDue(programId: string, key: string): Promise<{ cutOff: string }> {
    const request = {
      method: 'POST',
      path: '/v1/applicant-erasures',
      body: { programId },
      idempotencyKey: key,
    } as const;
    return this.http.json({ ...request, token: this.tokens.admin });
  }

  decide(applicationId: string, decision: unknown, key: string): Promise<ApplicationState> {
    return this.act('admin', `/v1/applications/${applicationId}/decision`, decision, key);
  }

  /** As the partner sees it, with the token of its status link. */
  negotiation(id: string, applicantToken: string): Promise<NegotiationView> {
    return this.http.json({ method: 'GET', path: `/v1/negotiations/${id}`, token: applicantToken });
  }

  /** Proposes terms in answer to the version with the hash `answersHash`; without a token as the company. */
  propose(
    id: string,
    proposal: { terms: Terms; answersHash: string; note?: string },
    key: string,
    applicantToken = this.tokens.partner_manager,
  ): Promise<NegotiationStatus> {
    const path = `/v1/negotiations/${id}/proposals`;
    const request = { method: 'POST', path, body: proposal, idempotencyKey: key, token: applicantToken } as const;
    return this.http.finished(request);
  }

  /** The partner accepts the version with this hash. */
  accept(id: string, termsHash: string, key: string, applicantToken: string): Promise<NegotiationStatus> {
    const path = `/v1/negotiations/${id}/acceptance`;
    const request = { method: 'POST', path, body: { termsHash }, idempotencyKey: key, token: applicantToken } as const;
    return this.http.finished(request);
  }

  /** Asks what terms would have cost on the events of the past months; the answer comes later. */
  simulate(id: string, request: { number?: number; months?: number }, key: string): Promise<{ id: string }> {
    const path = `/v1/negotiations/${id}/simulation`;
    const token = this.tokens.partner_manager;
    return this.http.json({ method: 'POST', path, body: request, idempotencyKey: key, token });
  }

  signingPage(link: string): Promise<SigningPage> {
    return this.http.json({ method: 'GET', path: `/v1/signing/${link}` });
  }

  /** The contract, as the signer sees it. */
  signingDocument(link: string): Promise<Uint8Array> {
    return this.http.bytes({ method: 'GET', path: `/v1/signing/${link}/document` });
  }

  sign(
    link: string,
    act: { documentHash: string; consentVersion: string; consent: true; typedName: string },
    key: string,
  ): Promise<EnvelopeStatus> {
    return this.http.finished({
      method: 'POST',
      path: `/v1/signing/${link}/signature`,
      body: act,
      idempotencyKey: key,
    });
  }

  envelope(id: string): Promise<EnvelopeView> {
    return this.read('legal', `/v1/envelopes/${id}`);
  }

  /** What carries the partner's seal and waits for the company; undefined before. */
  async toCountersign(envelopeId: string): Promise<string | undefined> {
    const { state, newestDocumentHash } = await this.envelope(envelopeId);
    return state === 'awaiting_countersign' ? newestDocumentHash : undefined;
  }

  countersign(envelopeId: string, documentHash: string, key: string): Promise<EnvelopeStatus> {
    return this.act('legal', `/v1/envelopes/${envelopeId}/countersignature`, { documentHash }, key);
  }

  voidEnvelope(envelopeId: string, reason: string, key: string): Promise<EnvelopeStatus> {
    return this.act('legal', `/v1/envelopes/${envelopeId}/void`, { reason }, key);
  }

  contractPdf(envelopeId: string): Promise<Uint8Array> {
    return this.bytes('legal', `/v1/envelopes/${envelopeId}/document`);
  }

  evidenceCertificate(envelopeId: string): Promise<Uint8Array> {
    return this.bytes('legal', `/v1/envelopes/${envelopeId}/evidence-certificate`);
  }

  partner(id: string): Promise<PartnerView> {
    return this.read('partner_manager', `/v1/partners/${id}`);
  }

  partners(programId: string): AsyncGenerator<PartnerView> {
    return this.pages('partner_manager', `/v1/partners?programId=${programId}`);
  }

  /** Every line of a partner, commissions and reversals. */
  earnings(partnerId: string): AsyncGenerator<CommissionLineView> {
    return this.pages('finance', `/v1/partners/${partnerId}/earnings?`);
  }

  /** The reviews of a partner's tier, newest first. */
  async tierReviews(partnerId: string): Promise<TierReviewView[]> {
    return (await this.read<PageOf<TierReviewView>>('finance', `/v1/partners/${partnerId}/tier-reviews`)).items;
  }

  /** Reports events, at most 1,000; the results are in their order. */
  async report(programId: string, events: readonly unknown[], key: string): Promise<EventResult[]> {
    const path = `/v1/events?programId=${programId}`;
    return (await this.act<{ results: EventResult[] }>('service', path, { events }, key)).results;
  }

  /** Why an event was paid as it was. */
  explanation(programId: string, eventId: string): Promise<EventExplanation> {
    const path = `/v1/events/${encodeURIComponent(eventId)}/explanation?programId=${programId}`;
    return this.read('partner_manager', path);
  }

  vest(programId: string, cutOff: Date, key: string): Promise<VestingResult> {
    return this.act('finance', '/v1/vesting-runs', { programId, cutOff: cutOff.toISOString() }, key);
  }

  collect(programId: string, cutOff: Date, key: string): Promise<CollectionResult> {
    return this.act('finance', '/v1/payout-collections', { programId, cutOff: cutOff.toISOString() }, key);
  }

  batch(id: string): Promise<BatchDetail> {
    return this.read('finance', `/v1/payout-batches/${id}`);
  }

  batches(programId: string): AsyncGenerator<BatchView> {
    return this.pages('finance', `/v1/payout-batches?programId=${programId}`);
  }

  batchItems(batchId: string): AsyncGenerator<PayoutItemView> {
    return this.pages('finance', `/v1/payout-batches/${batchId}/items?`);
  }

  submitBatch(batchId: string, key: string): Promise<BatchStatus> {
    return this.act('finance', `/v1/payout-batches/${batchId}/submission`, {}, key);
  }

  approveBatch(batchId: string, contentHash: string, key: string): Promise<BatchStatus> {
    return this.act('finance_approver', `/v1/payout-batches/${batchId}/approvals`, { contentHash }, key);
  }

  /** Items, ledger and rail of a batch held against each other now. */
  reconciliation(batchId: string): Promise<{ agrees: boolean }> {
    return this.read('finance', `/v1/payout-batches/${batchId}/reconciliation`);
  }

  remittanceAdvice(itemId: string): Promise<Uint8Array> {
    return this.bytes('finance', `/v1/payout-items/${itemId}/remittance-advice`);
  }

  async ledgerAccounts(programId: string): Promise<LedgerAccountView[]> {
    const path = `/v1/ledger/accounts?programId=${programId}`;
    return (await this.read<PageOf<LedgerAccountView>>('finance', path)).items;
  }

  async trialBalance(programId: string): Promise<TrialBalanceView[]> {
    const path = `/v1/ledger/trial-balance?programId=${programId}`;
    return (await this.read<PageOf<TrialBalanceView>>('finance', path)).items;
  }

  private read<Result>(role: CompanyRole, path: string): Promise<Result> {
    return this.http.json({ method: 'GET', path, token: this.tokens[role] });
  }

  private bytes(role: CompanyRole, path: string): Promise<Uint8Array> {
    return this.http.bytes({ method: 'GET', path, token: this.tokens[role] });
  }

  private act<Result>(role: CompanyRole, path: string, body: unknown, key: string): Promise<Result> {
    return this.http.finished({ method: 'POST', path, body, idempotencyKey: key, token: this.tokens[role] });
  }

  private async *pages<Item>(role: CompanyRole, path: string): AsyncGenerator<Item> {
    const separator = path.endsWith('?') ? '' : path.includes('?') ? '&' : '?';
    const first = `${path}${separator}limit=${pageLimit}`;
    for (let next: string | null | undefined = ''; next !== null && next !== undefined;) {
      const page: PageOf<Item> = await this.read(
        role,
        next === '' ? first : `${first}&cursor=${encodeURIComponent(next)}`,
      );
      yield* page.items;
      next = page.next;
    }
  }
}
