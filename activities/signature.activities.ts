import { Injectable } from '@nestjs/common';
import type {
  ChangeRecipientInput,
  CountersignInput,
  EndEnvelopeInput,
  EnvelopeRef,
  ExtendInput,
  ResendInput,
  SignatureActivities,
  SignatureInput,
  SignInput,
} from '../libs/orchestration/index.js';
import {
  ContractExecution,
  EnvelopeChanges,
  EnvelopeDrafts,
  EnvelopeSealer,
  EnvelopeSender,
  EnvelopesService,
  EnvelopeTimers,
  ProviderReports,
  SigningActs,
  type EnvelopeStep,
  type EnvelopeTimer,
} from '../libs/signatures/index.js';
import { asActivityFailure } from './activity-failure.js';

/** Translates between the workflow's contract and the services; no rule lives here. */
@Injectable()
export class SignatureActivitiesImpl implements SignatureActivities {
  constructor(
    private readonly drafts: EnvelopeDrafts,
    private readonly sender: EnvelopeSender,
    private readonly acts: SigningActs,
    private readonly changes: EnvelopeChanges,
    private readonly timers: EnvelopeTimers,
    private readonly sealer: EnvelopeSealer,
    private readonly execution: ContractExecution,
    private readonly reports: ProviderReports,
    private readonly envelopes: EnvelopesService,
  ) {}

  sendEnvelope = (input: SignatureInput) => asActivityFailure(() => this.sender.send(input));
  draftEnvelope = (input: SignatureInput) => asActivityFailure(() => this.drafts.draft(input));
  freezeEnvelope = (input: EnvelopeRef) => asActivityFailure(() => this.drafts.freeze(input.envelopeId));
  dispatchEnvelope = (input: EnvelopeRef) => asActivityFailure(() => this.sender.dispatch(input.envelopeId));
  askSigners = (input: EnvelopeRef) => asActivityFailure(() => this.sender.ask(input.envelopeId));
  recordSignature = (input: SignInput) => asActivityFailure(() => this.acts.sign(input));
  recordCountersignature = (input: CountersignInput) => asActivityFailure(() => this.acts.countersign(input));
  recordDecline = (input: EndEnvelopeInput) => asActivityFailure(() => this.acts.decline(input));
  recordVoid = (input: EndEnvelopeInput) => asActivityFailure(() => this.changes.void(input));
  recordDelegation = (input: ChangeRecipientInput) => asActivityFailure(() => this.changes.delegate(input));
  recordCorrection = (input: ChangeRecipientInput) => asActivityFailure(() => this.changes.correct(input));
  recordExtension = (input: ExtendInput) => asActivityFailure(() => this.changes.extend(input));
  recordResend = (input: ResendInput) => asActivityFailure(() => this.changes.resend(input));
  recordSealRetry = (input: EndEnvelopeInput) => asActivityFailure(() => this.changes.retrySeal(input));
  runTimer = (input: EnvelopeRef & { timer: EnvelopeTimer }) =>
    asActivityFailure(() => this.timers.run(input.envelopeId, input.timer));
  sealPartner = (input: EnvelopeRef) => asActivityFailure(() => this.sealer.sealPartner(input.envelopeId));
  sealCompany = (input: EnvelopeRef) => asActivityFailure(() => this.sealer.sealCompany(input.envelopeId));
  timestampContract = (input: EnvelopeRef) => asActivityFailure(() => this.sealer.timestamp(input.envelopeId));
  certifyContract = (input: EnvelopeRef) => asActivityFailure(() => this.execution.certify(input.envelopeId));
  executeContract = (input: EnvelopeRef) => asActivityFailure(() => this.execution.execute(input.envelopeId));
  completeTimestamp = (input: EnvelopeRef) =>
    asActivityFailure(() => this.execution.completeTimestamp(input.envelopeId));
  closeWithProvider = (input: EnvelopeRef) => asActivityFailure(() => this.sender.close(input.envelopeId));
  alertStuckStep = (input: EnvelopeRef & { step: EnvelopeStep }) =>
    asActivityFailure(() => this.timers.alert(input.envelopeId, input.step));
  applyReports = (input: EnvelopeRef) => asActivityFailure(() => this.reports.apply(input.envelopeId));
  remind = (input: EnvelopeRef & { number: number }) =>
    asActivityFailure(() => this.envelopes.status(input.envelopeId));
  expireEnvelope = (input: EnvelopeRef) => asActivityFailure(() => this.timers.expire(input.envelopeId));
  readEnvelope = (input: EnvelopeRef) => asActivityFailure(() => this.envelopes.status(input.envelopeId));
}
