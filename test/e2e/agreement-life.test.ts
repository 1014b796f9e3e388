import { agreementCalendar } from '../../libs/orchestration/index.js';
import type { ApiAnswer } from '../support/api.js';
import { ContractingWalk, programDocument, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Agreement {
  id: string;
  state: string;
  endsAt: string | null;
  endCause: string | null;
  renewals: number;
  startedAt: string;
  term: { endsAt: string; noticeEndsAt: string; lastNoticeAt: string };
  versions: { version: number; effectiveFrom: string; effectiveUntil: string | null; envelopeId: string | null }[];
  terminations: { state: string; side: string; effectiveAt: string }[];
  renewalOffers: { state: string; termsHash: string; consentVersion: string; termFrom: string; termUntil: string }[];
  envelopes: { id: string; state: string }[];
}

const dayMs = 86_400_000;
const termOf = (renewal: 'auto' | 'consent' | 'none') => ({ length: 'P1M', renewal, notice: 'P7D' });

/** A walk of partners through a program whose terms renew in a way. */
async function openWalk(product: TestProduct, renewal: 'auto' | 'consent' | 'none'): Promise<ContractingWalk> {
  const { terms } = programDocument();
  return ContractingWalk.open(product, { terms: { ...terms, term: termOf(renewal) } });
}

async function agreementOf(walk: ContractingWalk, { partnerId }: Sent, token = walk.tokens.legal): Promise<Agreement> {
  const address = `/v1/partners/${partnerId}/agreements`;
  const { items } = await walk.product.ok<{ items: Agreement[] }>('GET', address, { token });
  expect(items).toHaveLength(1);
  return items[0]!;
}

let orders = 0;

/** Reports a sale at an instant; what its explanation says of it. */
async function soldAt(walk: ContractingWalk, partner: Sent, at: Date): Promise<{ outcome: string; summary: string }> {
  const id = `order-${++orders}`;
  const sale = { id, type: 'sale', partner: partner.partnerId, customer: id, amountMinor: 10_000, currency: 'USD' };
  const query = `?programId=${walk.programId}`;
  const body = { ...sale, occurredAt: at.toISOString() };
  await walk.product.ok('POST', `/v1/events${query}`, { token: walk.tokens.service, body });
  const explained = await walk.product.ok<{ summary: string; trace: { outcome: string } }>(
    'GET',
    `/v1/events/${id}/explanation${query}`,
    { token: walk.tokens.manager },
  );
  return { outcome: explained.trace.outcome, summary: explained.summary };
}

describe('agreements in force, over HTTP', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await openWalk(product, 'auto');
  });
  afterAll(() => product.close(), 60_000);

  const post = (
    address: string,
    token: string,
    body: unknown = {},
  ): Promise<ApiAnswer<Agreement & { code?: string }>> => product.call('POST', address, { token, body });

  it('are listed and read by the company, and their own one by partners, by token or link', async () => {
    const partner = await walk.activePartner();
    const own = await product.token({ partnerId: partner.partnerId });
    const seen = await agreementOf(walk, partner);
    for (const token of [own, partner.token])
      expect(await agreementOf(walk, partner, token)).toMatchObject({ id: seen.id });
    const [version] = seen.versions;
    expect(seen).toMatchObject({ state: 'in_force', endsAt: null, renewals: 0 });
    expect(version).toMatchObject({ version: 1, envelopeId: partner.envelopeId, effectiveUntil: null });
    expect(seen.envelopes).toMatchObject([{ id: partner.envelopeId, state: 'executed' }]);
    const link = await product.call('GET', `/v1/agreements/${seen.id}?token=${encodeURIComponent(partner.token)}`);
    expect(link.status).toBe(200);
    const stranger = await walk.activePartner();
    const other = await product.token({ partnerId: stranger.partnerId });
    expect((await product.call('GET', `/v1/agreements/${seen.id}`, { token: other })).status).toBe(404);
    const list = async (query: string): Promise<string[]> => {
      const address = `/v1/agreements?programId=${walk.programId}&${query}`;
      const { items } = await product.ok<{ items: { id: string }[] }>('GET', address, { token: walk.tokens.auditor });
      return items.map(({ id }) => id);
    };
    expect(await list(`partnerId=${partner.partnerId}`)).toEqual([seen.id]);
    expect(await list('state=ended')).toEqual([]);
    expect(await list(`endsBefore=2999-01-01T00:00:00Z&partnerId=${partner.partnerId}`)).toEqual([]);
    expect(await list(`termEndsBefore=2999-01-01T00:00:00Z&partnerId=${partner.partnerId}`)).toEqual([seen.id]);
    expect((await product.call('GET', '/v1/agreements', { token: own })).status).toBe(403);
  });

  it('end by notice of either side, which says when, and takes it back', async () => {
    const partner = await walk.activePartner();
    const { id } = await agreementOf(walk, partner);
    const address = `/v1/agreements/${id}/termination`;
    const early = new Date(Date.now() + 6 * dayMs).toISOString();
    const refused = await post(address, partner.token, { effectiveAt: early });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid-document']);
    const given = await post(address, partner.token, { reason: 'I am moving on' });
    expect(given.status).toBe(200);
    expect(given.body).toMatchObject({ state: 'under_notice', terminations: [{ side: 'partner', state: 'given' }] });
    expect(Date.parse(given.body.endsAt!) - Date.now()).toBeGreaterThan(6.9 * dayMs);
    expect((await post(address, walk.tokens.legal)).body.code).toBe('illegal-transition');
    const { contacts } = walk.document;
    for (const to of [partner.email, contacts.partner_manager!, contacts.legal!]) {
      const { text } = await product.mail(to, 'notice to end');
      expect(text).toContain('has given notice: the agreement ends on');
    }
    expect((await post(`${address}/withdrawal`, walk.tokens.legal)).status).toBe(403);
    const back = await post(`${address}/withdrawal`, partner.token, { reason: 'I stay' });
    expect(back.body).toMatchObject({ state: 'in_force', endsAt: null });
    await product.mail(partner.email, 'was taken back');
    const evidence = await product.ok<{ brokenAt: null; acts: { type: string; actorId: string }[] }>(
      'GET',
      `/v1/agreements/${id}/evidence`,
      { token: walk.tokens.auditor },
    );
    expect(evidence.brokenAt).toBeNull();
    expect(evidence.acts.map(({ type, actorId }) => `${type} ${actorId}`)).toEqual([
      `termination_given ${partner.applicationId}`,
      `termination_taken_back ${partner.applicationId}`,
    ]);
  });

  it('end for cause at once, by legal alone; from then on events earn nothing and are told why', async () => {
    const partner = await walk.activePartner();
    const { id } = await agreementOf(walk, partner);
    const body = { kind: 'for_cause', reason: 'It bought its own goods' };
    const address = `/v1/agreements/${id}/termination`;
    for (const token of [walk.tokens.manager, partner.token])
      expect((await post(address, token, body)).status).toBe(403);
    expect((await post(address, walk.tokens.legal, { kind: 'for_cause' })).status).toBe(422);
    const ended = await post(address, walk.tokens.legal, body);
    expect(ended.body).toMatchObject({ state: 'ended', endCause: 'for_cause' });
    const end = Date.parse(ended.body.endsAt!);
    expect((await soldAt(walk, partner, new Date(end - 1))).outcome).toBe('line');
    expect(await soldAt(walk, partner, new Date(end))).toEqual({
      outcome: 'no_agreement',
      summary: `Event order-${orders} earned nothing: no agreement was in force when it happened. The agreement ended on ${ended.body.endsAt}.`,
    });
    const detail = await product.ok('GET', `/v1/partners/${partner.partnerId}`, { token: walk.tokens.legal });
    expect(detail).toMatchObject({ stage: 'ended' });
    await product.mail(partner.email, 'has ended');
  });

  it('are not needed to be looked at by hand: the Schedule is there, and a run of one’s own lies not ahead', async () => {
    await product.until('the Schedule', async () => {
      const schedule = product.temporal.schedule.getHandle(agreementCalendar.scheduleId(walk.programId));
      return schedule.describe().catch(() => undefined);
    });
    const runs = '/v1/agreement-calendar-runs';
    const ahead = { programId: walk.programId, cutOff: new Date(Date.now() + dayMs).toISOString() };
    const refused = await post(runs, walk.tokens.legal, ahead);
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid-document']);
    const now = { programId: walk.programId, cutOff: new Date(Date.now() - 5).toISOString() };
    expect((await post(runs, await product.token('finance'), now)).status).toBe(403);
    const ran = await post(runs, walk.tokens.manager, now);
    expect(ran.body).toMatchObject({ ended: 0, renewed: 0, failed: [] });
    expect((await post(runs, walk.tokens.manager, now)).body).toEqual(ran.body);
  });

  describe('suspensions', () => {
    it('hold by cause, are told without the company’s reason, and end one by one', async () => {
      const partner = await walk.activePartner();
      const own = await product.token({ partnerId: partner.partnerId });
      const address = `/v1/partners/${partner.partnerId}`;
      const fraud = { cause: 'fraud_review', reason: 'Forty orders from one address' };
      const compliance = { cause: 'compliance', reason: 'No identity yet' };
      expect((await post(`${address}/suspension`, own, fraud)).status).toBe(403);
      expect((await post(`${address}/suspension`, walk.tokens.manager, { cause: 'mood', reason: 'x' })).status).toBe(
        400,
      );
      expect((await post(`${address}/suspension`, walk.tokens.manager, fraud)).body).toMatchObject({
        stage: 'suspended',
      });
      expect((await post(`${address}/suspension`, walk.tokens.legal, compliance)).status).toBe(200);
      expect((await post(`${address}/suspension`, walk.tokens.legal, compliance)).status).toBe(409);
      const mail = await product.mail(partner.email, 'is suspended');
      expect(mail.text).not.toContain('Forty orders');
      const seen = await product.ok<{ suspensions: object[] }>('GET', address, { token: own });
      expect(seen.suspensions).toEqual([
        { cause: 'fraud_review', from: expect.any(String), until: null },
        { cause: 'compliance', from: expect.any(String), until: null },
      ]);
      const end = `${address}/suspension/end`;
      expect((await post(end, walk.tokens.manager, fraud)).body).toMatchObject({ stage: 'suspended' });
      expect((await post(end, walk.tokens.manager, fraud)).status).toBe(409);
      const active = await post(end, walk.tokens.manager, compliance);
      expect(active.body).toMatchObject({
        stage: 'active',
        suspensions: [{ cause: 'fraud_review', reason: fraud.reason, endReason: fraud.reason }, {}],
      });
      await product.mail(partner.email, 'has ended');
    });

    it('keep a partner out of payouts, which say so, and nothing is lost', async () => {
      const pay = await openWalk(product, 'auto');
      const [held, paid] = [await pay.activePartner(), await pay.activePartner()];
      const finance = await product.token('finance');
      for (const partner of [held, paid]) {
        expect((await soldAt(pay, partner, new Date())).outcome).toBe('line');
      }
      const cause = { cause: 'payment_dispute', reason: 'Two invoices' };
      const suspension = `/v1/partners/${held.partnerId}/suspension`;
      expect((await post(suspension, pay.tokens.manager, cause)).status).toBe(200);
      expect((await soldAt(pay, held, new Date())).outcome).toBe('line');
      // Accounts at the rail open a moment after activation: until then amounts are carried for that.
      await product.outboxEmpty();
      interface Drafted {
        batchId: string;
        items: number;
        carried: { amountMinor: number };
        carriedPartners: Record<string, number>;
      }
      const collect = (): Promise<Drafted> =>
        product.until('a batch', async () => {
          const body = { programId: pay.programId, cutOff: new Date(Date.now() - 1).toISOString() };
          const drafted = await product.ok<Drafted>('POST', '/v1/payout-collections', { token: finance, body });
          return drafted.items > 0 && drafted;
        });
      const first = await collect();
      // What vests while it is suspended is held apart from what is payable, in the sight of finance.
      expect(first).toMatchObject({ items: 1, carried: { amountMinor: 0 }, carriedPartners: {} });
      const heldMoney = async (): Promise<unknown[]> => {
        const address = `/v1/ledger/accounts?programId=${pay.programId}&code=held`;
        const { items } = await product.ok<{ items: { ownerId: string; balance: unknown }[] }>('GET', address, {
          token: finance,
        });
        return items.filter(({ ownerId }) => ownerId === held.partnerId).map(({ balance }) => balance);
      };
      expect(await heldMoney()).toEqual([{ amountMinor: 2_500, currency: 'USD' }]);
      expect((await post(`${suspension}/end`, pay.tokens.manager, cause)).status).toBe(200);
      expect(await heldMoney()).toEqual([{ amountMinor: 0, currency: 'USD' }]);
      const second = await collect();
      expect(second).toMatchObject({ items: 1, carriedPartners: {} });
      // Suspended between draft and submission, it is taken out again: nothing is left of the batch.
      expect((await post(suspension, pay.tokens.manager, cause)).status).toBe(200);
      const submitted = await post(`/v1/payout-batches/${second.batchId}/submission`, finance);
      expect(submitted.body.state).toBe('cancelled');
    });
  });
});

