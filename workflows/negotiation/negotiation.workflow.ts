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
  negotiationStates,
  type NegotiationAction,
  type NegotiationState,
} from '../../libs/agreements/domain/negotiation-state.js';
import {
  accept,
  databaseWork,
  decideApproval,
  negotiationAttributes,
  negotiationClosed,
  negotiationStanding,
  patientWork,
  propose,
  retractProposal,
  searchAttributes,
  withdrawNegotiation,
  type AcceptInput,
  type DecideApprovalInput,
  type NegotiationActivities,
  type NegotiationInput,
  type NegotiationStatus,
  type ProposeInput,
  type RetractInput,
  type WithdrawNegotiationInput,
} from '../../libs/orchestration/index.js';

const records = proxyActivities<NegotiationActivities>(databaseWork);
const patient = proxyActivities<NegotiationActivities>(patientWork);

/** A run's history stays far below the server's limits, however many rounds there are. */
const maxEventsPerRun = 2_000;

/**
 * Rounds until somebody accepts or withdraws, or until one is not answered in time. The row decides between
 * simultaneous moves; this only waits.
 */
export async function negotiation({
  programId,
  negotiationId,
  partnerId,
  known,
}: NegotiationInput): Promise<NegotiationStatus> {
  // Negotiations that began before rounds had deadlines look at their row only once somebody moves.
  const looksFirst = patched('deadlines');
  let status = known;
  const follow = (next: NegotiationStatus): NegotiationStatus => {
    // Answers may overtake each other: the newest version and, above all, the end stand.
    if (status !== undefined && (negotiationStates.isTerminal(status.state) || isOlder(next, status))) return next;
    status = next;
    const { dueAt, ...attributes } = negotiationAttributes(next);
    upsertSearchAttributes([
      { key: searchAttributes.stage, value: attributes.stage ?? next.state },
      { key: searchAttributes.awaitingRole, value: attributes.awaitingRole },
      ...(looksFirst || dueAt !== null ? [{ key: searchAttributes.dueAt, value: dueAt }] : []),
    ]);
    return next;
  };
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: programId },
    { key: searchAttributes.partnerId, value: partnerId },
    { key: searchAttributes.awaitingRole, value: known ? negotiationAttributes(known).awaitingRole : ['partner'] },
  ]);
  handleMoves(negotiationId, () => status?.state ?? 'open', follow);
  setHandler(negotiationStanding, () => status ?? null);

  const isClosed = (): boolean => status !== undefined && negotiationStates.isTerminal(status.state);
  // The row may have moved between two runs, and in the first one nothing is known yet.
  if (looksFirst) follow(await patient.readNegotiation({ negotiationId }));
  while (!isClosed()) {
    await nextLook(() => status, follow, negotiationId);
    if (isClosed() || workflowInfo().historyLength <= maxEventsPerRun) continue;
    await condition(allHandlersFinished);
    if (!isClosed()) await continueAsNew<typeof negotiation>({ programId, negotiationId, partnerId, known: status! });
  }
  await condition(allHandlersFinished);
  return status!;
}

/** Everything that people and the parent may ask of the workflow, each followed by what the row says then. */
function handleMoves(
  negotiationId: string,
  state: () => NegotiationState,
  follow: (next: NegotiationStatus) => NegotiationStatus,
): void {
  function refuseUnless(action: NegotiationAction): void {
    if (negotiationStates.mayComeToAllow(state(), action)) return;
    throw ApplicationFailure.nonRetryable(`negotiation: cannot ${action} while ${state()}`, 'illegal-transition');
  }
  setHandler(propose, async (input) => follow(await records.recordProposal(input)), {
    validator: (_: ProposeInput) => refuseUnless('propose'),
  });
  setHandler(accept, async (input) => follow(await records.recordAcceptance(input)), {
    validator: (_: AcceptInput) => refuseUnless('accept'),
  });
  setHandler(retractProposal, async (input) => follow(await records.recordRetraction(input)), {
    validator: (_: RetractInput) => refuseUnless('retract'),
  });
  setHandler(withdrawNegotiation, async (input) => follow(await records.recordNegotiationWithdrawal(input)), {
    validator: (_: WithdrawNegotiationInput) => refuseUnless('withdraw'),
  });
  setHandler(decideApproval, async (input) => follow(await records.recordApprovalDecision(input)), {
    validator: (_: DecideApprovalInput) => refuseUnless('propose'),
  });
  setHandler(negotiationClosed, async () => void follow(await records.readNegotiation({ negotiationId })));
}

/**
 * Waits until the negotiation has moved, or until the instant at which its row wants to be looked at. That instant is
 * absolute, so neither a replay nor a late worker moves it.
 */
async function nextLook(
  current: () => NegotiationStatus | undefined,
  follow: (next: NegotiationStatus) => void,
  negotiationId: string,
): Promise<void> {
  const seen = current();
  const hasMoved = (): boolean => current() !== seen;
  if (seen?.wakeAtMs === undefined) return condition(hasMoved);
  if (await condition(hasMoved, Math.max(1, seen.wakeAtMs - Date.now()))) return;
  // An answer may be on its way to the row when the timer fires: the row says who came first.
  follow(await patient.keepDeadline({ negotiationId, asOfMs: seen.wakeAtMs }));
}

/** Of two answers, the one with the lower revision was true before the other; before revisions, that of a lower version. */
function isOlder(next: NegotiationStatus, known: NegotiationStatus): boolean {
  if (next.revision !== undefined && known.revision !== undefined) return next.revision < known.revision;
  return next.state === 'open' && next.number < known.number;
}
