import { sha256 } from '../../libs/kernel/sha256.js';
import { applicantTokenOf } from './applicant-token.js';
import type { MailBox } from './mail-box.js';
import type { PactlineApi } from './pactline-api.js';
import { waitFor } from './waiting.js';

/** Whom a walk takes through contracting. */
export interface WalkedPerson {
  /** Names the keys of its requests: one of its own for each walk. */
  ref: string;
  name: string;
  email: string;
}

/** An applicant with the company's offer on the table. */
export interface OfferedPartner extends WalkedPerson {
  applicationId: string;
  /** The right that came with its status link. */
  token: string;
  partnerId: string;
  negotiationId: string;
  termsHash: string;
}

/** A partner that was sent its contract. */
export interface SentPartner extends OfferedPartner {
  envelopeId: string;
  /** The token of its signing link. */
  link: string;
  documentHash: string;
  consentVersion: string;
}

export interface PartnerWalkOptions {
  api: PactlineApi;
  mails: MailBox;
  programId: string;
  /** The version of the consent that applicants give; none where the program asks for none. */
  consentVersion?: string | undefined;
  /** How long a workflow may take to follow an act, in milliseconds. */
  patienceMs: number;
  signal?: AbortSignal | undefined;
}

/** Takes partners through contracting as people would, over HTTP and by the links in their mails, at the standard terms. */
export class PartnerWalk {
  constructor(private readonly options: PartnerWalkOptions) {}

  /** From the application to an active partner. */
  async activate(person: WalkedPerson): Promise<SentPartner> {
    const partner = await this.send(await this.offer(person));
    await this.sign(partner);
    await this.countersign(partner);
    await this.active(partner);
    return partner;
  }

  /** Applies, proves the mail address, and is approved. */
  async offer(person: WalkedPerson): Promise<OfferedPartner> {
    const { api, mails, programId, consentVersion: version } = this.options;
    const { ref, name, email } = person;
    const consent = version === undefined ? {} : { consent: { version, given: true } };
    const { id, statusUrl } = await api.apply(programId, { name, email, ...consent }, key(ref, 'application'));
    await api.verify(await mails.verificationToken(id), key(ref, 'verification'));
    const { partnerId, negotiationId } = await api.decide(id, { action: 'approve' }, key(ref, 'decision'));
    if (!partnerId || !negotiationId) throw new Error(`The approval of application ${id} opened no negotiation.`);
    const token = applicantTokenOf(statusUrl);
    const { termsHash } = await api.negotiation(negotiationId, token);
    return { ...person, applicationId: id, token, partnerId, negotiationId, termsHash };
  }

  /** Accepts the offer, and waits for the contract. */
  async send(partner: OfferedPartner): Promise<SentPartner> {
    const { api, mails } = this.options;
    const { ref, negotiationId, termsHash, token, email } = partner;
    await api.accept(negotiationId, termsHash, key(ref, 'acceptance'), token);
    const link = await mails.signingToken(email);
    const { envelopeId, documentHash, consent } = await api.signingPage(link);
    return { ...partner, envelopeId, link, documentHash, consentVersion: consent.version };
  }

  /** The partner reads its contract and signs it. */
  async sign({ ref, link, name, documentHash, consentVersion }: SentPartner): Promise<void> {
    const { api } = this.options;
    const shown = sha256(await api.signingDocument(link));
    if (shown !== documentHash) throw new Error('The link shows another contract than its hash names.');
    const act = { documentHash, consentVersion, consent: true, typedName: name } as const;
    await api.sign(link, act, key(ref, 'signature'));
  }

  /** The company countersigns what carries the partner's seal, once that is made. */
  async countersign({ ref, envelopeId }: SentPartner): Promise<void> {
    const { api } = this.options;
    const sealed = await this.wait(`envelope ${envelopeId} to carry the partner's seal`, () =>
      api.toCountersign(envelopeId),
    );
    await api.countersign(envelopeId, sealed, key(ref, 'countersignature'));
  }

  /** Waits until the contract is in force. */
  async active({ applicationId }: OfferedPartner): Promise<void> {
    await this.wait(`application ${applicationId} to be active`, async () => {
      const { stage } = await this.options.api.application(applicationId);
      return stage === 'active' ? true : undefined;
    });
  }

  private wait<Result>(what: string, ask: () => Promise<Result | undefined>): Promise<Result> {
    const { patienceMs, signal } = this.options;
    return waitFor(ask, { what, patienceMs, signal });
  }
}

function key(ref: string, step: string): string {
  return `walk/${step}/${ref}`;
}
