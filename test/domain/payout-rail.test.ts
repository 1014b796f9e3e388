import {
  classifyRailAnswer,
  parameterHash,
  railIdempotencyKey,
  type RailAnswer,
} from '../../libs/payouts/domain/index.js';
import { createStripeRail } from '../../libs/payouts/rails/stripe-transfers.rail.js';
import { fromStripeAmount, toStripeAmount } from '../../libs/payouts/rails/stripe-amounts.js';

function answer(changes: Partial<RailAnswer>): RailAnswer {
  return {
    status: undefined,
    rawType: undefined,
    code: undefined,
    retryAfterMs: undefined,
    requestId: undefined,
    ...changes,
  };
}

describe('what a rail answers', () => {
  it.each([
    ['no answer at all', {}, 'RailOutcomeUnknown', 'no_answer'],
    ['a broken success', { status: 200 }, 'RailOutcomeUnknown', 'http_200'],
    ['an error of the server', { status: 500, rawType: 'api_error' }, 'RailOutcomeUnknown', 'api_error'],
    ['a gateway without an answer', { status: 504 }, 'RailOutcomeUnknown', 'http_504'],
    [
      'a key under way',
      { status: 409, code: 'idempotency_key_in_use' },
      'RailOutcomeUnknown',
      'idempotency_key_in_use',
    ],
    ['a key used before', { status: 400, rawType: 'idempotency_error' }, 'RailOutcomeUnknown', 'idempotency_error'],
    ['a failed dependency', { status: 424 }, 'RailOutcomeUnknown', 'http_424'],
    ['too many requests', { status: 429, code: 'rate_limit' }, 'RailThrottled', undefined],
    ['too many requests, old style', { status: 400, code: 'rate_limit' }, 'RailThrottled', undefined],
    ['a lock held by another request', { status: 429, code: 'lock_timeout' }, 'RailThrottled', undefined],
    ['a wrong key', { status: 401 }, 'RailUnavailable', 'http_401'],
    ['a key without the right', { status: 403 }, 'RailUnavailable', 'http_403'],
    ['a request that is wrong', { status: 400, code: 'parameter_missing' }, 'RailRefusal', 'parameter_missing'],
    ['a declined payment', { status: 402 }, 'RailRefusal', 'http_402'],
    ['something that is not there', { status: 404, code: 'resource_missing' }, 'RailRefusal', 'resource_missing'],
  ] as const)('%s', (_, changes, name, code) => {
    const failure = classifyRailAnswer('sending', 'write', answer(changes));
    expect(failure.name).toBe(name);
    if (code !== undefined) expect(failure).toMatchObject({ code });
  });

  it('cannot be unknown for a read, which moves nothing', () => {
    expect(classifyRailAnswer('reading', 'read', answer({})).name).toBe('RailUnavailable');
    expect(classifyRailAnswer('reading', 'read', answer({ status: 503 })).name).toBe('RailUnavailable');
    expect(classifyRailAnswer('reading', 'read', answer({ status: 404 })).name).toBe('RailRefusal');
  });

  it('carries the time to wait', () => {
    expect(classifyRailAnswer('sending', 'write', answer({ status: 429, retryAfterMs: 7_000 }))).toMatchObject({
      retryAfterMs: 7_000,
    });
  });

  it('repeats no text of the rail that is not a plain word', () => {
    const account = 'account DE89 3704 0044 0532 0130 00 of Jo Doe';
    const failure = classifyRailAnswer('sending', 'write', answer({ status: 400, code: account, requestId: account }));
    expect(JSON.stringify([failure, failure.message, failure.stack])).not.toMatch(/DE89|Doe/);
  });
});

