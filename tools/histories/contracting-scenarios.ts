import { negotiation, partnerOnboarding, signature } from '../../libs/orchestration/index.js';
import { standardProgram } from '../client/index.js';
import type { Director, Signer } from './director.js';
import type { Keep, Scenario } from './scenario.js';

const onboardingOf = ({ applicationId }: { applicationId: string }): string =>
  partnerOnboarding.workflowId(applicationId);
const negotiationOf = ({ negotiationId }: { negotiationId: string }): string => negotiation.workflowId(negotiationId);
const signatureOf = ({ negotiationId }: { negotiationId: string }): string => signature.workflowId(negotiationId);

async function signed(director: Director): Promise<Signer> {
  return director.agree(await director.approve(await director.apply()));
}

async function activate(director: Director, keep: Keep): Promise<void> {
  const partner = await director.approve(await director.apply());
  const { termsHash, versions } = await director.api.negotiation(partner.negotiationId, partner.token);
  const terms = versions.at(-1)?.terms;
  if (!terms) throw new Error('The negotiation has no terms.');
  const asked = { terms: { ...terms, legal: { exclusivity: true } }, answersHash: termsHash };
  const { termsHash: answersHash } = await director.api.propose(
    partner.negotiationId,
    asked,
    director.name('proposal'),
    partner.token,
  );
  await director.api.propose(partner.negotiationId, { terms, answersHash }, director.name('proposal'));
  const signer = await director.agree(partner);
  await director.sign(signer);
  await director.countersign(signer);
  await keep('negotiation/agreed', negotiationOf(signer));
  await keep('signature/executed', signatureOf(signer));
  await keep('partner-onboarding/active', onboardingOf(signer));
}

async function reject(director: Director, keep: Keep): Promise<void> {
  const applicant = await director.apply();
  const decision = { action: 'reject', reason: 'No fit for this season' };
  await director.api.decide(applicant.applicationId, decision, director.name('decision'));
  await keep('partner-onboarding/rejected', onboardingOf(applicant));
}

async function withdrawInReview(director: Director, keep: Keep): Promise<void> {
  const applicant = await director.apply();
  await director.act(`/v1/applications/${applicant.applicationId}/withdrawal`, {}, applicant);
  await keep('partner-onboarding/withdrawn', onboardingOf(applicant));
}

async function withdrawInNegotiation(director: Director, keep: Keep): Promise<void> {
  const partner = await director.approve(await director.apply());
  await director.act(`/v1/applications/${partner.applicationId}/withdrawal`, { reason: 'Too busy' }, partner);
  await keep('partner-onboarding/withdrawn-in-negotiation', onboardingOf(partner));
  await keep('negotiation/closed', negotiationOf(partner));
}

async function withdrawInSignature(director: Director, keep: Keep): Promise<void> {
  const signer = await signed(director);
  await director.act(`/v1/applications/${signer.applicationId}/withdrawal`, {}, signer);
  await keep('partner-onboarding/withdrawn-in-signature', onboardingOf(signer));
  await keep('signature/closed', signatureOf(signer));
}

async function withdrawNegotiation(director: Director, keep: Keep): Promise<void> {
  const partner = await director.approve(await director.apply());
  await director.act(`/v1/negotiations/${partner.negotiationId}/withdrawal`, {}, { role: 'partner_manager' });
  await keep('negotiation/withdrawn', negotiationOf(partner));
  await keep('partner-onboarding/lapsed', onboardingOf(partner));
}

/** Everything that may happen in a round: a reminder, a move that waits for approval, one that is taken back. */
async function negotiateWithCare(director: Director, keep: Keep): Promise<void> {
  const guardrails = [{ path: '/legal/exclusivity', bounds: [{ role: 'finance' as const }] }];
  const negotiation = { answerWithin: 'PT60S', remindBefore: ['PT58S'], guardrails };
  const partner = await director.approve(await director.apply({ negotiation }));
  const { negotiationId, token } = partner;
  const { termsHash, versions } = await director.api.negotiation(negotiationId, token);
  const terms = versions.at(-1)?.terms;
  if (!terms) throw new Error('The negotiation has no terms.');
  await director.pause(4_000);
  const asked = { terms: { ...terms, legal: { exclusivity: true } }, answersHash: termsHash };
  const { pendingApproval } = await director.api.propose(negotiationId, asked, director.name('proposal'));
  const approval = { approvalId: pendingApproval?.approvalId, decision: 'approve' };
  await director.act(`/v1/negotiations/${negotiationId}/internal-approvals`, approval, { role: 'finance' });
  const tabled = await director.api.negotiation(negotiationId, token);
  const back = { termsHash: tabled.termsHash };
  await director.act(`/v1/negotiations/${negotiationId}/retraction`, back, { role: 'partner_manager' });
  await director.agree(partner);
  await keep('negotiation/approved-and-retracted', negotiationOf(partner));
}

async function letRoundLapse(director: Director, keep: Keep): Promise<void> {
  const negotiation = { answerWithin: 'PT3S', remindBefore: ['PT2S'], guardrails: [] };
  const partner = await director.approve(await director.apply({ negotiation }));
  await keep('negotiation/lapsed', negotiationOf(partner));
  await keep('partner-onboarding/negotiation-lapsed', onboardingOf(partner));
}

