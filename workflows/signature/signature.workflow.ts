import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  countersign,
  databaseWork,
  declineEnvelope,
  envelopeClosed,
  patientWork,
  searchAttributes,
  sign,
  voidEnvelope,
  type CountersignInput,
  type EndEnvelopeInput,
  type EnvelopeStatus,
  type SentEnvelope,
  type SignatureActivities,
  type SignatureInput,
  type SignInput,
} from '../../libs/orchestration/index.js';
import {
  envelopeStates,
  type EnvelopeAction,
  type EnvelopeState,
} from '../../libs/signatures/domain/envelope-state.js';

const records = proxyActivities<SignatureActivities>(databaseWork);
const patient = proxyActivities<SignatureActivities>(patientWork);

/**
 * Sends the contract, then waits for its signatures, reminding now and then, until it is executed or came to nothing.
 * Null where nothing was sent because the application ended before.
 */
export async function signature(input: SignatureInput): Promise<EnvelopeStatus | null> {
  let status: EnvelopeStatus | undefined;
  let isUnsent = false;
  const follow = (next: EnvelopeStatus): EnvelopeStatus => {
    // An answer that overtook a later one must not bring an ended envelope back.
    if (!isClosed()) status = next;
    upsertSearchAttributes([
      { key: searchAttributes.signatureStatus, value: status!.state },
      { key: searchAttributes.awaitingRole, value: awaitedRole(status!.state) },
    ]);
    return next;
  };
  const isClosed = () => status !== undefined && envelopeStates.isTerminal(status.state);

  setHandler(sign, async (act) => follow(await records.recordSignature(act)), {
    validator: (_: SignInput) => refuseUnless('sign'),
  });
  setHandler(countersign, async (act) => follow(await records.recordCountersignature(act)), {
    validator: (_: CountersignInput) => refuseUnless('countersign'),
  });
  setHandler(declineEnvelope, async (act) => follow(await records.recordDecline(act)), {
    validator: (_: EndEnvelopeInput) => refuseUnless('decline'),
  });
  setHandler(voidEnvelope, async (act) => follow(await records.recordVoid(act)), {
    validator: (_: EndEnvelopeInput) => refuseUnless('void'),
  });
  setHandler(envelopeClosed, async () => {
    await condition(() => status !== undefined || isUnsent);
    if (status !== undefined) follow(await records.readEnvelope({ envelopeId: status.envelopeId }));
  });

  function refuseUnless(action: EnvelopeAction): void {
    if (status === undefined || envelopeStates.allows(status.state, action)) return;
    throw ApplicationFailure.nonRetryable(`envelope: cannot ${action} while ${status.state}`, 'illegal-transition');
  }

  const sent = await patient.sendEnvelope(input);
  if (sent === null) {
    isUnsent = true;
    await condition(allHandlersFinished);
    return null;
  }
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: input.programId },
    { key: searchAttributes.partnerId, value: input.partnerId },
    { key: searchAttributes.dueAt, value: new Date(sent.expiresAtMs) },
  ]);
  follow({ envelopeId: sent.envelopeId, state: sent.state, documentHash: sent.documentHash });
  await waitForSignatures(sent, isClosed);
  // A signature may be on its way to the row when the timer fires: the row says who came first.
  if (!isClosed()) follow(await records.expireEnvelope({ envelopeId: sent.envelopeId }));
  await condition(allHandlersFinished);
  return status!;
}

/** Until the envelope is closed or expires. Deadlines are absolute, so a replay or a late worker doesn't move them. */
async function waitForSignatures(sent: SentEnvelope, isClosed: () => boolean): Promise<void> {
  for (let number = 1; number <= sent.maxReminders; number++) {
    const untilExpiryMs = sent.expiresAtMs - Date.now();
    if (untilExpiryMs <= sent.remindEveryMs) break;
    if (await condition(isClosed, sent.remindEveryMs)) return;
    await records.remind({ envelopeId: sent.envelopeId, number });
  }
  await condition(isClosed, Math.max(1, sent.expiresAtMs - Date.now()));
}

function awaitedRole(state: EnvelopeState): string[] {
  if (envelopeStates.isTerminal(state)) return [];
  return [state === 'awaiting_countersign' ? 'legal' : 'partner'];
}
