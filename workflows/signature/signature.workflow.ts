import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  patched,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  bounced,
  correctRecipient,
  countersign,
  databaseWork,
  declineEnvelope,
  delegate,
  delivered,
  envelopeClosed,
  envelopeStanding,
  extendEnvelope,
  patientWork,
  reported,
  resendRequest,
  retrySeal,
  searchAttributes,
  sign,
  unlimitedWork,
  viewed,
  voidEnvelope,
  type CountersignInput,
  type EndEnvelopeInput,
  type EnvelopeStanding,
  type EnvelopeStatus,
  type SignatureActivities,
  type SignatureInput,
  type SignInput,
} from '../../libs/orchestration/index.js';
import { actRefusal, type WantedAct } from '../../libs/signatures/domain/act-refusal.js';
import { EnvelopeBeforeRecipients, followBeforeRecipients } from './before-recipients.js';
import { EnvelopeFollower } from './envelope-follower.js';
import { isUnverified, takeStep } from './take-step.js';

const records = proxyActivities<SignatureActivities>(databaseWork);
const patient = proxyActivities<SignatureActivities>(patientWork);
const unlimited = proxyActivities<SignatureActivities>(unlimitedWork);

/** A run ends and another one goes on from here, in events: far from where the server suggests it. */
const longestRun = 1_000;

/**
 * Takes a contract from the list of its signers to the seals of both parties, reminding now and then, until it is executed or came to
 * nothing. It holds no rule: the row says what is to be done next and until when to wait. Null where nothing was sent because the contract
 * might not be sent any more.
 */
export async function signature(input: SignatureInput): Promise<EnvelopeStatus | null> {
  if (!patched('recipients')) return goOnAsBefore(input);
  const envelope = new EnvelopeFollower();
  takeActs(envelope);
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: input.programId },
    { key: searchAttributes.partnerId, value: input.partnerId },
  ]);
  await begin(input, envelope);
  if (input.task === 'timestamp') {
    await completeTimestamp(input.envelopeId!, envelope);
    await condition(allHandlersFinished);
    return envelope.status!;
  }
  while (!envelope.isClosed) {
    await goOn(input, envelope);
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if ((historyLength > longestRun || continueAsNewSuggested) && !envelope.isClosed) await runAnew(input, envelope);
  }
  if (envelope.status !== undefined && envelope.status.state !== 'executed') {
    envelope.follow(await unlimited.closeWithProvider({ envelopeId: envelope.status.envelopeId }));
  }
  await condition(allHandlersFinished);
  return envelope.isUnsent ? null : envelope.status!;
}

/** The time-stamp of an executed contract. One that does not verify waits in quarantine until a person has it tried again. */
async function completeTimestamp(envelopeId: string, envelope: EnvelopeFollower): Promise<void> {
  for (;;) {
    try {
      envelope.follow(await unlimited.completeTimestamp({ envelopeId }));
      return;
    } catch (error) {
      if (!isUnverified(error) || !patched('time-stamp-quarantine')) throw error;
    }
    envelope.follow(await patient.readEnvelope({ envelopeId }));
    await condition(() => envelope.status!.sealBlocked !== 'verification_failed');
  }
}

async function begin(input: SignatureInput, envelope: EnvelopeFollower): Promise<void> {
  const { envelopeId } = input;
  if (envelopeId !== undefined) envelope.follow(await patient.readEnvelope({ envelopeId }));
  else await draft(input, envelope);
}

async function draft(input: SignatureInput, envelope: EnvelopeFollower): Promise<void> {
  const drafted = await patient.draftEnvelope(input);
  if (drafted === null) envelope.isUnsent = true;
  else envelope.follow(drafted);
}

/** One step, or one wait: whatever the row says comes next. */
async function goOn(input: SignatureInput, envelope: EnvelopeFollower): Promise<void> {
  const status = envelope.status!;
  const { envelopeId, step, next } = status;
  if (envelope.isSuperseded) {
    await unlimited.closeWithProvider({ envelopeId });
    await draft(input, envelope);
  } else if (status.sealBlocked === 'verification_failed') {
    // In quarantine: nothing is tried until a person says so, or takes the contract back.
    await condition(() => envelope.status !== status);
  } else if (step !== undefined) {
    await takeStep(envelope, () => steps[step]({ envelopeId }));
    await unlessNothingMoved(envelope, status);
  } else if (next === undefined) {
    await condition(() => envelope.status !== status);
  } else {
    const waitMs = next.atMs - Date.now();
    // What is due already needs no timer.
    const isOvertaken = waitMs > 0 && (await condition(() => envelope.status !== status, waitMs));
    if (!isOvertaken) envelope.follow(await patient.runTimer({ envelopeId, timer: next }));
  }
}

/** A step that changed nothing would be taken again at once, for ever: it waits for news, or for a while. */
async function unlessNothingMoved(envelope: EnvelopeFollower, before: EnvelopeStatus): Promise<void> {
  const { revision, step, alertEveryMs } = envelope.status!;
  if (revision !== before.revision || step !== before.step) return;
  await condition(() => envelope.status!.revision !== revision, alertEveryMs ?? 60_000);
}