async function expireReview(director: Director, keep: Keep): Promise<void> {
  const applicant = await director.apply({ review: { ...standardProgram().review, decisionWithin: 'PT1S' } });
  await director.untilStage(applicant, 'expired');
  await keep('partner-onboarding/expired', onboardingOf(applicant));
}

async function decline(director: Director, keep: Keep): Promise<void> {
  const signer = await signed(director);
  await director.act(`/v1/signing/${signer.link}/decline`, { reason: 'The notice is too short' }, 'anyone');
  await keep('signature/declined', signatureOf(signer));
}

/** The address is mended, the request sent again, the expiry put off and the place given to another person. */
async function changeSigner(director: Director, keep: Keep): Promise<void> {
  const signer = await signed(director);
  const { recipientId } = await director.api.signingPage(signer.link);
  const act = (what: string, body: unknown): Promise<void> =>
    director.act(`/v1/envelopes/${signer.envelopeId}/${what}`, body, { role: 'legal' });
  const email = `${director.name('mended')}@partner.example`;
  await act('correction', { recipientId, email });
  const link = await director.mails.signingToken(email);
  await act('resend', { recipientId });
  await act('extension', { expiresAt: new Date(Date.now() + 20 * 86_400_000).toISOString(), reason: 'A journey' });
  const delegate = { name: 'Eko Delegate', email: `${director.name('delegate')}@partner.example` };
  await director.act(`/v1/signing/${link}/delegation`, delegate, 'anyone');
  await director.sign({ ...signer, link: await director.mails.signingToken(delegate.email) });
  await director.countersign(signer);
  await keep('signature/changed', signatureOf(signer));
}

/** The name in the contract was wrong: another envelope takes the place of the first. */
async function supersede(director: Director, keep: Keep): Promise<void> {
  const signer = await signed(director);
  const { recipientId } = await director.api.signingPage(signer.link);
  const correction = { recipientId, name: 'Ada Lovelace' };
  await director.act(`/v1/envelopes/${signer.envelopeId}/correction`, correction, { role: 'legal' });
  const link = await director.mails.signingToken(signer.email, signer.link);
  const { envelopeId, documentHash } = await director.api.signingPage(link);
  const next = { ...signer, link, envelopeId, documentHash };
  await director.sign(next);
  await director.countersign(next);
  await keep('signature/superseded', signatureOf(signer));
}

async function voidEnvelope(director: Director, keep: Keep): Promise<void> {
  const signer = await signed(director);
  await director.sign(signer);
  await director.act(`/v1/envelopes/${signer.envelopeId}/void`, { reason: 'A wrong annex' }, { role: 'legal' });
  await keep('signature/voided', signatureOf(signer));
}

async function expireEnvelope(director: Director, keep: Keep): Promise<void> {
  const times = { expiresAfter: 'PT6S', remindEvery: 'PT2S', maxReminders: 1 };
  const applicant = await director.apply({ signature: { ...standardProgram().signature, ...times } });
  const signer = await director.agree(await director.approve(applicant));
  await keep('signature/expired', signatureOf(signer));
}

/** Every branch of the workflows that wait for people before money is earned. */
export const contractingScenarios: Scenario[] = [
  {
    title: 'A partner becomes active',
    branches: ['negotiation/agreed', 'signature/executed', 'partner-onboarding/active'],
    play: activate,
  },
  { title: 'An application is rejected', branches: ['partner-onboarding/rejected'], play: reject },
  { title: 'An application is withdrawn', branches: ['partner-onboarding/withdrawn'], play: withdrawInReview },
  { title: 'An application expires', branches: ['partner-onboarding/expired'], play: expireReview },
  {
    title: 'An application is withdrawn while terms are negotiated',
    branches: ['partner-onboarding/withdrawn-in-negotiation', 'negotiation/closed'],
    play: withdrawInNegotiation,
  },
  {
    title: 'An application is withdrawn while the contract is out',
    branches: ['partner-onboarding/withdrawn-in-signature', 'signature/closed'],
    play: withdrawInSignature,
  },
  {
    title: 'A negotiation is withdrawn',
    branches: ['negotiation/withdrawn', 'partner-onboarding/lapsed'],
    play: withdrawNegotiation,
  },
  {
    title: 'Terms are approved within, taken back and accepted',
    branches: ['negotiation/approved-and-retracted'],
    play: negotiateWithCare,
  },
  {
    title: 'A round is not answered in time',
    branches: ['negotiation/lapsed', 'partner-onboarding/negotiation-lapsed'],
    play: letRoundLapse,
  },
  { title: 'A contract is declined', branches: ['signature/declined'], play: decline },
  { title: 'Who signs a contract is changed', branches: ['signature/changed'], play: changeSigner },
  { title: 'A contract takes the place of another', branches: ['signature/superseded'], play: supersede },
  { title: 'A contract is voided', branches: ['signature/voided'], play: voidEnvelope },
  { title: 'A contract expires', branches: ['signature/expired'], play: expireEnvelope },
];
