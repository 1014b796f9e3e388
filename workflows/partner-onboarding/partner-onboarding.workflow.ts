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
  answerInformation,
  applicationAttributes,
  applicationStanding,
  attributePairs,
  databaseWork,
  decide,
  envelopeClosed,
  negotiation as negotiationProcess,
  negotiationClosed,
  patientWork,
  refreshStage,
  requestInformation,
  searchAttributes,
  signature as signatureProcess,
  verifyEmail,
  withdraw,
  type AnswerInformationInput,
  type ApplicationProgress,
  type ApplicationState,
  type DecideInput,
  type EnvelopeStatus,
  type NegotiationStatus,
  type PartnerOnboardingActivities,
  type PartnerOnboardingInput,
  type RequestInformationInput,
  type WithdrawInput,
} from '../../libs/orchestration/index.js';
import {
  applicationStages,
  isUndecided,
  type ApplicationAction,
} from '../../libs/partners/domain/application-stage.js';
import { childUntilEnded } from '../child-until-ended.js';

const records = proxyActivities<PartnerOnboardingActivities>(databaseWork);
const patient = proxyActivities<PartnerOnboardingActivities>(patientWork);

/** Far below what the server takes: a review with hundreds of reminders and questions goes on in a new run. */
const longHistory = 2_000;

/**
 * One applicant's way: verification, review, negotiation, signature, activation. It holds no rule: it waits, asks its
 * activities, and follows what the row says. It ends with the application; a partner that is active lives on in its rows.
 */
export async function partnerOnboarding(input: PartnerOnboardingInput): Promise<ApplicationState> {
  const { programId, applicationId } = input;
  let progress: ApplicationProgress = {
    stage: input.stage ?? 'in_review',
    dueAtMs: input.dueAtMs ?? input.decisionDueAtMs,
    ...(input.revision === undefined ? {} : { revision: input.revision }),
  };
  const follow = (next: ApplicationProgress): ApplicationState => {
    // Answers may overtake each other: one that is older must not bring back what the row has left behind.
    if (!isOvertaken(next, progress)) {
      progress = next.revision === undefined ? { ...next, ...dueOf(progress) } : next;
      upsertSearchAttributes([...attributePairs(applicationAttributes(progress)), ...partnerAttribute(progress)]);
    }
    return stateOf(next);
  };
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: programId },
    ...attributePairs(applicationAttributes(progress)),
  ]);

  setHandler(verifyEmail, async (given) => follow(await records.recordVerification(given)));
  setHandler(decide, async (given) => follow(await records.recordDecision(given)), {
    validator: ({ action }: DecideInput) => refuseUnless(action),
  });
  setHandler(withdraw, async (given) => follow(await records.recordWithdrawal(given)), {
    validator: (_: WithdrawInput) => refuseUnless('withdraw'),
  });
  setHandler(requestInformation, async (given) => follow(await records.recordInformationRequest(given)), {
    validator: (_: RequestInformationInput) => refuseUnless('request_information'),
  });
  setHandler(answerInformation, async (given) => follow(await records.recordInformationAnswer(given)), {
    validator: (_: AnswerInformationInput) => refuseUnless('answer_information'),
  });
  setHandler(applicationStanding, () => progress);
  setHandler(refreshStage, async () => void follow(await records.readApplication({ applicationId })));

  // What can never be any more is refused before it enters the history; the activity decides for good, against the row.
  function refuseUnless(action: ApplicationAction): void {
    if (applicationStages.mayComeToAllow(progress.stage, action)) return;
    const message = `application: cannot ${action} while ${progress.stage}`;
    throw ApplicationFailure.nonRetryable(message, 'illegal-transition');
  }

  if (input.isResumed) await resume(applicationId, follow);
  if (input.beginsReview) follow(await records.beginReview({ applicationId }));
  while (isUndecided(progress.stage)) {
    const { dueAtMs } = progress;
    const hasMoved = (): boolean => !isUndecided(progress.stage) || progress.dueAtMs !== dueAtMs;
    // What is decided may be on its way to the row when the timer fires: the row says who came first.
    if (dueAtMs === undefined) await condition(hasMoved);
    else if (!(await condition(hasMoved, Math.max(1, dueAtMs - Date.now())))) {
      follow(await whatIsDue(input, dueAtMs));
    }
    if (workflowInfo().historyLength < longHistory) continue;
    await condition(allHandlersFinished);
    if (isUndecided(progress.stage)) return goOnAnew(input, progress);
  }
  if (progress.stage === 'approved') {
    follow({ ...(await contract({ programId, applicationId }, () => progress, follow)) });
  }
  await condition(allHandlersFinished);
  return stateOf(progress);
}

