import { AgreementsService, type AgreementVersionRow, type Terms } from '../../libs/agreements/index.js';
import type { Database } from '../../libs/database/index.js';
import {
  AgreementCalendar,
  AmendmentProposals,
  AmendmentRecords,
  Terminations,
  type AmendmentRow,
} from '../../libs/lifecycle/index.js';
import type {
  AgreementAmendmentActivities,
  CountersignInput,
  NegotiationActivities,
  SignatureActivities,
} from '../../libs/orchestration/index.js';
import { ProgramsService } from '../../libs/programs/index.js';
import { ProviderInbox } from '../../libs/signatures/index.js';
import { ActivityWorker, runningTwice } from '../support/activity-worker.js';
import { demoProgram } from '../support/demo-program.js';
import { seedPartner } from '../support/seed-rows.js';

type Activities = AgreementAmendmentActivities & NegotiationActivities & SignatureActivities;

interface House {
  programId: string;
  partnerId: string;
  applicationId: string;
  version: AgreementVersionRow;
}

const origin = { ipAddress: '127.0.0.1', userAgent: 'test' };
const tables = [
  ...['agreement_amendments', 'agreements', 'agreement_versions', 'agreement_acts', 'negotiations', 'proposals'],
  ...['internal_approvals', 'internal_approval_decisions', 'documents', 'audit_facts', 'outbox_messages', 'envelopes'],
];

