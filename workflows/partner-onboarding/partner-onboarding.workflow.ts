import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import {
  databaseWork,
  decide,
  envelopeClosed,
  negotiation as negotiationProcess,
  negotiationClosed,
  patientWork,
  refreshStage,
  searchAttributes,
  signature as signatureProcess,
  withdraw,
  type ApplicationState,
  type DecideInput,
  type EnvelopeStatus,
  type NegotiationStatus,
  type PartnerOnboardingActivities,
  type PartnerOnboardingInput,
  type WithdrawInput,
} from '../../libs/orchestration/index.js';
import { applicationStages, type ApplicationAction } from '../../libs/partners/domain/application-stage.js';

const records = proxyActivities<PartnerOnboardingActivities>(databaseWork);
const patient = proxyActivities<PartnerOnboardingActivities>(patientWork);

/**
 * One applicant's way: review, negotiation, signature, activation. It holds no rule: it waits, asks its activities, and
 * follows what the row says. It ends with the application; a partner that is active lives on in its rows.
 */
export async function partnerOnboarding({
  programId,
  applicationId,
  decisionDueAtMs,
}: PartnerOnboardingInput): Promise<ApplicationState> {
  let state: ApplicationState = { stage: 'in_review' };
  const follow = (next: ApplicationState): ApplicationState => {
    // Answers may overtake each other: one that is older than the end must not bring the application back.
    if (applicationStages.isTerminal(state.stage)) return next;
    state = next;
    upsertSearchAttributes([
      { key: searchAttributes.stage, value: state.stage },
      ...(state.partnerId === undefined ? [] : [{ key: searchAttributes.partnerId, value: state.partnerId }]),
    ]);
    return state;
  };
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: programId },
    { key: searchAttributes.stage, value: state.stage },
    { key: searchAttributes.awaitingRole, value: ['partner_manager'] },
    { key: searchAttributes.dueAt, value: new Date(decisionDueAtMs) },
  ]);

  setHandler(decide, async (input) => follow(await records.recordDecision(input)), {
    validator: ({ action }: DecideInput) => refuseUnless(action),
  });
  setHandler(withdraw, async (input) => follow(await records.recordWithdrawal(input)), {
    validator: (_: WithdrawInput) => refuseUnless('withdraw'),
  });
  setHandler(refreshStage, async () => void follow(await records.readApplication({ applicationId })));

  // Refused before it enters the history; the activity decides for good, against the row.
  function refuseUnless(action: ApplicationAction): void {
    if (applicationStages.allows(state.stage, action)) return;
    throw ApplicationFailure.nonRetryable(`application: cannot ${action} while ${state.stage}`, 'illegal-transition');
  }

  const decided = await condition(() => state.stage !== 'in_review', Math.max(1, decisionDueAtMs - Date.now()));
  // A decision may be on its way to the row when the timer fires: the row says who came first.
  if (!decided) follow(await records.expireUndecided({ applicationId }));
  if (state.stage === 'approved') follow(await contract({ programId, applicationId }, () => state));
  await condition(allHandlersFinished);
  return state;
}

/** Negotiation, signature and activation, one after the other, unless the application ends in between. */
async function contract(
  { programId, applicationId }: { programId: string; applicationId: string },
  current: () => ApplicationState,
): Promise<ApplicationState> {
  const { partnerId = '', negotiationId = '' } = current();
  const negotiated = await childUntilEnded<NegotiationStatus>(
    negotiationProcess,
    negotiationId,
    { programId, negotiationId, partnerId },
    negotiationClosed.name,
    current,
  );
  if (negotiated === undefined) return current();
  if (negotiated.state !== 'agreed')
    return records.recordFailedContract({ applicationId, cause: `negotiation ${negotiated.state}` });

  const input = { programId, applicationId, negotiationId, partnerId };
  const signed = await childUntilEnded<EnvelopeStatus | null>(
    signatureProcess,
    negotiationId,
    input,
    envelopeClosed.name,
    current,
  );
  if (signed === undefined) return current();
  if (signed?.state !== 'executed')
    return records.recordFailedContract({ applicationId, cause: `envelope ${signed?.state ?? 'not sent'}` });

  const active = await patient.activatePartner({ applicationId, envelopeId: signed.envelopeId });
  await patient.openPayoutAccount({ partnerId });
  return active;
}

/**
 * Runs a child to its end. Should the application end first, the child is told to look at its row, and what becomes of
 * it no longer matters.
 */
async function childUntilEnded<Result>(
  process: { type: string; workflowId: (id: string) => string },
  id: string,
  input: unknown,
  closed: string,
  current: () => ApplicationState,
): Promise<Result | undefined> {
  const workflowId = process.workflowId(id);
  const child = await startChild(process.type, {
    workflowId,
    args: [input],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  });
  const hasEnded = () => current().stage !== 'approved';
  const finished = child.result() as Promise<Result>;
  let isFinished = false;
  const settled = finished.then(
    () => void (isFinished = true),
    () => void (isFinished = true),
  );
  await condition(() => isFinished || hasEnded());
  if (!hasEnded()) return finished;
  try {
    if (!isFinished) await getExternalWorkflowHandle(workflowId).signal(closed);
  } catch {
    // The child ended between the look and the signal: that is what the signal was for.
  }
  await settled;
  return undefined;
}