const steps = {
  freeze: patient.freezeEnvelope,
  dispatch: unlimited.dispatchEnvelope,
  ask: unlimited.askSigners,
  seal_partner: unlimited.sealPartner,
  seal_company: unlimited.sealCompany,
  timestamp: unlimited.timestampContract,
  certify: unlimited.certifyContract,
  execute: unlimited.executeContract,
} as const;

async function runAnew(input: SignatureInput, envelope: EnvelopeFollower): Promise<void> {
  await condition(allHandlersFinished);
  const { envelopeId } = envelope.status!;
  await continueAsNew<typeof signature>({ ...input, envelopeId });
}

/** Whoever acts on the envelope: refused here where that is plain, decided by the row otherwise. */
function takeActs(envelope: EnvelopeFollower): void {
  const act = async (work: Promise<EnvelopeStatus>): Promise<EnvelopeStatus> => envelope.follow(await work);
  const check = (wanted: WantedAct): void => {
    const refusal = envelope.status && actRefusal(envelope.status, wanted, Date.now());
    if (refusal) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
  };
  const read = async (): Promise<void> => {
    await condition(() => envelope.status !== undefined || envelope.isUnsent);
    const { envelopeId } = envelope.status ?? {};
    if (envelopeId !== undefined) envelope.follow(await records.readEnvelope({ envelopeId }));
  };
  setHandler(envelopeStanding, () => envelope.standing());
  setHandler(sign, (input) => act(records.recordSignature(input)), {
    validator: (input: SignInput) => check({ ...input, action: 'sign', isTimely: true }),
  });
  setHandler(countersign, (input) => act(records.recordCountersignature(input)), {
    validator: (input: CountersignInput) => check({ ...input, action: 'countersign', isTimely: true }),
  });
  setHandler(declineEnvelope, (input) => act(records.recordDecline(input)), {
    validator: (input: EndEnvelopeInput) => check({ ...input, action: 'decline' }),
  });
  setHandler(voidEnvelope, (input) => act(records.recordVoid(input)), {
    validator: ({ envelopeId, actorId }: EndEnvelopeInput) => check({ envelopeId, actorId, action: 'void' }),
  });
  const changes = ({ envelopeId, actorId }: WantedAct): void => check({ envelopeId, actorId });
  setHandler(delegate, (input) => act(records.recordDelegation(input)), { validator: changes });
  setHandler(correctRecipient, (input) => act(records.recordCorrection(input)), { validator: changes });
  setHandler(extendEnvelope, (input) => act(records.recordExtension(input)), { validator: changes });
  setHandler(resendRequest, (input) => act(records.recordResend(input)), { validator: changes });
  setHandler(retrySeal, (input) => act(records.recordSealRetry(input)), { validator: changes });
  for (const hint of [viewed, delivered, bounced, envelopeClosed]) setHandler(hint, read);
  setHandler(reported, async () => {
    await condition(() => envelope.status !== undefined || envelope.isUnsent);
    if (envelope.status) envelope.follow(await patient.applyReports({ envelopeId: envelope.status.envelopeId }));
  });
}

/** Runs of the release before, until an activity of this one has answered. */
async function goOnAsBefore(input: SignatureInput): Promise<EnvelopeStatus | null> {
  const envelope = new EnvelopeBeforeRecipients();
  const standing = (): EnvelopeStanding => ({ state: envelope.status?.state ?? 'unsent', turn: [], nextTimer: null });
  setHandler(envelopeStanding, standing);
  const act = async (work: Promise<EnvelopeStatus>): Promise<EnvelopeStatus> => envelope.follow(await work);
  setHandler(sign, (input) => act(records.recordSignature(input)));
  setHandler(countersign, (input) => act(records.recordCountersignature(input)));
  setHandler(declineEnvelope, (input) => act(records.recordDecline(input)));
  setHandler(voidEnvelope, (input) => act(records.recordVoid(input)));
  setHandler(delegate, (input) => act(records.recordDelegation(input)));
  setHandler(correctRecipient, (input) => act(records.recordCorrection(input)));
  setHandler(extendEnvelope, (input) => act(records.recordExtension(input)));
  setHandler(resendRequest, (input) => act(records.recordResend(input)));
  const read = async (): Promise<void> => {
    await condition(() => envelope.status !== undefined || envelope.isUnsent);
    if (envelope.status) envelope.follow(await records.readEnvelope({ envelopeId: envelope.status.envelopeId }));
  };
  for (const hint of [viewed, delivered, bounced, envelopeClosed]) setHandler(hint, read);
  const status = await followBeforeRecipients(input, envelope);
  if (status === null || envelope.isClosed) return status;
  return continueAsNew<typeof signature>({ ...input, envelopeId: status.envelopeId });
}
