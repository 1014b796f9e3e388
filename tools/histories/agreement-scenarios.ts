import { agreementAmendment, agreementCalendar } from '../../libs/orchestration/index.js';
import { standardProgram } from '../client/index.js';
import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import type { Change, Director } from './director.js';
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
  const signer = await director.contract({ terms: { ...terms, term } });
  await keep('agreement-calendar/offered', await runCalendar(director, signer.programId));
}

/** The law is legal's alone, and a notice of it takes some seconds. */
function changing(period: string): Partial<ProgramDocument> {
  const guardrails = [{ path: '/legal/governingLaw', bounds: [{ role: 'legal' as const }] }];
  const { agreement, negotiation } = standardProgram();
  const noticeOfChange = { period, mayObject: true };
  return { agreement: { ...agreement, noticeOfChange }, negotiation: { ...negotiation, guardrails } };
}

async function signChange(director: Director, keep: Keep): Promise<void> {
  const partner = await director.contract();
  const { id, negotiationId } = await director.amend(partner, { exclusivity: true });
  if (negotiationId === null) throw new Error('The change is not negotiated.');
  const next = await director.agree({ ...partner, negotiationId }, partner.link);
  await director.sign(next);
  await director.countersign(next);
  await keep('agreement-amendment/signed', agreementAmendment.workflowId(id));
}

async function approveChange(director: Director, change: Change): Promise<void> {
  const approval = { approvalId: await director.wantedApproval(change), decision: 'approve' };
  await director.act(`/v1/amendments/${change.id}/internal-approvals`, approval, { role: 'legal' });
  await director.untilChange(change, 'noticed');
}

async function noticeChange(director: Director, keep: Keep): Promise<void> {
  const change = await director.amend(await director.contract(changing('PT4S')), { governingLaw: 'Indonesia' });
  await approveChange(director, change);
  await keep('agreement-amendment/approved-and-noticed', agreementAmendment.workflowId(change.id));
}

/** What the partner objected to is negotiated, until notice ends the agreement. */
async function objectToChange(director: Director, keep: Keep): Promise<void> {
  const partner = await director.contract(changing('P30D'));
  const change = await director.amend(partner, { governingLaw: 'Indonesia' });
  await approveChange(director, change);
  await director.act(`/v1/amendments/${change.id}/objection`, { reason: 'I know German law' }, partner);
  await director.act(`/v1/agreements/${change.agreementId}/termination`, { kind: 'ordinary' }, { role: 'legal' });
  await keep('agreement-amendment/objected-and-cancelled', agreementAmendment.workflowId(change.id));
}

async function withdrawNotice(director: Director, keep: Keep): Promise<void> {
  const change = await director.amend(await director.contract(changing('P30D')), { governingLaw: 'Indonesia' });
  await approveChange(director, change);
  await director.act(`/v1/amendments/${change.id}/withdrawal`, { reason: 'Too early' }, { role: 'legal' });
  await keep('agreement-amendment/withdrawn', agreementAmendment.workflowId(change.id));
}

/** Every branch of the workflows that agreements in force live by. */
export const agreementScenarios: Scenario[] = [
  { title: 'Nothing is due for any agreement', branches: ['agreement-calendar/empty'], play: findNothing },
  { title: 'An agreement is offered for renewal', branches: ['agreement-calendar/offered'], play: offerRenewal },
  { title: 'A change is signed', branches: ['agreement-amendment/signed'], play: signChange },
  {
    title: 'A change is approved within, and notice of it given',
    branches: ['agreement-amendment/approved-and-noticed'],
    play: noticeChange,
  },
  {
    title: 'A change is objected to, and its agreement ends',
    branches: ['agreement-amendment/objected-and-cancelled'],
    play: objectToChange,
  },
  { title: 'A notice of change is taken back', branches: ['agreement-amendment/withdrawn'], play: withdrawNotice },
];
