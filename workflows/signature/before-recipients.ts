import { allHandlersFinished, condition, proxyActivities, upsertSearchAttributes } from '@temporalio/workflow';
import {
  databaseWork,
  patientWork,
  searchAttributes,
  type EnvelopeStatus,
  type SignatureActivities,
  type SignatureInput,
} from '../../libs/orchestration/index.js';
import { envelopeStates, type EnvelopeState } from '../../libs/signatures/domain/envelope-state.js';

const records = proxyActivities<SignatureActivities>(databaseWork);
const patient = proxyActivities<SignatureActivities>(patientWork);

/** What activities of the release before answered when an envelope was sent. */
interface SentEnvelope extends EnvelopeStatus {
  expiresAtMs: number;
  remindEveryMs: number;
  maxReminders: number;
}

/** Runs that began before envelopes had recipients know of statuses only what the release before knew. */
export class EnvelopeBeforeRecipients {
  status: EnvelopeStatus | undefined;
  isUnsent = false;

  follow(next: EnvelopeStatus): EnvelopeStatus {
    // An answer that overtook a later one must not bring an ended envelope back.
    if (!this.isClosed) this.status = next;
    upsertSearchAttributes([
      { key: searchAttributes.signatureStatus, value: this.status!.state },
      { key: searchAttributes.awaitingRole, value: awaitedRole(this.status!.state) },
    ]);
    return next;
  }

  get isClosed(): boolean {
    return this.status !== undefined && envelopeStates.isTerminal(this.status.state);
  }

  /** An activity of this release has answered: from here on the envelope goes the way of this release. */
  get isHandedOver(): boolean {
    return this.status?.revision !== undefined;
  }

  get isOver(): boolean {
    return this.isClosed || this.isHandedOver;
  }
}

/**
 * The way of envelopes that were sent before they had recipients, command by command as it was, so that runs in flight go on. With the
 * first answer of an activity of this release it ends: the envelope is then followed by a new run.
 */
export async function followBeforeRecipients(
  input: SignatureInput,
  envelope: EnvelopeBeforeRecipients,
): Promise<EnvelopeStatus | null> {
  const sent = (await patient.sendEnvelope(input)) as SentEnvelope | null;
  if (sent === null) {
    envelope.isUnsent = true;
    await condition(allHandlersFinished);
    return null;
  }
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: input.programId },
    { key: searchAttributes.partnerId, value: input.partnerId },
    { key: searchAttributes.dueAt, value: new Date(sent.expiresAtMs) },
  ]);
  if (sent.revision === undefined) {
    envelope.follow({ envelopeId: sent.envelopeId, state: sent.state, documentHash: sent.documentHash });
    await waitForSignatures(sent, envelope);
    // A signature may be on its way to the row when the timer fires: the row says who came first.
    if (!envelope.isOver) envelope.follow(await records.expireEnvelope({ envelopeId: sent.envelopeId }));
  } else {
    envelope.follow(sent);
  }
  await condition(allHandlersFinished);
  return envelope.status!;
}

/** Until the envelope is closed or expires. Deadlines are absolute, so a replay or a late worker doesn't move them. */
async function waitForSignatures(sent: SentEnvelope, envelope: EnvelopeBeforeRecipients): Promise<void> {
  for (let number = 1; number <= sent.maxReminders; number++) {
    const untilExpiryMs = sent.expiresAtMs - Date.now();
    if (untilExpiryMs <= sent.remindEveryMs) break;
    if (await condition(() => envelope.isOver, sent.remindEveryMs)) return;
    // The release before threw the answer away; this one's says that the envelope is to be handed over.
    const answer = await records.remind({ envelopeId: sent.envelopeId, number });
    if (answer.revision !== undefined) {
      envelope.follow(answer);
      return;
    }
  }
  await condition(() => envelope.isOver, Math.max(1, sent.expiresAtMs - Date.now()));
}

function awaitedRole(state: EnvelopeState): string[] {
  if (envelopeStates.isTerminal(state)) return [];
  return [state === 'awaiting_countersign' ? 'legal' : 'partner'];
}
