import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PayoutDetailsService, Screening, TaxProfiles } from '../../libs/payees/index.js';
import { BatchReports } from '../../libs/payouts/index.js';
import { MemoryLog } from '../support/api.js';
import { readPdf } from '../support/pdf-text.js';
import { PayoutHouse, refusal, type ProgramFixture } from '../support/payout-house.js';

const march = '2026-04-01T00:00:00Z';
const iban = 'DE89370400440532013000';
const otherIban = 'GB29NWBK60161331926819';
const dayMs = 86_400_000;

const folder = mkdtempSync(path.join(tmpdir(), 'pactline-screening-'));
const listFile = path.join(folder, 'list.csv');
const list = 'id,name,aliases,countries\nlist-1,Ivan Abramov,Iwan Abramow,RU\n';
const log = new MemoryLog();
let house: PayoutHouse;
let program: ProgramFixture;

beforeAll(async () => {
  house = await PayoutHouse.open({ SCREENING_LIST_FILE: listFile });
  house.module.useLogger(log);
});

/** A program that pays nobody without details and a tax form, whose batches are released by hand. */
beforeEach(async () => {
  writeFileSync(listFile, list);
  program = await house.program(1_000, { release: 'manual' }, { payoutDetails: 'required', taxForm: 'required' });
});

