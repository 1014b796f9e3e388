import { agreementAmendment, agreementCalendar } from '../../libs/orchestration/index.js';
import { distantSchedule, standardProgram } from '../client/index.js';
import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import type { Director, Signer } from './director.js';
import type { Keep, Scenario } from './scenario.js';

type Terms = ProgramDocument['terms'];

async function runCalendar(director: Director, programId: string): Promise<string> {
  const cutOff = new Date(Date.now() - 1);
  await director.act('/v1/agreement-calendar-runs', { programId, cutOff: cutOff.toISOString() }, { role: 'legal' });
  return agreementCalendar.workflowId(programId, cutOff.getTime());
}

async function findNothing(director: Director, keep: Keep): Promise<void> {
  await keep('agreement-calendar/empty', await runCalendar(director, await director.openProgram()));
}

/** A partner whose contract is in force. */
async function activate(director: Director, changes: Partial<ProgramDocument>): Promise<Signer> {
  const signer = await director.agree(await director.approve(await director.apply(changes)));
  await director.sign(signer);
  await director.countersign(signer);
  await director.untilStage(signer, 'active');
  return signer;
}

/** Another law: of that a notice is enough. */
function otherLaw(terms: Terms): Terms {
  return { ...terms, legal: { ...terms.legal, governingLaw: 'the law of Scotland' } };
}

/** Another rate: that takes the consent of the partner. */
function otherRate(terms: Terms): Terms {
  const [first, ...rest] = terms.commissions;
  return { ...terms, commissions: [{ ...first!, reward: { kind: 'percent', rate: '15' } }, ...rest] };
}

/** A program that gives notice of changes this long before. */
function withNotice(period: string): Partial<ProgramDocument> {
  const { agreement, terms } = standardProgram();
  const noticeOfChange = { ...agreement.noticeOfChange, period };
  const schedule = distantSchedule(new Date());
  return { terms, agreement: { ...agreement, noticeOfChange, calendar: { schedule } } };
}

async function changeByNotice(director: Director, keep: Keep): Promise<void> {
  const changes = withNotice('PT2S');
  const { id } = await director.amend(await activate(director, changes), otherLaw(changes.terms!));
  await director.untilAmendment(id, 'adopted');
  await keep('agreement-amendment/noticed', agreementAmendment.workflowId(id));
}

async function takeNoticeBack(director: Director, keep: Keep): Promise<void> {
  const changes = withNotice('P30D');
  const { id } = await director.amend(await activate(director, changes), otherLaw(changes.terms!));
  await director.untilAmendment(id, 'noticed');
  await director.act(`/v1/amendments/${id}/withdrawal`, { reason: 'A mistake' }, { role: 'legal' });
  await keep('agreement-amendment/withdrawn', agreementAmendment.workflowId(id));
}

/** An objection turns a notice into a negotiation, which the company then gives up. */
async function objectToNotice(director: Director, keep: Keep): Promise<void> {
  const changes = withNotice('P30D');
  const signer = await activate(director, changes);
  const { id } = await director.amend(signer, otherLaw(changes.terms!));
  await director.untilAmendment(id, 'noticed');
  await director.act(`/v1/amendments/${id}/objection`, { reason: 'Not with us' }, signer);
  const negotiationId = await director.negotiationOf(id);
  await director.act(
    `/v1/negotiations/${negotiationId}/withdrawal`,
    { reason: 'Never mind' },
    { role: 'partner_manager' },
  );
  await director.untilAmendment(id, 'withdrawn');
  await keep('agreement-amendment/objected', agreementAmendment.workflowId(id));
}

async function changeBySignature(director: Director, keep: Keep): Promise<void> {
  const { terms } = standardProgram();
  const signer = await activate(director, {});
  const { id, negotiationId } = await director.amend(signer, otherRate(terms));
  const changed = await director.agreeToChange(signer, negotiationId!);
  await director.sign(changed);
  await director.countersign(changed);
  await director.untilAmendment(id, 'adopted');
  await keep('agreement-amendment/signed', agreementAmendment.workflowId(id));
}

/** A term of a month is offered for renewal as soon as it runs. */
async function offerRenewal(director: Director, keep: Keep): Promise<void> {
  const { terms } = standardProgram();
  const term = { length: 'P1M', renewal: 'consent' as const, notice: 'P7D' };
  const signer = await activate(director, { terms: { ...terms, term } });
  await keep('agreement-calendar/offered', await runCalendar(director, signer.programId));
}

/** Every branch of the workflows that agreements in force live by. */
export const agreementScenarios: Scenario[] = [
  { title: 'Nothing is due for any agreement', branches: ['agreement-calendar/empty'], play: findNothing },
  { title: 'An agreement is offered for renewal', branches: ['agreement-calendar/offered'], play: offerRenewal },
  { title: 'A change is noticed and applies', branches: ['agreement-amendment/noticed'], play: changeByNotice },
  { title: 'A notice of change is taken back', branches: ['agreement-amendment/withdrawn'], play: takeNoticeBack },
  { title: 'The partner objects to a change', branches: ['agreement-amendment/objected'], play: objectToNotice },
  { title: 'A change is negotiated and signed', branches: ['agreement-amendment/signed'], play: changeBySignature },
];
