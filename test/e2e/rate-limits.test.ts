import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApi } from '../../apps/api/create-api.js';
import { networkOf } from '../../apps/api/edge/rate-limit.guard.js';
import { Database } from '../../libs/database/index.js';
import { callApi, MemoryLog, startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';
import { programDocument } from '../support/contracting.js';

/** Two API processes on one database, as behind a balancer, and a program to apply to. */
interface House {
  apis: [TestApi, { url: string; close(): Promise<void> }];
  programId: string;
  close(): Promise<void>;
}

describe('public requests', () => {
  const houses: House[] = [];
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.close();
  });

  async function open(variables: Record<string, string>): Promise<House> {
    const first = await startTestApi(variables, { logger: new MemoryLog() });
    const app: NestFastifyApplication = await createApi(first.env, { logger: new MemoryLog() });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const second = { url: await app.getUrl(), close: () => app.close() };
    const token = await first.token('admin');
    const { body } = await first.call<{ id: string }>('POST', '/v1/programs', { token, body: programDocument() });
    const close = async () => {
      await second.close();
      await first.close();
    };
    const house: House = { apis: [first, second], programId: body.id, close };
    houses.push(house);
    return house;
  }

  let turn = 0;
  /** Sends to one process and the other in turn. */
  const send = (house: House, path: string, body: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    callApi(house.apis[turn++ % 2]!.url, 'POST', path, { body, headers });
  const apply = (house: House, email: string, headers: Record<string, string> = {}): Promise<ApiAnswer> => {
    const person = { name: 'Ada', email, consent: { version: '2026-01', given: true } };
    return send(house, `/v1/programs/${house.programId}/applications`, person, headers);
  };
  const limits = (address: number, email: number, seconds = 60): Record<string, string> => ({
    RATE_LIMIT_PER_ADDRESS: String(address),
    RATE_LIMIT_ADDRESS_WINDOW_SECONDS: String(seconds),
    RATE_LIMIT_PER_EMAIL: String(email),
    RATE_LIMIT_EMAIL_WINDOW_SECONDS: String(seconds),
  });

  it('of one network address are counted by all processes together, and refused beyond the limit', async () => {
    const house = await open(limits(5, 1_000));
    for (let number = 1; number <= 5; number += 1) {
      expect((await apply(house, `ada-${number}@partner.example`)).status).toBe(202);
    }
    for (const process of [0, 1]) {
      const { status, body, headers } = await apply(house, `late-${process}@partner.example`);
      expect([status, body['code']]).toEqual([429, 'rate-limited']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    // Nothing was kept of what was refused, and other addresses of the API are counted apart.
    const database = await Database.connect(house.apis[0].database.url, 1);
    const rows = await database.query(`select 1 from persons where email like 'late-%'`);
    const keys = await database.query<{ key: string }>(`select key from rate_limits`);
    await database.close();
    expect(rows).toEqual([]);
    expect(keys.every(({ key }) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
    const form = await callApi(house.apis[1].url, 'GET', `/v1/programs/${house.programId}/application-form`);
    expect(form.status).toBe(200);
    expect((await send(house, '/v1/verification/nothing', {})).status).toBe(404);
  });

  it('that come at once are let through exactly as many as may be', async () => {
    const house = await open(limits(7, 1_000));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => apply(house, `many-${n}@partner.example`)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(7);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(13);
  });

  it('about one mail address are counted together, however it is written', async () => {
    const house = await open(limits(1_000, 2));
    expect((await apply(house, 'ada@partner.example')).status).toBe(202);
    expect((await apply(house, 'ADA+shop@Partner.Example')).status).toBe(202);
    expect((await apply(house, 'ada+more@partner.example')).status).toBe(429);
    expect((await apply(house, 'bob@partner.example')).status).toBe(202);
  });

  it.each(['/v1/verification/wrong', '/v1/references/wrong'])('to %s are counted by their link', async (path) => {
    const house = await open(limits(1_000, 3));
    const body = path.includes('references') ? { answers: {} } : {};
    for (let number = 0; number < 3; number += 1) expect((await send(house, path, body)).status).toBe(404);
    expect((await send(house, path, body)).status).toBe(429);
    expect((await send(house, `${path}-other`, body)).status).toBe(404);
    const page = await callApi(house.apis[0].url, 'POST', path, {
      raw: '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(page.status).toBe(429);
  });

  it('are taken again once the window is over', async () => {
    const house = await open(limits(1, 1_000, 1));
    expect((await apply(house, 'one@partner.example')).status).toBe(202);
    const refused = await apply(house, 'two@partner.example');
    expect(refused.status).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(refused.headers.get('retry-after')) + 100));
    expect((await apply(house, 'two@partner.example')).status).toBe(202);
  });

  it('are told apart by what a trusted proxy says, and by nothing that a caller says itself', async () => {
    const direct = await open(limits(1, 1_000));
    expect((await apply(direct, 'a@partner.example', { 'x-forwarded-for': '198.51.100.1' })).status).toBe(202);
    expect((await apply(direct, 'b@partner.example', { 'x-forwarded-for': '198.51.100.2' })).status).toBe(429);
    const behind = await open({ ...limits(1, 1_000), TRUSTED_PROXIES: '127.0.0.1/32' });
    expect((await apply(behind, 'c@partner.example', { 'x-forwarded-for': '198.51.100.1' })).status).toBe(202);
    expect((await apply(behind, 'd@partner.example', { 'x-forwarded-for': '198.51.100.2' })).status).toBe(202);
    // What stands before the proxy's own word may be made up.
    const lie = { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' };
    expect((await apply(behind, 'e@partner.example', lie)).status).toBe(429);
  });

  it('of a rehearsal are not limited', async () => {
    const house = await open({ ...limits(1, 1), REHEARSAL: 'true' });
    for (let number = 0; number < 4; number += 1) {
      expect((await apply(house, 'same@partner.example')).status).toBe(202);
    }
  });
});

describe('a network address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['unix', 'unix'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
