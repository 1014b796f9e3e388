import { DocumentStore } from '../../libs/documents/index.js';
import { SelfBilling, TaxProfiles, type StatedTaxProfile } from '../../libs/payees/index.js';
import { PayoutRail } from '../../libs/payouts/domain/index.js';
import { ItemPapers } from '../../libs/payouts/index.js';
import { ItemOutcomes } from '../../libs/payouts/item-outcomes.js';
import { readPdf } from '../support/pdf-text.js';
import { PayoutHouse, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const vat: StatedTaxProfile = {
  ...{ form: 'vat', country: 'DE', legalName: 'Perry GmbH', address: ['Am Markt 1'] },
  ...{ taxId: 'DE123456789', taxIdKind: 'vat' },
};
const rules = [{ id: 'all', ratePercent: '10' }];

let house: PayoutHouse;
let program: ProgramFixture;

beforeAll(async () => {
  house = await PayoutHouse.open();
});

afterAll(() => house.close());

async function open(invoices: 'none' | 'vat' | 'all'): Promise<void> {
  program = await house.program(0, {}, { selfBilling: { invoices }, withholding: { rules } });
}

/** A partner with USD 100 to come. */
async function partner(profile?: StatedTaxProfile): Promise<string> {
  const id = await program.partner();
  const change = { partnerId: id, channel: 'partner', actorId: 'usr_partner' } as const;
  if (profile) await house.module.get(TaxProfiles, { strict: false }).submit({ ...change, profile });
  await program.vested(id, 10_000n, '2026-03-01T00:00:00Z');
  return id;
}

async function paid(): Promise<string> {
  const batchId = await program.released(march);
  await house.payouts.paySlice(batchId, 1);
  await house.payouts.refreshOpenItems(batchId);
  return batchId;
}

async function itemOf(batchId: string, partnerId: string) {
  const { items } = await house.payouts.listItems(batchId, { limit: 200 });
  const item = items.find((one) => one.partnerId === partnerId);
  if (!item) throw new Error('the batch has no item of the partner');
  return item;
}

const billing = () => house.module.get(SelfBilling, { strict: false });
const papers = (partnerId: string) => billing().ofPartner(partnerId);

async function numbers(): Promise<number[]> {
  const rows = await house.database.query<{ number: number }>(
    `select number from self_billing_papers where program_id = $1 order by number`,
    [program.id],
  );
  return rows.map(({ number }) => number);
}

test('a paid item has one invoice, told by the payout, the advice and its mail; who is not asked for has none', async () => {
  await open('vat');
  const [billed, other] = [await partner(vat), await partner()];
  const batchId = await paid();
  expect(await papers(billed)).toEqual([]);
  expect(await house.payouts.issueRemittanceAdvices(batchId, 1)).toBe(2);
  expect(await house.payouts.issueRemittanceAdvices(batchId, 1)).toBe(0);

  const [invoice, ...more] = await papers(billed);
  expect(more).toEqual([]);
  expect(invoice).toMatchObject({ kind: 'invoice', amountMinor: 10_000n, withheldMinor: 1_000n, currency: 'USD' });
  const { id, papers: told, remittanceSha256 = '' } = await itemOf(batchId, billed);
  expect(told).toEqual([{ id: invoice?.id, kind: 'invoice', number: invoice?.number }]);
  const advice = await house.module.get(DocumentStore, { strict: false }).get(program.id, remittanceSha256);
  expect((await readPdf(advice.bytes)).text).toContain(`Self-billing invoice ${invoice?.number}`);
  const { text } = await readPdf(await billing().documentOf(billed, invoice?.id ?? ''));
  expect(text).toContain('Perry GmbH');
  expect(text).toContain(id);
  expect(await papers(other)).toEqual([]);
  expect((await itemOf(batchId, other)).papers).toEqual([]);
});

test('an advice that was cut off after the number was taken takes no other one', async () => {
  await open('all');
  const partners = [await partner(), await partner(), await partner()];
  const batchId = await paid();
  const documents = house.module.get(DocumentStore, { strict: false });
  const keep = documents.keep.bind(documents);
  let kept = 0;
  // Cut off at each step in turn: before an invoice is drawn, and before its advice is.
  documents.keep = (document) =>
    ++kept % 2 === 1 ? Promise.reject(new Error('the worker was killed')) : keep(document);
  try {
    for (let tries = 0; tries < 6; tries++) {
      await house.payouts.issueRemittanceAdvices(batchId, 1).catch(() => undefined);
    }
  } finally {
    documents.keep = keep;
  }
  await Promise.all([1, 2].map(() => house.payouts.issueRemittanceAdvices(batchId, 1)));
  expect(await numbers()).toEqual([1, 2, 3]);
  for (const id of partners) {
    expect(await papers(id)).toHaveLength(1);
    const item = await itemOf(batchId, id);
    expect(await house.outbox('mail', item.id)).toHaveLength(1);
  }
});

test('what came back after it was paid has one credit note, and nothing has one without an invoice', async () => {
  await open('all');
  const [first, second] = [await partner(), await partner()];
  const batchId = await paid();
  await house.payouts.issueRemittanceAdvices(batchId, 1);
  const rail = house.module.get(PayoutRail);
  const { railReference = '' } = await itemOf(batchId, first);
  await house.sandbox.control.stripe('POST', `/v1/transfers/${railReference}/reversals`, {});
  await house.module.get(ItemOutcomes).applyTransfer(rail.name, await rail.fetch(railReference));

  const runs = await Promise.all([1, 2, 3].map(() => house.module.get(ItemPapers).creditReturned()));
  expect(Math.max(...runs)).toBe(1);
  expect(await house.module.get(ItemPapers).creditReturned()).toBe(0);
  const [invoice, note, ...more] = await papers(first);
  expect(more).toEqual([]);
  expect(note).toMatchObject({ kind: 'credit_note', of: invoice?.number, amountMinor: 10_000n, withheldMinor: 1_000n });
  expect((await itemOf(batchId, first)).papers.map(({ kind }) => kind)).toEqual(['invoice', 'credit_note']);
  expect(await papers(second)).toHaveLength(1);
  expect(await numbers()).toEqual([1, 2, 3]);
});

test('a program that asks for none issues none', async () => {
  await open('none');
  const id = await partner(vat);
  const batchId = await paid();
  await house.payouts.issueRemittanceAdvices(batchId, 1);
  expect(await papers(id)).toEqual([]);
});
