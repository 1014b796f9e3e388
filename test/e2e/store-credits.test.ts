import { randomUUID } from 'node:crypto';
import { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { StoreCreditRail } from '../../libs/payouts/index.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

interface Credit {
  id: string;
  state: string;
  codeEnding: string;
  redemptionReference: string | null;
}

describe('store credits over HTTP', () => {
  let api: TestApi;
  let programId: string;
  let partnerId: string;
  let other: string;

  beforeAll(async () => {
    api = await startTestApi();
    const database = api.app.get(Database);
    programId = await seedProgram(database);
    partnerId = await seedPartner(database, { programId, reference: 'ada' });
    other = await seedPartner(database, { programId, reference: 'bob' });
  });

  afterAll(() => api.close());

  async function issue(): Promise<string> {
    const rail = api.app.get(StoreCreditRail, { strict: false });
    const opening = { partnerId, idempotencyKey: randomUUID(), currency: 'USD' };
    const { accountReference } = await rail.openAccount(opening);
    const attempt = { itemId: newId('itm'), attempt: 1, batchId: newId('bat'), amountMinor: 2_500n, currency: 'USD' };
    return (await rail.send({ ...attempt, accountReference, idempotencyKey: randomUUID() })).reference;
  }

  const codeOf = async (id: string) =>
    (
      await api.call<{ code: string }>('POST', `/v1/store-credits/${id}/code`, {
        token: await api.token({ partnerId }),
      })
    ).body.code;
  const redeem = async (code: string, token: string, reference = 'order-1') =>
    api.call<Credit>('POST', '/v1/store-credits/redemptions', { token, body: { programId, code, reference } });

  it('go from the partner, who alone sees the code, to the shop, which redeems it once', async () => {
    const id = await issue();
    const code = await codeOf(id);
    const service = await api.token('service');
    const redeemed = await redeem(code, service);
    expect([redeemed.status, redeemed.body]).toMatchObject([
      200,
      { id, state: 'redeemed', redemptionReference: 'order-1', amount: { amountMinor: 2_500, currency: 'USD' } },
    ]);
    expect(redeemed.text).not.toContain(code);
    expect((await redeem(code, service)).status).toBe(200);
    expect((await redeem(code, service, 'order-2')).status).toBe(409);
  });

  it('show their code to nobody else', async () => {
    const id = await issue();
    for (const who of ['finance', 'admin', 'service', { partnerId: other }] as const) {
      const { status, text } = await api.call('POST', `/v1/store-credits/${id}/code`, { token: await api.token(who) });
      expect([who, [403, 404].includes(status)]).toEqual([who, true]);
      expect(text).not.toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}-/);
    }
  });

  it('are redeemed by shops and finance alone, and never by the partner itself', async () => {
    const code = await codeOf(await issue());
    for (const who of ['auditor', 'partner_manager', { partnerId }] as const) {
      expect([who, [403, 404].includes((await redeem(code, await api.token(who))).status)]).toEqual([who, true]);
    }
    expect((await redeem(code, await api.token('finance'))).status).toBe(200);
  });

  it('refuse what is no code with a pointer, and what nobody issued as not found', async () => {
    const service = await api.token('service');
    const mistyped = await redeem('K7Q2-9XTM', service);
    expect([mistyped.status, mistyped.body]).toMatchObject([400, { errors: [{ pointer: '/code' }] }]);
    expect((await redeem('0000-0000-0000-0000', service)).status).toBe(404);
  });

  it('are taken back by finance, with a reason, where nobody has redeemed them', async () => {
    const id = await issue();
    const code = await codeOf(id);
    const address = `/v1/store-credits/${id}/void`;
    const finance = await api.token('finance');
    const bare = await api.call('POST', address, { token: finance, body: {} });
    expect(bare.status).toBe(400);
    const byPartner = await api.call('POST', address, { token: await api.token({ partnerId }), body: { reason: 'x' } });
    expect([403, 404]).toContain(byPartner.status);
    const voided = await api.call('POST', address, { token: finance, body: { reason: 'granted by mistake' } });
    expect([voided.status, voided.body]).toMatchObject([200, { state: 'voided' }]);
    expect((await redeem(code, await api.token('service'))).status).toBe(409);
  });

  it('are listed for finance and, its own alone, for a partner', async () => {
    const id = await issue();
    const list = async (query: string, token: string) =>
      api.call<{ items: Credit[] }>('GET', `/v1/store-credits?programId=${programId}${query}`, { token });
    const all = await list('&state=issued', await api.token('finance'));
    expect(all.body.items.map((credit) => credit.id)).toContain(id);
    const own = await list(`&partnerId=${partnerId}`, await api.token({ partnerId }));
    expect(own.body.items.map((credit) => credit.id)).toContain(id);
    expect((await list(`&partnerId=${partnerId}`, await api.token({ partnerId: other }))).status).toBe(404);
    expect((await list('', await api.token({ partnerId }))).status).toBe(404);
    const page = await list('&limit=1', await api.token('auditor'));
    expect(page.body.items).toHaveLength(1);
  });
});
