import { checkBooks } from '../../libs/books/index.js';
import { InformationReturns, TaxProfiles, type StatedTaxProfile } from '../../libs/payees/index.js';
import { PayoutRail } from '../../libs/payouts/domain/index.js';
import { BatchClosing, BatchReports } from '../../libs/payouts/index.js';
import { ItemOutcomes } from '../../libs/payouts/item-outcomes.js';
import { DocumentStore } from '../../libs/documents/index.js';
import { readPdf } from '../support/pdf-text.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';
import { withTriggersOff } from '../support/tampering.js';

const march = '2026-04-01T00:00:00Z';
const hourMs = 3_600_000;

/** 10 percent by treaty, 24 without a form in the US, all of what a form of no treaty earns in Chile, else nothing. */
const payees = {
  withholding: {
    rules: [
      { id: 'treaty', forms: ['w8ben'], countries: ['ID'], ratePercent: '10' },
      { id: 'blocked', forms: ['w8ben'], countries: ['CL'], ratePercent: '100' },
    ],
    backupRatePercent: '24',
  },
};

const w8: StatedTaxProfile = {
  ...{ form: 'w8ben', country: 'ID', legalName: 'Ada Perry', address: ['Jalan Satu 1'], signedOn: '2025-05-01' },
  ...{ taxId: '3175.0909.0190.0001', taxIdKind: 'foreign_tin' },
};
const w9: StatedTaxProfile = {
  ...{ form: 'w9', country: 'US', legalName: 'Ada Perry', address: ['1 Main Street'] },
  ...{ taxId: '123-45-6789', taxIdKind: 'ssn', signedOn: '2026-01-10' },
};

let house: PayoutHouse;
let program: ProgramFixture;

beforeAll(async () => {
  house = await PayoutHouse.open();
});

beforeEach(async () => {
  program = await house.program(1_000, {}, payees);
});

afterAll(() => house.close());

/** A partner with something to come, applied from the US. */
async function partner(amountMinor: bigint, profile?: StatedTaxProfile): Promise<string> {
  const id = await program.partner();
  await house.database.query(
    `update applications set country = 'US' where id = (select application_id from partners where id = $1)`,
    [id],
  );
  if (profile) await state(id, profile);
  await program.vested(id, amountMinor, '2026-03-01T00:00:00Z');
  return id;
}

function state(partnerId: string, profile: StatedTaxProfile) {
  const change = { partnerId, channel: 'partner', profile, actorId: 'usr_partner' } as const;
  return house.module.get(TaxProfiles, { strict: false }).submit(change);
}

async function itemOf(batchId: string, partnerId: string) {
  const { items } = await house.payouts.listItems(batchId, { limit: 200 });
  const item = items.find((one) => one.partnerId === partnerId);
  if (!item) throw new Error('the batch has no item of the partner');
  return item;
}

async function paid(batchId: string): Promise<void> {
  await house.payouts.paySlice(batchId, 1);
  await house.payouts.refreshOpenItems(batchId);
  await house.payouts.issueRemittanceAdvices(batchId, 1);
  await house.payouts.complete(batchId);
}

async function violations(): Promise<string[]> {
  const { violations: found } = await checkBooks(house.database, { programId: program.id });
  // What these partners have to come was posted for no event.
  return found.map(({ code }) => code).filter((code) => code !== 'line_differs_from_postings');
}

/** The partner's account is one that the rail does not know. */
function lost(partnerId: string) {
  const sql = `update payout_accounts set account_reference = $2 where partner_id = $1`;
  return house.database.query(sql, [partnerId, `acct_gone_${partnerId}`]);
}

