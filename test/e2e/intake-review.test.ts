import { demoUsers } from '../../libs/identity/index.js';
import { ContractingWalk, type Answer, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Review {
  stage: string;
  person: { name: string; email: string; phone: string | null };
  score: number | null;
  reviewerId: string | null;
  escalatedAt: string | null;
  remindersSent: number;
  flags: { rule: string; reason: string }[];
  duplicates: { applicationId: string; on: string[] }[];
  checklist: { id: string; checkedBy: string | null; note: string | null }[];
  decision: { by: string; at: string; reason: string | null; reasonCode: string | null } | null;
  history: { action: string; actorId: string; details: Record<string, unknown> }[];
}

interface ListedPage {
  items: { id: string; reviewerId: string | null; isFlagged: boolean; score: number | null; isEscalated: boolean }[];
}

describe('the review of an application', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const review = ({ applicationId }: Pick<Applicant, 'applicationId'>, token = walk.tokens.manager) =>
    product.ok<Review>('GET', `/v1/applications/${applicationId}/review`, { token });
  const post = ({ applicationId }: Applicant, path: string, body: object, token = walk.tokens.manager) =>
    product.call('POST', `/v1/applications/${applicationId}/${path}`, { token, body }) as Promise<Answer>;
  const list = async (query: string) =>
    (await product.ok<ListedPage>('GET', `/v1/applications?${query}`, { token: walk.tokens.manager })).items;
  const rejectReasons = [{ code: 'no-fit', text: 'Your audience and our shop do not fit.' }];

  describe('by rules', () => {
    const rules = [
      { id: 'many', if: { fact: 'form/audienceSize', atLeast: 1_000 }, then: 'score', points: 60 },
      { id: 'site', if: { fact: 'webSites', given: true }, then: 'score', points: 20 },
      { id: 'sanctions', if: { fact: 'country', in: ['KP'] }, then: 'reject', reasonCode: 'no-fit' },
      { id: 'rival', if: { fact: 'form/promotesCompetitors', is: true }, then: 'flag', reason: 'It serves a rival.' },
      { id: 'good', if: { fact: 'score', atLeast: 80 }, then: 'approve', reason: 'It reaches many.' },
    ];
    const strong = { form: { audienceSize: 5_000 }, webSites: ['https://rules.example'] };
    let ruled: ContractingWalk;
    beforeAll(async () => {
      ruled = await ContractingWalk.open(product, { review: { rules, rejectReasons } });
    });

    it('approves by itself what scores enough, with an actor, a reason and a time', async () => {
      const applicant = await ruled.apply({ ...strong, webSites: ['https://first.example'] });
      await ruled.stage(applicant.applicationId, 'approved');
      expect(await review(applicant)).toMatchObject({
        score: 80,
        flags: [],
        decision: { by: 'system', reason: 'It reaches many.', at: expect.any(String) as string },
        history: expect.arrayContaining([
          expect.objectContaining({ action: 'application.approve', details: { rule: 'good' } }),
        ]) as unknown,
      });
      await product.mail(applicant.email, 'approved');
      // From here on it is like any other: the contract can be made.
      const { partnerId, negotiationId } = await product.ok<{ partnerId: string; negotiationId: string }>(
        'GET',
        `/v1/applications/${applicant.applicationId}`,
        { token: applicant.token },
      );
      const { termsHash } = await ruled.negotiation(negotiationId, applicant.token);
      expect((await ruled.accept(negotiationId, termsHash, applicant.token)).status).toBe(200);
      expect(partnerId).toMatch(/^prt_/);
    });

    it('never approves by itself what is flagged, whatever it scores', async () => {
      const form = { ...strong.form, promotesCompetitors: true };
      const applicant = await ruled.apply({ webSites: ['https://second.example'], form });
      expect(await review(applicant)).toMatchObject({
        stage: 'in_review',
        score: 80,
        flags: [{ rule: 'rival', reason: 'It serves a rival.' }],
        decision: null,
      });
      expect((await ruled.decide(applicant.applicationId, { action: 'approve' })).status).toBe(200);
    });

    it('never approves a duplicate by itself, and shows of whom and by what', async () => {
      const first = await ruled.apply({ company: 'Twin Records Ltd', webSites: ['https://www.twin.example/a'] });
      const applicant = await ruled.apply({
        ...strong,
        email: first.email.toUpperCase().replace('@', '+again@'),
        company: 'TWIN Records',
        webSites: ['http://twin.example'],
      });
      const seen = await review(applicant);
      expect(seen).toMatchObject({ stage: 'in_review', score: 80, flags: [{ rule: 'duplicate' }] });
      expect(seen.duplicates).toEqual([
        expect.objectContaining({ applicationId: first.applicationId, on: ['company', 'email', 'web_site'] }),
      ]);
      // Nobody was held back by it, and the earlier one shows it too.
      expect((await review(first)).duplicates).toEqual([
        expect.objectContaining({ applicationId: applicant.applicationId }),
      ]);
      expect((await ruled.decide(applicant.applicationId, { action: 'approve' })).status).toBe(200);
    });

    it('are apart from those of other programs', async () => {
      const other = await ContractingWalk.open(product);
      const applicant = await ruled.apply({ company: 'Apart' });
      const elsewhere = await other.apply({ company: 'Apart', email: applicant.email });
      expect((await review(elsewhere)).duplicates).toEqual([]);
    });

    it('rejects by itself, and the applicant reads the reason', async () => {
      const applicant = await ruled.apply({ ...strong, country: 'KP' });
      await ruled.stage(applicant.applicationId, 'rejected');
      expect((await review(applicant)).decision).toMatchObject({ by: 'system', reasonCode: 'no-fit' });
      expect((await product.mail(applicant.email, 'about your application')).text).toContain(rejectReasons[0]!.text);
      expect(await product.ended(`partner-onboarding/${applicant.applicationId}`)).toBe('COMPLETED');
    });
  });

  describe('by people', () => {
    const checklist = [
      { id: 'looked', label: 'I looked at the site', required: true },
      { id: 'called', label: 'I called', required: true },
      { id: 'liked', label: 'I like it' },
    ];

    it('needs every required tick before an approval, and none for a rejection', async () => {
      const careful = await ContractingWalk.open(product, { review: { checklist } });
      const applicant = await careful.apply();
      const early = await careful.decide(applicant.applicationId, { action: 'approve' });
      expect([early.status, early.body.code, early.body['errors']]).toEqual([
        409,
        'checklist-incomplete',
        ['looked', 'called'].map((item) => expect.objectContaining({ pointer: `/checklist/${item}` }) as unknown),
      ]);
      expect((await post(applicant, 'checklist', { item: 'looked', isDone: true, note: 'A fine one' })).status).toBe(
        200,
      );
      await post(applicant, 'checklist', { item: 'called', isDone: true });
      await post(applicant, 'checklist', { item: 'called', isDone: false });
      expect((await careful.decide(applicant.applicationId, { action: 'approve' })).body.code).toBe(
        'checklist-incomplete',
      );
      await post(applicant, 'checklist', { item: 'called', isDone: true });
      expect((await review(applicant)).checklist).toMatchObject([
        { id: 'looked', checkedBy: 'usr_petra-partner-manager', note: 'A fine one' },
        { id: 'called', checkedBy: 'usr_petra-partner-manager', note: null },
        { id: 'liked', checkedBy: null },
      ]);
      expect((await careful.decide(applicant.applicationId, { action: 'approve' })).status).toBe(200);
      expect((await post(applicant, 'checklist', { item: 'liked', isDone: true })).body.code).toBe(
        'illegal-transition',
      );
      const other = await careful.apply();
      expect((await post(other, 'checklist', { item: 'none', isDone: true })).status).toBe(404);
      expect((await post(other, 'checklist', { item: 'liked' })).status).toBe(400);
      expect((await post(other, 'checklist', { item: 'liked', isDone: true }, other.token)).status).toBe(403);
      expect((await post(other, 'checklist', { item: 'liked', isDone: true }, walk.tokens.auditor)).status).toBe(403);
      expect((await careful.decide(other.applicationId, { action: 'reject', reason: 'No' })).status).toBe(200);
    });

    it('goes to each reviewer in turn, also when all come at once, and is given on', async () => {
      const reviewers = ['usr_rhea', 'usr_sol', 'usr_tam'];
      const shared = await ContractingWalk.open(product, { review: { reviewers } });
      const applicants = await Promise.all(Array.from({ length: 6 }, () => shared.apply()));
      const assigned = await Promise.all(applicants.map(async (one) => (await review(one)).reviewerId));
      expect([...assigned].sort()).toEqual([...reviewers, ...reviewers].sort());
      expect(
        (await list(`programId=${shared.programId}&reviewer=usr_sol`)).map(({ reviewerId }) => reviewerId),
      ).toEqual(['usr_sol', 'usr_sol']);
      const [first] = applicants;
      expect((await post(first!, 'reviewer', { reviewerId: 'usr_tam' })).status).toBe(200);
      expect((await review(first!)).reviewerId).toBe('usr_tam');
      const stranger = await post(first!, 'reviewer', { reviewerId: 'usr_nobody' });
      expect([stranger.status, stranger.body.code]).toEqual([422, 'invalid-document']);
      expect((await post(first!, 'reviewer', { reviewerId: 'usr_sol' }, first!.token)).status).toBe(403);
    });

    it('is decided by one of two who decide at once', async () => {
      const applicant = await walk.apply();
      const [one, other] = await Promise.all([
        walk.decide(applicant.applicationId, { action: 'approve' }),
        walk.decide(applicant.applicationId, { action: 'reject', reason: 'No' }, { token: walk.tokens.admin }),
      ]);
      expect([one.status, other.status].sort()).toEqual([200, 409]);
      const { decision, stage } = await review(applicant);
      expect(decision?.by).toBe(one.status === 200 ? demoUsers.partner_manager : demoUsers.admin);
      expect(stage).toBe(one.status === 200 ? 'approved' : 'rejected');
    });

    it('is rejected with one of the program’s reasons, in words too where somebody has some', async () => {
      const strict = await ContractingWalk.open(product, { review: { rejectReasons } });
      const [applicant, other] = [await strict.apply(), await strict.apply()];
      const unknown = await strict.decide(applicant.applicationId, { action: 'reject', reasonCode: 'bad-day' });
      expect([unknown.status, unknown.body['errors']]).toEqual([
        422,
        [expect.objectContaining({ pointer: '/reasonCode' })],
      ]);
      const approving = await strict.decide(applicant.applicationId, { action: 'approve', reasonCode: 'no-fit' });
      expect(approving.status).toBe(400);
      await strict.decide(applicant.applicationId, {
        action: 'reject',
        reasonCode: 'no-fit',
        reason: 'Try in spring.',
      });
      expect((await review(applicant)).decision).toMatchObject({ reasonCode: 'no-fit', reason: 'Try in spring.' });
      const { text } = await product.mail(applicant.email, 'about your application');
      expect(text).toContain(`${rejectReasons[0]!.text} Try in spring.`);
      expect((await strict.decide(other.applicationId, { action: 'reject', reasonCode: 'no-fit' })).status).toBe(200);
      const seen = await product.ok('GET', `/v1/applications/${other.applicationId}`, { token: other.token });
      expect(seen).toMatchObject({ stage: 'rejected', reason: null, reasonCode: 'no-fit' });
    });
  });

  it('reminds the company, tells somebody else before the deadline, and ends with it', async () => {
    const pressing = await ContractingWalk.open(product, {
      review: {
        decisionWithin: 'PT10S',
        remindEvery: 'PT2S',
        maxReminders: 2,
        escalation: { before: 'PT3S', to: 'legal' },
      },
    });
    const applicant = await pressing.apply();
    await pressing.stage(applicant.applicationId, 'expired');
    expect(await review(applicant)).toMatchObject({ remindersSent: 2, escalatedAt: expect.any(String) as string });
    expect((await walk.audit(applicant.applicationId)).slice(3)).toEqual([
      'application.remind >',
      'application.remind >',
      'application.escalate >',
      'application.expire in_review>expired',
    ]);
    await product.outboxEmpty();
    const { partner_manager: manager, legal } = pressing.document.contacts;
    expect(await product.mails(manager!, 'waits for a decision')).toHaveLength(2);
    const [escalated] = await product.mails(legal!, 'about to expire');
    expect(escalated?.text).toContain(`/v1/applications/${applicant.applicationId}/review`);
    // Links to the company's people hold no right of their own.
    expect(escalated?.text).not.toContain('token=');
  });

  it('rejects who was rejected not long ago, but tells so only who owns the address', async () => {
    const patient = await ContractingWalk.open(product, { review: { reapplyAfter: 'PT3S' } });
    const first = await patient.apply();
    await patient.decide(first.applicationId, { action: 'reject', reason: 'Not now' });
    const again = { email: first.email.replace('@', '+2@') };
    const second = await patient.applyUnverified(again);
    expect(await patient.application(second.applicationId)).toMatchObject({ stage: 'unverified' });
    expect((await patient.verify(await patient.verificationLink(second))).body).toEqual({ stage: 'rejected' });
    const { decision } = await review(second);
    expect(decision).toMatchObject({ by: 'system', reasonCode: 'reapplied-too-early' });
    expect((await product.mail(again.email, 'about your application')).text).toMatch(/from \d{4}-\d\d-\d\d on/);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    // The rejection for coming too early does not make the time longer.
    const third = await patient.apply({ email: first.email });
    expect(await patient.application(third.applicationId)).toMatchObject({ stage: 'in_review' });
    expect((await review(third)).flags).toMatchObject([{ rule: 'duplicate' }]);
  });

  it('is found by reviewer, flag, stage and deadline', async () => {
    const rules = [{ id: 'odd', if: { fact: 'country', is: 'AQ' }, then: 'flag', reason: 'Nobody lives there.' }];
    const found = await ContractingWalk.open(product, { review: { rules, decisionWithin: 'P3D' } });
    const [plain, odd, gone] = [await found.apply(), await found.apply({ country: 'AQ' }), await found.apply()];
    await found.decide(gone.applicationId, { action: 'reject', reason: 'No' });
    const ids = async (query: string) => (await list(`programId=${found.programId}&${query}`)).map(({ id }) => id);
    expect(await ids('flagged=true')).toEqual([odd.applicationId]);
    expect(await ids('flagged=false')).toEqual([plain.applicationId, gone.applicationId]);
    expect(await ids('stage=in_review&flagged=false')).toEqual([plain.applicationId]);
    const days = (count: number) => encodeURIComponent(new Date(Date.now() + count * 86_400_000).toISOString());
    expect(await ids(`dueBefore=${days(4)}`)).toEqual([plain.applicationId, odd.applicationId]);
    expect(await ids(`dueBefore=${days(2)}`)).toEqual([]);
    for (const wrong of ['flagged=maybe', 'dueBefore=tomorrow', 'stage=nowhere', 'reviewer=']) {
      expect((await product.call('GET', `/v1/applications?${wrong}`, { token: walk.tokens.manager })).status).toBe(400);
    }
  });

  it('shows personal data to those who review, and to nobody else', async () => {
    const applicant = await walk.apply({ phone: '+44 20 7946 0958' });
    const address = `/v1/applications/${applicant.applicationId}/review`;
    for (const token of [walk.tokens.manager, walk.tokens.legal, walk.tokens.admin, walk.tokens.auditor]) {
      expect((await review(applicant, token)).person).toMatchObject({ email: applicant.email, phone: '+442079460958' });
    }
    const other = await ContractingWalk.open(product);
    const status = async (token: string) => (await product.call('GET', address, { token })).status;
    expect(await status(await product.token('finance'))).toBe(403);
    expect(await status(walk.tokens.service)).toBe(403);
    expect(await status(applicant.token)).toBe(403);
    expect(await status(await product.token('partner_manager', { programId: other.programId }))).toBe(404);
    // Neither flags nor scores are the applicant's to read.
    const own = await product.ok('GET', `/v1/applications/${applicant.applicationId}`, { token: applicant.token });
    expect(Object.keys(own)).not.toEqual(expect.arrayContaining(['score']));
    expect(Object.keys(own)).not.toEqual(expect.arrayContaining(['reviewerId']));
  });
});
