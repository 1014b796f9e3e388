import { Database } from '../../libs/database/index.js';
import type {
  NegotiationActivities,
  PartnerOnboardingActivities,
  SignatureActivities,
} from '../../libs/orchestration/index.js';
import { ErasureService } from '../../libs/onboarding/index.js';
import { ApplicationsService, InformationService, type ApplicationRow } from '../../libs/partners/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import {
  EnvelopesService,
  ProviderInbox,
  SigningPages,
  type EnvelopeRow,
  type RecipientRow,
} from '../../libs/signatures/index.js';
import { TermsDocuments } from '../../libs/agreements/index.js';
import { ActivityWorker, runningTwice } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';
import { SandboxFixture, sandboxKeys } from '../support/stripe-sandbox.js';

type Activities = PartnerOnboardingActivities & NegotiationActivities & SignatureActivities;

const tables = [
  ...[
    'applications',
    'partners',
    'partner_tiers',
    'negotiations',
    'proposals',
    'envelopes',
    'envelope_events',
    'envelope_recipients',
  ],
  ...['application_references', 'application_flags', 'information_requests', 'application_attachments'],
  ...['proposal_retractions', 'internal_approvals', 'internal_approval_decisions'],
  ...['agreements', 'agreement_versions', 'documents', 'terms_documents', 'audit_facts', 'outbox_messages', 'persons'],
];

/**
 * An activity whose answer was lost after its commit runs again, with the same input. Here each does, right away: the
 * second run must answer as the first did and change nothing at all.
 */
