import { AmendmentWalk, type Amendment, type Contracted } from '../support/amendments.js';
import type { ApiAnswer } from '../support/api.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const dayMs = 86_400_000;

type Refusal = ApiAnswer<Amendment & { code?: string; errors?: { pointer: string }[] }>;
const refusal = ({ status, body }: Refusal): unknown => [
  status,
  body.code,
  ...(body.errors ?? []).map(({ pointer }) => pointer),
];

describe('changes of an agreement that cannot be', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let amendments: AmendmentWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    amendments = new AmendmentWalk(walk);
  });
  afterAll(() => product.close(), 60_000);

  const inDays = (days: number): string => new Date(Date.now() + days * dayMs).toISOString();
  const listed = (partner: Contracted): Promise<{ items: Amendment[] }> =>
    product.ok('GET', `/v1/agreements/${partner.agreementId}/amendments`, { token: walk.tokens.legal });

  it('are one at a time: of two that both sides propose at once one wins, the other gets 409', async () => {
    const partner = await amendments.partner();
    const answers = await Promise.all([
      amendments.propose(partner, amendments.rate('15')),
      amendments.propose(partner, amendments.rate('16'), {}, partner.token),
      amendments.propose(partner, amendments.rate('17'), {}, walk.tokens.legal),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const lost = answers.filter(({ status }) => status === 409);
    for (const answer of lost) expect(answer.body.code).toBe('already-exists');
    const { items } = await listed(partner);
    const won = answers.find(({ status }) => status === 201)!;
    expect(items.map(({ id, termsHash }) => [id, termsHash])).toEqual([[won.body.id, won.body.termsHash]]);
  });

  it('are refused where they begin in the past, too early for a notice, on an old version or change nothing', async () => {
    const partner = await amendments.partner();
    const [rate, law] = [amendments.rate('15'), amendments.law('the law of Indonesia')];
    const longer = { ...amendments.terms, term: { ...amendments.terms.term, length: 'P24M' } };
    const refusals: [unknown, Promise<Refusal>][] = [
      [
        [422, 'invalid-document', '/effectiveFrom'],
        amendments.propose(partner, rate, { effectiveFrom: new Date(Date.now() - 1).toISOString() }),
      ],
      [
        [422, 'invalid-document', '/effectiveFrom'],
        // The period of notice of the program is 30 days; what is signed may begin sooner.
        amendments.propose(partner, law, { effectiveFrom: inDays(29) }),
      ],
      [
        [422, 'invalid-document', '/effectiveFrom'],
        // Another length of the term begins within the running one of twelve months, or at its end.
        amendments.propose(partner, longer, { effectiveFrom: inDays(400) }),
      ],
      [[422, 'invalid-document', '/terms'], amendments.propose(partner, amendments.terms)],
      [[409, 'round-changed', '/baseHash'], amendments.propose(partner, rate, { baseHash: 'ab'.repeat(32) })],
    ];
    for (const [expected, answer] of refusals) expect(refusal(await answer)).toEqual(expected);
    expect((await amendments.propose(partner, { ...rate, currency: 'dollars' })).status).toBe(422);
    expect((await amendments.propose(partner, rate, {}, walk.tokens.auditor)).status).toBe(403);
    expect((await listed(partner)).items).toEqual([]);
    expect((await amendments.agreementOf(partner)).versions).toHaveLength(1);
    expect((await amendments.propose(partner, rate, { effectiveFrom: inDays(29) })).status).toBe(201);
    // What changes nothing of the term may begin in any of those to come.
    const other = await amendments.partner();
    expect((await amendments.propose(other, rate, { effectiveFrom: inDays(400) })).status).toBe(201);
  });

  it('are refused in their rounds, too, where they would last otherwise and begin behind the running term', async () => {
    const partner = await amendments.partner();
    const { token } = partner;
    const change = await amendments.proposed(partner, amendments.rate('15'), { effectiveFrom: inDays(400) });
    const { negotiationId } = change;
    const { termsHash: answersHash } = await walk.negotiation(negotiationId!);
    const term = { ...amendments.terms.term, length: 'P24M' };
    const longer = { ...amendments.rate('14'), term };
    for (const by of [token, walk.tokens.manager]) {
      const answer = await walk.propose(negotiationId!, { terms: longer, answersHash }, by);
      expect(refusal(answer as unknown as Refusal)).toEqual([422, 'invalid-document', '/terms/term']);
    }
    const other = { ...amendments.rate('14'), term: { ...amendments.terms.term, notice: 'P60D' } };
    expect((await walk.propose(negotiationId!, { terms: other, answersHash }, token)).status).toBe(200);
    // Within the running term a change may bring another one.
    const sooner = await amendments.partner();
    const { negotiationId: rounds } = await amendments.proposed(sooner, amendments.rate('15'));
    const answers = { terms: longer, answersHash: (await walk.negotiation(rounds!)).termsHash };
    expect((await walk.propose(rounds!, answers, sooner.token)).status).toBe(200);
  });

  it('that nobody answers in time lapse, and what is in force stays', async () => {
    const partner = await amendments.partner();
    const { id } = await amendments.proposed(partner, amendments.rate('15'), { answerWithin: 'PT2S' });
    expect(await amendments.reaches(id, 'expired')).toMatchObject({ cause: 'negotiation_lapsed', version: null });
    expect((await amendments.agreementOf(partner)).versions).toMatchObject([{ version: 1, effectiveUntil: null }]);
    expect(await product.ended(`agreement-amendment/${id}`)).toBe('COMPLETED');
  });

  it('end with notice that ends the agreement: in their rounds, while they are signed, and while a notice runs', async () => {
    const ways: ((partner: Contracted) => Promise<[Amendment, Contracted?]>)[] = [
      async (partner) => [await amendments.proposed(partner, amendments.rate('15'))],
      async (partner) => {
        const amendment = await amendments.proposed(partner, amendments.rate('15'));
        const signer = await amendments.toSign(partner, amendment);
        await walk.sign(signer);
        return [amendment, signer];
      },
      async (partner) => {
        const { id } = await amendments.proposed(partner, amendments.law('the law of Indonesia'));
        return [await amendments.reaches(id, 'noticed')];
      },
    ];
    for (const way of ways) {
      const partner = await amendments.partner();
      const [{ id, negotiationId }, signer] = await way(partner);
      const address = `/v1/agreements/${partner.agreementId}/termination`;
      await product.ok('POST', address, { token: walk.tokens.legal, body: { kind: 'ordinary' } });
      expect(await amendments.get(id)).toMatchObject({ state: 'cancelled', cause: 'agreement_terminated' });
      expect(await product.ended(`agreement-amendment/${id}`)).toBe('COMPLETED');
      if (negotiationId !== null) expect((await walk.negotiation(negotiationId)).state).not.toBe('open');
      if (signer) {
        expect((await walk.envelope(signer.envelopeId)).state).toBe('voided');
        expect((await walk.countersign(signer)).status).toBe(409);
      }
      const { state, endsAt, versions } = await amendments.agreementOf(partner);
      expect([state, versions.map(({ termsHash }) => termsHash)]).toEqual(['under_notice', [partner.termsHash]]);
      expect(versions[0]!.effectiveUntil).toBe(endsAt);
      await product.mail(partner.email, 'stay as they are');
      expect(refusal(await amendments.propose(partner, amendments.rate('15'), { effectiveFrom: inDays(300) }))).toEqual(
        [409, 'illegal-transition'],
      );
    }
  });
});
