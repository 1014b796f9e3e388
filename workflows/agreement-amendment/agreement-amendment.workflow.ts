import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  amendmentStates,
  type AmendmentAction,
  type AmendmentState,
} from '../../libs/agreements/domain/amendment-state.js';
import {
  amendmentAttributes,
  amendmentClosed,
  amendmentStanding,
  attributePairs,
  databaseWork,
  decideAmendmentApproval,
  envelopeClosed,
  negotiation,
  negotiationClosed,
  objectToChange,
  patientWork,
  searchAttributes,
  signature,
  withdrawAmendment,
  type AgreementAmendmentActivities,
  type AgreementAmendmentInput,
  type AmendmentStatus,
  type DecideAmendmentApprovalInput,
  type EnvelopeStatus,
  type NegotiationStatus,
  type ObjectInput,
  type SignatureInput,
  type WithdrawAmendmentInput,
} from '../../libs/orchestration/index.js';
import { childUntilEnded } from '../child-until-ended.js';

const records = proxyActivities<AgreementAmendmentActivities>(databaseWork);
const patient = proxyActivities<AgreementAmendmentActivities>(patientWork);

/**
 * A change of an agreement in force: its approval, then a notice and its period, or rounds and signatures, then the new
 * version. It holds no rule: the row says where it stands, and each step looks there before it does anything.
 */
export async function agreementAmendment(input: AgreementAmendmentInput): Promise<AmendmentStatus> {
  const { programId, amendmentId, partnerId } = input;
  let status: AmendmentStatus | undefined;
  const follow = (next: AmendmentStatus): AmendmentStatus => {
    // Answers may overtake each other: the newest one stands.
    if (status !== undefined && next.revision < status.revision) return next;
    status = next;
    upsertSearchAttributes(attributePairs(amendmentAttributes(next)));
    return next;
  };
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: programId },
    { key: searchAttributes.partnerId, value: partnerId },
  ]);
  setHandler(amendmentStanding, () => status ?? null);
  takeActs(amendmentId, () => status?.state, follow);

  follow(await patient.readAmendment({ amendmentId }));
  while (!amendmentStates.isTerminal(status!.state)) await goOn(input, () => status!, follow);
  await condition(allHandlersFinished);
  return status!;
}

/** What people decide, and the hint that the row was closed, each followed by what the row says then. */
function takeActs(
  amendmentId: string,
  state: () => AmendmentState | undefined,
  follow: (next: AmendmentStatus) => AmendmentStatus,
): void {
  // What can never be any more is refused before it enters the history; the activity decides for good, against the row.
  function refuseUnless(action: AmendmentAction): void {
    const known = state();
    if (known === undefined || amendmentStates.mayComeToAllow(known, action)) return;
    throw ApplicationFailure.nonRetryable(`amendment: cannot ${action} while ${known}`, 'illegal-transition');
  }
  setHandler(decideAmendmentApproval, async (given) => follow(await records.recordAmendmentApproval(given)), {
    // Only what waits for approval can be announced.
    validator: (_: DecideAmendmentApprovalInput) => refuseUnless('announce'),
  });
  setHandler(objectToChange, async (given) => follow(await records.recordObjection(given)), {
    validator: (_: ObjectInput) => refuseUnless('object'),
  });
  setHandler(withdrawAmendment, async (given) => follow(await records.recordAmendmentWithdrawal(given)), {
    validator: (_: WithdrawAmendmentInput) => refuseUnless('withdraw'),
  });
  setHandler(amendmentClosed, async () => void follow(await records.readAmendment({ amendmentId })));
}

/** One step, or one wait: whatever the row says comes next. */
async function goOn(
  { programId, amendmentId, agreementId, partnerId, applicationId }: AgreementAmendmentInput,
  current: () => AmendmentStatus,
  follow: (next: AmendmentStatus) => AmendmentStatus,
): Promise<void> {
  const { state, negotiationId = '', noticeEndsAtMs = 0 } = current();
  const hasMoved = (): boolean => current().state !== state;
  const hasEnded = (): boolean => amendmentStates.isTerminal(current().state);
  if (state === 'announcing') follow(await patient.giveNoticeOfChange({ amendmentId }));
  else if (state === 'noticed') {
    // The instant is absolute. An objection may be on its way to the row when the timer fires: the row says who came first.
    const isOver = !(await condition(hasMoved, Math.max(1, noticeEndsAtMs - Date.now())));
    if (isOver) follow(await patient.adoptNotice({ amendmentId, asOfMs: noticeEndsAtMs }));
  } else if (state === 'negotiating') {
    const child = { programId, negotiationId, partnerId };
    await childUntilEnded<NegotiationStatus>(negotiation, negotiationId, child, negotiationClosed.name, hasEnded);
    if (!hasEnded()) follow(await patient.followNegotiation({ amendmentId }));
  } else if (state === 'signing') {
    const child: SignatureInput = {
      ...{ programId, applicationId, negotiationId, partnerId, agreementId },
      purpose: 'amendment',
    };
    await childUntilEnded<EnvelopeStatus | null>(signature, negotiationId, child, envelopeClosed.name, hasEnded);
    if (!hasEnded()) follow(await patient.followSignature({ amendmentId }));
  } else await condition(hasMoved);
}
