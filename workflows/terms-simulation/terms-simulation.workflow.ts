import { proxyActivities } from '@temporalio/workflow';
import {
  databaseWork,
  simulationWork,
  type SimulationState,
  type TermsSimulationActivities,
  type TermsSimulationInput,
} from '../../libs/orchestration/index.js';

const { simulateTerms } = proxyActivities<TermsSimulationActivities>(simulationWork);
const { recordFailedSimulation } = proxyActivities<TermsSimulationActivities>(databaseWork);

/** Prices events under other terms; where that fails for good, whoever waits for the result is told. */
export async function termsSimulation(input: TermsSimulationInput): Promise<SimulationState> {
  try {
    return await simulateTerms(input);
  } catch {
    return recordFailedSimulation(input);
  }
}
