import { Injectable } from '@nestjs/common';
import { TermsSimulations } from '../libs/commissions/index.js';
import type { TermsSimulationActivities, TermsSimulationInput } from '../libs/orchestration/index.js';
import { asActivityFailure } from './activity-failure.js';
import { whileBeating } from './while-beating.js';

/** Translates between the workflow's contract and the service; no rule lives here. */
@Injectable()
export class TermsSimulationActivitiesImpl implements TermsSimulationActivities {
  constructor(private readonly simulations: TermsSimulations) {}

  simulateTerms = ({ simulationId }: TermsSimulationInput) =>
    asActivityFailure(() => whileBeating((progress) => this.simulations.run(simulationId, progress)));
  recordFailedSimulation = ({ simulationId }: TermsSimulationInput) =>
    asActivityFailure(() => this.simulations.fail(simulationId));
}
