import { Injectable } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import {
  declineEnvelope,
  delegate,
  sign,
  signature,
  type Actor,
  type EnvelopeStatus,
} from '../../../libs/orchestration/index.js';
import {
  ProviderInbox,
  SigningLinks,
  SigningPages,
  type Origin,
  type SigningMark,
  type SigningParty,
} from '../../../libs/signatures/index.js';
import { Workflows } from '../workflows.js';
import { signerActor } from './origin.js';

/** An act of whoever holds a signing link. */
export interface SignerCall {
  link: string;
  /** The token of its session, where there is one. */
  session: string | undefined;
  origin: Origin;
  requestId: string | undefined;
  updateId: string;
}

/** An act of a signer who has proved who it is: by its link, by a session, or by its account. */
export interface SignersAct {
  actor: Actor;
  origin: Origin;
  updateId: string;
  /** Where the envelope's state can be polled. */
  location: string;
}

/** What a signer says when it signs. */
export interface SignedWords {
  documentHash: string;
  consentVersion: string;
  typedName: string;
  mark?: SigningMark | undefined;
}

/** The acts of signers: the same by JSON and by the pages, by a link and by an account. */
@Injectable()
export class SignerActs {
  constructor(
    private readonly pages: SigningPages,
    private readonly inbox: ProviderInbox,
    private readonly links: SigningLinks,
    private readonly workflows: Workflows,
  ) {}

  /** @throws DomainError `illegal-transition`, `not-your-turn`, `hash-mismatch`, `authentication-required`, `malformed-request` (the mark) */
  async sign(call: SignerCall, words: SignedWords): Promise<EnvelopeStatus> {
    const party = await this.pages.party(call.link, call.session);
    return this.signAs(party, actBy(call, party), words);
  }

  /** @throws DomainError as `sign` */
  async signAs(
    { row, recipient, sessionId }: SigningParty,
    act: SignersAct,
    { documentHash, consentVersion, typedName, mark }: SignedWords,
  ): Promise<EnvelopeStatus> {
    const words = { documentHash, consentVersion, typedName, mark };
    const said = { ...words, ...act.origin, ...(sessionId !== null && { sessionId }) };
    let evidenceId: string;
    try {
      evidenceId = await this.inbox.intent(row.id, recipient.id, said);
    } catch (error) {
      return this.workflows.outcomeUnlessNew(error, signature.workflowId(row.negotiation_id), act);
    }
    const proof = sessionId === null ? {} : { authProofId: sessionId };
    const signed = { envelopeId: row.id, recipientId: recipient.id, documentHash, consentVersion, evidenceId };
    return this.update(row, act, sign, { ...act.actor, ...signed, ...proof });
  }

  /** @throws DomainError `illegal-transition`, `not-your-turn`, `authentication-required` */
  async decline(call: SignerCall, reason: string): Promise<EnvelopeStatus> {
    const party = await this.pages.party(call.link, call.session);
    return this.declineAs(party, actBy(call, party), reason);
  }

  /** @throws DomainError as `decline` */
  declineAs(
    { row, recipient }: Pick<SigningParty, 'row' | 'recipient'>,
    act: SignersAct,
    reason: string,
  ): Promise<EnvelopeStatus> {
    const declined = { envelopeId: row.id, recipientId: recipient.id, reason };
    return this.update(row, act, declineEnvelope, { ...act.actor, ...declined });
  }

  /** @throws DomainError as `decline`, `forbidden` (the program lets nobody delegate), `already-exists` (signs already) */
  async delegate(
    call: SignerCall,
    { reason, ...person }: { name: string; email: string; title?: string | undefined; reason?: string | undefined },
  ): Promise<EnvelopeStatus> {
    const party = await this.pages.party(call.link, call.session).catch(async (error: unknown) => {
      // The delegation itself has ended this link: its repeat, when the answer was lost, is answered all the same.
      const ended = await this.links.envelopeOf(call.link);
      if (!ended) throw error;
      const sent = { updateId: call.updateId, location: locationOf(call) };
      return this.workflows.outcomeUnlessNew<EnvelopeStatus>(error, signature.workflowId(ended.negotiation_id), sent);
    });
    if (!('row' in party)) return party;
    const { row, recipient } = party;
    const by = actBy(call, party);
    const intent = await this.pages.changeIntent(party, person, { actorId: recipient.id, type: 'delegation_intent' });
    const { personId, evidenceId } = intent;
    const act = { envelopeId: row.id, recipientId: recipient.id, personId, evidenceId };
    const input = { ...by.actor, ...act, ...(reason !== undefined && { reason }) };
    return intent.orUndo(() => this.update(row, by, delegate, input));
  }

  private update<Input>(
    { negotiation_id: negotiationId }: { negotiation_id: string },
    { updateId, location }: SignersAct,
    definition: UpdateDefinition<EnvelopeStatus, [Input]>,
    input: Input,
  ): Promise<EnvelopeStatus> {
    return this.workflows.update(signature.workflowId(negotiationId), definition, input, { updateId, location });
  }
}

function actBy(call: SignerCall, { recipient }: SigningParty): SignersAct {
  const { origin, updateId } = call;
  return { actor: signerActor(recipient.id, call.requestId), origin, updateId, location: locationOf(call) };
}

function locationOf({ link }: SignerCall): string {
  return `/v1/signing/${link}`;
}
