import {
  commissionReview,
  commissionVesting,
  payoutBatch,
  payoutCollection,
  termsSimulation,
} from '../../libs/orchestration/index.js';
import { collect } from './batch-scenarios.js';
import type { Director } from './director.js';
import type { Keep, Scenario } from './scenario.js';

async function pay(director: Director, keep: Keep): Promise<void> {
  const { programId, batchId, cutOff } = await collect(director);
  await keep('payout-collection/drafted', payoutCollection.workflowId(programId, cutOff.getTime()));
  await director.api.submitBatch(batchId, director.name('submission'));
  const { contentHash } = await director.api.batch(batchId);
  await director.api.approveBatch(batchId, contentHash ?? '', director.name('approval'));
  await keep('payout-batch/completed', payoutBatch.workflowId(batchId));
}

async function findNothing(director: Director, keep: Keep): Promise<void> {
  const programId = await director.openProgram();
  const cutOff = new Date(Date.now() - 1);
  await director.api.vest(programId, cutOff, director.name('vesting'));
  await director.api.collect(programId, cutOff, director.name('collection'));
  await keep('commission-vesting/empty', commissionVesting.workflowId(programId, cutOff.getTime()));
  await keep('payout-collection/empty', payoutCollection.workflowId(programId, cutOff.getTime()));
}

async function review(director: Director, keep: Keep): Promise<void> {
  const { programId } = await director.earn();
  const cutOff = new Date(Date.now() - 1);
  await director.act('/v1/commission-review-runs', { programId, cutOff: cutOff.toISOString() }, { role: 'finance' });
  await keep('commission-review/reviewed', commissionReview.workflowId(programId, cutOff.getTime()));
}

async function vest(director: Director, keep: Keep): Promise<void> {
  const { programId } = await director.earn();
  const cutOff = new Date(Date.now() - 1);
  await director.api.vest(programId, cutOff, director.name('vesting'));
  await keep('commission-vesting/vested', commissionVesting.workflowId(programId, cutOff.getTime()));
}

async function simulate(director: Director, keep: Keep): Promise<void> {
  const { negotiationId } = await director.earn();
  const { id } = await director.api.simulate(negotiationId, { months: 1 }, director.name('simulation'));
  // It starts by the outbox, a moment after it was asked for.
  await director.pause(4_000);
  await keep('terms-simulation/done', termsSimulation.workflowId(id));
}

/** Every branch of the workflows that move what was earned. */
export const moneyScenarios: Scenario[] = [
  { title: 'Commissions are reviewed', branches: ['commission-review/reviewed'], play: review },
  { title: 'Commissions vest', branches: ['commission-vesting/vested'], play: vest },
  {
    title: 'Nothing is there to vest or pay',
    branches: ['commission-vesting/empty', 'payout-collection/empty'],
    play: findNothing,
  },
  { title: 'A batch is paid', branches: ['payout-collection/drafted', 'payout-batch/completed'], play: pay },
  { title: 'Terms are simulated', branches: ['terms-simulation/done'], play: simulate },
];