describe('a batch of which tax is withheld', () => {
  test('pays the rest, owes the tax office the tax, and tells both wherever it is told of', async () => {
    const [treaty, formless, free] = [await partner(12_345n, w8), await partner(10_000n), await partner(5_000n, w9)];
    const [preview] = await house.payouts.preview({ programId: program.id, cutOffMs: Date.parse(march) });
    expect(preview).toMatchObject({ totalMinor: 23_711n, withheldMinor: 3_634n });

    const drafted = await program.draft(march);
    expect(drafted).toMatchObject({ items: 3, totalMinor: '23711', withheldMinor: '3634' });
    const batchId = drafted.batchId ?? '';
    // 10 % of 123.45 is 12.345, half to the even 12.34; 24 % of 100.00 is 24.00.
    expect(await itemOf(batchId, treaty)).toMatchObject({
      ...{ amountMinor: 11_111n, withheldMinor: 1_234n },
      withholding: { ruleId: 'treaty', ratePercent: '10', form: 'w8ben' },
    });
    expect(await itemOf(batchId, formless)).toMatchObject({
      ...{ amountMinor: 7_600n, withheldMinor: 2_400n },
      withholding: { ruleId: 'us-backup', ratePercent: '24', form: 'missing' },
    });
    expect(await itemOf(batchId, free)).toMatchObject({ amountMinor: 5_000n, withheldMinor: 0n });

    const { contentHash = '' } = await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 23_711n, withheldMinor: 3_634n });
    expect(await program.balance('reserved', batchId)).toBe(27_345n);
    expect(await program.balance('withholding_tax')).toBe(0n);
    await house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    await paid(batchId);

    expect(await program.balance('withholding_tax')).toBe(3_634n);
    expect(await program.balance('payout_clearing')).toBe(0n);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({
      ...{ itemsMinor: 23_711n, ledgerMinor: 23_711n, railMinor: 23_711n, reservedMinor: 0n },
      ...{ withheldMinor: 3_634n, withheldLedgerMinor: 3_634n, differences: [], agrees: true },
    });
    await house.module.get(BatchClosing).reconcile({ batchId, actorId: 'usr_finance' });
    const [kept] = await house.module.get(BatchClosing).reconciliations(batchId);
    expect(kept).toMatchObject({ withheldMinor: 3_634n, withheldLedgerMinor: 3_634n });
    expect(await program.isSound()).toBe(true);
    expect(await violations()).toEqual([]);

    const { remittanceSha256 = '' } = await itemOf(batchId, treaty);
    const advice = await house.module.get(DocumentStore, { strict: false }).get(program.id, remittanceSha256);
    const { text } = await readPdf(advice.bytes);
    expect(text).toMatch(/Before tax USD\s123\.45 Tax withheld \(10 %\) -USD\s12\.34 Paid USD\s111\.11/);
    const report = await readPdf(await house.module.get(BatchReports).pdf(batchId));
    expect(report.text).toMatch(/Before tax USD\s273\.45 Tax withheld USD\s36\.34 Total USD\s237\.11/);
    expect(report.text).toMatch(/settled USD\s100\.00 USD\s24\.00 USD\s76\.00/);
  });

  test('is what the summary for the tax office says of it: the whole, and what was withheld', async () => {
    const id = await partner(10_000n);
    const batchId = await program.released(march);
    await paid(batchId);
    await state(id, w9);
    const year = new Date().getUTCFullYear();
    const [booked] = await house.database.query<{ year: number }>(
      `select extract(year from created_at at time zone 'utc')::int as year from ledger_transactions
       where program_id = $1 and kind = 'settle'`,
      [program.id],
    );
    const found = await house.module
      .get(InformationReturns, { strict: false })
      .ofYear(program.id, booked?.year ?? year);
    expect(found).toMatchObject([{ partnerId: id, compensationMinor: 10_000n, withheldMinor: 2_400n }]);
  });

  test('is fixed by its freezing: what is stated before counts, and what is stated after does not', async () => {
    const [before, after] = [await partner(10_000n), await partner(10_000n)];
    const { batchId = '' } = await program.draft(march);
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 15_200n, withheldMinor: 4_800n });
    await state(before, w9);
    await house.payouts.submit({ batchId, actorId: 'usr_maker' });
    await state(after, w9);
    const { contentHash = '' } = await house.payouts.edit({
      ...{ batchId, remove: [], putBack: [], reason: 'a look', actorId: 'usr_editor' },
    });
    expect(await itemOf(batchId, before)).toMatchObject({ amountMinor: 10_000n, withheldMinor: 0n });
    expect(await itemOf(batchId, after)).toMatchObject({ amountMinor: 7_600n, withheldMinor: 2_400n });
    expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 17_600n, withheldMinor: 2_400n });

    await house.database.query(
      `update payout_items set withheld_minor = 2399 where batch_id = $1 and withheld_minor > 0`,
      [batchId],
    );
    const approval = house.payouts.approve({ batchId, contentHash, actorId: 'usr_checker' });
    expect(await refusal(approval)).toBe('hash-mismatch');
  });

  test('owes nothing for what the rail refuses; a retry withholds the same, and released money is decided on anew', async () => {
    const [retried, released] = [await partner(10_000n), await partner(20_000n)];
    for (const id of [retried, released]) await lost(id);
    const batchId = await program.released(march);
    await paid(batchId);
    expect(await program.balance('held', retried)).toBe(10_000n);
    expect(await program.balance('withholding_tax')).toBe(0n);
    expect(await violations()).toEqual([]);

    await state(retried, w9);
    await state(released, w9);
    await house.database.query(`delete from payout_accounts where partner_id = any($1)`, [[retried, released]]);
    for (const partnerId of [retried, released]) await house.payouts.openPayoutAccount({ partnerId });
    const actor = { actorId: 'usr_farid' };
    const { id: itemId } = await itemOf(batchId, retried);
    await house.payouts.retryItem({ itemId, reason: 'the account is right now', actor });
    expect(await program.balance('held', retried)).toBe(0n);
    await paid(batchId);
    expect(await itemOf(batchId, retried)).toMatchObject({
      state: 'settled',
      amountMinor: 7_600n,
      withheldMinor: 2_400n,
    });
    expect(await program.balance('withholding_tax')).toBe(2_400n);

    const failed = await itemOf(batchId, released);
    await house.payouts.releaseHeld({ itemId: failed.id, reason: 'a new account', actor });
    expect(await program.balance('payable', released)).toBe(20_000n);
    const cutOff = new Date(house.clock.now().getTime() + hourMs).toISOString();
    const next = await program.draft(cutOff);
    expect(await itemOf(next.batchId ?? '', released)).toMatchObject({ amountMinor: 20_000n, withheldMinor: 0n });
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, withheldMinor: 2_400n });
    expect(await violations()).toEqual([]);
  });

  test('takes the tax back with what came back after it was paid', async () => {
    const id = await partner(10_000n);
    const batchId = await program.released(march);
    await paid(batchId);
    expect(await program.balance('withholding_tax')).toBe(2_400n);
    const { railReference = '' } = await itemOf(batchId, id);
    await house.sandbox.control.stripe('POST', `/v1/transfers/${railReference}/reversals`, {});
    const rail = house.module.get(PayoutRail);
    const outcomes = house.module.get(ItemOutcomes);
    for (let times = 0; times < 2; times++) await outcomes.applyTransfer(rail.name, await rail.fetch(railReference));
    expect(await itemOf(batchId, id)).toMatchObject({ state: 'returned' });
    expect(await program.balance('withholding_tax')).toBe(0n);
    expect(await program.balance('held', id)).toBe(10_000n);
    expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: true, withheldMinor: 0n, railMinor: 0n });
    expect(await violations()).toEqual([]);
  });

  test('gives the whole back where it is recalled', async () => {
    const id = await partner(10_000n);
    const { batchId } = await program.frozen(march);
    await house.payouts.recall({ batchId, reason: 'too early', actorId: 'usr_finance' });
    expect(await program.balance('payable', id)).toBe(10_000n);
    expect(await program.balance('withholding_tax')).toBe(0n);
    expect(await violations()).toEqual([]);
  });
});

