import { CapabilityLinks, signingSubject } from '../../libs/platform/index.js';
import type { ApiCall } from '../support/api.js';
import { ContractingWalk, type Answer } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { newSigner, outcome, SigningDesk } from '../support/signing.js';

/** Acts whose answer was lost: the same request again is answered as at first, and nothing is done twice. */
describe('a repeat of an act on an envelope', () => {
  let product: TestProduct;
  let signing: SigningDesk;
  beforeAll(async () => {
    product = await TestProduct.start();
    signing = new SigningDesk(await ContractingWalk.open(product));
  });
  afterAll(() => product.close());

  /** Sends the same request twice, as if the process had died before it could keep its first answer. */
  async function twice(address: string, call: ApiCall): Promise<[first: Answer, second: Answer]> {
    const key = product.newKey();
    const send = (): Promise<Answer> => product.call('POST', address, { ...call, headers: { 'idempotency-key': key } });
    const first = await send();
    await product.owner.query(`delete from idempotency_keys where key = $1`, [key]);
    return [first, await send()];
  }

  async function sent(): Promise<{ envelopeId: string; recipientId: string; link: string; email: string }> {
    const { email } = await signing.agreed();
    const link = await signing.link(email);
    return { ...(await signing.page(link)), link, email };
  }

  const peopleNamed = async (name: string): Promise<unknown> =>
    (await product.rows(`select count(*)::int as count from persons where name = $1`, name))[0]?.['count'];

  it('is answered where a delegation has ended the link that it came by', async () => {
    const { envelopeId, link } = await sent();
    const delegate = newSigner('Fajar Delegate');
    const [first, second] = await twice(`/v1/signing/${link}/delegation`, { body: delegate });
    expect(outcome(first)).toEqual([200, 'viewed']);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await signing.facts(envelopeId, 'delegated')).toHaveLength(1);
    expect(await peopleNamed(delegate.name)).toBe(1);
    // Another request by the dead link gets nothing by it, and neither does one with a link that was never sent.
    const body = newSigner();
    expect(outcome(await signing.act(link, 'delegation', body))).toEqual([410, 'link-replaced']);
    const links = new CapabilityLinks(product.env.LINK_SECRET);
    const unknown = links.token('signing', signingSubject(`rcp_${'0'.repeat(32)}`, 1));
    expect(outcome(await signing.act(unknown, 'delegation', body))).toEqual([410, 'link-replaced']);
  });

  it('is answered where a decline has ended the envelope', async () => {
    const { envelopeId, link } = await sent();
    const [first, second] = await twice(`/v1/signing/${link}/decline`, { body: { reason: 'Too long' } });
    expect(outcome(first)).toEqual([200, 'declined']);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await signing.facts(envelopeId, 'declined')).toHaveLength(1);
    expect(outcome(await signing.act(link, 'decline', { reason: 'Too long' }))).toEqual([409, 'illegal-transition']);
  });

  it('is answered where the company has voided it, and not where another did', async () => {
    const { envelopeId } = await sent();
    const token = signing.walk.tokens.legal;
    const call = { token, body: { reason: 'Wrong company' } };
    const [first, second] = await twice(`/v1/envelopes/${envelopeId}/void`, call);
    expect(outcome(first)).toEqual([200, 'voided']);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await signing.facts(envelopeId, 'voided')).toHaveLength(1);
    expect(outcome(await signing.change(envelopeId, 'void', call.body))).toEqual([409, 'illegal-transition']);
  });

  it.each([
    [
      'extension',
      { expiresAt: new Date(Date.now() + 20 * 86_400_000).toISOString(), reason: 'They asked' },
      'extended',
    ],
    ['resend', {}, 'resent'],
  ])('makes one %s', async (what, body, type) => {
    const { envelopeId, recipientId } = await sent();
    const call = { token: signing.walk.tokens.legal, body: what === 'resend' ? { ...body, recipientId } : body };
    const [first, second] = await twice(`/v1/envelopes/${envelopeId}/${what}`, call);
    expect(first.status).toBe(200);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await signing.facts(envelopeId, type)).toHaveLength(1);
  });

  it('corrects once, and keeps nothing of the person that it names anew', async () => {
    const { envelopeId, recipientId, link } = await sent();
    const name = 'Gita Corrected';
    const body = { recipientId, name, email: `gita-${recipientId.slice(-8)}@partner.example` };
    const [first, second] = await twice(`/v1/envelopes/${envelopeId}/correction`, {
      token: signing.walk.tokens.legal,
      body,
    });
    expect(first.status).toBe(200);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await signing.facts(envelopeId, 'corrected')).toHaveLength(1);
    expect(await peopleNamed(name)).toBe(1);
    expect(outcome(await signing.look(link))).toEqual([410, 'link-replaced']);
  });
});
