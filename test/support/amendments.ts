import type { Terms } from '../../libs/agreements/domain/index.js';
import type { ApiAnswer } from './api.js';
import { ContractingWalk, programDocument, type Answer, type Sent } from './contracting.js';
import type { TestProduct } from './product.js';

/** A change of an agreement as the API shows it, as far as tests look. */
export interface Amendment {
  id: string;
  state: string;
  side: string;
  cause: string | null;
  endReason: string | null;
  needsConsent: boolean;
  isRenewal: boolean;
  material: string[];
  termsHash: string;
  agreedHash: string | null;
  effectiveFrom: string | null;
  negotiationId: string | null;
  envelopeId: string | null;
  version: number | null;
  notice: {
    givenAt: string;
    endsAt: string;
    mayObject: boolean;
    documentHash: string;
    objectedAt: string | null;
    objection: string | null;
  } | null;
  shownAt: string | null;
  terms: Terms;
}

export interface AgreementVersions {
  id: string;
  state: string;
  endsAt: string | null;
  term: { endsAt: string };
  renewalOffers: { state: string; termsHash: string; consentVersion: string; termFrom: string }[];
  versions: {
    version: number;
    termsHash: string;
    basis: string;
    effectiveFrom: string;
    effectiveUntil: string | null;
    envelopeId: string | null;
  }[];
}

/** A partner under contract, with what a change of its agreement needs. */
export interface Contracted extends Sent {
  agreementId: string;
}

let orders = 0;

/** Changes agreements of partners in one program, over HTTP alone. */
export class AmendmentWalk {
  constructor(readonly walk: ContractingWalk) {}

  /** In a program whose agreements last a month and go on only by the partner's consent. */
  static async byConsent(product: TestProduct): Promise<AmendmentWalk> {
    const term = { length: 'P1M', renewal: 'consent' as const, notice: 'P7D' };
    return new AmendmentWalk(await ContractingWalk.open(product, { terms: { ...programDocument().terms, term } }));
  }

  /** Has the calendar of the program's agreements run as at an instant. */
  runCalendar(cutOff: Date): Promise<Record<string, number>> {
    return this.walk.product.ok('POST', '/v1/agreement-calendar-runs', {
      token: this.walk.tokens.legal,
      body: { programId: this.walk.programId, cutOff: cutOff.toISOString() },
    });
  }

  get terms(): Terms {
    return this.walk.document.terms;
  }

  /** The program's terms with another rate for everybody: material. */
  rate(rate: string): Terms {
    const [first, ...rest] = this.terms.commissions;
    return { ...this.terms, commissions: [{ ...first!, reward: { kind: 'percent', rate } }, ...rest] };
  }

  /** The program's terms with another law: of that a notice is enough. */
  law(governingLaw: string): Terms {
    return { ...this.terms, legal: { ...this.terms.legal, governingLaw } };
  }

  async partner(): Promise<Contracted> {
    const partner = await this.walk.activePartner();
    return { ...partner, agreementId: (await this.agreementOf(partner)).id };
  }

  async agreementOf({ partnerId }: Pick<Sent, 'partnerId'>): Promise<AgreementVersions> {
    const { walk } = this;
    const address = `/v1/partners/${partnerId}/agreements`;
    const { items } = await walk.product.ok<{ items: AgreementVersions[] }>('GET', address, {
      token: walk.tokens.legal,
    });
    return items[0]!;
  }

  /** Proposes a change of the newest version, as the partner manager unless it is said otherwise. */
  propose(
    { agreementId, termsHash }: Contracted,
    terms: Terms,
    changes: Record<string, unknown> = {},
    token = this.walk.tokens.manager,
  ): Promise<ApiAnswer<Amendment & { code?: string; errors?: { pointer: string }[] }>> {
    const body = { terms, baseHash: termsHash, reason: 'A new season', ...changes };
    return this.walk.product.call('POST', `/v1/agreements/${agreementId}/amendments`, { token, body });
  }

