/** The pure face of disputes. */
export {
  disputeStates,
  subjectKey,
  type DisputeAction,
  type DisputeState,
  type DisputeSubject,
  type MissingFacts,
} from './dispute-state.js';
