import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { negotiationStates, type NegotiationAction } from '../../libs/agreements/domain/negotiation-state.js';
import {
  accept,
  databaseWork,
  negotiationClosed,
  propose,
  searchAttributes,
  withdrawNegotiation,
  type AcceptInput,
  type NegotiationActivities,
  type NegotiationInput,
  type NegotiationStatus,
  type ProposeInput,
  type WithdrawNegotiationInput,
} from '../../libs/orchestration/index.js';

const records = proxyActivities<NegotiationActivities>(databaseWork);

/** Rounds until somebody accepts or withdraws. The row decides between simultaneous moves; this only waits. */
export async function negotiation({
  programId,
  negotiationId,
  partnerId,
}: NegotiationInput): Promise<NegotiationStatus> {
  let status: NegotiationStatus | undefined;
  const follow = (next: NegotiationStatus): NegotiationStatus => {
    // Answers may overtake each other: the newest version and, above all, the end stand.
    if (status !== undefined && (negotiationStates.isTerminal(status.state) || isOlder(next, status))) return next;
    status = next;
    upsertSearchAttributes([
      {
        key: searchAttributes.awaitingRole,
        value: next.awaiting === undefined ? [] : [next.awaiting === 'company' ? 'partner_manager' : 'partner'],
      },
    ]);
    return next;
  };
  upsertSearchAttributes([
    { key: searchAttributes.programId, value: programId },
    { key: searchAttributes.partnerId, value: partnerId },
    { key: searchAttributes.awaitingRole, value: ['partner'] },
  ]);

  setHandler(propose, async (input) => follow(await records.recordProposal(input)), {
    validator: (_: ProposeInput) => refuseUnless('propose'),
  });
  setHandler(accept, async (input) => follow(await records.recordAcceptance(input)), {
    validator: (_: AcceptInput) => refuseUnless('accept'),
  });
  setHandler(withdrawNegotiation, async (input) => follow(await records.recordNegotiationWithdrawal(input)), {
    validator: (_: WithdrawNegotiationInput) => refuseUnless('withdraw'),
  });
  setHandler(negotiationClosed, async () => void follow(await records.readNegotiation({ negotiationId })));

  function refuseUnless(action: NegotiationAction): void {
    const state = status?.state ?? 'open';
    if (negotiationStates.allows(state, action)) return;
    throw ApplicationFailure.nonRetryable(`negotiation: cannot ${action} while ${state}`, 'illegal-transition');
  }

  await condition(() => status !== undefined && negotiationStates.isTerminal(status.state) && allHandlersFinished());
  return status!;
}

/** Of two open states, the one with the lower version number was true before the other. */
function isOlder(next: NegotiationStatus, known: NegotiationStatus): boolean {
  return next.state === 'open' && next.number < known.number;
}