test('who would get nothing after tax is carried under a cause of its own, also where a rule says so after the draft', async () => {
  const chile = { ...w8, country: 'CL' };
  const id = await partner(10_000n, chile);
  expect(await program.draft(march)).toMatchObject({
    items: 0,
    carriedMinor: '10000',
    carried: { nothing_after_tax: 1 },
  });
  await state(id, w9);
  const { batchId = '' } = await program.draft('2026-03-31T00:00:00Z');
  await state(id, chile);
  expect(await house.payouts.submit({ batchId, actorId: 'usr_maker' })).toMatchObject({ state: 'cancelled' });
  expect(await house.payouts.batch(batchId)).toMatchObject({ carriedMinor: 10_000n, withheldMinor: 0n });
  expect(await program.balance('payable', id)).toBe(10_000n);
});

test('approvals look at the amount before tax', async () => {
  const approvals = { role: 'finance_approver', required: 1, rules: [{ fromMinor: 10_000, required: 2 }] } as const;
  program = await house.program(1_000, { approvals: { ...approvals, rules: [...approvals.rules] } }, payees);
  await partner(10_000n);
  const { batchId } = await program.frozen(march);
  expect(await house.payouts.batch(batchId)).toMatchObject({ totalMinor: 7_600n, requiredApprovals: 2 });
});

test('the books say where what is owed to the tax office is not what items withhold', async () => {
  const id = await partner(10_000n);
  const batchId = await program.released(march);
  await paid(batchId);
  const owner = await house.owner();
  try {
    await withTriggersOff(owner, (tx) =>
      tx.query(
        `update payout_items set withheld_minor = withheld_minor - 1, amount_minor = amount_minor + 1 where partner_id = $1`,
        [id],
      ),
    );
  } finally {
    await owner.close();
  }
  const found = await violations();
  expect(found).toContain('withheld_differs_from_item');
  expect(found).toContain('batch_differs_from_items');
  expect(await house.payouts.reconcile(batchId)).toMatchObject({ agrees: false, withheldMinor: 2_399n });
});
