import { taskQueues } from './task-queues.js';

/** One run: what terms would have cost on events that happened, told apart from the process that asked. */
export const termsSimulation = {
  type: 'termsSimulation',
  taskQueue: taskQueues.money,
  workflowId: (simulationId: string) => `terms-simulation/${simulationId}`,
} as const;

export interface TermsSimulationInput {
  simulationId: string;
}

export type SimulationState = 'running' | 'done' | 'failed';

export interface TermsSimulationActivities {
  /** Prices the events and stores the result; a repeat finds it done. It beats while it works. */
  simulateTerms(input: TermsSimulationInput): Promise<SimulationState>;
  /** Says that there will be no result. */
  recordFailedSimulation(input: TermsSimulationInput): Promise<SimulationState>;
}
