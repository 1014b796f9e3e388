import { newId } from '../../libs/kernel/ids.js';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

interface Hold {
  id: string;
  eventId: string;
  cause: string;
  state: string;
}

interface Dispute {
  id: string;
  state: string;
  answer: string | null;
  adjustment: { amountMinor: number; currency: string } | null;
  answeredBy?: string;
}

describe('holds, disputes and write-offs over HTTP', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let partner: Sent;
  const tokens: Record<'finance' | 'approver' | 'manager' | 'auditor' | 'shop' | 'own', string> = {
    ...{ finance: '', approver: '', manager: '', auditor: '', shop: '', own: '' },
  };

  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    partner = await walk.activePartner();
    tokens.finance = await product.token('finance');
    tokens.approver = await product.token('finance_approver');
    tokens.auditor = await product.token('auditor');
    tokens.manager = walk.tokens.manager;
    tokens.shop = walk.tokens.service;
    tokens.own = await product.token({ partnerId: partner.partnerId });
  }, 120_000);
  afterAll(() => product.close(), 60_000);

  const sell = (id: string, fields: object = {}) => {
    const occurredAt = new Date().toISOString();
    const sale = { id, type: 'sale', occurredAt, partner: partner.partnerId, amountMinor: 50_000, currency: 'USD' };
    const body = { ...sale, customer: 'c', ...fields };
    return product.ok('POST', `/v1/events?programId=${walk.programId}`, { token: tokens.shop, body });
  };
  const run = (what: string) => {
    const body = { programId: walk.programId, cutOff: new Date(Date.now() - 1).toISOString() };
    return product.ok('POST', `/v1/${what}`, { token: tokens.finance, body });
  };
  const holds = async (filter: string): Promise<Hold[]> => {
    const address = `/v1/holds?programId=${walk.programId}&${filter}`;
    return (await product.ok<{ items: Hold[] }>('GET', address, { token: tokens.auditor })).items;
  };
  const status = async (method: string, address: string, token: string, body?: object) =>
    (await product.call(method, address, { token, ...(body && { body }) })).status;

  it('hold a leaked coupon by a review, and let a person decide', async () => {
    const leaked = `/v1/leaked-coupons?programId=${walk.programId}`;
    await product.ok('POST', leaked, {
      token: tokens.manager,
      body: { coupons: [{ coupon: 'VIP', note: 'On a forum' }] },
    });
    expect(await product.ok('GET', leaked, { token: tokens.auditor })).toMatchObject({ items: [{ coupon: 'VIP' }] });
    await sell('leaked-1', { coupon: 'VIP' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await run('commission-review-runs')).toMatchObject({ placed: 1, asked: 0 });
    const [hold] = await holds('cause=leaked_coupon&state=open');
    expect(hold).toMatchObject({ eventId: 'leaked-1', ownerRole: 'finance' });
    const explanation = `/v1/events/leaked-1/explanation?programId=${walk.programId}`;
    const own = await product.ok<{ holds: object[] }>('GET', explanation, { token: tokens.own });
    expect(own.holds).toEqual([
      { holdId: hold!.id, state: 'open', placedAt: expect.any(String), expiresAt: expect.any(String) },
    ]);
    expect(await product.ok('GET', explanation, { token: tokens.finance })).toMatchObject({
      holds: [{ cause: 'leaked_coupon', seen: {} }],
    });
    const address = `/v1/holds/${hold!.id}`;
    const reason = { reason: 'Looked into' };
    expect(await status('POST', `${address}/rejection`, tokens.own, reason)).toBe(403);
    expect(await status('POST', `${address}/rejection`, tokens.auditor, reason)).toBe(403);
    expect(await status('POST', `${address}/rejection`, tokens.finance, {})).toBe(400);
    expect(await status('POST', `/v1/holds/${newId('hld')}/release`, tokens.finance, reason)).toBe(404);
    const rejected = await product.ok<Hold>('POST', `${address}/rejection`, { token: tokens.finance, body: reason });
    expect(rejected).toMatchObject({ state: 'rejected', voidEventId: `hold-rejected:${hold!.id}` });
    expect(await status('POST', `${address}/release`, tokens.finance, reason)).toBe(409);
  });

  it('hold by hand, extend and release', async () => {
    await sell('by-hand');
    const body = { programId: walk.programId, eventId: 'by-hand', note: 'To be looked into', ownerRole: 'legal' };
    const made = await product.call<Hold>('POST', '/v1/holds', { token: tokens.manager, body });
    expect(made).toMatchObject({ status: 201, body: { state: 'open', cause: 'manual' } });
    expect(await status('POST', '/v1/holds', tokens.manager, body)).toBe(409);
    const address = `/v1/holds/${made.body.id}`;
    const later = { reason: 'The shop is asked', expiresAt: new Date(Date.now() + 86_400_000).toISOString() };
    await product.ok('POST', `${address}/extension`, { token: tokens.manager, body: later });
    await product.ok('POST', `${address}/release`, { token: tokens.manager, body: { reason: 'It is fine' } });
    expect(await holds('state=released')).toMatchObject([{ id: made.body.id }]);
  });

  it('compare hashes of customers with those of the partner', async () => {
    const [cardFingerprint, facts] = ['card-1', `/v1/events/risk-facts?programId=${walk.programId}`];
    const fact = { eventId: 'own-card', cardFingerprint };
    expect(await product.ok('POST', facts, { token: tokens.shop, body: { facts: [fact] } })).toEqual({
      results: [{ eventId: 'own-card', status: 'recorded' }],
    });
    expect(await status('POST', facts, tokens.shop, { facts: [{ eventId: 'own-card' }] })).toBe(400);
    const own = { facts: [{ kind: 'card', value: cardFingerprint }] };
    expect(await status('POST', `/v1/partners/${partner.partnerId}/risk-facts`, tokens.finance, own)).toBe(204);
    await sell('own-card');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await run('commission-review-runs');
    expect(await holds('cause=self_purchase')).toMatchObject([{ eventId: 'own-card', seen: { by: ['card'] } }]);
  });

  it('carry a dispute from the partner to a booked adjustment, and tell the partner no more than it should know', async () => {
    await sell('disputed');
    const body = { subject: { kind: 'event', eventId: 'disputed' }, text: 'I was promised more' };
    const opened = await product.call<Dispute>('POST', '/v1/disputes', { token: tokens.own, body });
    expect(opened).toMatchObject({ status: 201, body: { state: 'open', overdue: false } });
    const address = `/v1/disputes/${opened.body.id}`;
    const answer = { decision: 'upheld', reason: 'You are right', adjustmentMinor: 20_000 };
    expect(await status('POST', `${address}/answer`, tokens.own, answer)).toBe(403);
    const answered = await product.ok<Dispute>('POST', `${address}/answer`, { token: tokens.manager, body: answer });
    expect(answered).toMatchObject({ state: 'awaiting_approval', adjustment: { amountMinor: 20_000 } });
    const before = await product.ok<Dispute>('GET', address, { token: tokens.own });
    expect(before).toMatchObject({ state: 'open', answer: null, adjustment: null });
    await product.ok('POST', `${address}/approval`, { token: tokens.approver, body: {} });
    const after = await product.ok<Dispute>('GET', address, { token: tokens.own });
    expect(after).toMatchObject({ state: 'upheld', answer: 'You are right', adjustment: { amountMinor: 20_000 } });
    expect(after).not.toHaveProperty('answeredBy');
    const overdue = `/v1/disputes?programId=${walk.programId}&overdue=true`;
    expect(await product.ok('GET', overdue, { token: tokens.auditor })).toMatchObject({ items: [] });
    expect(await status('GET', '/v1/disputes', tokens.auditor)).toBe(400);
    expect((await product.mail(partner.email, 'answer to your dispute')).text).toContain('You are right');
  });

  it('write off what a partner owes, once another person approves', async () => {
    const down = { subject: { kind: 'missing', facts: { reference: 'paid-twice' } }, text: 'It was paid twice' };
    const { id } = await product.ok<Dispute>('POST', '/v1/disputes', { token: tokens.own, body: down });
    const answer = { decision: 'upheld', reason: 'Indeed', adjustmentMinor: -5_000_000 };
    await product.ok('POST', `/v1/disputes/${id}/answer`, { token: tokens.manager, body: answer });
    await product.ok('POST', `/v1/disputes/${id}/approval`, { token: tokens.approver, body: {} });
    const receivable = `/v1/partners/${partner.partnerId}/receivable`;
    const { owed } = await product.ok<{ owed: { amountMinor: number; currency: string }[] }>('GET', receivable, {
      token: tokens.own,
    });
    expect(owed).toMatchObject([{ currency: 'USD' }]);
    const [debt] = owed;
    const { items } = await product.ok<{ items: object[] }>('GET', `${receivable}/entries?currency=USD`, {
      token: tokens.own,
    });
    expect(items).toMatchObject([{ kind: 'adjust', amount: debt }]);
    const proposal = { partnerId: partner.partnerId, amount: debt, reason: 'Too little to ask for' };
    const more = { ...proposal, amount: { ...debt, amountMinor: debt!.amountMinor + 1 } };
    expect(await status('POST', '/v1/write-offs', tokens.finance, more)).toBe(422);
    expect(await status('POST', '/v1/write-offs', tokens.own, proposal)).toBe(403);
    const { id: writeOffId } = await product.ok<{ id: string }>('POST', '/v1/write-offs', {
      ...{ token: tokens.finance, body: proposal },
    });
    expect(await status('POST', `/v1/write-offs/${writeOffId}/approval`, tokens.finance, {})).toBe(403);
    await product.ok('POST', `/v1/write-offs/${writeOffId}/approval`, { token: tokens.approver, body: {} });
    expect(await product.ok('GET', receivable, { token: tokens.own })).toEqual({ owed: [] });
  });
});
