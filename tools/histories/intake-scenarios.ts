import { applicantErasure, partnerOnboarding } from '../../libs/orchestration/index.js';
import { standardProgram, waitFor } from '../client/index.js';
import type { Applicant, Director } from './director.js';
import type { Keep, Scenario } from './scenario.js';

const onboardingOf = ({ applicationId }: Applicant): string => partnerOnboarding.workflowId(applicationId);
const standard = standardProgram();
const patienceMs = 60_000;
const manager = { role: 'partner_manager' } as const;

async function ask(director: Director, applicant: Applicant, answerWithin?: string): Promise<void> {
  const path = `/v1/applications/${applicant.applicationId}/information-requests`;
  const within = answerWithin === undefined ? {} : { answerWithin };
  await director.act(path, { question: 'How many people do you reach?', ...within }, manager);
}

async function answer(director: Director, applicant: Applicant): Promise<void> {
  const request = await director.openQuestion(applicant);
  const path = `/v1/applications/${applicant.applicationId}/information-requests/${request}/answer`;
  await director.act(path, { answer: 'Eleven thousand' }, applicant);
}

async function expireUnverified(director: Director, keep: Keep): Promise<void> {
  const verification = { ...standard.application.verification, within: 'PT1S' };
  const application = { ...standard.application, verification };
  const applicant = await director.apply({ application }, { isVerified: false });
  await director.untilStage(applicant, 'expired');
  await keep('partner-onboarding/unverified', onboardingOf(applicant));
}

async function approveByRule(director: Director, keep: Keep): Promise<void> {
  const rule = {
    id: 'everybody',
    if: { fact: 'webSites', atMost: 5 },
    then: 'approve',
    reason: 'All are welcome',
  } as const;
  const applicant = await director.apply({ review: { ...standard.review, rules: [rule] } });
  await director.act(`/v1/applications/${applicant.applicationId}/withdrawal`, {}, applicant);
  await keep('partner-onboarding/approved-by-rule', onboardingOf(applicant));
}

async function rejectWithoutVerification(director: Director, keep: Keep): Promise<void> {
  const verification = { ...standard.application.verification, required: false };
  const applicant = await director.apply({ application: { ...standard.application, verification } });
  const decision = { action: 'reject', reasonCode: 'no-fit' };
  await director.api.decide(applicant.applicationId, decision, director.name('decision'));
  await keep('partner-onboarding/reviewed-at-once', onboardingOf(applicant));
}

async function askAndReject(director: Director, keep: Keep): Promise<void> {
  const applicant = await director.apply();
  await ask(director, applicant);
  await answer(director, applicant);
  await ask(director, applicant);
  const decision = { action: 'reject', reason: 'We know enough' };
  await director.api.decide(applicant.applicationId, decision, director.name('decision'));
  await keep('partner-onboarding/asked', onboardingOf(applicant));
}

async function verifyAndSign(director: Director, keep: Keep): Promise<void> {
  const signer = await director.agree(await director.approve(await director.apply()));
  await director.sign(signer);
  await director.api.countersign(signer.envelopeId, signer.documentHash, director.name('countersignature'));
  await director.untilStage(signer, 'active');
  await keep('partner-onboarding/verified-active', onboardingOf(signer));
}

async function remindAndExpire(director: Director, keep: Keep): Promise<void> {
  const applicant = await director.apply({
    review: {
      ...standard.review,
      decisionWithin: 'PT8S',
      remindEvery: 'PT1S',
      maxReminders: 2,
      escalation: { before: 'PT2S', to: 'legal' },
    },
  });
  await ask(director, applicant, 'PT1S');
  await director.untilStage(applicant, 'expired');
  await keep('partner-onboarding/reminded', onboardingOf(applicant));
}

async function forget(director: Director, keep: Keep): Promise<void> {
  const erasure = { ...standard.review.erasure, after: 'P0D' };
  const applicant = await director.apply({ review: { ...standard.review, erasure } });
  await director.act(`/v1/applications/${applicant.applicationId}/withdrawal`, {}, applicant);
  const { cutOff } = await director.api.eraseDue(applicant.programId, director.name('erasure'));
  const isErased = async (): Promise<true | undefined> =>
    (await director.api.application(applicant.applicationId)).erasedAt ? true : undefined;
  await waitFor(isErased, { what: 'the applicant to be forgotten', patienceMs });
  await keep('applicant-erasure/erased', applicantErasure.workflowId(applicant.programId, Date.parse(cutOff)));
}

/** Every branch of the way to a decision, and the end of what is known of those who were not taken. */
export const intakeScenarios: Scenario[] = [
  { title: 'An address is never confirmed', branches: ['partner-onboarding/unverified'], play: expireUnverified },
  { title: 'A rule approves', branches: ['partner-onboarding/approved-by-rule'], play: approveByRule },
  {
    title: 'A program asks for no confirmation',
    branches: ['partner-onboarding/reviewed-at-once'],
    play: rejectWithoutVerification,
  },
  { title: 'An applicant is asked', branches: ['partner-onboarding/asked'], play: askAndReject },
  { title: 'A verified partner becomes active', branches: ['partner-onboarding/verified-active'], play: verifyAndSign },
  { title: 'A review is reminded of', branches: ['partner-onboarding/reminded'], play: remindAndExpire },
  { title: 'An applicant is forgotten', branches: ['applicant-erasure/erased'], play: forget },
];
