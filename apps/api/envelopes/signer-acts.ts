import { Injectable } from '@nestjs/common';
import type { UpdateDefinition } from '@temporalio/common';
import { declineEnvelope, delegate, sign, signature, type EnvelopeStatus } from '../../../libs/orchestration/index.js';
import {
  ProviderInbox,
  SigningLinks,
  SigningPages,
  type Origin,
  type SigningMark,
} from '../../../libs/signatures/index.js';
import { Workflows, type UpdateOptions } from '../workflows.js';
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

/** What a signer says when it signs. */
export interface SignedWords {
  documentHash: string;
  consentVersion: string;
  typedName: string;
  mark?: SigningMark | undefined;
}

/** The acts behind a signing link: the same by JSON and by the pages. */
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
    const { row, recipient, sessionId } = await this.pages.party(call.link, call.session);
    const { documentHash, consentVersion } = words;
    const said = { ...words, ...call.origin, ...(sessionId !== null && { sessionId }) };
    let evidenceId: string;
    try {
      evidenceId = await this.inbox.intent(row.id, recipient.id, said);
    } catch (error) {
      return this.workflows.outcomeUnlessNew(error, ...this.sent(call, row));
    }
    const proof = sessionId === null ? {} : { authProofId: sessionId };
    const act = { envelopeId: row.id, recipientId: recipient.id, documentHash, consentVersion, evidenceId, ...proof };
    return this.update(call, row, sign, { ...signerActor(recipient.id, call.requestId), ...act });
  }

  /** @throws DomainError `illegal-transition`, `not-your-turn`, `authentication-required` */
  async decline(call: SignerCall, reason: string): Promise<EnvelopeStatus> {
    const { row, recipient } = await this.pages.party(call.link, call.session);
    const act = { envelopeId: row.id, recipientId: recipient.id, reason };
    return this.update(call, row, declineEnvelope, { ...signerActor(recipient.id, call.requestId), ...act });
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
      return this.workflows.outcomeUnlessNew<EnvelopeStatus>(error, ...this.sent(call, ended));
    });
    if (!('row' in party)) return party;
    const { row, recipient } = party;
    const intent = await this.pages.changeIntent(party, person, { actorId: recipient.id, type: 'delegation_intent' });
    const { personId, evidenceId } = intent;
    const act = { envelopeId: row.id, recipientId: recipient.id, personId, evidenceId };
    const input = { ...signerActor(recipient.id, call.requestId), ...act, ...(reason !== undefined && { reason }) };
    return intent.orUndo(() => this.update(call, row, delegate, input));
  }

  private update<Input>(
    call: SignerCall,
    row: { negotiation_id: string },
    definition: UpdateDefinition<EnvelopeStatus, [Input]>,
    input: Input,
  ): Promise<EnvelopeStatus> {
    const [workflowId, options] = this.sent(call, row);
    return this.workflows.update(workflowId, definition, input, options);
  }

  private sent(
    { link, updateId }: SignerCall,
    { negotiation_id: negotiationId }: { negotiation_id: string },
  ): [workflowId: string, options: UpdateOptions] {
    return [signature.workflowId(negotiationId), { updateId, location: `/v1/signing/${link}` }];
  }
}