/** An activity whose answer was lost after its commit runs again: the second run answers the same and changes nothing. */
describe('a step of an amendment that runs a second time', () => {
  let worker: ActivityWorker<Activities>;
  let context: ActivityWorker<Activities>['context'];
  let activities: Activities;
  let database: Database;
  beforeAll(async () => {
    worker = await ActivityWorker.open();
    ({ context, activities, database } = worker);
  });
  afterAll(() => worker.close());
  const twice = runningTwice(() => worker, tables);

  let count = 0;
  const actor = (actorId = 'usr_test') => ({ actorId, requestId: `req_${++count}` });
  const standard = demoProgram();
  const otherLaw: Terms = { ...standard.terms, legal: { ...standard.terms.legal, governingLaw: 'Indonesia' } };
  const otherNotice: Terms = { ...standard.terms, term: { ...standard.terms.term, notice: 'P90D' } };

  const oneTerm: Terms = { ...standard.terms, term: { ...standard.terms.term, renewal: 'none' } };

  /** A partner whose first contract is in force (until its end, if it has one), in a program with this period of notice. */
  async function house(period: string, isGuarded = false, until?: Date): Promise<House> {
    const bounds = [{ role: 'partner_manager' as const, forbidden: ['Indonesia'] }, { role: 'legal' as const }];
    const document = {
      ...standard,
      slug: `program-${++count}`,
      agreement: { ...standard.agreement, noticeOfChange: { period, mayObject: true } },
      negotiation: {
        ...standard.negotiation,
        guardrails: isGuarded ? [{ path: '/legal/governingLaw', bounds }] : [],
      },
    };
    const { id: programId } = await context.get(ProgramsService).create(document, actor());
    const terms: Terms = until ? oneTerm : standard.terms;
    const partner = { programId, reference: 'ada', terms, ...(until && { effectiveUntil: until }) };
    const partnerId = await seedPartner(database, partner);
    await database.query(
      `update persons set name = 'Ada', email = $2 where id = (select person_id from partners where id = $1)`,
      [partnerId, `ada-${count}@partner.example`],
    );
    const [row] = await database.query<{ application_id: string }>(
      `select application_id from partners where id = $1`,
      [partnerId],
    );
    const [version] = await context.get(AgreementsService).versionsOf(partnerId);
    return { programId, partnerId, applicationId: row!.application_id, version: version! };
  }

  async function propose({ programId, version }: House, terms: Terms, from?: Date): Promise<AmendmentRow> {
    const what = {
      ...(from && { effectiveFrom: from }),
      agreementId: version.agreement_id,
      terms,
      baseHash: version.terms_hash,
      reason: 'A new season',
    };
    const by = { ...actor('usr_maker'), side: 'company' as const, roles: ['partner_manager'], origin };
    const id = await context.get(AmendmentProposals).propose({ ...what, ...by }, programId);
    return context.get(AmendmentRecords).get(id);
  }

  const versionsOf = async ({ partnerId }: House): Promise<string[]> =>
    (await context.get(AgreementsService).versionsOf(partnerId)).map(({ version, terms_hash }) => {
      return `${version} ${terms_hash}`;
    });

  /** Both sides agree and the contract lies before the partner. */
  async function sent(
    at: House,
    from?: Date,
    terms = otherNotice,
  ): Promise<{ amendment: AmendmentRow; envelopeId: string; hash: string }> {
    const amendment = await propose(at, terms, from);
    const { id: amendmentId, negotiation_id: negotiationId, terms_hash: termsHash } = amendment;
    const acceptance = { ...actor(), negotiationId: negotiationId!, side: 'partner' as const, termsHash };
    await activities.recordAcceptance(acceptance);
    expect((await twice('followNegotiation', { amendmentId })).state).toBe('signing');
    const { programId, applicationId, partnerId, version } = at;
    const envelope = await twice('sendEnvelope', {
      ...{ programId, applicationId, partnerId, negotiationId: negotiationId! },
      ...{ agreementId: version.agreement_id, purpose: 'amendment' as const },
    });
    return { amendment, envelopeId: envelope!.envelopeId, hash: envelope!.documentHash! };
  }

  async function signed(
    at: House,
    from?: Date,
    terms?: Terms,
  ): Promise<{ amendment: AmendmentRow; envelopeId: string }> {
    const { amendment, envelopeId, hash } = await sent(at, from, terms);
    await activities.recordCountersignature(await signedByPartner(envelopeId, hash));
    return { amendment, envelopeId };
  }

  /** The partner signs; the countersignature that is missing then. */
  async function signedByPartner(envelopeId: string, documentHash: string): Promise<CountersignInput> {
    const consentVersion = standard.signature.consent.version;
    const [recipientId = ''] = (await activities.readEnvelope({ envelopeId })).turn ?? [];
    const seen = { documentHash, consentVersion, typedName: 'Ada', ...origin };
    const evidenceId = await context.get(ProviderInbox).intent(envelopeId, recipientId, seen);
    const act = { ...actor(recipientId), envelopeId, recipientId, documentHash, consentVersion, evidenceId };
    await activities.recordSignature(act);
    const { shownHash } = await activities.sealPartner({ envelopeId });
    await activities.askSigners({ envelopeId });
    return { ...actor('usr_legal'), envelopeId, documentHash: shownHash! };
  }

  async function execute(envelopeId: string): Promise<void> {
    await activities.sealCompany({ envelopeId });
    await activities.certifyContract({ envelopeId });
    expect((await activities.executeContract({ envelopeId })).state).toBe('executed');
  }

  it('gives one notice and adds one version', async () => {
    const at = await house('PT0S', true);
    const { id: amendmentId, terms_hash: hash } = await propose(at, otherLaw);
    const [approval] = await database.query<{ id: string }>(
      `select id from internal_approvals where amendment_id = $1`,
      [amendmentId],
    );
    const decision = { amendmentId, approvalId: approval!.id, decision: 'approve' as const, roles: ['legal'] };
    expect((await twice('recordAmendmentApproval', { ...actor('usr_checker'), ...decision })).state).toBe('announcing');
    expect((await twice('giveNoticeOfChange', { amendmentId })).state).toBe('noticed');
    expect((await twice('adoptNotice', { amendmentId })).state).toBe('adopted');
    expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`, `2 ${hash}`]);
  });

  it('adopts no notice before its period is over, and opens one negotiation for an objection', async () => {
    const at = await house('P30D');
    const { id: amendmentId } = await propose(at, otherLaw);
    await twice('giveNoticeOfChange', { amendmentId });
    expect((await twice('adoptNotice', { amendmentId })).state).toBe('noticed');
    const objection = { ...actor('usr_partner'), amendmentId, reason: 'No' };
    expect((await twice('recordObjection', objection)).state).toBe('negotiating');
    expect((await twice('adoptNotice', { amendmentId })).state).toBe('negotiating');
    expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`]);
    const other = await house('P30D');
    const { id } = await propose(other, otherLaw);
    await activities.giveNoticeOfChange({ amendmentId: id });
    const withdrawal = { ...actor(), amendmentId: id, reason: 'Too early' };
    expect((await twice('recordAmendmentWithdrawal', withdrawal)).state).toBe('withdrawn');
  });

  it('adopts a notice at the instant that was waited for, though the clock of this machine is behind', async () => {
    const at = await house('P30D');
    const { id: amendmentId } = await propose(at, otherLaw);
    const { noticeEndsAtMs = 0 } = await activities.giveNoticeOfChange({ amendmentId });
    expect((await twice('adoptNotice', { amendmentId, asOfMs: noticeEndsAtMs - 1 })).state).toBe('noticed');
    expect((await twice('adoptNotice', { amendmentId, asOfMs: noticeEndsAtMs })).state).toBe('adopted');
    expect(await versionsOf(at)).toHaveLength(2);
  });

  it.each(['ordinary', 'for_cause'] as const)(
    'keeps a change whose period of notice was over when %s notice is given, whichever is recorded first',
    async (kind) => {
      const at = await house('PT0S');
      const { id: amendmentId, terms_hash: hash } = await propose(at, otherLaw);
      await activities.giveNoticeOfChange({ amendmentId });
      const { agreement_id: agreementId } = at.version;
      await new Promise((resolve) => setTimeout(resolve, 5));
      const notice = { agreementId, side: 'company' as const, kind, reason: 'Fraud', origin };
      await context.get(Terminations).give({ ...actor(), ...notice });
      expect((await twice('adoptNotice', { amendmentId })).state).toBe('adopted');
      expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`, `2 ${hash}`]);
      const [, version] = await context.get(AgreementsService).versionsOf(at.partnerId);
      const [agreement] = await database.query<{ ends_at: Date }>(`select ends_at from agreements where id = $1`, [
        agreementId,
      ]);
      expect(version!.effective_until).toEqual(agreement!.ends_at);
      expect(version!.effective_from.getTime()).toBeLessThan(agreement!.ends_at.getTime());
    },
  );

  it('records a change whose period of notice was over before it closes the agreement', async () => {
    const end = new Date(Date.now() + 60_000);
    const at = await house('PT0S', false, end);
    const { id: amendmentId } = await propose(at, { ...oneTerm, legal: { ...oneTerm.legal, governingLaw: 'Norway' } });
    await activities.giveNoticeOfChange({ amendmentId });
    const run = () =>
      context.get(AgreementCalendar).runSlice({ programId: at.programId, cutOffMs: end.getTime(), actorId: 'system' });
    expect((await run()).done.ended).toBe(0);
    expect((await twice('adoptNotice', { amendmentId })).state).toBe('adopted');
    expect((await run()).done.ended).toBe(1);
  });

  it('adds one version for a contract that both sides signed, and tells of no second activation', async () => {
    const at = await house('P30D');
    const { amendment, envelopeId } = await signed(at);
    await execute(envelopeId);
    expect((await twice('followSignature', { amendmentId: amendment.id })).state).toBe('adopted');
    expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`, `2 ${amendment.terms_hash}`]);
    const mails = await database.query<{ template: string }>(
      `select payload->>'template' as template from outbox_messages where kind = 'mail' and program_id = $1`,
      [at.programId],
    );
    const names = mails.map(({ template }) => template);
    expect(names).toContain('amendment-in-force');
    expect(names).not.toContain('partner-activated');
  });

  it('says in the evidence from when the change applies that both sides signed', async () => {
    const at = await house('P30D');
    const from = new Date(Date.now() + 30 * 86_400_000);
    const { amendment, envelopeId } = await signed(at, from);
    await execute(envelopeId);
    await twice('followSignature', { amendmentId: amendment.id });
    const [, version] = await context.get(AgreementsService).versionsOf(at.partnerId);
    expect(version!.effective_from).toEqual(from);
    const [executed] = await database.query<{ data: { inForceFrom: string } }>(
      `select data from envelope_events where envelope_id = $1 and type = 'executed'`,
      [envelopeId],
    );
    expect(executed!.data.inForceFrom).toBe(from.toISOString());
  });

  it('ends a change that both sides signed where the agreement ends before it would begin', async () => {
    const at = await house('P30D');
    const { amendment, envelopeId } = await signed(at, new Date(Date.now() + 30 * 86_400_000));
    const notice = { agreementId: at.version.agreement_id, side: 'company' as const, kind: 'for_cause' as const };
    await context.get(Terminations).give({ ...actor(), ...notice, reason: 'Fraud', origin });
    await execute(envelopeId);
    expect((await twice('followSignature', { amendmentId: amendment.id })).state).toBe('cancelled');
    expect((await context.get(AmendmentRecords).get(amendment.id)).cause).toBe('agreement_ended');
    expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`]);
  });

  it('is signed by nobody once the agreement has ended, also while nobody has closed it yet', async () => {
    const endNow = ({ version }: House) =>
      database.query(`update agreements set ends_at = now() where id = $1`, [version.agreement_id]);
    const refused = { type: 'illegal-transition', message: expect.stringContaining('has ended') as string };
    const [unsigned, halfSigned] = [await house('P30D'), await house('P30D')];
    const one = await sent(unsigned);
    await endNow(unsigned);
    await expect(signedByPartner(one.envelopeId, one.hash)).rejects.toMatchObject(refused);
    const other = await sent(halfSigned);
    const countersignature = await signedByPartner(other.envelopeId, other.hash);
    await endNow(halfSigned);
    await expect(activities.recordCountersignature(countersignature)).rejects.toMatchObject(refused);
  });

  it('renews an agreement on the terms that it has, where both sides sign that', async () => {
    const end = new Date(Date.now() + 30 * 86_400_000);
    const at = await house('P30D', false, end);
    await expect(propose(at, oneTerm)).rejects.toMatchObject({ errors: [{ pointer: '/terms' }] });
    const { amendment, envelopeId } = await signed(at, end, oneTerm);
    expect(amendment).toMatchObject({ is_renewal: true, needs_consent: true, base_hash: amendment.terms_hash });
    await execute(envelopeId);
    expect((await twice('followSignature', { amendmentId: amendment.id })).state).toBe('adopted');
    const versions = await context.get(AgreementsService).versionsOf(at.partnerId);
    expect(versions.map(({ terms_hash }) => terms_hash)).toEqual([at.version.terms_hash, at.version.terms_hash]);
    expect(versions.map(({ effective_from }) => effective_from).at(-1)).toEqual(end);
    const sql = `select term_number, term_started_at, ends_at > term_started_at as goes_on from agreements where id = $1`;
    const [agreement] = await database.query(sql, [at.version.agreement_id]);
    expect(agreement).toEqual({ term_number: 2, term_started_at: end, goes_on: true });
  });

  it('ends the amendment once whose contract runs out of time, and leaves what is in force', async () => {
    const at = await house('P30D');
    const { amendment, envelopeId } = await sent(at);
    expect((await activities.expireEnvelope({ envelopeId })).state).toBe('expired');
    expect((await twice('followSignature', { amendmentId: amendment.id })).state).toBe('expired');
    expect((await context.get(AmendmentRecords).get(amendment.id)).cause).toBe('envelope_expired');
    expect(await versionsOf(at)).toEqual([`1 ${at.version.terms_hash}`]);
  });

  it('keeps a change that both sides have signed when notice is given meanwhile', async () => {
    const at = await house('P30D');
    const { amendment, envelopeId } = await signed(at);
    const notice = { agreementId: at.version.agreement_id, side: 'partner' as const, kind: 'ordinary' as const };
    await context.get(Terminations).give({ ...actor(), ...notice, origin });
    expect((await activities.readAmendment({ amendmentId: amendment.id })).state).toBe('signing');
    await execute(envelopeId);
    expect((await twice('followSignature', { amendmentId: amendment.id })).state).toBe('adopted');
    const [agreement] = await database.query<{ state: string; ends_at: Date }>(
      `select state, ends_at from agreements where id = $1`,
      [at.version.agreement_id],
    );
    expect(agreement!.state).toBe('under_notice');
    const versions = await context.get(AgreementsService).versionsOf(at.partnerId);
    expect(versions.map(({ effective_until: until }) => until?.getTime())).toEqual([
      versions[1]!.effective_from.getTime(),
      agreement!.ends_at.getTime(),
    ]);
  });
});