describe('the idempotency key of an attempt', () => {
  const key = railIdempotencyKey('production', 'itm_1', 1, 'stripe-transfers');

  it('never changes: what is under way would be paid again', () => {
    expect(key).toBe('64fa1137-b3cf-5e68-bc91-83d9003a29de');
  });

  it('differs for another environment, item, attempt or rail', () => {
    const others = [
      railIdempotencyKey('staging', 'itm_1', 1, 'stripe-transfers'),
      railIdempotencyKey('production', 'itm_2', 1, 'stripe-transfers'),
      railIdempotencyKey('production', 'itm_1', 2, 'stripe-transfers'),
      railIdempotencyKey('production', 'itm_1', 1, 'bank-file'),
    ];
    expect(new Set([key, ...others]).size).toBe(others.length + 1);
  });

  it.each([0, -1, 1.5, NaN])('refuses attempt %p', (attempt) => {
    expect(() => railIdempotencyKey('production', 'itm_1', attempt, 'stripe-transfers')).toThrow(RangeError);
  });
});

describe('the hash of what a send says', () => {
  const request = {
    itemId: 'itm_1',
    attempt: 1,
    batchId: 'bat_1',
    accountReference: 'acct_1',
    amountMinor: 100n,
    currency: 'USD',
  };

  it('is the same for the same parameters in any order and differs for any other', () => {
    const { currency, ...rest } = request;
    expect(parameterHash({ currency, ...rest })).toBe(parameterHash(request));
    const changes = [
      { itemId: 'itm_2' },
      { attempt: 2 },
      { batchId: 'bat_2' },
      { accountReference: 'acct_2' },
      { amountMinor: 101n },
      { currency: 'EUR' },
    ];
    const hashes = changes.map((change) => parameterHash({ ...request, ...change }));
    expect(new Set([parameterHash(request), ...hashes]).size).toBe(changes.length + 1);
  });
});

describe("Stripe's amounts", () => {
  it.each([
    ['USD', 1234n, 1234n],
    ['JPY', 1234n, 1234n],
    ['HUF', 1234n, 1234n],
    ['ISK', 1234n, 123_400n],
    ['UGX', 1234n, 123_400n],
    ['MGA', 123_400n, 1234n],
    ['KWD', 12_340n, 12_340n],
  ])('%s: %p minor units are %p', (currency, amountMinor, amount) => {
    expect(toStripeAmount(amountMinor, currency)).toBe(amount);
    expect(fromStripeAmount(amount, currency)).toBe(amountMinor);
  });

  it('refuses what Stripe cannot say exactly', () => {
    expect(toStripeAmount(1_001n, 'MGA')).toBeUndefined();
    expect(toStripeAmount(12_345n, 'KWD')).toBeUndefined();
    expect(() => fromStripeAmount(150n, 'ISK')).toThrow(RangeError);
  });
});

describe("the options of Stripe's rail", () => {
  const apiBase = 'http://127.0.0.1:4010';

  it('knows real money by its key', () => {
    const isLive = (apiKey: string) => createStripeRail({ apiKey, webhookSecret: 'whsec_x' }).isLive;
    expect([isLive('sk_live_x'), isLive('rk_live_x'), isLive('sk_test_x'), isLive('rk_test_x')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isLive('something_else')).toBe(true);
  });

  it('never sends a live key to a sandbox', () => {
    expect(() => createStripeRail({ apiKey: 'sk_live_x', webhookSecret: 'whsec_x', apiBase })).toThrow(/live/);
  });

  it.each(['127.0.0.1:4010', 'ftp://127.0.0.1', `${apiBase}/v1`, `${apiBase}?x=1`, 'http://u:p@127.0.0.1'])(
    'refuses the address %p',
    (wrong) => {
      const options = { apiKey: 'sk_test_x', webhookSecret: 'whsec_x', apiBase: wrong };
      expect(() => createStripeRail(options)).toThrow(/address/);
    },
  );

  it.each([99, 120_001, 1.5, NaN])('refuses the time-out %p', (timeoutMs) => {
    expect(() => createStripeRail({ apiKey: 'sk_test_x', webhookSecret: 'whsec_x', timeoutMs })).toThrow(/time-out/);
  });
});
