import { ContractingWalk, type Answer, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Request {
  id: string;
  round: number;
  state: string;
  question: string;
  answer: string | null;
  form: Record<string, unknown> | null;
  dueAt: string;
}

describe('a question to an applicant', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
  });
  afterAll(() => product.close());

  const ask = ({ applicationId }: Applicant, body: object = { question: 'How many read you?' }, token?: string) =>
    product.call('POST', `/v1/applications/${applicationId}/information-requests`, {
      token: token ?? walk.tokens.manager,
      body,
    }) as Promise<Answer>;
  const requests = async ({ applicationId, token }: Applicant) =>
    (await product.ok<{ items: Request[] }>('GET', `/v1/applications/${applicationId}/information-requests`, { token }))
      .items;
  const answer = ({ applicationId, token }: Applicant, requestId: string, body: object = { answer: 'Many' }) =>
    product.call('POST', `/v1/applications/${applicationId}/information-requests/${requestId}/answer`, {
      token,
      body,
    }) as Promise<Answer>;
  const view = ({ applicationId }: Applicant) =>
    product.ok<{ stage: string; decisionDueAt: string; informationDueAt: string | null; form: object; score: number }>(
      'GET',
      `/v1/applications/${applicationId}/review`,
      { token: walk.tokens.manager },
    );

  async function asked(of = walk): Promise<{ applicant: Applicant; requestId: string }> {
    const applicant = await of.apply();
    const { status, body } = await ask(applicant, undefined, of.tokens.manager);
    expect([status, body]).toEqual([200, { stage: 'information_requested' }]);
    const [request] = await requests(applicant);
    return { applicant, requestId: request!.id };
  }

  it('goes out by mail, is answered by the link, and comes back to the reviewer', async () => {
    const { applicant, requestId } = await asked();
    const mail = await product.mail(applicant.email, 'a question');
    expect(mail.text).toContain('How many read you?');
    expect(mail.text).toContain(applicant.token);
    const answered = await answer(applicant, requestId, { answer: 'Eleven thousand' });
    expect([answered.status, answered.body]).toEqual([200, { stage: 'in_review' }]);
    expect(await requests(applicant)).toEqual([
      expect.objectContaining({
        round: 1,
        state: 'answered',
        question: 'How many read you?',
        answer: 'Eleven thousand',
      }),
    ]);
    await product.mail(walk.document.contacts.partner_manager!, 'an applicant has answered');
    expect(await walk.audit(applicant.applicationId)).toEqual(
      expect.arrayContaining([
        'application.request_information in_review>information_requested',
        'application.answer_information information_requested>in_review',
      ]),
    );
    expect((await walk.decide(applicant.applicationId, { action: 'approve' })).status).toBe(200);
  });

  it('stops the clock of the decision while it is open', async () => {
    const applicant = await walk.apply();
    const before = Date.parse((await view(applicant)).decisionDueAt);
    await ask(applicant);
    const askedAt = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 400));
    await answer(applicant, (await requests(applicant))[0]!.id);
    const waitedMs = Date.now() - askedAt;
    const moved = Date.parse((await view(applicant)).decisionDueAt) - before;
    expect(moved).toBeGreaterThanOrEqual(400);
    expect(moved).toBeLessThan(waitedMs + 2_000);
  });

  it('may change answers of the form, which fit it and count for the score', async () => {
    const rules = [{ id: 'many', if: { fact: 'form/audienceSize', atLeast: 100 }, then: 'score', points: 40 }];
    const scoring = await ContractingWalk.open(product, { review: { rules } });
    const { applicant, requestId } = await asked(scoring);
    const form = { audienceSize: 'many' };
    const refused = await answer(applicant, requestId, { answer: 'See the form', form });
    expect([refused.status, refused.body['errors']]).toEqual([
      422,
      [expect.objectContaining({ pointer: '/form/audienceSize' })],
    ]);
    expect((await view(applicant)).score).toBe(0);
    await answer(applicant, requestId, { answer: 'See the form', form: { audienceSize: 5_000, audience: null } });
    expect(await view(applicant)).toMatchObject({ score: 40, form: { audienceSize: 5_000 } });
  });

  it('is decided over without an answer: what comes later is too late', async () => {
    const { applicant, requestId } = await asked();
    const decision = { action: 'reject', reason: 'We found out ourselves' };
    expect((await walk.decide(applicant.applicationId, decision)).body).toEqual({ stage: 'rejected' });
    const late = await answer(applicant, requestId);
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
    expect(await requests(applicant)).toEqual([expect.objectContaining({ state: 'closed', answer: null })]);
  });

  it('and a decision at the same moment: one order of the two, whole', async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const { applicant, requestId } = await asked();
      const [decided, answered] = await Promise.all([
        walk.decide(applicant.applicationId, { action: 'approve' }),
        answer(applicant, requestId),
      ]);
      expect(decided.status).toBe(200);
      expect([200, 409]).toContain(answered.status);
      expect(await walk.application(applicant.applicationId)).toMatchObject({ stage: 'approved' });
      const state = answered.status === 200 ? 'answered' : 'closed';
      expect((await requests(applicant)).map((request) => request.state)).toEqual([state]);
    }
  });

  it('is asked once at a time, of two reviewers at once by one', async () => {
    const applicant = await walk.apply();
    const both = await Promise.all([ask(applicant), ask(applicant, { question: 'And where?' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await requests(applicant)).toHaveLength(1);
    expect((await ask(applicant)).body.code).toBe('illegal-transition');
  });

  it('comes in as many rounds as the program allows', async () => {
    const informationRequests = { answerWithin: 'P1D', maxRounds: 2, whenUnanswered: 'return' };
    const brief = await ContractingWalk.open(product, { review: { informationRequests } });
    const applicant = await brief.apply();
    for (const round of [1, 2]) {
      expect((await ask(applicant, { question: `Question ${round}` })).status).toBe(200);
      await answer(applicant, (await requests(applicant)).at(-1)!.id, { answer: `Answer ${round}` });
    }
    const third = await ask(applicant);
    expect([third.status, third.body.code]).toEqual([409, 'illegal-transition']);
    expect((await requests(applicant)).map((request) => [request.round, request.answer])).toEqual([
      [1, 'Answer 1'],
      [2, 'Answer 2'],
    ]);
    expect(await brief.application(applicant.applicationId)).toMatchObject({ stage: 'in_review' });
  });

  it.each([
    ['return', 'in_review', 'application.miss_information information_requested>in_review'],
    ['expire', 'expired', 'application.expire information_requested>expired'],
  ])('that is not answered in time goes on as the program says: %s', async (whenUnanswered, stage, fact) => {
    const informationRequests = { answerWithin: 'P1D', maxRounds: 5, whenUnanswered };
    const strict = await ContractingWalk.open(product, { review: { informationRequests } });
    const applicant = await strict.apply();
    // A deadline of its own, in place of the program's.
    expect((await ask(applicant, { question: 'Who?', answerWithin: 'PT0.3S' })).status).toBe(200);
    await strict.stage(applicant.applicationId, stage);
    expect(await walk.audit(applicant.applicationId)).toContain(fact);
    const [request] = await requests(applicant);
    expect(request).toMatchObject({ state: 'unanswered', answer: null });
    expect((await answer(applicant, request!.id)).body.code).toBe('illegal-transition');
    if (stage === 'in_review') expect((await ask(applicant, { question: 'Again' })).status).toBe(200);
  });

  it('is nobody else’s to ask, read or answer', async () => {
    const { applicant, requestId } = await asked();
    const other = await walk.apply();
    expect((await ask(other, undefined, other.token)).status).toBe(403);
    expect((await ask(other, undefined, walk.tokens.legal)).status).toBe(403);
    expect((await ask(other, undefined, walk.tokens.auditor)).status).toBe(403);
    expect((await answer({ ...applicant, token: other.token }, requestId)).status).toBe(404);
    expect((await answer(other, requestId)).status).toBe(404);
    const list = `/v1/applications/${applicant.applicationId}/information-requests`;
    expect((await product.call('GET', list, { token: other.token })).status).toBe(404);
    expect((await product.call('GET', list, { token: await product.token('finance') })).status).toBe(403);
    expect((await product.call('GET', list, { token: walk.tokens.auditor })).status).toBe(200);
  });

  it.each<[object, string]>([
    [{}, '/question'],
    [{ question: '' }, '/question'],
    [{ question: 'x'.repeat(5_001) }, '/question'],
    [{ question: 'Who?', answerWithin: 'P1M' }, '/answerWithin'],
    [{ question: 'Who?', more: 1 }, '/more'],
  ])('%j is refused at %s', async (body, pointer) => {
    const applicant = await walk.apply();
    const refused = await ask(applicant, body);
    expect([refused.status, refused.body['errors']]).toEqual([400, [expect.objectContaining({ pointer })]]);
    expect(await walk.application(applicant.applicationId)).toMatchObject({ stage: 'in_review' });
  });
});
