import { agreementCalendar } from '../../libs/orchestration/index.js';
import { standardProgram } from '../client/index.js';
import type { Director } from './director.js';
import type { Keep, Scenario } from './scenario.js';

async function runCalendar(director: Director, programId: string): Promise<string> {
  const cutOff = new Date(Date.now() - 1);
  await director.act('/v1/agreement-calendar-runs', { programId, cutOff: cutOff.toISOString() }, { role: 'legal' });
  return agreementCalendar.workflowId(programId, cutOff.getTime());
}

async function findNothing(director: Director, keep: Keep): Promise<void> {
  await keep('agreement-calendar/empty', await runCalendar(director, await director.openProgram()));
}

/** A term of a month is offered for renewal as soon as it runs. */
async function offerRenewal(director: Director, keep: Keep): Promise<void> {
  const { terms } = standardProgram();
  const term = { length: 'P1M', renewal: 'consent' as const, notice: 'P7D' };
  const applicant = await director.apply({ terms: { ...terms, term } });
  const signer = await director.agree(await director.approve(applicant));
  await director.sign(signer);
  await director.api.countersign(signer.envelopeId, signer.documentHash, director.name('countersignature'));
  await director.untilStage(signer, 'active');
  await keep('agreement-calendar/offered', await runCalendar(director, signer.programId));
}

/** Every branch of the workflows that agreements in force live by. */
export const agreementScenarios: Scenario[] = [
  { title: 'Nothing is due for any agreement', branches: ['agreement-calendar/empty'], play: findNothing },
  { title: 'An agreement is offered for renewal', branches: ['agreement-calendar/offered'], play: offerRenewal },
];