describe('an activity that runs a second time', () => {
  let sandbox: SandboxFixture;
  let worker: ActivityWorker<Activities>;
  let context: ActivityWorker<Activities>['context'];
  let activities: Activities;
  let programId: string;
  beforeAll(async () => {
    sandbox = await SandboxFixture.start();
    worker = await ActivityWorker.open({
      STRIPE_API_KEY: sandboxKeys.apiKey,
      STRIPE_API_BASE: sandbox.url,
      STRIPE_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
    });
    ({ context, activities } = worker);
    programId = (await context.get(ProgramsService).create(demoProgram(), { actorId: 'usr_test' })).id;
  });
  afterAll(async () => {
    await worker.close();
    await sandbox.close();
  });
  const twice = runningTwice(() => worker, tables);

  let requests = 0;
  const actor = (actorId = 'usr_test') => ({ actorId, requestId: `req_${++requests}` });

  function apply(): Promise<ApplicationRow> {
    const consent = { version: '2026-01', given: true as const };
    const person = {
      ...{ name: 'Ada', email: `ada-${++requests}@partner.example`, webSites: [], form: {}, consent },
      references: [{ name: 'Bea', email: 'bea@elsewhere.example' }],
    };
    return context.get(ApplicationsService).submit(programId, person, actor('public'));
  }

  async function verified(): Promise<ApplicationRow> {
    const row = await apply();
    expect((await twice('recordVerification', { ...actor(row.id), applicationId: row.id })).stage).toBe('in_review');
    return row;
  }

  async function approve(applicationId: string): Promise<{ negotiationId: string; partnerId: string; hash: string }> {
    const decision = { ...actor(), applicationId, action: 'approve' as const };
    const { negotiationId = '', partnerId = '' } = await twice('recordDecision', decision);
    const { termsHash: hash } = await activities.readNegotiation({ negotiationId });
    return { negotiationId, partnerId, hash };
  }

  async function send(): Promise<{
    applicationId: string;
    partnerId: string;
    envelopeId: string;
    documentHash: string;
  }> {
    const { id: applicationId } = await verified();
    const { negotiationId, partnerId, hash } = await approve(applicationId);
    const acceptance = { ...actor(), negotiationId, side: 'partner' as const, termsHash: hash };
    expect((await twice('recordAcceptance', acceptance)).state).toBe('agreed');
    const sent = await twice('sendEnvelope', { programId, applicationId, negotiationId, partnerId });
    return { applicationId, partnerId, envelopeId: sent!.envelopeId, documentHash: sent!.documentHash! };
  }

  it('does nothing more on the way to an active partner', async () => {
    const { applicationId, partnerId, envelopeId, documentHash } = await send();
    const consentVersion = demoProgram().signature.consent.version;
    const seen = { documentHash, consentVersion, typedName: 'Ada', ipAddress: '127.0.0.1', userAgent: 'test' };
    const [recipientId = ''] = (await activities.readEnvelope({ envelopeId })).turn ?? [];
    const evidenceId = await context.get(ProviderInbox).intent(envelopeId, recipientId, seen);
    const signature = { ...actor(recipientId), envelopeId, recipientId, documentHash, consentVersion, evidenceId };
    expect((await twice('recordSignature', signature)).state).toBe('partner_signed');
    const { shownHash } = await twice('sealPartner', { envelopeId });
    expect((await twice('askSigners', { envelopeId })).state).toBe('awaiting_countersign');
    const countersignature = { ...actor('usr_legal'), envelopeId, documentHash: shownHash! };
    expect((await twice('recordCountersignature', countersignature)).state).toBe('countersigned');
    expect((await twice('sealCompany', { envelopeId })).step).toBe('certify');
    expect((await twice('certifyContract', { envelopeId })).step).toBe('execute');
    expect((await twice('executeContract', { envelopeId })).state).toBe('executed');
    expect((await twice('activatePartner', { applicationId, envelopeId })).stage).toBe('active');
    await twice('openPayoutAccount', { partnerId });
    expect((await sandbox.control.totals()).accounts).toBe(1);
    expect((await twice('expireUndecided', { applicationId })).stage).toBe('active');
    expect((await twice('recordFailedContract', { applicationId, cause: 'late' })).stage).toBe('active');
    expect((await twice('expireEnvelope', { envelopeId })).state).toBe('executed');
  });

  it('seals the same bytes when what it had stored was not written to the row', async () => {
    const { envelopeId, documentHash } = await send();
    const consentVersion = demoProgram().signature.consent.version;
    const [recipientId = ''] = (await activities.readEnvelope({ envelopeId })).turn ?? [];
    const said = { documentHash, consentVersion, typedName: 'Ada', ipAddress: '127.0.0.1', userAgent: 'test' };
    const evidenceId = await context.get(ProviderInbox).intent(envelopeId, recipientId, said);
    await activities.recordSignature({ ...actor(recipientId), envelopeId, documentHash, consentVersion, evidenceId });
    const first = await activities.sealPartner({ envelopeId });
    const documents = `select count(*)::int as count from documents where kind = 'contract_sealed'`;
    const before = await context.get(Database).query(documents);
    // As if the worker had died after it stored the sealed bytes and before it wrote their hash.
    const undo = `update envelopes set state = 'partner_signed', awaiting = null, partner_sealed_sha256 = null where id = $1`;
    await context.get(Database).query(undo, [envelopeId]);
    const second = await activities.sealPartner({ envelopeId });
    expect(second.shownHash).toBe(first.shownHash);
    expect(await context.get(Database).query(documents)).toEqual(before);
  });

  it('does nothing more where who signs is changed', async () => {
    const { envelopeId } = await send();
    const [recipientId = ''] = (await activities.readEnvelope({ envelopeId })).turn ?? [];
    const { row, recipient } = await partyOf(envelopeId, recipientId);
    const pages = context.get(SigningPages);
    const mended = { name: recipient.name!, email: 'mended@partner.example' };
    const correction = await pages.changeIntent({ row, recipient }, mended, {
      actorId: 'usr_legal',
      type: 'correction_intent',
    });
    const change = { ...actor('usr_legal'), envelopeId, recipientId, reason: 'A typing error' };
    const { personId, evidenceId } = correction;
    expect((await twice('recordCorrection', { ...change, personId, evidenceId })).step).toBe('ask');
    await twice('askSigners', { envelopeId });
    await twice('recordResend', { ...actor('usr_legal'), envelopeId, recipientId });
    const { expiresAtMs } = await activities.readEnvelope({ envelopeId });
    const later = { ...actor('usr_legal'), envelopeId, expiresAtMs: expiresAtMs! + 60_000, reason: 'Holidays' };
    expect((await twice('recordExtension', later)).expiresAtMs).toBe(expiresAtMs! + 60_000);
    const delegate = { name: 'Eko', email: 'eko@partner.example' };
    const party = await partyOf(envelopeId, recipientId);
    const delegation = await pages.changeIntent(party, delegate, { actorId: recipientId, type: 'delegation_intent' });
    const given = { ...actor(recipientId), envelopeId, recipientId, personId: delegation.personId };
    await twice('recordDelegation', { ...given, evidenceId: delegation.evidenceId });
    await twice('askSigners', { envelopeId });
    const { next } = await activities.readEnvelope({ envelopeId });
    expect(next?.kind).toBe('remind');
    await twice('runTimer', { envelopeId, timer: next! });
    expect((await twice('recordVoid', { ...actor('usr_legal'), envelopeId, reason: 'No' })).state).toBe('voided');
    await twice('closeWithProvider', { envelopeId });
  });

  async function partyOf(
    envelopeId: string,
    recipientId: string,
  ): Promise<{ row: EnvelopeRow; recipient: RecipientRow }> {
    const row = await context.get(EnvelopesService).get(envelopeId);
    return { row, recipient: row.recipients.find(({ id }) => id === recipientId)! };
  }

  it('does nothing more in a round of a negotiation', async () => {
    const { negotiationId, hash } = await approve((await verified()).id);
    const { terms } = demoProgram();
    const termsHash = await context.get(TermsDocuments).propose(programId, { ...terms, obligations: [] });
    const proposal = { ...actor(), negotiationId, side: 'partner' as const, termsHash, answersHash: hash };
    expect((await twice('recordProposal', proposal)).number).toBe(2);
    const withdrawal = { ...actor(), negotiationId, side: 'company' as const, reason: 'No' };
    expect((await twice('recordNegotiationWithdrawal', withdrawal)).state).toBe('withdrawn');
  });

  it('does nothing more where a proposal is taken back or a round ends', async () => {
    const { negotiationId, hash } = await approve((await verified()).id);
    const { terms } = demoProgram();
    const termsHash = await context.get(TermsDocuments).propose(programId, { ...terms, obligations: [] });
    const company = { ...actor(), negotiationId, side: 'company' as const, roles: ['partner_manager'] };
    await twice('recordProposal', { ...company, termsHash, answersHash: hash });
    expect((await twice('recordRetraction', { ...company, ...actor(), termsHash })).number).toBe(1);
    const { dueAtMs = 0, wakeAtMs = 0 } = await activities.readNegotiation({ negotiationId });
    expect(wakeAtMs).toBeLessThan(dueAtMs);
    expect((await twice('keepDeadline', { negotiationId, asOfMs: wakeAtMs })).state).toBe('open');
    expect((await twice('keepDeadline', { negotiationId, asOfMs: dueAtMs - 1 })).state).toBe('open');
    expect((await twice('keepDeadline', { negotiationId, asOfMs: dueAtMs })).state).toBe('lapsed');
    const facts = await context
      .get(Database)
      .query<{ action: string }>(`select action from audit_facts where subject_id = $1 order by id`, [negotiationId]);
    expect(facts.map(({ action }) => action.replace('negotiation.', ''))).toEqual([
      ...['propose', 'propose', 'retract', 'remind', 'remind', 'lapse'],
    ]);
  });

  it('makes a version of each of several changes of a program that come at once', async () => {
    const programs = context.get(ProgramsService);
    const { version } = await programs.get(programId);
    const changes = ['P4D', 'P5D', 'P6D'].map((answerWithin) => {
      const negotiation = { answerWithin, remindBefore: [], guardrails: [] };
      return programs.revise(programId, { ...demoProgram(), negotiation }, actor());
    });
    const made = (await Promise.all(changes)).map((program) => program.version).sort();
    expect(made).toEqual([version + 1, version + 2, version + 3]);
    await programs.revise(programId, demoProgram(), actor());
  });

  it('does nothing more where a move waits for approval', async () => {
    const guarded = { path: '/term/notice', bounds: [{ role: 'legal' as const }, { role: 'finance' as const }] };
    const negotiation = { answerWithin: 'P3D', remindBefore: [], guardrails: [guarded] };
    await context.get(ProgramsService).revise(programId, { ...demoProgram(), negotiation }, actor());
    const { negotiationId, hash } = await approve((await verified()).id);
    const termsHash = await context.get(TermsDocuments).propose(programId, { ...demoProgram().terms, obligations: [] });
    const company = { negotiationId, side: 'company' as const, roles: ['partner_manager'], termsHash };
    const waiting = await twice('recordProposal', { ...actor('usr_maker'), ...company, answersHash: hash });
    expect([waiting.number, waiting.pending?.roles]).toEqual([1, ['legal']]);
    const decision = { negotiationId, approvalId: waiting.pending!.approvalId, decision: 'approve' as const };
    const approved = await twice('recordApprovalDecision', { ...actor('usr_checker'), ...decision, roles: ['legal'] });
    expect([approved.number, approved.termsHash, approved.pending]).toEqual([2, termsHash, undefined]);
    const again = activities.recordApprovalDecision({ ...actor('usr_other'), ...decision, roles: ['legal'] });
    await expect(again).rejects.toMatchObject({ type: 'illegal-transition', nonRetryable: true });
    await context.get(ProgramsService).revise(programId, demoProgram(), actor());
  });

  it('does nothing more where an application ends', async () => {
    const { id: rejected } = await verified();
    const rejection = { ...actor(), applicationId: rejected, action: 'reject' as const, reason: 'No' };
    expect((await twice('recordDecision', rejection)).stage).toBe('rejected');
    const { id: expired } = await verified();
    expect((await twice('expireUndecided', { applicationId: expired })).stage).toBe('expired');
    const { id: withdrawn } = await verified();
    await approve(withdrawn);
    const withdrawal = { ...actor(), applicationId: withdrawn, reason: 'No' };
    expect((await twice('recordWithdrawal', withdrawal)).stage).toBe('withdrawn');
    const { id: failed } = await verified();
    await approve(failed);
    const failure = { applicationId: failed, cause: 'envelope declined' };
    expect((await twice('recordFailedContract', failure)).stage).toBe('lapsed');
  });

  it('does nothing more where an envelope ends', async () => {
    const [declined, voided, expired] = [await send(), await send(), await send()];
    const reason = 'No';
    const decline = { ...actor(), envelopeId: declined.envelopeId, reason };
    expect((await twice('recordDecline', decline)).state).toBe('declined');
    const end = { ...actor(), envelopeId: voided.envelopeId, reason };
    expect((await twice('recordVoid', end)).state).toBe('voided');
    expect((await twice('expireEnvelope', { envelopeId: expired.envelopeId })).state).toBe('expired');
  });

  it('does nothing more in a review', async () => {
    const { id: applicationId } = await verified();
    const [information, at] = [context.get(InformationService), Date.now() + 3 * 86_400_000 + 1_000];
    expect((await twice('beginReview', { applicationId })).stage).toBe('in_review');
    expect((await twice('followDeadlines', { applicationId, atMs: at })).stage).toBe('in_review');
    const question = await information.noteText({ id: applicationId, programId }, { text: 'Who?' }, 'usr_test');
    const request = { ...actor(), applicationId, messageId: question };
    expect((await twice('recordInformationRequest', request)).stage).toBe('information_requested');
    const [open] = await context
      .get(Database)
      .query<{ id: string }>(`select id from information_requests where application_id = $1`, [applicationId]);
    const answer = await information.noteText({ id: applicationId, programId }, { text: 'Me' }, applicationId);
    const answered = { ...actor(applicationId), applicationId, requestId: open!.id, messageId: answer };
    expect((await twice('recordInformationAnswer', answered)).stage).toBe('in_review');
    expect((await twice('followDeadlines', { applicationId, atMs: Date.now() + 40 * 86_400_000 })).stage).toBe(
      'expired',
    );
    const run = { ...actor(), programId, cutOffMs: Date.now() + 200 * 86_400_000 };
    const erasure = context.get(ErasureService);
    expect((await erasure.eraseOverdue(run)).erased).toBeGreaterThan(0);
    const before = await worker.contents(tables);
    expect(await erasure.eraseOverdue(run)).toEqual({ erased: 0 });
    expect(await worker.contents(tables)).toEqual(before);
  });

  it('sends nothing for an application that ended, and fails typed where the state forbids it', async () => {
    const { id: applicationId } = await verified();
    const { negotiationId, partnerId, hash } = await approve(applicationId);
    await activities.recordAcceptance({ ...actor(), negotiationId, side: 'partner', termsHash: hash });
    await activities.recordWithdrawal({ ...actor(), applicationId });
    expect(await twice('sendEnvelope', { programId, applicationId, negotiationId, partnerId })).toBeNull();
    const late = activities.recordDecision({ ...actor(), applicationId, action: 'approve' });
    await expect(late).rejects.toMatchObject({ type: 'illegal-transition', nonRetryable: true });
    const early = activities.activatePartner({ applicationId, envelopeId: (await send()).envelopeId });
    await expect(early).rejects.toMatchObject({ type: 'no-agreement', nonRetryable: true });
  });

  it('puts nothing in force that is not executed, or that nobody has verified', async () => {
    for (const set of [
      `state = 'sealing', verified_at = now()`,
      `state = 'executed', verified_at = null, is_sealable = false`,
    ]) {
      const { applicationId, envelopeId } = await send();
      await context.get(Database).query(`update envelopes set ${set} where id = $1`, [envelopeId]);
      const activation = activities.activatePartner({ applicationId, envelopeId });
      await expect(activation).rejects.toMatchObject({ type: 'no-agreement', nonRetryable: true });
      const versions = await context
        .get(Database)
        .query(`select 1 from agreement_versions where envelope_id = $1`, [envelopeId]);
      expect(versions).toEqual([]);
    }
  });
});
