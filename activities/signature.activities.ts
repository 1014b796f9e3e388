import { Injectable } from '@nestjs/common';
import type {
  CountersignInput,
  EndEnvelopeInput,
  SignatureActivities,
  SignatureInput,
  SignInput,
} from '../libs/orchestration/index.js';
import { EnvelopeSender, EnvelopesService } from '../libs/signatures/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class SignatureActivitiesImpl implements SignatureActivities {
  constructor(
    private readonly sender: EnvelopeSender,
    private readonly envelopes: EnvelopesService,
  ) {}

  sendEnvelope = (input: SignatureInput) => asActivityFailure(() => this.sender.send(input));
  recordSignature = (input: SignInput) => asActivityFailure(() => this.envelopes.sign(input));
  recordCountersignature = (input: CountersignInput) => asActivityFailure(() => this.envelopes.countersign(input));
  recordDecline = (input: EndEnvelopeInput) => asActivityFailure(() => this.envelopes.decline(input));
  recordVoid = (input: EndEnvelopeInput) => asActivityFailure(() => this.envelopes.void(input));
  remind = (input: { envelopeId: string; number: number }) =>
    asActivityFailure(() => this.envelopes.remind(input.envelopeId, input.number));
  expireEnvelope = (input: { envelopeId: string }) => asActivityFailure(() => this.envelopes.expire(input.envelopeId));
  readEnvelope = (input: { envelopeId: string }) => asActivityFailure(() => this.envelopes.status(input.envelopeId));
}
