import type { Terms } from '../../libs/agreements/domain/index.js';
import { ContractingWalk, type Answer, type Approved } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const outcome = ({ status, body }: Answer): [number, unknown] => [status, body.code ?? body.state];

interface View {
  state: string;
  number: number;
  termsHash: string;
  awaiting?: string;
  dueAt?: string;
  versions: { number: number; retractedAt: string | null; termsHash: string }[];
}

describe('rounds', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let offer: Terms;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    offer = walk.document.terms;
  });
  afterAll(() => product.close());

  const withNotice = (notice: string): Terms => ({ ...offer, term: { ...offer.term, notice } });
  const act = (id: string, what: string, body: unknown, token = walk.tokens.manager): Promise<Answer> =>
    product.call('POST', `/v1/negotiations/${id}/${what}`, { token, body });
  const view = (id: string, token = walk.tokens.manager): Promise<View> =>
    product.ok('GET', `/v1/negotiations/${id}`, { token });

  async function quick(negotiation: Record<string, unknown>): Promise<ContractingWalk> {
    const settings = { answerWithin: 'P30D', remindBefore: [], guardrails: [], ...negotiation };
    return ContractingWalk.open(product, { negotiation: settings });
  }

  describe('taking back a proposal', () => {
    it('lets the one before it stand again, in a round of its own', async () => {
      const { negotiationId: id, termsHash, token, email } = await walk.approved();
      const asked = await walk.propose(id, { terms: withNotice('P60D'), answersHash: termsHash }, token);
      const askedHash = asked.body['termsHash'] as string;
      const back = await act(id, 'retraction', { termsHash: askedHash }, token);
      expect([back.status, back.body]).toMatchObject([
        200,
        { state: 'open', number: 1, termsHash, awaiting: 'partner' },
      ]);
      await product.mail(walk.document.contacts.partner_manager!, 'taken version 2 back');
      // Whoever was about to accept what is gone loses, and sees what stands.
      const late = await walk.accept(id, askedHash);
      expect([...outcome(late), late.body['current']]).toMatchObject([409, 'round-changed', { number: 1, termsHash }]);
      const { versions } = await view(id, token);
      expect(versions.map(({ number, retractedAt }) => [number, retractedAt !== null])).toEqual([
        [1, false],
        [2, true],
      ]);
      // The number of what was taken back is never given again.
      const next = await walk.propose(id, { terms: withNotice('P45D'), answersHash: termsHash }, token);
      expect(next.body).toMatchObject({ number: 3, awaiting: 'company' });
      expect(await walk.audit(id)).toEqual([
        ...['negotiation.propose >', 'negotiation.propose >', 'negotiation.retract >', 'negotiation.propose >'],
      ]);
      const counter = await walk.propose(id, {
        terms: withNotice('P40D'),
        answersHash: next.body['termsHash'] as string,
      });
      await act(id, 'retraction', { termsHash: counter.body['termsHash'] });
      await product.mail(email, 'taken version 4 back');
      expect(outcome(await walk.accept(id, next.body['termsHash'] as string))).toEqual([200, 'agreed']);
    });

    it('is for one’s own proposal, and not for the first one', async () => {
      const { negotiationId: id, termsHash, token } = await walk.approved();
      expect(outcome(await act(id, 'retraction', { termsHash }, token))).toEqual([409, 'not-your-turn']);
      expect(outcome(await act(id, 'retraction', { termsHash }))).toEqual([409, 'illegal-transition']);
      const asked = await walk.propose(id, { terms: withNotice('P60D'), answersHash: termsHash }, token);
      expect(outcome(await act(id, 'retraction', { termsHash }, token))).toEqual([409, 'round-changed']);
      expect(outcome(await act(id, 'retraction', { termsHash: asked.body['termsHash'] }))).toEqual([
        409,
        'not-your-turn',
      ]);
      expect(outcome(await act(id, 'retraction', { termsHash: 'no hash' }))).toEqual([400, 'malformed-request']);
      expect((await view(id)).number).toBe(2);
    });

    it('and its acceptance at the same time: one wins', async () => {
      for (let round = 0; round < 8; round++) {
        const { negotiationId: id, termsHash, token } = await walk.approved();
        const asked = await walk.propose(id, { terms: withNotice('P60D'), answersHash: termsHash }, token);
        const askedHash = asked.body['termsHash'] as string;
        const moves = [() => walk.accept(id, askedHash), () => act(id, 'retraction', { termsHash: askedHash }, token)];
        if (round % 2 === 1) moves.reverse();
        const answers = await Promise.all(moves.map((move) => move()));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        const lost = answers.find(({ status }) => status !== 200)!;
        const now = await view(id);
        expect(lost.status).toBe(409);
        expect(lost.body['current']).toMatchObject({ state: now.state, number: now.number, termsHash: now.termsHash });
        expect([now.state, now.number]).toEqual(
          answers.some(({ body }) => body.state === 'agreed') ? ['agreed', 2] : ['open', 1],
        );
        expect((await walk.audit(id)).length).toBe(3);
      }
    });
  });

  describe('the deadline of a round', () => {
    it('is the program’s, or the proposal’s own, and both sides see it', async () => {
      const { negotiationId: id, termsHash, token } = await walk.approved();
      const days = (from: string): number => (Date.parse(from) - Date.now()) / 86_400_000;
      expect(days((await view(id, token)).dueAt!)).toBeCloseTo(30, 1);
      const body = { terms: withNotice('P60D'), answersHash: termsHash, answerWithin: 'P3D' };
      const answer = await act(id, 'proposals', body, token);
      expect(days(answer.body['dueAt'] as string)).toBeCloseTo(3, 1);
      for (const reader of [token, walk.tokens.manager]) {
        expect((await view(id, reader)).dueAt).toBe(answer.body['dueAt']);
      }
      const { raw } = await product.temporal.workflow.getHandle(`negotiation/${id}`).describe();
      const fields = raw.workflowExecutionInfo?.searchAttributes?.indexedFields ?? {};
      const attribute = (name: string): unknown =>
        JSON.parse(Buffer.from(fields[name]?.data ?? []).toString() || 'null');
      expect(new Date(attribute('DueAt') as string).toISOString()).toBe(answer.body['dueAt']);
      expect(attribute('AwaitingRole')).toEqual(['partner_manager']);
      for (const answerWithin of ['P1M', 'PT0S', 'P400D', 'soon', 3]) {
        expect(outcome(await act(id, 'proposals', { ...body, answerWithin }))).toEqual([400, 'malformed-request']);
      }
    });

    it('brings a reminder to the side whose turn it is, and then the end', async () => {
      const hasty = await quick({ answerWithin: 'PT4S', remindBefore: ['PT3S', 'PT2S', 'P1D'] });
      const partner = await hasty.approved();
      const id = partner.negotiationId;
      await product.until('the end of the round', async () => (await view(id, partner.token)).state === 'lapsed');
      expect(await hasty.audit(id)).toEqual([
        ...['negotiation.propose >', 'negotiation.remind >', 'negotiation.remind >', 'negotiation.lapse open>lapsed'],
      ]);
      await hasty.stage(partner.applicationId, 'lapsed');
      expect(await product.ended(`negotiation/${id}`)).toBe('COMPLETED');
      await product.outboxEmpty();
      expect(await product.mails(partner.email, 'still open')).toHaveLength(2);
      expect(await product.mails(partner.email, 'ended without an answer')).toHaveLength(1);
      expect(await product.mails(hasty.document.contacts.partner_manager!, 'ended without an answer')).toHaveLength(1);
      const late = await hasty.accept(id, partner.termsHash, partner.token);
      expect([...outcome(late), late.body['current']]).toMatchObject([409, 'illegal-transition', { state: 'lapsed' }]);
      expect((await view(id)).dueAt).toBeUndefined();
    });

    it('begins anew with every answer', async () => {
      const hasty = await quick({ answerWithin: 'PT3S' });
      const { negotiationId: id, termsHash, token } = await hasty.approved();
      const first = (await view(id)).dueAt!;
      const asked = await hasty.propose(
        id,
        { terms: { ...hasty.document.terms, obligations: [] }, answersHash: termsHash },
        token,
      );
      expect(Date.parse(asked.body['dueAt'] as string)).toBeGreaterThan(Date.parse(first));
      await act(id, 'proposals', {
        ...{ terms: hasty.document.terms, answersHash: asked.body['termsHash'], answerWithin: 'P1D' },
      });
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      expect(outcome(await hasty.accept(id, termsHash, token))).toEqual([200, 'agreed']);
    });

    it('holds while no worker is there to keep it: a late answer does not count', async () => {
      const hasty = await quick({ answerWithin: 'PT2S' });
      const { negotiationId: id, termsHash, token } = await hasty.approved();
      await product.until('the workflow to wait', async () => {
        return ((await product.description(`negotiation/${id}`))?.historyLength ?? 0) > 8;
      });
      await product.stopWorker();
      await new Promise((resolve) => setTimeout(resolve, 2_200));
      const late = hasty.accept(id, termsHash, token);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await product.startWorker();
      expect(outcome(await late)).toEqual([409, 'illegal-transition']);
      await product.until('the end', async () => (await view(id)).state === 'lapsed');
    });

    it('and an answer at the same instant: one of them stands', async () => {
      const hasty = await quick({ answerWithin: 'PT1.5S' });
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const { negotiationId: id, termsHash, token } = await hasty.approved();
          const { dueAt } = await view(id);
          await new Promise((resolve) => setTimeout(resolve, Date.parse(dueAt!) - Date.now() + (index - 3) * 15));
          const answer = await hasty.accept(id, termsHash, token);
          await product.until('an end', async () => (await view(id)).state !== 'open');
          const { state } = await view(id);
          expect(outcome(answer)).toEqual(state === 'agreed' ? [200, 'agreed'] : [409, 'illegal-transition']);
          expect((await hasty.audit(id)).slice(1)).toEqual([
            state === 'agreed' ? 'negotiation.accept open>agreed' : 'negotiation.lapse open>lapsed',
          ]);
          return state;
        }),
      );
      expect(outcomes).toHaveLength(6);
    });
  });

  describe('comments', () => {
    let partner: Approved;
    beforeAll(async () => {
      partner = await walk.approved();
    });
    const comment = (body: unknown, token = walk.tokens.manager): Promise<Answer> =>
      act(partner.negotiationId, 'comments', body, token);
    const texts = async (token: string): Promise<unknown[]> => {
      const address = `/v1/negotiations/${partner.negotiationId}/comments`;
      return (await product.ok<{ items: { text: string }[] }>('GET', address, { token })).items.map(({ text }) => text);
    };

    it('reach the other side, or the company alone', async () => {
      const asked = await comment({ text: 'Could you go to 10 %?' }, partner.token);
      expect([asked.status, asked.body]).toMatchObject([201, { side: 'partner', number: 1, visibility: 'both' }]);
      await product.mail(walk.document.contacts.partner_manager!, 'commented');
      const internal = await comment({ text: 'He always asks.', visibility: 'company', replyTo: asked.body['id'] });
      expect([internal.status, internal.body['replyTo']]).toEqual([201, asked.body['id']]);
      const answer = await comment({ text: 'Nine.', replyTo: asked.body['id'] }, walk.tokens.legal);
      expect(answer.status).toBe(201);
      await product.mail(partner.email, 'commented');
      expect(await texts(partner.token)).toEqual(['Could you go to 10 %?', 'Nine.']);
      expect(await texts(walk.tokens.auditor)).toEqual(['Could you go to 10 %?', 'He always asks.', 'Nine.']);
      await product.outboxEmpty();
      expect(await product.mails(partner.email, 'commented')).toHaveLength(1);
      const leak = await comment({ text: 'x', replyTo: internal.body['id'] });
      expect([...outcome(leak), leak.body['errors']]).toMatchObject([
        422,
        'invalid-document',
        [{ pointer: '/visibility' }],
      ]);
      const guess = await comment({ text: 'x', replyTo: internal.body['id'] }, partner.token);
      expect([...outcome(guess), guess.body['errors']]).toMatchObject([
        422,
        'invalid-document',
        [{ pointer: '/replyTo' }],
      ]);
    });

    it('are not there for others, and not without a text', async () => {
      const other = await walk.approved();
      expect(outcome(await comment({ text: 'x' }, other.token))).toEqual([404, 'not-found']);
      expect(outcome(await comment({ text: 'x' }, walk.tokens.auditor))).toEqual([403, 'forbidden']);
      expect(outcome(await comment({ text: 'x', visibility: 'company' }, partner.token))).toEqual([
        422,
        'invalid-document',
      ]);
      for (const body of [{}, { text: ' ' }, { text: 'x', visibility: 'all' }, { text: 'x'.repeat(4001) }]) {
        expect(outcome(await comment(body))).toEqual([400, 'malformed-request']);
      }
    });

    it('are written once, whatever is repeated, and never outside of their row', async () => {
      const { negotiationId: id } = partner;
      const call = {
        token: partner.token,
        body: { text: 'My bank is in Bandung' },
        headers: { 'idempotency-key': 'once' },
      };
      const [first, second] = [
        await product.call('POST', `/v1/negotiations/${id}/comments`, call),
        await product.call('POST', `/v1/negotiations/${id}/comments`, call),
      ];
      expect(second.body).toEqual(first.body);
      expect((await texts(partner.token)).filter((text) => text === 'My bank is in Bandung')).toHaveLength(1);
      const leaks = await product.rows(
        `select 1 from audit_facts where details::text like '%Bandung%' union all select 1 from outbox_messages where payload::text like '%Bandung%'`,
      );
      expect(leaks).toEqual([]);
    });

    it('end with the negotiation', async () => {
      await walk.accept(partner.negotiationId, partner.termsHash, partner.token);
      expect(outcome(await comment({ text: 'x' }, partner.token))).toEqual([409, 'illegal-transition']);
    });
  });
});
