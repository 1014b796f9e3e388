import { AmendmentWalk, type Contracted } from '../support/amendments.js';
import { ContractingWalk } from '../support/contracting.js';
import { readPdf } from '../support/pdf-text.js';
import { TestProduct } from '../support/product.js';

const dayMs = 86_400_000;

describe('changes of an agreement that need consent', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let amendments: AmendmentWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    amendments = new AmendmentWalk(walk);
  });
  afterAll(() => product.close(), 60_000);

  const versionsOf = async (partner: Contracted): Promise<string[]> => {
    const { versions } = await amendments.agreementOf(partner);
    return versions.map(({ version, effectiveFrom, effectiveUntil }) => {
      return `${version} ${effectiveFrom}..${effectiveUntil ?? ''}`;
    });
  };

  it('are negotiated and signed; the new terms apply from their day on, the old ones until then', async () => {
    const partner = await amendments.partner();
    const from = new Date(Date.now() + 2 * dayMs);
    const terms = amendments.rate('15');
    const early = await amendments.sale(partner, new Date(from.getTime() - 1));
    const late = await amendments.sale(partner, from);
    const amendment = await amendments.proposed(partner, terms, { effectiveFrom: from.toISOString() });
    expect(amendment).toMatchObject({
      ...{ state: 'negotiating', side: 'company', needsConsent: true, isRenewal: false, version: null },
      material: ['/commissions/0/reward/rate'],
    });
    const { text } = await product.mail(partner.email, 'proposes to change the agreement');
    expect(text).toContain('now version 1');
    const diff = await product.ok<{ changes: { words: string }[] }>('GET', `/v1/amendments/${amendment.id}/diff`, {
      token: partner.token,
    });
    expect(diff.changes.map(({ words }) => words).join()).toMatch(/12\.5 %.*15 %/);

    const signer = await amendments.toSign(partner, amendment);
    expect(await amendments.explained(late)).toMatchObject({ earned: 1250, termsHash: partner.termsHash });
    // Whoever is asked to sign, and gets the papers, reads which version they change; of a first contract nobody does.
    const expectTold = async (subject: string): Promise<void> => {
      const change = 'It changes the agreement: version 1 stays in force';
      const [first, second] = await product.until(`two mails: ${subject}`, async () => {
        const found = await product.mails(partner.email, subject);
        return found.length > 1 && found;
      });
      expect([first!.text.includes(change), second!.text.includes(change)]).toEqual([false, true]);
    };
    await expectTold('please sign the partner agreement');
    await amendments.sign(signer);
    await expectTold('signed by both sides');
    const adopted = await amendments.reaches(amendment.id, 'adopted');
    expect(adopted).toMatchObject({ version: 2, effectiveFrom: from.toISOString(), envelopeId: signer.envelopeId });
    const [first, second] = (await amendments.agreementOf(partner)).versions;
    expect(first).toMatchObject({ version: 1, termsHash: partner.termsHash, effectiveUntil: from.toISOString() });
    expect(second).toMatchObject({
      ...{ version: 2, termsHash: adopted.termsHash, basis: 'signed', envelopeId: signer.envelopeId },
      ...{ effectiveFrom: from.toISOString(), effectiveUntil: null },
    });
    const ahead = await amendments.calendar(partner.agreementId);
    expect(ahead).toContain(`version_start ${from.toISOString()} version 2`);
    // Both were priced before the change was signed: the later one is priced again by the new terms.
    expect(await amendments.explained(early)).toMatchObject({ earned: 1250, termsHash: partner.termsHash });
    const explained = await amendments.explained(late);
    expect(explained).toMatchObject({ earned: 1500, termsHash: adopted.termsHash });
    expect(explained.text).toContain('"clause":"2.1"');
    for (const to of [partner.email, walk.document.contacts.partner_manager!]) {
      expect((await product.mail(to, 'new terms of the agreement')).text).toContain('Version 2');
    }
    const evidence = await product.ok<{ brokenAt: null; acts: { type: string; side: string; termsHash: string }[] }>(
      'GET',
      `/v1/agreements/${partner.agreementId}/evidence`,
      { token: walk.tokens.legal },
    );
    expect(evidence.brokenAt).toBeNull();
    expect(evidence.acts.map(({ type, side, termsHash }) => `${type} ${side} ${termsHash}`)).toEqual([
      `amendment_proposed company ${adopted.termsHash}`,
      `amendment_adopted company ${adopted.termsHash}`,
    ]);
    expect(await product.ended(`agreement-amendment/${amendment.id}`)).toBe('COMPLETED');
  });

  it('say in the contract which version they change and from when', async () => {
    const partner = await amendments.partner();
    const from = new Date(Date.now() + 30 * dayMs);
    const amendment = await amendments.proposed(partner, amendments.rate('14'), { effectiveFrom: from.toISOString() });
    const { envelopeId } = await amendments.toSign(partner, amendment);
    const bytes = await product.bytes(`/v1/envelopes/${envelopeId}/document`, walk.tokens.legal);
    const { text } = await readPdf(bytes);
    expect(text).toContain('version 1');
    expect(text).toContain(partner.termsHash);
    expect(text).toContain(String(from.getUTCFullYear()));
    expect(text).toContain('14 %');
  });

  it('proposed by the partner take rounds too, and the last signature is their beginning without a day', async () => {
    const partner = await amendments.partner();
    const amendment = await amendments.proposed(partner, amendments.law('the law of Indonesia'), {}, partner.token);
    expect(amendment).toMatchObject({ state: 'negotiating', side: 'partner', needsConsent: true, material: [] });
    await product.mail(walk.document.contacts.partner_manager!, 'proposes to change the agreement');
    const signer = await amendments.toSign(partner, amendment, walk.tokens.manager);
    await amendments.sign(signer);
    const { effectiveFrom } = await amendments.reaches(amendment.id, 'adopted');
    const [envelope] = await product.rows<{ countersigned_at: Date }>(
      `select countersigned_at from envelopes where id = $1`,
      signer.envelopeId,
    );
    expect(effectiveFrom).toBe(envelope!.countersigned_at.toISOString());
    const [first, second] = (await amendments.agreementOf(partner)).versions;
    expect([first!.effectiveUntil, second!.effectiveFrom]).toEqual([effectiveFrom, effectiveFrom]);
  });

  it('leave the old terms untouched where they come to nothing, and say why', async () => {
    const partner = await amendments.partner();
    const before = await versionsOf(partner);
    const ends: [string, string, (id: string, negotiationId: string) => Promise<unknown>][] = [
      [
        'withdrawn',
        'negotiation_withdrawn',
        (_, negotiationId) =>
          product.ok('POST', `/v1/negotiations/${negotiationId}/withdrawal`, {
            token: partner.token,
            body: { reason: 'I like it as it is' },
          }),
      ],
      [
        'refused',
        'envelope_declined',
        async (id) => walk.decline(await amendments.toSign(partner, await amendments.get(id))),
      ],
      [
        'withdrawn',
        'envelope_voided',
        async (id) => walk.voidEnvelope(await amendments.toSign(partner, await amendments.get(id))),
      ],
      [
        'withdrawn',
        'no_change',
        async (_, negotiationId) => {
          const { termsHash } = await walk.negotiation(negotiationId);
          const same = { terms: amendments.terms, answersHash: termsHash };
          await walk.propose(negotiationId, same, partner.token);
          return walk.accept(negotiationId, partner.termsHash);
        },
      ],
    ];
    for (const [index, [state, cause, end]] of ends.entries()) {
      const { id, negotiationId } = await amendments.proposed(partner, amendments.rate(String(20 + index)));
      await end(id, negotiationId!);
      expect(await amendments.reaches(id, state)).toMatchObject({ cause, version: null, effectiveFrom: null });
      const sale = await amendments.sale(partner, new Date());
      expect(await amendments.explained(sale)).toMatchObject({ earned: 1250, termsHash: partner.termsHash });
    }
    expect(await versionsOf(partner)).toEqual(before);
    expect((await product.mail(partner.email, 'stay as they are')).text).toContain('agreed on the terms');
    const list = await product.ok<{ items: { cause: string }[] }>(
      'GET',
      `/v1/agreements/${partner.agreementId}/amendments?limit=3`,
      { token: partner.token },
    );
    expect(list.items.map(({ cause }) => cause)).toEqual(['no_change', 'envelope_voided', 'envelope_declined']);
  });
});