  /** A change that must have been taken. */
  async proposed(...given: Parameters<AmendmentWalk['propose']>): Promise<Amendment> {
    const { status, text, body } = await this.propose(...given);
    if (status !== 201) throw new Error(`the proposal was answered with ${status}: ${text}`);
    return body;
  }

  act(amendmentId: string, what: string, body: unknown, token: string): Promise<Answer> {
    return this.walk.product.call('POST', `/v1/amendments/${amendmentId}/${what}`, { token, body });
  }

  get(amendmentId: string, token = this.walk.tokens.legal): Promise<Amendment> {
    return this.walk.product.ok('GET', `/v1/amendments/${amendmentId}`, { token });
  }

  /** Waits until a change is in a state. */
  reaches(amendmentId: string, state: string): Promise<Amendment> {
    return this.walk.product.until(`${state}`, async () => {
      const amendment = await this.get(amendmentId);
      return amendment.state === state && amendment;
    });
  }

  /** The other side accepts what was proposed; the contract that the partner is to sign then. */
  async toSign(partner: Contracted, amendment: Amendment, token = partner.token): Promise<Contracted> {
    const answer = await this.walk.accept(amendment.negotiationId!, amendment.termsHash, token);
    if (answer.status !== 200) throw new Error(`the acceptance was answered with ${answer.status}: ${answer.text}`);
    const { envelopeId } = await this.walk.product.until('the contract', async () => {
      const current = await this.get(amendment.id);
      return current.envelopeId !== null && current;
    });
    return this.walk.product.until('the signing link', async () => {
      const page = await this.walk.signingPage(partner).catch(() => undefined);
      return page?.envelopeId === envelopeId && { ...partner, ...page };
    });
  }

  /** Both sides sign. */
  async sign(signer: Contracted): Promise<void> {
    for (const act of [() => this.walk.sign(signer), () => this.walk.countersign(signer)]) {
      const answer = await act();
      if (answer.status !== 200) throw new Error(`signing was answered with ${answer.status}: ${answer.text}`);
    }
  }

  /** What the calendar says of a change or of a version: kind, instant and detail. */
  async calendar(subjectId: string): Promise<string[]> {
    const address = `/v1/contract-calendar?programId=${this.walk.programId}&limit=200`;
    const { items } = await this.walk.product.ok<{
      items: { kind: string; at: string; subjectId: string; detail: string | null }[];
    }>('GET', address, { token: this.walk.tokens.legal });
    const own = items.filter((entry) => entry.subjectId === subjectId);
    return own.map(({ kind, at, detail }) => `${kind} ${at} ${detail ?? ''}`);
  }

  /** Reports a sale of 100.00 at an instant; its id. */
  async sale({ partnerId }: Pick<Sent, 'partnerId'>, at: Date): Promise<string> {
    const id = `amended-order-${++orders}`;
    const sale = { id, type: 'sale', partner: partnerId, customer: id, amountMinor: 10_000, currency: 'USD' };
    const body = { ...sale, occurredAt: at.toISOString() };
    const address = `/v1/events?programId=${this.walk.programId}`;
    await this.walk.product.ok('POST', address, { token: this.walk.tokens.service, body });
    return id;
  }

  /** What a sale earned in minor units, and by which terms and clause. */
  async explained(eventId: string): Promise<{ earned: number; termsHash: string | null; text: string }> {
    const address = `/v1/events/${eventId}/explanation?programId=${this.walk.programId}`;
    const body = await this.walk.product.ok<{
      lines: { amount: { amountMinor: number } }[];
      trace: { agreement?: { termsHash: string } };
      summary: string;
    }>('GET', address, { token: this.walk.tokens.manager });
    const earned = body.lines.reduce((sum, { amount }) => sum + amount.amountMinor, 0);
    return { earned, termsHash: body.trace.agreement?.termsHash ?? null, text: JSON.stringify(body) };
  }
}
