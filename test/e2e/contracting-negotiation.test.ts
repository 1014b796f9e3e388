import type { Terms } from '../../libs/agreements/domain/index.js';
import { ContractingWalk, type Answer, type Approved } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

/** The terms with another rate for every order. */
function withRate(terms: Terms, rate: string): Terms {
  const [first, second] = terms.commissions;
  return { ...terms, commissions: [first!, { ...second!, reward: { kind: 'percent', rate } }] };
}

const outcome = ({ status, body }: Answer): [number, unknown] => [status, body.code ?? body.state];

describe('a negotiation', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let offer: Terms;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    offer = walk.document.terms;
  });
  afterAll(() => product.close());

  it('goes in rounds until one side accepts the other one’s terms by their hash', async () => {
    const { negotiationId: id, termsHash, token, email } = await walk.approved();
    const asked = await walk.propose(id, { terms: withRate(offer, '10'), answersHash: termsHash }, token);
    expect([asked.status, asked.body]).toEqual([
      200,
      {
        ...{ state: 'open', number: 2, awaiting: 'company' },
        termsHash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        dueAt: expect.stringMatching(/Z$/) as unknown,
      },
    ]);
    await product.mail(walk.document.contacts.partner_manager!, 'terms');
    const askedHash = asked.body['termsHash'] as string;
    const countered = await walk.propose(id, { terms: withRate(offer, '9'), answersHash: askedHash });
    expect(countered.body).toMatchObject({ number: 3, awaiting: 'partner' });
    const counteredHash = countered.body['termsHash'] as string;
    await product.until('mails about both versions of the company', async () => {
      return (await product.mails(email, 'terms')).length === 2;
    });
    expect(outcome(await walk.accept(id, askedHash, token))).toEqual([409, 'round-changed']);
    expect(outcome(await walk.accept(id, counteredHash))).toEqual([409, 'not-your-turn']);
    const accepted = await walk.accept(id, counteredHash, token);
    expect([accepted.status, accepted.body]).toEqual([200, { state: 'agreed', number: 3, termsHash: counteredHash }]);
    const negotiation = await walk.negotiation(id, token);
    expect(negotiation.versions.map(({ terms }) => terms)).toEqual([
      offer,
      withRate(offer, '10'),
      withRate(offer, '9'),
    ]);
    expect(await product.ended(`negotiation/${id}`)).toBe('COMPLETED');
    expect(outcome(await walk.propose(id, { terms: offer, answersHash: counteredHash }, token))).toEqual([
      409,
      'illegal-transition',
    ]);
    expect(await walk.audit(id)).toEqual([
      'negotiation.propose >',
      'negotiation.propose >',
      'negotiation.propose >',
      'negotiation.accept open>agreed',
    ]);
  });

  it('is closed by the company’s acceptance of what the partner proposed', async () => {
    const { negotiationId: id, termsHash, token } = await walk.approved();
    const asked = await walk.propose(id, { terms: withRate(offer, '11'), answersHash: termsHash }, token);
    const askedHash = asked.body['termsHash'] as string;
    expect(outcome(await walk.accept(id, askedHash, token))).toEqual([409, 'not-your-turn']);
    expect(outcome(await walk.accept(id, askedHash))).toEqual([200, 'agreed']);
  });

  it.each(['partner', 'company'])(
    'is left by the %s: no contract comes of it, and the application lapses',
    async (side) => {
      const partner = await walk.approved();
      const token = side === 'partner' ? partner.token : walk.tokens.manager;
      const address = `/v1/negotiations/${partner.negotiationId}/withdrawal`;
      const answer = await product.call<{ state: string }>('POST', address, {
        token,
        body: { reason: 'Too far apart' },
      });
      expect([answer.status, answer.body.state]).toEqual([200, 'withdrawn']);
      await walk.stage(partner.applicationId, 'lapsed');
      expect(await product.ended(`partner-onboarding/${partner.applicationId}`)).toBe('COMPLETED');
      expect(await walk.audit(partner.partnerId)).toEqual([
        'partner.create >contracting',
        'partner.end contracting>ended',
      ]);
      const [fact] = await product.rows<{ actor_id: string; reason: string }>(
        `select actor_id, reason from audit_facts where subject_id = $1 and to_state = 'withdrawn'`,
        partner.negotiationId,
      );
      expect(fact).toEqual({
        actor_id: side === 'partner' ? partner.applicationId : 'usr_petra-partner-manager',
        reason: 'Too far apart',
      });
    },
  );

  it('refuses an answer to a version that is not on the table any more', async () => {
    const { negotiationId: id, termsHash, token } = await walk.approved();
    await walk.propose(id, { terms: withRate(offer, '10'), answersHash: termsHash }, token);
    const late = await walk.propose(id, { terms: withRate(offer, '7'), answersHash: termsHash });
    expect([...outcome(late), late.body['errors']]).toEqual([
      409,
      'round-changed',
      [{ pointer: '/answersHash', message: expect.stringContaining('the current terms hash is') as unknown }],
    ]);
    const { number, termsHash: onTable } = await walk.negotiation(id);
    expect(number).toBe(2);
    expect(late.body['current']).toEqual({
      ...{ state: 'open', number: 2, termsHash: onTable, side: 'partner', awaiting: 'company' },
      dueAt: expect.stringMatching(/Z$/) as unknown,
    });
  });

  it('refuses the terms that are on the table already as a proposal', async () => {
    const { negotiationId: id, termsHash, token } = await walk.approved();
    const same = await walk.propose(id, { terms: offer, answersHash: termsHash }, token);
    expect(outcome(same)).toEqual([409, 'already-exists']);
  });

  describe('refuses with pointers', () => {
    let partner: Approved;
    beforeAll(async () => {
      partner = await walk.approved();
    });
    const pointers = async (terms: unknown): Promise<unknown[]> => {
      const body = { terms, answersHash: partner.termsHash };
      const answer = await walk.propose(partner.negotiationId, body, partner.token);
      const errors = (answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
      return [...outcome(answer), errors.sort()];
    };

    it('what is no terms document', async () => {
      const commissions = [{ id: 'a', event: 'sale', reward: { kind: 'percent', rate: 8 } }];
      const terms = { ...offer, commissions, surprise: true };
      expect(await pointers(terms)).toEqual([422, 'invalid-document', ['/commissions/0/reward/rate', '/surprise']]);
    });

    it('a rule that no event can reach', async () => {
      const rule = (id: string) => ({ id, event: 'sale', reward: { kind: 'percent', rate: '5' } });
      const terms = { ...offer, commissions: [rule('a'), rule('b')] };
      expect(await pointers(terms)).toEqual([422, 'invalid-document', ['/commissions/1']]);
    });

    it('another currency than the program pays in', async () => {
      expect(await pointers({ ...offer, currency: 'EUR' })).toEqual([422, 'invalid-document', ['/currency']]);
    });

    it('and keeps nothing of it', async () => {
      expect((await walk.negotiation(partner.negotiationId)).number).toBe(1);
    });
  });

  it('is open to its own partner and the program’s managers alone', async () => {
    const [mine, other] = [await walk.approved(), await walk.approved()];
    const { negotiationId: id, termsHash } = mine;
    const body = { terms: withRate(offer, '10'), answersHash: termsHash };
    const elsewhere = await product.token('partner_manager', {
      programId: (await ContractingWalk.open(product)).programId,
    });
    for (const token of [other.token, await product.token({ partnerId: other.partnerId }), elsewhere]) {
      expect((await product.call('GET', `/v1/negotiations/${id}`, { token })).status).toBe(404);
      expect((await walk.propose(id, body, token)).status).toBe(404);
      expect((await walk.accept(id, termsHash, token)).status).toBe(404);
    }
    for (const token of [walk.tokens.legal, walk.tokens.auditor]) {
      expect((await product.call('GET', `/v1/negotiations/${id}`, { token })).status).toBe(200);
      expect((await walk.propose(id, body, token)).status).toBe(403);
    }
    const own = await product.token({ partnerId: mine.partnerId });
    expect(outcome(await walk.accept(id, termsHash, own))).toEqual([200, 'agreed']);
  });

  it('lets one of two moves win that come at once, again and again', async () => {
    for (let round = 0; round < 12; round++) {
      const { negotiationId: id, termsHash, token, applicationId } = await walk.approved();
      const terms = withRate(offer, `${round + 9}`);
      const moves = [
        () => walk.accept(id, termsHash, token),
        () => walk.propose(id, { terms, answersHash: termsHash }),
        ...(round % 3 === 0 ? [() => walk.propose(id, { terms, answersHash: termsHash }, token)] : []),
      ];
      if (round % 2 === 1) moves.reverse();
      const answers = await Promise.all(
        moves.map(async (move, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * (round % 4) * 4));
          return move();
        }),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect([
          [409, 'illegal-transition'],
          [409, 'round-changed'],
        ]).toContainEqual(outcome(answer));
      }
      const { state, number, termsHash: onTable } = await walk.negotiation(id);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect(answer.body['current']).toMatchObject({ state, number, termsHash: onTable });
      }
      expect([state, number]).toEqual(won[0]?.body.state === 'agreed' ? ['agreed', 1] : ['open', 2]);
      const moved = (await walk.audit(id)).slice(1);
      expect(moved).toEqual([state === 'agreed' ? 'negotiation.accept open>agreed' : 'negotiation.propose >']);
      if (state === 'open') await walk.withdraw({ applicationId, token, email: '', name: '' });
      expect(await product.ended(`negotiation/${id}`)).toBe('COMPLETED');
    }
  });
});
