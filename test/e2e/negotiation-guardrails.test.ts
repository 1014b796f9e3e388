import type { Terms } from '../../libs/agreements/domain/index.js';
import type { ProgramDocument } from '../../libs/programs/domain/index.js';
import { ContractingWalk, type Answer, type Approved } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const outcome = ({ status, body }: Answer): [number, unknown] => [status, body.code ?? body.state];

/** A partner manager may go to 15 %, finance to 20 %; the governing law is legal's alone. */
const guardrails: ProgramDocument['negotiation']['guardrails'] = [
  {
    path: '/commissions/*/reward/rate',
    bounds: [
      { role: 'partner_manager', max: '15' },
      { role: 'finance', max: '20' },
    ],
  },
  {
    path: '/term/notice',
    bounds: [{ role: 'partner_manager', allowed: ['P30D', 'P60D'] }, { role: 'legal' }],
  },
];

interface Approval {
  id: string;
  move: string;
  state: string;
  needed: { role: string }[];
  decisions: { role: string; decision: string; reason: string | null }[];
}

describe('guardrails', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let offer: Terms;
  let finance: string;
  beforeAll(async () => {
    product = await TestProduct.start();
    const negotiation = { answerWithin: 'P30D', remindBefore: [], guardrails };
    const program = await ContractingWalk.open(product, { negotiation });
    walk = program;
    offer = walk.document.terms;
    finance = await product.token('finance');
  });
  afterAll(() => product.close());

  function terms(rate: string, notice = 'P30D'): Terms {
    const [first, second] = offer.commissions;
    const reward = { kind: 'percent' as const, rate };
    return { ...offer, commissions: [first!, { ...second!, reward }], term: { ...offer.term, notice } };
  }
  const decide = (id: string, body: unknown, token = finance): Promise<Answer> =>
    product.call('POST', `/v1/negotiations/${id}/internal-approvals`, { token, body });
  const approvals = async (id: string): Promise<Approval[]> => {
    const address = `/v1/negotiations/${id}/internal-approvals`;
    return (await product.ok<{ items: Approval[] }>('GET', address, { token: walk.tokens.auditor })).items;
  };
  const propose = (
    partner: Approved,
    document: Terms,
    answersHash = partner.termsHash,
    token?: string,
  ): Promise<Answer> => walk.propose(partner.negotiationId, { terms: document, answersHash }, token);
  const pendingOf = ({ body }: Answer): string => (body['pendingApproval'] as { approvalId: string }).approvalId;
  /** All that the partner can see of its negotiation. */
  const seenBy = async (partner: Approved): Promise<unknown> => {
    const { negotiationId: id, token } = partner;
    return [
      await product.ok('GET', `/v1/negotiations/${id}`, { token }),
      await product.ok('GET', `/v1/negotiations/${id}/comments`, { token }),
      await product.ok('GET', `/v1/applications/${partner.applicationId}`, { token }),
    ];
  };

  it('let what is inside through, to the bound itself', async () => {
    const partner = await walk.approved();
    const answer = await propose(partner, terms('15', 'P60D'));
    expect([answer.status, answer.body]).toMatchObject([200, { number: 2, awaiting: 'partner' }]);
    expect(answer.body['pendingApproval']).toBeUndefined();
    expect(await approvals(partner.negotiationId)).toEqual([]);
  });

  it('keep what is outside from the partner until the named role approves it', async () => {
    const partner = await walk.approved();
    const { negotiationId: id, token, email } = partner;
    await product.until('the mail about the offer', async () => (await product.mails(email, 'terms')).length === 1);
    const before = await seenBy(partner);
    const answer = await propose(partner, terms('15.000001'));
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { state: 'open', number: 1, awaiting: 'partner', pendingApproval: { move: 'proposal', roles: ['finance'] } },
    ]);
    await product.mail(walk.document.contacts.finance!, 'approval');
    await product.outboxEmpty();
    expect(await seenBy(partner)).toEqual(before);
    expect(await product.mails(email, 'terms')).toHaveLength(1);
    for (const [method, address] of [
      ['GET', `/v1/negotiations/${id}/internal-approvals`],
      ['POST', `/v1/negotiations/${id}/internal-approvals`],
    ] as const) {
      const body = { approvalId: pendingOf(answer), decision: 'approve' };
      expect((await product.call(method, address, { token, ...(method === 'POST' && { body }) })).status).toBe(403);
    }
    const approved = await decide(id, { approvalId: pendingOf(answer), decision: 'approve', reason: 'Worth it' });
    expect([approved.status, approved.body]).toMatchObject([200, { number: 2, awaiting: 'partner' }]);
    await product.until('the mail', async () => (await product.mails(email, 'terms')).length === 2);
    const seen = await walk.negotiation(id, token);
    expect(seen.versions.at(-1)?.terms).toEqual(terms('15.000001'));
    expect(JSON.stringify(seen)).not.toMatch(/approv|finance/i);
    expect(await walk.audit(id)).toEqual([
      ...['negotiation.propose >', 'approval.request >pending', 'approval.approve >', 'approval.end pending>approved'],
      'negotiation.propose >',
    ]);
    const [proposal] = await product.rows<{ actor_id: string }>(
      `select actor_id from proposals where negotiation_id = $1 and number = 2`,
      id,
    );
    expect(proposal?.actor_id).toBe('usr_petra-partner-manager');
    expect(outcome(await walk.accept(id, seen.termsHash, token))).toEqual([200, 'agreed']);
  });

  it('hold the acceptance of a partner’s terms as well', async () => {
    const partner = await walk.approved();
    const { negotiationId: id, token } = partner;
    const asked = await propose(partner, terms('18'), partner.termsHash, token);
    const askedHash = asked.body['termsHash'] as string;
    expect(asked.body['number']).toBe(2);
    const held = await walk.accept(id, askedHash);
    expect([held.status, held.body]).toMatchObject([200, { state: 'open', pendingApproval: { move: 'acceptance' } }]);
    expect((await walk.negotiation(id, token)).state).toBe('open');
    const approved = await decide(id, { approvalId: pendingOf(held), decision: 'approve' });
    expect(outcome(approved)).toEqual([200, 'agreed']);
    expect((await walk.negotiation(id, token)).termsHash).toBe(askedHash);
    expect(await product.ended(`negotiation/${id}`)).toBe('COMPLETED');
  });

  it('do not bind the partner', async () => {
    const partner = await walk.approved();
    expect((await propose(partner, terms('60'), partner.termsHash, partner.token)).status).toBe(200);
    const refused = await walk.accept(partner.negotiationId, (await walk.negotiation(partner.negotiationId)).termsHash);
    expect([...outcome(refused), refused.body['errors']]).toEqual([
      ...[422, 'outside-guardrails'],
      [{ pointer: '/commissions/1/reward/rate', message: 'is outside of what any role may agree to' }],
    ]);
  });

  it('ask every role that is needed, and take one no for an answer', async () => {
    const partner = await walk.approved();
    const id = partner.negotiationId;
    const both = await propose(partner, terms('18', 'P90D'));
    expect(both.body['pendingApproval']).toMatchObject({ roles: ['finance', 'legal'] });
    const half = await decide(id, { approvalId: pendingOf(both), decision: 'approve' });
    expect(half.body).toMatchObject({ number: 1, pendingApproval: { roles: ['legal'] } });
    expect(outcome(await decide(id, { approvalId: pendingOf(both), decision: 'approve' }))).toEqual([403, 'forbidden']);
    const no = { approvalId: pendingOf(both), decision: 'reject' };
    expect(outcome(await decide(id, no, walk.tokens.legal))).toEqual([400, 'malformed-request']);
    const rejected = await decide(id, { ...no, reason: 'Too long a notice' }, walk.tokens.legal);
    expect([rejected.status, rejected.body]).toMatchObject([200, { state: 'open', number: 1 }]);
    expect(rejected.body['pendingApproval']).toBeUndefined();
    expect(await approvals(id)).toMatchObject([
      {
        state: 'rejected',
        needed: [{ role: 'finance' }, { role: 'legal' }],
        decisions: [
          { role: 'finance', decision: 'approve' },
          { role: 'legal', decision: 'reject', reason: 'Too long a notice' },
        ],
      },
    ]);
    const again = await decide(id, { approvalId: pendingOf(both), decision: 'approve' }, walk.tokens.legal);
    expect(outcome(again)).toEqual([409, 'illegal-transition']);
  });

  it('let nobody approve what it proposed, whatever roles it has', async () => {
    const partner = await walk.approved();
    const id = partner.negotiationId;
    const waiting = await propose(partner, terms('18'));
    const approvalId = pendingOf(waiting);
    const { manager } = walk.tokens;
    expect(outcome(await decide(id, { approvalId, decision: 'approve' }, manager))).toEqual([403, 'maker-is-checker']);
    expect(outcome(await decide(id, { approvalId, decision: 'approve' }, walk.tokens.legal))).toEqual([
      403,
      'forbidden',
    ]);
    expect(outcome(await decide(id, { approvalId, decision: 'withdraw' }))).toEqual([403, 'forbidden']);
    expect(outcome(await decide(id, { approvalId, decision: 'withdraw' }, manager))).toEqual([200, 'open']);
    expect((await approvals(id)).map(({ state }) => state)).toEqual(['withdrawn']);
    const other = await walk.approved();
    expect(outcome(await decide(other.negotiationId, { approvalId, decision: 'approve' }))).toEqual([404, 'not-found']);
  });

  describe('a move that waits is superseded', () => {
    const states = async (id: string): Promise<string[]> => (await approvals(id)).map(({ state }) => state);

    it('by the partner’s own', async () => {
      const partner = await walk.approved();
      const { negotiationId: id, token } = partner;
      const waiting = await propose(partner, terms('18'));
      const accepted = await walk.accept(id, partner.termsHash, token);
      expect(outcome(accepted)).toEqual([200, 'agreed']);
      expect(await states(id)).toEqual(['superseded']);
      const late = await decide(id, { approvalId: pendingOf(waiting), decision: 'approve' });
      expect([...outcome(late), late.body['current']]).toMatchObject([409, 'illegal-transition', { state: 'agreed' }]);
      expect((await walk.negotiation(id)).versions).toHaveLength(1);
    });

    it('by another one of the company, inside or outside', async () => {
      const partner = await walk.approved();
      await propose(partner, terms('18'));
      await propose(partner, terms('19'));
      expect(await states(partner.negotiationId)).toEqual(['superseded', 'pending']);
      await propose(partner, terms('12'));
      expect(await states(partner.negotiationId)).toEqual(['superseded', 'superseded']);
    });

    it('by the deadline: nothing that waited comes about afterwards', async () => {
      const settings = { answerWithin: 'PT2S', remindBefore: ['PT1.5S'], guardrails };
      const hasty = await ContractingWalk.open(product, { negotiation: settings });
      const partner = await hasty.approved();
      const waiting = await hasty.propose(partner.negotiationId, {
        terms: terms('18'),
        answersHash: partner.termsHash,
      });
      await product.until('the end', async () => (await hasty.negotiation(partner.negotiationId)).state === 'lapsed');
      expect(await states(partner.negotiationId)).toEqual(['superseded']);
      const late = await decide(partner.negotiationId, { approvalId: pendingOf(waiting), decision: 'approve' });
      expect(outcome(late)).toEqual([409, 'illegal-transition']);
      // The role that is asked is reminded with the side whose turn it is.
      await product.outboxEmpty();
      expect(await product.mails(hasty.document.contacts.finance!, 'approval')).toHaveLength(2);
    });

    it('or approved, where both come at once', async () => {
      for (let round = 0; round < 8; round++) {
        const partner = await walk.approved();
        const { negotiationId: id, token, termsHash } = partner;
        const waiting = await propose(partner, terms('18'));
        const acts = [
          () => decide(id, { approvalId: pendingOf(waiting), decision: 'approve' }),
          () => walk.accept(id, termsHash, token),
        ];
        if (round % 2 === 1) acts.reverse();
        const answers = await Promise.all(acts.map((act) => act()));
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
        const { state, number } = await walk.negotiation(id);
        const isAgreed = state === 'agreed';
        expect([number, await states(id)]).toEqual(isAgreed ? [1, ['superseded']] : [2, ['approved']]);
      }
    });
  });
});
