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
  const program = await house.program();
  const account = await openTestAccount(house.sandbox.rail());
  const partners = await Promise.all(Array.from({ length: 6 }, () => program.partner({ hasAccount: false })));
  await house.database.query(
    `insert into payout_accounts (partner_id, program_id, rail, account_reference, created_at)
     select partner_id, $1, 'stripe-transfers', $2, now() from unnest($3::text[]) as partner_id`,
    [program.id, account, partners],
  );
  for (const partner of partners) await program.vested(partner, 2_000n, '2026-03-01T00:00:00Z');
  const batchId = await program.released('2026-04-01T00:00:00Z');
  await house.database.query(
    `update payout_items item set slice = 1 + number % 2
     from (select id, row_number() over (order by id) as number from payout_items where batch_id = $1) place
     where item.id = place.id`,
    [batchId],
  );

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

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