describe('renewals, over HTTP', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await TestProduct.start({ REHEARSAL: 'true' });
  });
  afterAll(() => product.close(), 60_000);

  const run = (walk: ContractingWalk, days: number) =>
    product.ok<Record<string, number>>('POST', '/v1/agreement-calendar-runs', {
      token: walk.tokens.legal,
      body: { programId: walk.programId, cutOff: new Date(Date.now() + days * dayMs).toISOString() },
    });

  it('need consent by the hash of the terms, in time; who does not answer is told of the end', async () => {
    const walk = await openWalk(product, 'consent');
    const [consenting, silent] = [await walk.activePartner(), await walk.activePartner()];
    expect(await run(walk, 0)).toMatchObject({ offered: 2, failed: [] });
    const { text } = await product.mail(consenting.email, 'renewal of the agreement');
    expect(text).toContain('It is renewed only if you agree before it ends.');
    // The link of the mail leads to what is agreed to.
    const [, path = ''] = /(\/v1\/agreements\/agr_[0-9a-f]{32}\?token=\S+)/.exec(text) ?? [];
    const { id, renewalOffers } = await product.ok<Agreement>('GET', path);
    const [offer] = renewalOffers;
    expect(offer).toMatchObject({ state: 'open', termsHash: consenting.termsHash });
    const consent = (body: object, token = consenting.token) =>
      product.call<Agreement>('POST', `/v1/agreements/${id}/renewal/consent`, { token, body });
    const { termsHash, consentVersion } = offer!;
    expect((await consent({ termsHash, consentVersion, consent: false })).status).toBe(400);
    expect((await consent({ termsHash: 'a'.repeat(64), consentVersion, consent: true })).status).toBe(412);
    expect((await consent({ termsHash, consentVersion, consent: true }, silent.token)).status).toBe(404);
    expect((await consent({ termsHash, consentVersion, consent: true }, walk.tokens.legal)).status).toBe(403);
    const renewed = await consent({ termsHash, consentVersion, consent: true });
    expect(renewed.body).toMatchObject({ state: 'in_force', renewals: 1, endsAt: offer!.termUntil });
    expect((await consent({ termsHash, consentVersion, consent: true })).status).toBe(409);
    await product.mail(consenting.email, 'is renewed');
    const ends = Date.parse(offer!.termFrom);
    expect((await soldAt(walk, consenting, new Date(ends))).outcome).toBe('line');
    const silentEnds = Date.parse((await agreementOf(walk, silent)).endsAt!);
    expect((await soldAt(walk, silent, new Date(silentEnds))).outcome).toBe('no_agreement');
    expect(await run(walk, 32)).toMatchObject({ ended: 1 });
    expect(await agreementOf(walk, silent)).toMatchObject({ state: 'ended', endCause: 'no_consent' });
    await product.mail(silent.email, 'has ended');
    await product.mail(walk.document.contacts.partner_manager!, 'has ended');
  });

  it('are declined by the partner, or taken back by the company', async () => {
    const walk = await openWalk(product, 'consent');
    const partners = [await walk.activePartner(), await walk.activePartner()];
    await run(walk, 0);
    for (const [partner, token, side] of [
      [partners[0]!, partners[0]!.token, 'partner'],
      [partners[1]!, walk.tokens.manager, 'company'],
    ] as const) {
      const { id } = await agreementOf(walk, partner);
      const answer = await product.call<Agreement>('POST', `/v1/agreements/${id}/renewal/decline`, {
        token,
        body: { reason: 'A new season' },
      });
      expect(answer.body.renewalOffers).toMatchObject([{ state: 'declined', side }]);
    }
    await product.mail(partners[0]!.email, 'is not renewed');
  });

  it('happen by themselves where the terms say so, term by term, and are told', async () => {
    const walk = await openWalk(product, 'auto');
    const partner = await walk.activePartner();
    const before = await agreementOf(walk, partner);
    const end = Date.parse(before.term.endsAt);
    const days = (end - Date.now()) / dayMs;
    expect(await run(walk, days - 13)).toMatchObject({ notices: 1, renewed: 0 });
    const { text } = await product.mail(partner.email, 'ends soon');
    expect(text).toContain('renews itself for another term on');
    expect(await run(walk, days + 1)).toMatchObject({ renewed: 1 });
    const after = await agreementOf(walk, partner);
    expect(after).toMatchObject({ state: 'in_force', endsAt: null, renewals: 1, versions: before.versions });
    await product.mail(partner.email, 'is renewed');
  });
});
