import { AmendmentWalk, type Contracted } from '../support/amendments.js';
import type { ApiCall } from '../support/api.js';
import type { Answer, ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { newSigner } from '../support/signing.js';

/** Requests whose process died after it had done its work and before it could keep its answer; each is sent again. */
describe('a request that is repeated because its answer was lost', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let amendments: AmendmentWalk;
  let partner: Contracted;
  beforeAll(async () => {
    product = await TestProduct.start({ REHEARSAL: 'true' });
    amendments = await AmendmentWalk.byConsent(product);
    walk = amendments.walk;
    partner = await amendments.partner();
  });
  afterAll(() => product.close(), 60_000);

  /** How often anything was done to a subject, by the audit. */
  const facts = async (subjectId: string): Promise<number> => (await walk.audit(subjectId)).length;

  async function expectSame(address: string, call: ApiCall, subjectId: string): Promise<Answer> {
    const key = product.newKey();
    const send = () =>
      product.call('POST', address, {
        ...call,
        headers: { ...call.headers, 'idempotency-key': key },
      }) as Promise<Answer>;
    const first = await send();
    expect(first.status).toBeLessThan(300);
    const done = await facts(subjectId);
    const died = `update idempotency_keys set status = null, answer = null, answer_key_id = null, locked_until = now() where key = $1`;
    await product.owner.query(died, [key]);
    const again = await send();
    expect([again.status, lasting(again)]).toEqual([first.status, lasting(first)]);
    expect(again.headers.get('x-request-id')).toBe(first.headers.get('x-request-id'));
    expect(again.headers.get('idempotent-replayed')).toBeNull();
    expect(await facts(subjectId)).toBe(done);
    // Another request for the same is another one, and refused as it should be.
    const other = await product.call('POST', address, call);
    expect([other.status >= 400, await facts(subjectId)]).toEqual([true, done]);
    return first;
  }

  /** All but until when notice that was given now would last, which moves with every look. */
  const lasting = ({ body }: Answer): unknown =>
    JSON.parse(JSON.stringify(body, (name, value: unknown) => (name === 'noticeEndsAt' ? undefined : value)));

  it('suspends a partner once, and ends that once', async () => {
    const address = `/v1/partners/${partner.partnerId}/suspension`;
    const call = { token: walk.tokens.manager, body: { cause: 'payment_dispute', reason: 'Two invoices' } };
    await expectSame(address, call, partner.partnerId);
    await expectSame(`${address}/end`, call, partner.partnerId);
  });

  it('proposes one change of an agreement, and the change that there is since is not taken for it', async () => {
    const body = { terms: amendments.rate('15'), baseHash: partner.termsHash, reason: 'A new season' };
    const call = { token: walk.tokens.manager, body };
    const address = `/v1/agreements/${partner.agreementId}/amendments`;
    const { body: made } = await expectSame(address, call, partner.agreementId);
    expect(await product.ok('GET', address, { token: walk.tokens.legal })).toMatchObject({
      items: [{ id: made['id'] }],
    });
  });

  it('gives notice once and takes it back once', async () => {
    const address = `/v1/agreements/${partner.agreementId}/termination`;
    await expectSame(address, { token: walk.tokens.manager, body: {} }, partner.agreementId);
    await expectSame(`${address}/withdrawal`, { token: walk.tokens.manager, body: {} }, partner.agreementId);
  });

  /** Offers one more term to all whose term is near its end; what this partner was offered. */
  async function offered(to: Contracted): Promise<{ termsHash: string; consentVersion: string }> {
    await amendments.runCalendar(new Date());
    const { renewalOffers } = await amendments.agreementOf(to);
    return renewalOffers.find(({ state }) => state === 'open')!;
  }

  it('consents to one more term once', async () => {
    const { agreementId, token } = partner;
    const { termsHash, consentVersion } = await offered(partner);
    const call = { token, body: { termsHash, consentVersion, consent: true } };
    await expectSame(`/v1/agreements/${agreementId}/renewal/consent`, call, agreementId);
  });

  it('declines one more term once', async () => {
    const other = await amendments.partner();
    await offered(other);
    const call = { token: other.token, body: { reason: 'Another trade' } };
    await expectSame(`/v1/agreements/${other.agreementId}/renewal/decline`, call, other.agreementId);
  });

  it('names a further signer once, in the language of who names it', async () => {
    const other = await walk.approved({ applicant: { language: 'id' } });
    const signer = newSigner('Indah Repeated');
    const address = `/v1/negotiations/${other.negotiationId}/signers`;
    await expectSame(address, { token: other.token, body: signer }, other.negotiationId);
    expect(await product.rows(`select language from persons where name = $1`, signer.name)).toEqual([
      { language: 'id' },
    ]);
  });

  it('makes one further version of a template, and retires it once', async () => {
    const { token, programId } = { token: walk.tokens.admin, programId: walk.programId };
    const body = { name: 'Standard', terms: amendments.rate('10') };
    const base = `/v1/programs/${programId}/templates`;
    const { id } = await product.ok<{ id: string }>('POST', base, { token, body });
    const change = { ...body, terms: amendments.rate('11') };
    await expectSame(`${base}/${id}/versions`, { token, body: change, headers: { 'if-match': '"1"' } }, id);
    await expectSame(`${base}/${id}/retirement`, { token, body: { reason: 'Out of season' } }, id);
  });
});
