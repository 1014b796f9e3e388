import { condition, proxyActivities, setHandler } from '@temporalio/workflow';
import {
  countersign,
  databaseWork,
  declineEnvelope,
  envelopeClosed,
  sign,
  voidEnvelope,
  type EnvelopeStatus,
  type SignatureActivities,
  type SignatureInput,
} from '../../libs/orchestration/index.js';
import { EnvelopeBeforeRecipients, followBeforeRecipients } from '../../workflows/signature/before-recipients.js';

export { negotiation } from '../../workflows/negotiation/negotiation.workflow.js';
export { partnerOnboarding } from '../../workflows/partner-onboarding/partner-onboarding.workflow.js';

const records = proxyActivities<SignatureActivities>(databaseWork);

/** The signature workflow as the release before ran it: without a marker, and with the answers of its own activities. */
export async function signature(input: SignatureInput): Promise<EnvelopeStatus | null> {
  const envelope = new EnvelopeBeforeRecipients();
  const act = async (work: Promise<EnvelopeStatus>): Promise<EnvelopeStatus> => envelope.follow(await work);
  setHandler(sign, (given) => act(records.recordSignature(given)));
  setHandler(countersign, (given) => act(records.recordCountersignature(given)));
  setHandler(declineEnvelope, (given) => act(records.recordDecline(given)));
  setHandler(voidEnvelope, (given) => act(records.recordVoid(given)));
  setHandler(envelopeClosed, async () => {
    await condition(() => envelope.status !== undefined || envelope.isUnsent);
    if (envelope.status) envelope.follow(await records.readEnvelope({ envelopeId: envelope.status.envelopeId }));
  });
  return followBeforeRecipients(input, envelope);
}