afterAll(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

const details = () => house.module.get(PayoutDetailsService, { strict: false });

/** A partner with USD 50 to come. */
async function partner(name = 'Ada Perry'): Promise<string> {
  const id = await program.partner();
  await house.database.query(`update persons set name = $2 where id = (select person_id from partners where id = $1)`, [
    id,
    name,
  ]);
  await program.vested(id, 5_000n, '2026-03-01T00:00:00Z');
  return id;
}

function asked(partnerId: string, account: string, actorId = 'usr_editor') {
  const destination = { kind: 'iban', holder: 'Ada Perry', iban: account } as const;
  return details().submit({ partnerId, channel: 'company', destination, actorId });
}

/** Details that one person entered and another one approved. */
async function detailed(partnerId: string, account = iban, editor = 'usr_editor'): Promise<void> {
  const { id: detailsId } = await asked(partnerId, account, editor);
  await details().approve({ partnerId, detailsId, actorId: 'usr_approver' });
}

async function formed(partnerId: string): Promise<void> {
  const profile = { form: 'vat', country: 'DE', legalName: 'Perry GmbH', address: ['Am Markt 1'] } as const;
  const stated = { ...profile, taxId: 'DE123456789', taxIdKind: 'vat' } as const;
  const change = { partnerId, channel: 'partner', profile: stated, actorId: 'usr_partner' } as const;
  await house.module.get(TaxProfiles, { strict: false }).submit(change);
}

/** A partner of whom nothing is missing. */
async function payable(name?: string): Promise<string> {
  const id = await partner(name);
  await detailed(id);
  await formed(id);
  return id;
}

async function items(batchId: string): Promise<Record<string, string[]>> {
  const page = await house.payouts.listItems(batchId, { limit: 200 });
  return Object.fromEntries(
    page.items.map(({ partnerId, state, findings }) => [partnerId, [state, ...findings.map(({ cause }) => cause)]]),
  );
}

function recheck(batchId: string) {
  return house.payouts.edit({ batchId, remove: [], putBack: [], reason: 'checked again', actorId: 'usr_editor_two' });
}

test('details, forms and names hold their items in a draft, and each is free once its cause is gone', async () => {
  const fine = await payable();
  const [bare, formless, changing, listed] = [
    await partner(),
    await partner(),
    await payable(),
    await payable('ABRAMOW, Iwan'),
  ];
  await formed(bare);
  await detailed(formless);
  const { id: detailsId } = await asked(changing, otherIban);

  const drafted = await program.draft(march);
  expect(drafted).toMatchObject({ items: 1, totalMinor: '5000', held: 4 });
  const batchId = drafted.batchId ?? '';
  expect(await items(batchId)).toEqual({
    [fine]: ['screened'],
    [bare]: ['held', 'no_payout_details'],
    [formless]: ['held', 'tax_form_missing'],
    [changing]: ['held', 'payout_details_change'],
    [listed]: ['held', 'screening_hit'],
  });

  await detailed(bare);
  await formed(formless);
  const [hit] = await house.module.get(Screening, { strict: false }).ofPartner(listed);
  const cleared = {
    hitId: hit?.id ?? '',
    decision: 'cleared',
    reason: 'another person',
    actorId: 'usr_legal',
  } as const;
  await house.module.get(Screening, { strict: false }).decide(cleared);
  await details().approve({ partnerId: changing, detailsId, actorId: 'usr_approver' });
  await recheck(batchId);
  // Approved, and not cooled off yet.
  expect(await items(batchId)).toMatchObject({ [changing]: ['held', 'payout_details_change'], [bare]: ['screened'] });
  expect(await house.payouts.batch(batchId)).toMatchObject({ items: 4, totalMinor: 20_000n });

  house.clock.advance(3 * dayMs);
  await house.payouts.submit({ batchId, actorId: 'usr_maker' });
  expect(new Set(Object.values(await items(batchId)).flat())).toEqual(new Set(['reserved']));
});

test('a change that is asked for after the draft holds its item when the batch is frozen', async () => {
  const [fine, changing] = [await payable(), await payable()];
  const { batchId = '' } = await program.draft(march);
  expect(await items(batchId)).toEqual({ [fine]: ['screened'], [changing]: ['screened'] });
  await asked(changing, otherIban);
  await house.payouts.submit({ batchId, actorId: 'usr_maker' });
  expect(await items(batchId)).toEqual({ [fine]: ['reserved'], [changing]: ['held', 'payout_details_change'] });
  expect(await house.payouts.batch(batchId)).toMatchObject({ items: 1, totalMinor: 5_000n });
});

test('whoever last edited the details of a partner in the batch approves it never, however the details were approved', async () => {
  const id = await partner();
  await detailed(id, iban, 'usr_clerk');
  await formed(id);
  const batch = await program.frozen(march);
  const approve = (actorId: string) => house.payouts.approve({ ...batch, actorId });
  expect(await refusal(approve('usr_clerk'))).toBe('maker-is-checker');
  expect(await approve('usr_approver')).toMatchObject({ state: 'approved' });
});

test('what turns up after the freezing keeps the batch from its release until it is edited', async () => {
  const [fine, changing] = [await payable(), await payable()];
  const batch = await program.frozen(march);
  await house.payouts.approve({ ...batch, actorId: 'usr_checker' });
  await asked(changing, otherIban);
  const release = (contentHash: string) =>
    house.payouts.release({ batchId: batch.batchId, contentHash, actorId: 'usr_treasurer' });
  expect(await refusal(release(batch.contentHash))).toBe('illegal-transition');
  const { contentHash = '' } = await recheck(batch.batchId);
  expect(await items(batch.batchId)).toEqual({ [fine]: ['reserved'], [changing]: ['held', 'payout_details_change'] });
  await house.payouts.approve({ batchId: batch.batchId, contentHash, actorId: 'usr_checker' });
  expect(await release(contentHash)).toMatchObject({ state: 'released', openItems: 1 });
});

describe('a list of sanctions that cannot be read', () => {
  test.each([
    ['is not there', () => rmSync(listFile), 'ENOENT'],
    ['is not valid', () => writeFileSync(listFile, 'id,name\n,Nobody\n'), 'its content is not valid'],
  ])('holds everybody under a cause of its own while it %s, and the log says so', async (_what, spoil, said) => {
    const [one, two] = [await payable(), await payable('ABRAMOW, Iwan')];
    spoil();
    const { batchId = '', items: free } = await program.draft(march);
    expect(free).toBe(0);
    expect(await items(batchId)).toEqual({
      [one]: ['held', 'screening_unavailable'],
      [two]: ['held', 'screening_unavailable'],
    });
    expect(log.text()).toContain(`The list of sanctions cannot be read (${said})`);
    expect(log.text()).not.toContain('Nobody');
    writeFileSync(listFile, list);
    await recheck(batchId);
    expect(await items(batchId)).toEqual({ [one]: ['screened'], [two]: ['held', 'screening_hit'] });
  });

  test('shows the hits of before without what the list says of them', async () => {
    const id = await payable('ABRAMOW, Iwan');
    await program.draft(march);
    rmSync(listFile);
    const hits = await house.module.get(Screening, { strict: false }).ofPartner(id);
    expect(hits).toMatchObject([{ entryId: 'list-1', listed: null }]);
  });
});

test('neither the batch nor what is kept and told of it repeats an account, a name or a tax id', async () => {
  await payable();
  const { batchId = '' } = await program.draft(march);
  await house.payouts.submit({ batchId, actorId: 'usr_maker' });
  const reports = house.module.get(BatchReports);
  const told = await house.database.query(
    `select payload::text as text from outbox_messages where kind <> 'mail' union all
     select coalesce(details::text, '') from audit_facts union all select row_to_json(f)::text from payout_item_findings f`,
  );
  const shown = [
    JSON.stringify(await reports.allItems(batchId), (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
    (await readPdf(await reports.pdf(batchId))).text,
    JSON.stringify(told),
  ].join('\n');
  expect(shown).not.toMatch(/DE8937|0532013000|DE123456789|Perry|Am Markt/);
});
