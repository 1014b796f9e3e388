import { PayoutHouse } from '../support/payout-house.js';
import { openTestAccount } from '../support/stripe-sandbox.js';

/** One call at once, and the next one after a thousand seconds: what is counted does not depend on a test's speed. */
const perSecond = 0.001;

let house: PayoutHouse;

beforeAll(async () => {
  house = await PayoutHouse.open({ RAIL_REQUESTS_PER_SECOND: String(perSecond) });
});

afterAll(() => house.close());

it('is one for all workers that pay from the same account at the rail', async () => {
  const batchId = await released(house, { partners: 6, slices: 2 });
  const stop = new AbortController();
  const workers = [house.payouts, await house.peer()];
  const runs = workers.map((payouts, index) => payouts.paySlice(batchId, index + 1, { signal: stop.signal }));
  const ended = Promise.allSettled(runs);
  const states = async () => Object.values(await house.itemsOf(batchId)).map(({ state }) => state);
  const transfers = async () => (await house.sandbox.control.totals()).transfers;
  while ((await states()).includes('reserved') || (await transfers()) === 0) await pause(20);
  // Both have claimed what is theirs and ask for their turn.
  await pause(200);
  expect(await transfers()).toBe(1);
  stop.abort(new Error('shutting down'));
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await transfers()).toBe(1);
  // Nothing is lost: the others are on their way, and are probed when there is room again.
  expect((await states()).sort()).toEqual(['sending', 'sending', 'sending', 'sending', 'sending', 'settled']);
});

/** A batch of so many partners, all with one account, in so many slices; only what it takes to release it was asked of the rail. */
async function released(at: PayoutHouse, { partners: count, slices }: { partners: number; slices: number }) {
  const program = await at.program();
  const account = await openTestAccount(at.sandbox.rail());
  const partners = await Promise.all(Array.from({ length: count }, () => program.partner({ hasAccount: false })));
  await at.database.query(
    `insert into payout_accounts (partner_id, program_id, rail, account_reference, created_at)
     select partner_id, $1, 'stripe-transfers', $2, now() from unnest($3::text[]) as partner_id`,
    [program.id, account, partners],
  );
  for (const partner of partners) await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
  const batchId = await program.released('2026-04-01T00:00:00Z');
  await at.database.query(
    `update payout_items item set slice = 1 + number % $2
     from (select id, row_number() over (order by id) as number from payout_items where batch_id = $1) place
     where item.id = place.id`,
    [batchId, slices],
  );
  return batchId;
}

it('is kept under a real rate: many sends of several workers take the time that their tokens need', async () => {
  const [rate, sends] = [20, 60];
  const paced = await PayoutHouse.open({ RAIL_REQUESTS_PER_SECOND: String(rate) });
  try {
    const batchId = await released(paced, { partners: sends, slices: 3 });
    const now = async (): Promise<number> => {
      const [row] = await paced.database.query<{ seconds: number }>(
        `select extract(epoch from clock_timestamp())::double precision as seconds`,
      );
      return row!.seconds;
    };
    const workers = [paced.payouts, await paced.peer(), await paced.peer()];
    const from = await now();
    await Promise.all(workers.map((payouts, index) => payouts.paySlice(batchId, index + 1)));
    const seconds = (await now()) - from;
    expect((await paced.sandbox.control.totals()).transfers).toBe(sends);
    // A rested bucket holds the tokens of one second; all others have to come back first. Slower is no fault.
    expect(seconds).toBeGreaterThanOrEqual((sends - rate) / rate);
  } finally {
    await paced.close();
  }
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
