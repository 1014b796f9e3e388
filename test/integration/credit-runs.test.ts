import { checkBooks } from '../../libs/books/index.js';
import { LedgerService } from '../../libs/ledger/index.js';
import { CreditRuns, StoreCredits } from '../../libs/payouts/index.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';
import { seedPartner } from '../support/seed-rows.js';
import { termsWith } from '../support/terms-with.js';

const march = '2026-04-01T00:00:00Z';
const april = '2026-05-01T00:00:00Z';
const may = '2026-06-01T00:00:00Z';
const actor = { actorId: 'usr_finance' };
/** Each sale earns USD 5 of credit. */
const terms = termsWith({
  commissions: [{ id: 'gift', event: 'sale', reward: { kind: 'credit', amountMinor: 500, of: 'store_credit' } }],
});

let house: PayoutHouse;
let program: ProgramFixture;
let sales = 0;

beforeAll(async () => {
  house = await PayoutHouse.open();
});

beforeEach(async () => {
  program = await house.program(0);
});

afterAll(() => house.close());

async function partner(reference = 'p1'): Promise<string> {
  return seedPartner(house.database, { programId: program.id, reference, terms });
}

async function sale(reference = 'p1', occurredAt = '2026-01-10T00:00:00Z'): Promise<string> {
  const id = `sale-${++sales}`;
  const event = { id, type: 'sale', partner: reference, amountMinor: 10_000, currency: 'USD', occurredAt };
  await house.commissions.ingest(program.id, [event], actor);
  return id;
}

async function refund(refundOf: string): Promise<void> {
  const event = { id: `refund-${refundOf}`, type: 'refund', refundOf, amountMinor: 10_000 };
  await house.commissions.ingest(program.id, [{ ...event, occurredAt: '2026-03-20T00:00:00Z' }], actor);
}

/** What a Schedule does at a cut-off: what is due vests, and is collected. */
async function run(cutOff: string) {
  await house.commissions.vest({ programId: program.id, cutOffMs: Date.parse(cutOff), actorId: 'system' });
  return program.draft(cutOff);
}

async function credits(partnerId: string) {
  const { items } = await house.module.get(StoreCredits).list(program.id, { partnerId });
  return items.map(({ amount, state }) => [amount.amountMinor, state]);
}

async function isClean(): Promise<boolean> {
  const { violations } = await checkBooks(house.database, { programId: program.id });
  expect(violations).toEqual([]);
  const trial = await house.ledger.trialBalance(program.id);
  return trial.every(({ balanced }) => balanced);
}

test('what was earned as credit is one code at the cut-off, which the partner redeems; money is none of it', async () => {
  const id = await partner();
  for (let n = 0; n < 3; n++) await sale();
  expect(await run(march)).toMatchObject({ items: 0, totalMinor: '0', credits: { issued: 1, held: 0 } });
  expect(await credits(id)).toEqual([[1_500n, 'issued']]);
  expect(await program.balance('credit_balance', id)).toBe(0n);
  expect(await program.balance('store_credit')).toBe(1_500n);
  expect(await isClean()).toBe(true);

  expect(await run(march)).not.toHaveProperty('credits');
  const store = house.module.get(StoreCredits);
  const { items } = await store.list(program.id, { partnerId: id });
  const [credit] = items;
  expect(credit).not.toHaveProperty('itemId');
  const code = await store.reveal(credit?.id ?? '', { actorId: id });
  expect(await store.redeem(program.id, { code, reference: 'order-1' }, actor)).toMatchObject({ state: 'redeemed' });
  expect(await refusal(store.voidCredit(credit?.id ?? '', 'too late', actor))).toBe('illegal-transition');
  expect(await isClean()).toBe(true);
});

test('a refund after the issue is owed as credit, and the next codes are less by it', async () => {
  const id = await partner();
  const first = await sale();
  await sale();
  await run(march);
  await refund(first);
  await run(march);
  expect(await program.balance('credit_receivable', id)).toBe(500n);
  expect(await isClean()).toBe(true);

  await sale('p1', '2026-03-05T00:00:00Z');
  expect(await run(april)).not.toHaveProperty('credits');
  expect(await program.balance('credit_receivable', id)).toBe(0n);
  await sale('p1', '2026-04-05T00:00:00Z');
  await sale('p1', '2026-04-06T00:00:00Z');
  expect(await run(may)).toMatchObject({ credits: { issued: 1 } });
  expect(await credits(id)).toEqual([
    [1_000n, 'issued'],
    [1_000n, 'issued'],
  ]);
  expect(await isClean()).toBe(true);
});

test('a code that is taken back is in the balance again: what is owed takes it, and the rest is another code', async () => {
  const id = await partner();
  const first = await sale();
  await sale();
  await run(march);
  const store = house.module.get(StoreCredits);
  const [credit] = (await store.list(program.id, { partnerId: id })).items;
  await refund(first);
  expect(await program.balance('credit_receivable', id)).toBe(500n);
  const voids = [1, 2].map(() => refusal(store.voidCredit(credit?.id ?? '', 'the code has leaked', actor)));
  expect((await Promise.all(voids)).sort()).toEqual(['illegal-transition', 'was not refused']);
  expect(await program.balance('credit_balance', id)).toBe(1_000n);
  expect(await isClean()).toBe(true);
  await run(april);
  expect(await credits(id)).toEqual([
    [500n, 'issued'],
    [1_000n, 'voided'],
  ]);
  expect(await program.balance('credit_receivable', id)).toBe(0n);
  expect(await isClean()).toBe(true);
});

test('runs at once issue each code once, and one that was cut off goes on', async () => {
  const [one, two] = [await partner('p1'), await partner('p2')];
  await sale('p1');
  await sale('p2');
  await house.commissions.vest({ programId: program.id, cutOffMs: Date.parse(march), actorId: 'system' });
  const runs = house.module.get(CreditRuns);
  const due = { programId: program.id, cutOffMs: Date.parse(march) };
  const ledger = house.module.get(LedgerService);
  const post = ledger.post.bind(ledger);
  let posts = 0;
  ledger.post = (...rest) => (++posts === 2 ? Promise.reject(new Error('the worker was killed')) : post(...rest));
  try {
    await expect(runs.issueDue(due)).rejects.toThrow('killed');
  } finally {
    ledger.post = post;
  }
  expect([...(await credits(one)), ...(await credits(two))]).toEqual([[500n, 'issued']]);
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => runs.issueDue(due)));
  expect(outcomes.reduce((sum, { issued }) => sum + issued, 0)).toBe(1);
  expect(await credits(one)).toEqual([[500n, 'issued']]);
  expect(await credits(two)).toEqual([[500n, 'issued']]);
  expect(await isClean()).toBe(true);
});

test('who is suspended waits, and what has not vested at the cut-off does', async () => {
  const [id, later] = [await partner('p1'), await partner('p2')];
  await sale('p1');
  await sale('p2', '2026-03-20T00:00:00Z');
  await house.commissions.vest({ programId: program.id, cutOffMs: Date.parse(march), actorId: 'system' });
  await program.suspended(id);
  expect(await program.draft(march)).toMatchObject({ credits: { issued: 0, held: 1 } });
  await program.resumed(id);
  expect(await program.draft(march)).toMatchObject({ credits: { issued: 1, held: 0 } });
  expect(await credits(later)).toEqual([]);
});
