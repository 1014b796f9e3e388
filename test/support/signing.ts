import type { Answer, Approved, ContractingWalk, Envelope } from './contracting.js';

/** What a signer finds behind its link. */
export interface SigningPage {
  envelopeId: string;
  recipientId: string;
  state: string;
  recipientState: string;
  isTurn: boolean;
  documentHash: string | null;
  consent: { version: string; text: string } | null;
  authentication: { method: string; target: string | null; isDone: boolean; isLocked: boolean; attemptsLeft: number };
}

export interface Signer {
  name: string;
  email: string;
  title?: string;
}

let signers = 0;

/** A person with an address of its own. */
export function newSigner(name = 'Sri Mulyani'): Signer {
  signers += 1;
  return { name, email: `signer-${signers}@partner.example`, title: 'Finance director' };
}

/** What tests of signing do beside the usual walk, over HTTP alone. */
export class SigningDesk {
  constructor(readonly walk: ContractingWalk) {}

  /** Approved, with further signers named, accepted; the envelope is on its way. */
  async agreed(named: readonly Signer[] = []): Promise<Approved> {
    const partner = await this.walk.approved();
    for (const signer of named) {
      const answer = await this.name(partner, signer);
      if (answer.status !== 201) throw new Error(`the signer was answered with ${answer.status}: ${answer.text}`);
    }
    const answer = await this.walk.accept(partner.negotiationId, partner.termsHash, partner.token);
    if (answer.status !== 200) throw new Error(`the acceptance was answered with ${answer.status}: ${answer.text}`);
    return partner;
  }

  name({ negotiationId, token }: Approved, signer: Signer): Promise<Answer> {
    return this.walk.product.call('POST', `/v1/negotiations/${negotiationId}/signers`, { token, body: signer });
  }

  /** The envelope of a partner, once it is there; the newest of several. */
  async envelopeOf({ applicationId }: Approved): Promise<string> {
    return this.walk.product.until('the envelope', async () => {
      return (await this.walk.application(applicationId)).envelopeId ?? undefined;
    });
  }

  /** The token of the signing link in the newest mail to an address; waits for the `count`th such mail. */
  async link(email: string, count = 1): Promise<string> {
    const mails = await this.walk.product.until(`${count} mails to sign`, async () => {
      const found = (await this.walk.product.mails(email)).filter(({ text }) => linkIn(text) !== undefined);
      return found.length >= count && found;
    });
    return linkIn(mails.at(-1)!.text)!;
  }

  page(link: string, session?: string): Promise<SigningPage> {
    return this.walk.product.ok<SigningPage>('GET', `/v1/signing/${link}`, headers(session));
  }

  look(link: string, session?: string): Promise<Answer> {
    return this.walk.product.call('GET', `/v1/signing/${link}`, headers(session));
  }

  /** Any act by a link. */
  act(link: string, what: string, body: unknown = {}, session?: string): Promise<Answer> {
    return this.walk.product.call('POST', `/v1/signing/${link}/${what}`, { body, ...headers(session) });
  }

  /** Signs what the link shows. */
  async sign(link: string, changes: Record<string, unknown> = {}, session?: string): Promise<Answer> {
    const { documentHash, consent } = await this.page(link, session);
    const body = { documentHash, consentVersion: consent?.version, consent: true, typedName: 'As typed', ...changes };
    return this.act(link, 'signature', body, session);
  }

  /** Any act of the company on an envelope; by legal unless another token is given. */
  change(envelopeId: string, what: string, body: unknown, token = this.walk.tokens.legal): Promise<Answer> {
    return this.walk.product.call('POST', `/v1/envelopes/${envelopeId}/${what}`, { token, body });
  }

  async recipient(envelopeId: string, name: string): Promise<Envelope['recipients'][number]> {
    const { recipients } = await this.walk.envelope(envelopeId);
    const found = recipients.find((recipient) => recipient.name === name);
    if (!found) throw new Error(`no recipient is named ${name}`);
    return found;
  }

  /** The facts of one type, oldest first. */
  async facts(envelopeId: string, type: string): Promise<Record<string, unknown>[]> {
    const { facts, brokenAt } = await this.walk.evidence(envelopeId);
    if (brokenAt !== null) throw new Error(`the chain is broken at ${brokenAt}`);
    return facts.filter((fact) => fact.type === type).map(({ data }) => data as Record<string, unknown>);
  }
}

/** Status and code or state of an answer, to be compared at once. */
export function outcome({ status, body }: Answer): [number, unknown] {
  return [status, body?.code ?? body?.state];
}

function headers(session: string | undefined): { headers?: Record<string, string> } {
  return session === undefined ? {} : { headers: { 'x-signing-session': session } };
}

function linkIn(text: string): string | undefined {
  return /(signing\.rcp_[0-9a-f]{32}-\d+\.[\w-]+)/.exec(text)?.[1];
}
