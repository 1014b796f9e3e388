import { vi } from 'vitest';
import { randomUUID } from 'node:crypto';
import { Database } from '../../libs/database/index.js';
import { RailThrottled, type SendRequest } from '../../libs/payouts/domain/index.js';
import { PacedRail } from '../../libs/payouts/rails/paced-rail.js';
import { RailBucket } from '../../libs/payouts/rails/rail-bucket.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';
import { openTestAccount, SandboxFixture, sendRequestOf } from '../support/stripe-sandbox.js';

/** A token an hour: none comes back while a test runs, so what is counted does not depend on its speed. */
const hourly = 1 / 3_600;

describe('the token bucket of a rail account', () => {
  let testDatabase: TestDatabase;
  /** Two processes, as far as the bucket can tell. */
  let here: Database;
  let there: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    here = await Database.connect(testDatabase.url);
    there = await Database.connect(testDatabase.url);
  });

  afterEach(() => vi.restoreAllMocks());

  afterAll(async () => {
    await Promise.all([here.close(), there.close()]);
    await testDatabase.drop();
  });

  const newAccount = () => `test/${randomUUID()}`;

  it('gives what it holds, to all processes together, and then nothing', async () => {
    const account = newAccount();
    const limits = { perSecond: hourly, capacity: 50 };
    const buckets = [new RailBucket(here, account, limits), new RailBucket(there, account, limits)];
    const takes = Array.from({ length: 120 }, (_, index) => buckets[index % 2]!.take(1, 0));
    expect((await Promise.all(takes)).filter(({ taken }) => taken)).toHaveLength(50);
    expect(await buckets[0]!.take(1, 0)).toMatchObject({ taken: false });
  });

  it('lets nobody overtake: whoever asks later waits longer, and by as much as was asked for before', async () => {
    const account = newAccount();
    const limits = { perSecond: hourly, capacity: 1 };
    const [first, second] = [new RailBucket(here, account, limits), new RailBucket(there, account, limits)];
    const waits: number[] = [];
    for (const [bucket, count] of [
      [first, 1],
      [second, 1],
      [first, 3],
      [second, 1],
    ] as const) {
      waits.push((await bucket.take(count, Infinity)).waitMs);
    }
    const hours = waits.map((waitMs) => Math.round(waitMs / 3_600_000));
    expect(hours).toEqual([0, 1, 4, 5]);
  });

  it('takes nothing where the wait would be too long, and says how long it would be', async () => {
    const bucket = new RailBucket(here, newAccount(), { perSecond: hourly, capacity: 1 });
    await bucket.take(1, 0);
    for (let round = 0; round < 2; round += 1) {
      const { taken, waitMs } = await bucket.take(1, 60_000);
      expect([taken, Math.round(waitMs / 3_600_000)]).toEqual([false, 1]);
    }
  });

  it("knows no clock but the database's, and takes no harm where that was set back", async () => {
    const account = newAccount();
    const bucket = new RailBucket(here, account, { perSecond: hourly, capacity: 2 });
    await bucket.take(2, 0);
    vi.spyOn(Date, 'now').mockReturnValue(Date.parse('2100-01-01T00:00:00Z'));
    expect(await bucket.take(1, 0)).toMatchObject({ taken: false });
    vi.restoreAllMocks();
    await here.query(`update rail_buckets set refilled_at = now() + interval '9 hours' where account = $1`, [account]);
    expect(await bucket.take(1, 0)).toMatchObject({ taken: false });
    await here.query(`update rail_buckets set refilled_at = now() - interval '9 hours' where account = $1`, [account]);
    const takes = [await bucket.take(1, 0), await bucket.take(1, 0), await bucket.take(1, 0)];
    expect(takes.map(({ taken }) => taken)).toEqual([true, true, false]);
  });

  it('is empty for as long as the rail says, and slow for a while after', async () => {
    const account = newAccount();
    const bucket = new RailBucket(here, account, { perSecond: 100, capacity: 100 });
    await Promise.all([bucket.slowDown(60_000), bucket.slowDown(60_000), bucket.slowDown(60_000)]);
    const { taken, waitMs } = await bucket.take(1, 0);
    expect(taken).toBe(false);
    expect(waitMs).toBeGreaterThan(30_000);
    expect(waitMs).toBeLessThan(70_000);
    // Two seconds of the slow time bring back half of what they would.
    await here.query(
      `update rail_buckets set tokens = -1000, refilled_at = now() - interval '10 seconds', slowed_until = now()
       where account = $1`,
      [account],
    );
    const later = await bucket.take(1, 0);
    expect(later.taken).toBe(false);
    expect(later.waitMs).toBeGreaterThan(4_000);
  });

  it('refuses limits that cannot work', () => {
    expect(() => new RailBucket(here, 'a', { perSecond: 0 })).toThrow(RangeError);
    expect(() => new RailBucket(here, 'a', { perSecond: 1, capacity: 0.5 })).toThrow(RangeError);
  });

  describe('around a rail', () => {
    let fixture: SandboxFixture;
    let accountReference: string;

    beforeEach(async () => {
      fixture = await SandboxFixture.start();
      accountReference = await openTestAccount(fixture.globalPayouts(here));
    });

    afterEach(() => fixture.close());

    const paced = (database: Database, account: string, perSecond: number, capacity: number) =>
      new PacedRail(
        fixture.globalPayouts(database, { timeoutMs: 20_000 }),
        new RailBucket(database, account, { perSecond, capacity }),
      );
    const requestOf = (changes: Partial<SendRequest> = {}) => {
      const request = sendRequestOf({ accountReference, ...changes });
      return { ...request, idempotencyKey: randomUUID() };
    };

    it('keeps two processes together below the rate, as the rail counts their calls', async () => {
      const account = newAccount();
      const [perSecond, capacity] = [20, 5];
      const rails = [paced(here, account, perSecond, capacity), paced(there, account, perSecond, capacity)];
      await Promise.all(Array.from({ length: 40 }, (_, index) => rails[index % 2]!.send(requestOf())));
      const times: number[] = [];
      for await (const { createdAt } of fixture.globalPayouts(here).listTransfers({})) times.push(createdAt.getTime());
      expect(times).toHaveLength(40);
      const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 500).length));
      // In half a second: a full bucket and ten more. Calls that were held up on their way may come closer together.
      expect(busiest).toBeLessThanOrEqual(25);
    });

    it('tells callers to come back where there is no room, as the rail would, and nothing is sent', async () => {
      const rail = paced(here, newAccount(), hourly, 1);
      await rail.send(requestOf());
      const failure: unknown = await rail.send(requestOf()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RailThrottled);
      expect((failure as RailThrottled).retryAfterMs).toBeGreaterThan(60_000);
      expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 1 });
    });

    it('slows every process down once the rail has throttled one', async () => {
      const account = newAccount();
      const [one, other] = [paced(here, account, 50, 50), paced(there, account, 50, 50)];
      await fixture.control.strike({ kind: 'throttle', delayMs: 60_000 });
      await expect(one.send(requestOf())).rejects.toMatchObject({ retryAfterMs: 60_000 });
      const failure: unknown = await other.send(requestOf()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RailThrottled);
      expect((failure as RailThrottled).retryAfterMs).toBeGreaterThan(30_000);
      expect(await fixture.control.totals()).toMatchObject({ outboundPayments: 0 });
    });
  });
});