/** Goes on where the row says that the run before this one was, and does what may be left of an activation. */
async function resume(applicationId: string, follow: (next: ApplicationProgress) => unknown): Promise<void> {
  const row = await patient.readApplication({ applicationId });
  follow(row);
  if (row.stage === 'active' && row.partnerId !== undefined) {
    await patient.openPayoutAccount({ partnerId: row.partnerId });
  }
}

/** Workflows that began before reviews had reminders were not told their stage: they know one deadline alone. */
function whatIsDue(
  { applicationId, stage, isResumed }: PartnerOnboardingInput,
  atMs: number,
): Promise<ApplicationProgress> {
  if (stage === undefined && !isResumed) return records.expireUndecided({ applicationId });
  return records.followDeadlines({ applicationId, atMs });
}

/** Deadlines are absolute, so the new run waits for what the old one waited for. */
function goOnAnew(input: PartnerOnboardingInput, { stage, dueAtMs, revision }: ApplicationProgress): Promise<never> {
  const { beginsReview: _, isResumed: __, ...rest } = input;
  return continueAsNew<typeof partnerOnboarding>({
    ...rest,
    stage,
    ...(dueAtMs === undefined ? {} : { dueAtMs }),
    ...(revision === undefined ? {} : { revision }),
  });
}

function isOvertaken(next: ApplicationProgress, { stage, revision = 0 }: ApplicationProgress): boolean {
  return applicationStages.isTerminal(stage) || (next.revision !== undefined && next.revision < revision);
}

function stateOf({ stage, partnerId, negotiationId }: ApplicationProgress): ApplicationState {
  return {
    stage,
    ...(partnerId === undefined ? {} : { partnerId }),
    ...(negotiationId === undefined ? {} : { negotiationId }),
  };
}

function dueOf({ dueAtMs }: ApplicationProgress): { dueAtMs?: number } {
  return dueAtMs === undefined ? {} : { dueAtMs };
}

function partnerAttribute({ partnerId }: ApplicationProgress) {
  return partnerId === undefined ? [] : [{ key: searchAttributes.partnerId, value: partnerId }];
}

/** Negotiation, signature and activation, one after the other, unless the application ends in between. */
async function contract(
  { programId, applicationId }: { programId: string; applicationId: string },
  current: () => ApplicationState,
  follow: (next: ApplicationProgress) => unknown,
): Promise<ApplicationState> {
  const { partnerId = '', negotiationId = '' } = current();
  const hasEnded = (): boolean => current().stage !== 'approved';
  const negotiated = await childUntilEnded<NegotiationStatus>(
    negotiationProcess,
    negotiationId,
    { programId, negotiationId, partnerId },
    negotiationClosed.name,
    hasEnded,
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
    hasEnded,
  );
  if (signed === undefined) return current();
  if (signed?.state !== 'executed')
    return records.recordFailedContract({ applicationId, cause: `envelope ${signed?.state ?? 'not sent'}` });

  const active = await patient.activatePartner({ applicationId, envelopeId: signed.envelopeId });
  // The account may take days while the rail is away; the partner is active all the same.
  if (patched('active-at-once')) follow({ ...active });
  await patient.openPayoutAccount({ partnerId });
  return active;
}
