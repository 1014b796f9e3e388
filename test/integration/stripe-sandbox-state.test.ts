import { randomUUID } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Stripe from 'stripe';
import { startSandbox } from '../../apps/sandbox/server.js';
import { readSandboxSettings } from '../../apps/sandbox/settings.js';
import { sumOutflow, type SendRequest } from '../../libs/payouts/domain/index.js';
import type { StripeTransfersRail } from '../../libs/payouts/rails/stripe-transfers.rail.js';
import { openTestAccount, SandboxFixture, sandboxKeys, sendRequestOf } from '../support/stripe-sandbox.js';

describe('what the Stripe sandbox tells, keeps and refuses', () => {
  let fixture: SandboxFixture;
  let rail: StripeTransfersRail;
  let accountReference: string;

  beforeEach(async () => {
    fixture = await SandboxFixture.start();
    rail = fixture.rail();
    accountReference = await openTestAccount(rail);
  });

  afterEach(() => fixture.close());

  const requestOf = (changes: Partial<SendRequest> = {}) => sendRequestOf({ accountReference, ...changes });

  describe('webhooks', () => {
    const typesOf = () => fixture.receiver.received.map(({ event }) => event.type);

    it('tells of what was made and of what came back, signed', async () => {
      const { reference } = await rail.send(requestOf());
      await fixture.control.stripe('POST', `/v1/transfers/${reference}/reversals`, { amount: '40' });
      await fixture.receiver.until(({ length }) => length === 2);
      const events = fixture.receiver.received.map(({ rawBody, signature }) => rail.parseWebhook(rawBody, signature));
      expect(events.map(({ type }) => type).sort()).toEqual(['transfer.created', 'transfer.reversed']);
      expect(events.map((event) => event.reference)).toEqual([reference, reference]);
      expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
      expect(await rail.fetch(reference)).toMatchObject({ status: 'settled', amountMinor: 100n, returnedMinor: 40n });
    });

    it('rejects an event signed with another secret, or signed too long ago', async () => {
      await rail.send(requestOf());
      await fixture.receiver.until(({ length }) => length === 1);
      const { rawBody } = fixture.receiver.received[0]!;
      const stripe = new Stripe(sandboxKeys.apiKey);
      const header = (secret: string, timestamp?: number) =>
        stripe.webhooks.generateTestHeaderString({ payload: rawBody, secret, ...(timestamp && { timestamp }) });
      expect(() => rail.parseWebhook(rawBody, header('whsec_other'))).toThrow(/not signed/);
      expect(() => rail.parseWebhook(rawBody, header(sandboxKeys.webhookSecret, 1_700_000_000))).toThrow(/too old/);
      const live = rawBody.replace('"livemode":false,"pending', '"livemode":true,"pending');
      const liveHeader = stripe.webhooks.generateTestHeaderString({ payload: live, secret: sandboxKeys.webhookSecret });
      expect(() => rail.parseWebhook(live, liveHeader)).toThrow(/mode/);
      expect(rail.parseWebhook(rawBody, header(sandboxKeys.webhookSecret)).type).toBe('transfer.created');
    });

    it('sends until the endpoint says yes', async () => {
      fixture.receiver.refusals = 2;
      await rail.send(requestOf());
      await fixture.receiver.until(({ length }) => length === 1);
      expect(fixture.receiver.refusals).toBe(0);
    });

    it('sends one twice, one late and one after a later one', async () => {
      await fixture.control.strike(
        { kind: 'webhook_duplicate', match: { itemId: 'itm_twice' } },
        { kind: 'webhook_late', delayMs: 300, match: { itemId: 'itm_late' } },
        { kind: 'webhook_reorder', delayMs: 60_000, match: { itemId: 'itm_behind' } },
      );
      const late = await rail.send(requestOf({ itemId: 'itm_late' }));
      const behind = await rail.send(requestOf({ itemId: 'itm_behind' }));
      const twice = await rail.send(requestOf({ itemId: 'itm_twice' }));
      await fixture.receiver.until(({ length }) => length === 4);
      const order = fixture.receiver.received.map(({ event }) => event.data.object.id);
      expect(order[0]).toBe(twice.reference);
      expect([...order].sort()).toEqual([late, behind, twice, twice].map(({ reference }) => reference).sort());
      const ids = fixture.receiver.received.map(({ event }) => event.id);
      expect(new Set(ids).size).toBe(3);
    });

    it('sends everything again when asked', async () => {
      await rail.send(requestOf());
      await rail.send(requestOf());
      await fixture.control.replayWebhooks(3);
      await fixture.receiver.until(({ length }) => length === 8);
      expect(new Set(fixture.receiver.received.map(({ event }) => event.id)).size).toBe(2);
      expect(new Set(typesOf())).toEqual(new Set(['transfer.created']));
    });

    it('delivers after a restart what it could not deliver before', async () => {
      fixture.receiver.refusals = Infinity;
      const { reference } = await rail.send(requestOf());
      await fixture.restart();
      expect((await fixture.control.totals()).undeliveredEvents).toBe(1);
      fixture.receiver.refusals = 0;
      await fixture.receiver.until(({ length }) => length === 1);
      expect(fixture.receiver.received[0]?.event.data.object.id).toBe(reference);
    });
  });

  describe('lists', () => {
    it('pages through everything, newest first', async () => {
      const references = [];
      for (let index = 0; index < 205; index += 1) references.push((await rail.send(requestOf())).reference);
      const listed: string[] = [];
      for await (const { reference } of rail.listTransfers({})) listed.push(reference);
      expect(listed).toEqual(references.reverse());
      expect(await sumOutflow(rail.listTransfers({}))).toEqual(new Map([['USD', 20_500n]]));
    });

    it('filters by batch and by time', async () => {
      await rail.send(requestOf({ batchId: 'bat_2', amountMinor: 3n }));
      await rail.send(requestOf());
      expect(await sumOutflow(rail.listTransfers({ batchId: 'bat_2' }))).toEqual(new Map([['USD', 3n]]));
      const future = new Date('2999-01-01T00:00:00Z');
      expect(await sumOutflow(rail.listTransfers({ createdFrom: future }))).toEqual(new Map());
      expect(await sumOutflow(rail.listTransfers({ createdBefore: future }))).toEqual(new Map([['USD', 103n]]));
    });

    it('says so where one attempt has several transfers: a person decides', async () => {
      const request = requestOf();
      await rail.send(request);
      await rail.send({ ...request, idempotencyKey: randomUUID() });
      await expect(rail.find(request)).rejects.toMatchObject({ name: 'RailOutcomeUnknown', code: 'several_transfers' });
    });
  });

  describe('what it refuses', () => {
    it('answers a wrong API key with 401, which fails no item', async () => {
      const stranger = fixture.rail({ apiKey: 'sk_test_other' });
      await expect(stranger.send(requestOf())).rejects.toMatchObject({ name: 'RailUnavailable' });
      expect((await fixture.control.totals()).transfers).toBe(0);
    });

    it.each([
      ['no amount', { amount: undefined }, 'parameter_missing'],
      ['no destination', { destination: undefined }, 'parameter_missing'],
      ['an amount of zero', { amount: '0' }, 'parameter_invalid_integer'],
      ['half a cent', { amount: '0.5' }, 'parameter_invalid_integer'],
      ['an unknown parameter', { colour: 'red' }, 'parameter_unknown'],
    ] as const)('answers 400 to a transfer with %s', async (_, changes, code) => {
      const form = { amount: '5', currency: 'usd', destination: accountReference, ...changes };
      const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const response = await fixture.control.stripe('POST', '/v1/transfers', Object.fromEntries(given));
      expect(response.status).toBe(400);
      expect(response.headers.get('request-id')).toMatch(/^req_/);
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code } });
    });

    it('answers 404 to what is not there, and 400 to JSON', async () => {
      expect((await fixture.control.stripe('GET', '/v1/transfers/tr_none')).status).toBe(404);
      expect((await fixture.control.stripe('GET', '/v1/charges')).status).toBe(404);
      const response = await fetch(`${fixture.url}/v1/transfers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sandboxKeys.apiKey}`, 'content-type': 'application/json' },
        body: '{"amount":5}',
      });
      expect(response.status).toBe(400);
    });

    it('never reverses more than was sent', async () => {
      const { reference } = await rail.send(requestOf({ amountMinor: 100n }));
      const path = `/v1/transfers/${reference}/reversals`;
      const partial = Array.from({ length: 4 }, () => fixture.control.stripe('POST', path, { amount: '40' }));
      const statuses = (await Promise.all(partial)).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 200, 400, 400]);
      expect((await fixture.control.stripe('POST', path, {})).status).toBe(200);
      expect((await fixture.control.stripe('POST', path, {})).status).toBe(400);
      expect(await rail.fetch(reference)).toMatchObject({ status: 'returned', returnedMinor: 100n });
      expect(await fixture.control.totals()).toMatchObject({ totalMinor: { USD: 100 }, reversedMinor: { USD: 100 } });
    });

    it('does not start in production', async () => {
      const environment = {
        NODE_ENV: 'production',
        SANDBOX_STATE_FILE: join(fixture.folder, 'never.ndjson'),
        SANDBOX_API_KEY: sandboxKeys.apiKey,
        SANDBOX_WEBHOOK_SECRET: sandboxKeys.webhookSecret,
      };
      expect(() => readSandboxSettings(environment)).toThrow(/production/);
      const before = process.env['NODE_ENV'];
      process.env['NODE_ENV'] = 'production';
      try {
        const settings = readSandboxSettings({ ...environment, NODE_ENV: 'test' });
        await expect(startSandbox(settings)).rejects.toThrow(/production/);
      } finally {
        process.env['NODE_ENV'] = before;
      }
    });

    it('names the settings that are missing or wrong, never their values', () => {
      const wrong = { SANDBOX_STATE_FILE: '', SANDBOX_API_KEY: 'sk_live_secret', SANDBOX_WEBHOOK_SECRET: 'x' };
      const attempt = () => readSandboxSettings({ ...wrong, SANDBOX_PORT: '99999' });
      expect(attempt).toThrow(/SANDBOX_PORT.*SANDBOX_STATE_FILE.*SANDBOX_API_KEY/);
      expect(attempt).not.toThrow(/secret/);
    });
  });

  it('refuses to send more than the platform has, for good under that key', async () => {
    const poor = await SandboxFixture.start({ openingBalance: 150n });
    try {
      const poorRail = poor.rail();
      const account = await poorRail.openAccount({ partnerId: 'prt_1', idempotencyKey: 'a', currency: 'USD' });
      await poorRail.send(requestOf(account));
      const second = requestOf(account);
      for (const name of ['RailRefusal', 'RailRefusal']) {
        await expect(poorRail.send(second)).rejects.toMatchObject({ name, code: 'balance_insufficient' });
      }
      const balance = await (await poor.control.stripe('GET', '/v1/balance')).json();
      expect(balance).toMatchObject({
        available: expect.arrayContaining([expect.objectContaining({ amount: 50, currency: 'usd' })]) as unknown,
      });
    } finally {
      await poor.close();
    }
  });

  it('never says what Stripe said: errors carry a code and a request id', async () => {
    const failure: unknown = await rail
      .send(requestOf({ accountReference: 'acct_of_jo_doe' }))
      .catch((error: unknown) => error);
    expect(String(failure)).toMatch(/resource_missing, request req_/);
    expect(JSON.stringify(failure) + String(failure)).not.toMatch(/jo_doe|sk_test/);
  });

  it('refuses amounts that Stripe cannot express, before asking', async () => {
    for (const [amountMinor, currency] of [
      [0n, 'USD'],
      [1n, 'MGA'],
      [5n, 'XXX'],
      [2n ** 60n, 'USD'],
    ] as const) {
      await expect(rail.send(requestOf({ amountMinor, currency }))).rejects.toMatchObject({
        name: 'RailRefusal',
        code: 'amount_not_representable',
      });
    }
  });

  describe('the state file', () => {
    it('brings everything back: accounts, transfers, reversals, totals and keys', async () => {
      const request = requestOf();
      const sent = await rail.send(request);
      const other = await rail.send(requestOf());
      await fixture.control.stripe('POST', `/v1/transfers/${other.reference}/reversals`, {});
      const transfer = await rail.fetch(other.reference);
      for (const round of [1, 2]) {
        await fixture.restart();
        rail = fixture.rail();
        expect([round, await rail.send(request)]).toEqual([round, sent]);
        expect(await rail.fetch(other.reference)).toEqual(transfer);
        const totals = { transfers: 2, totalMinor: { USD: 200 }, reversedMinor: { USD: 100 }, accounts: 1 };
        expect(await fixture.control.totals()).toMatchObject(totals);
      }
    });

    it('leaves out a last line that was never acknowledged, and refuses a file that somebody changed', async () => {
      await rail.send(requestOf());
      const file = join(fixture.folder, 'state.ndjson');
      await appendFile(file, '[{"kind":"transfer","transfer":{"id":"tr_to');
      await fixture.restart();
      expect((await fixture.control.totals()).transfers).toBe(1);
      const lines = (await readFile(file, 'utf8')).split('\n');
      const broken = join(fixture.folder, 'broken.ndjson');
      await writeFile(broken, [lines[0], '{"kind":', ...lines.slice(1)].join('\n'));
      const settings = { host: '127.0.0.1', port: 0, stateFile: broken, ...sandboxKeys };
      await expect(startSandbox(settings)).rejects.toThrow(/line 2/);
    });

    it('is left alone by a second process that finds the port taken', async () => {
      await rail.send(requestOf());
      const settings = { host: '127.0.0.1', port: Number(new URL(fixture.url).port), ...sandboxKeys };
      const file = join(fixture.folder, 'state.ndjson');
      await expect(startSandbox({ ...settings, stateFile: file })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await rail.send(requestOf());
      await fixture.restart();
      expect((await fixture.control.totals()).transfers).toBe(2);
    });
  });
});
