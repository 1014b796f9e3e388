import { AmendmentWalk, type Amendment, type Contracted } from '../support/amendments.js';
import type { Answer, ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const dayMs = 86_400_000;

describe('new terms of an agreement that', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let amendments: AmendmentWalk;
  beforeAll(async () => {
    product = await TestProduct.start({ REHEARSAL: 'true' });
    amendments = await AmendmentWalk.byConsent(product);
    walk = amendments.walk;
  });
  afterAll(() => product.close(), 60_000);

  const calendar = (cutOff: Date) => amendments.runCalendar(cutOff);

  const consent = (partner: Contracted, termsHash: string, consentVersion: string): Promise<Answer> =>
    product.call('POST', `/v1/agreements/${partner.agreementId}/renewal/consent`, {
      token: partner.token,
      body: { termsHash, consentVersion, consent: true },
    });

  async function adopted(partner: Contracted, amendment: Amendment): Promise<Amendment> {
    await amendments.sign(await amendments.toSign(partner, amendment));
    return amendments.reaches(amendment.id, 'adopted');
  }

  it('would end renew it from that day on, with the signatures of both and no day between', async () => {
    const partner = await amendments.partner();
    const { endsAt } = await amendments.agreementOf(partner);
    await calendar(new Date());
    const end = new Date(endsAt!);
    const last = await amendments.sale(partner, new Date(end.getTime() - 1));
    const first = await amendments.sale(partner, end);
    expect(await amendments.explained(first)).toMatchObject({ earned: 0, termsHash: null });
    const terms = amendments.rate('15');
    const proposal = await amendments.proposed(partner, terms, { effectiveFrom: end.toISOString() });
    // Even what a notice would be enough for: without a consent the agreement would end.
    expect(proposal).toMatchObject({ isRenewal: true, needsConsent: true, state: 'negotiating' });
    const { version, termsHash } = await adopted(partner, proposal);
    const renewed = await amendments.agreementOf(partner);
    expect(version).toBe(2);
    // The term that runs is still the first one.
    expect(renewed).toMatchObject({ state: 'in_force', term: { endsAt } });
    expect(Date.parse(renewed.endsAt!)).toBeGreaterThan(end.getTime() + 27 * dayMs);
    expect(renewed.versions).toMatchObject([
      { version: 1, effectiveUntil: end.toISOString() },
      { version: 2, basis: 'signed', termsHash, effectiveFrom: end.toISOString(), effectiveUntil: renewed.endsAt },
    ]);
    // The offer to go on under the terms before has come to nothing, and who follows the events is told.
    expect(renewed.renewalOffers.map(({ state }) => state)).toEqual(['lapsed']);
    const feed = await product.ok<{ items: { type: string; subjectId: string }[] }>(
      'GET',
      `/v1/domain-events?program=${walk.programId}&limit=200`,
      { token: walk.tokens.service },
    );
    const told = feed.items.filter(({ subjectId }) => subjectId === partner.agreementId).map(({ type }) => type);
    expect(told).toEqual(expect.arrayContaining(['agreement.version_added', 'agreement.renewal_lapsed']));
    expect(await amendments.explained(last)).toMatchObject({ earned: 1250, termsHash: partner.termsHash });
    expect(await amendments.explained(first)).toMatchObject({ earned: 1500, termsHash });
    expect(await calendar(end)).toMatchObject({ ended: 0, failed: [] });
    expect((await amendments.agreementOf(partner)).state).toBe('in_force');
  });

  it('is offered to be renewed are what is offered then, and no consent to the old ones counts', async () => {
    const partner = await amendments.partner();
    await calendar(new Date());
    const before = (await amendments.agreementOf(partner)).renewalOffers;
    expect(before).toMatchObject([{ state: 'open', termsHash: partner.termsHash }]);
    const { termsHash } = await adopted(partner, await amendments.proposed(partner, amendments.rate('11')));
    expect((await consent(partner, partner.termsHash, before[0]!.consentVersion)).status).toBe(409);
    await calendar(new Date());
    const offers = (await amendments.agreementOf(partner)).renewalOffers;
    expect(offers.map((offer) => `${offer.state} ${offer.termsHash}`).sort()).toEqual([
      `lapsed ${partner.termsHash}`,
      `open ${termsHash}`,
    ]);
    const { consentVersion, termFrom } = offers.find(({ state }) => state === 'open')!;
    expect((await consent(partner, partner.termsHash, consentVersion)).status).toBe(412);
    expect((await consent(partner, termsHash, consentVersion)).status).toBe(200);
    const next = await amendments.sale(partner, new Date(termFrom));
    expect(await amendments.explained(next)).toMatchObject({ earned: 1100, termsHash });
  });

  it('belongs to a suspended partner are agreed and signed all the same, and its suspension stays', async () => {
    const partner = await amendments.partner();
    const proposal = await amendments.proposed(partner, amendments.rate('9'));
    const cause = { cause: 'payment_dispute', reason: 'Two invoices' };
    const address = `/v1/partners/${partner.partnerId}`;
    await product.ok('POST', `${address}/suspension`, { token: walk.tokens.manager, body: cause });
    const { effectiveFrom, termsHash } = await adopted(partner, proposal);
    const seen = await product.ok<{ stage: string; suspensions: object[] }>('GET', address, { token: partner.token });
    expect(seen).toMatchObject({ stage: 'suspended', suspensions: [{ cause: 'payment_dispute', until: null }] });
    const sale = await amendments.sale(partner, new Date(effectiveFrom!));
    expect(await amendments.explained(sale)).toMatchObject({ earned: 900, termsHash });
    await product.ok('POST', `${address}/suspension/end`, { token: walk.tokens.manager, body: cause });
    expect(await product.ok('GET', address, { token: partner.token })).toMatchObject({ stage: 'active' });
  });
});
