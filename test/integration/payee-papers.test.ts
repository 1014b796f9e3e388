import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { LedgerService, lockPartners, returnToHeld, settle } from '../../libs/ledger/index.js';
import {
  InformationReturns,
  KeyRotation,
  PayeeChecks,
  PayoutDestinations,
  SelfBilling,
  TaxProfiles,
  type PaidItem,
} from '../../libs/payees/index.js';
import { MemoryLog, startTestApi, type TestApi } from '../support/api.js';
import { demoProgram } from '../support/demo-program.js';
import { readPdf } from '../support/pdf-text.js';
import { seedPartner } from '../support/seed-rows.js';
import { SetClock } from '../support/set-clock.js';

const clock = new SetClock();
const log = new MemoryLog();
const folder = mkdtempSync(path.join(tmpdir(), 'pactline-payees-'));
const listFile = path.join(folder, 'list.csv');
const oldKey = `old:${randomBytes(32).toString('base64')}`;
const ssn = '123-45-6789';
let api: TestApi;
let database: Database;
let programId: string;
let tokens: Record<'finance' | 'finance_approver' | 'auditor' | 'admin' | 'legal', string>;

beforeAll(async () => {
  clock.set('2026-03-01T09:00:00Z');
  writeFileSync(listFile, 'id,name,aliases,countries\nlist-1,Ivan Abramov,Iwan Abramow|Ivan Abramoff,RU\n');
  const variables = { PAYEE_KEYS: oldKey, SCREENING_LIST_FILE: listFile };
  api = await startTestApi(variables, { clock, logger: log });
  database = api.app.get(Database, { strict: false });
  const roles = ['finance', 'finance_approver', 'auditor', 'admin', 'legal'] as const;
  tokens = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await api.token(role)] as const)),
  ) as typeof tokens;
  programId = await newProgram({ selfBilling: { address: ['1 High Street', 'London'], note: 'Reverse charge' } });
}, 60_000);

afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => void clock.set('2026-03-01T09:00:00Z'));

const service = <Service>(type: abstract new (...args: never[]) => Service): Service =>
  api.app.get<Service>(type, { strict: false });

async function newProgram(payees: Record<string, unknown>): Promise<string> {
  const slug = `program-${randomUUID().slice(0, 8)}`;
  const body = { ...demoProgram(), slug, timeZone: 'Etc/UTC', payees };
  const made = await api.call<{ id: string }>('POST', '/v1/programs', { token: tokens.admin, body });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function partner(options: { program?: string; country?: string; name?: string } = {}): Promise<string> {
  const { program = programId, country, name } = options;
  const id = await seedPartner(database, { programId: program, reference: `partner-${randomUUID()}` });
  await database.query(
    `update applications set country = $2 where id = (select application_id from partners where id = $1)`,
    [id, country ?? null],
  );
  await database.query(`update persons set name = $2 where id = (select person_id from partners where id = $1)`, [
    id,
    name ?? 'Ada Perry',
  ]);
  return id;
}

const w9 = {
  ...{ form: 'w9', country: 'US', legalName: 'Ada Perry', address: ['1 Main Street', 'Springfield'] },
  ...{ taxId: ssn, taxIdKind: 'ssn', signedOn: '2026-01-10' },
};

async function state(partnerId: string, body: unknown) {
  const token = await api.token({ partnerId });
  return api.call('POST', `/v1/partners/${partnerId}/tax-profile`, { token, body });
}

async function findings(partnerId: string, program = programId): Promise<{ cause: string; reference: string }[]> {
  const asked = [{ partnerId, amountMinor: 100n, currency: 'USD' }];
  const found = await service(PayeeChecks).findings(database.dataSource.manager, program, asked);
  return [...(found.get(partnerId) ?? [])];
}

/** What is posted for one item of a partner, under its lock. */
async function post(partnerId: string, build: (ledger: LedgerService) => Parameters<LedgerService['post']>[2]) {
  await database.inTransaction(async (tx) => {
    await lockPartners(tx, programId, [partnerId]);
    await service(LedgerService).post(tx, programId, build(service(LedgerService)));
  });
}

function occasion(partnerId: string, amountMinor: bigint) {
  const itemId = newId('itm');
  const item = { key: itemId, itemId, batchId: 'bat_1', partnerId, amountMinor, source: 'psp:test' as const };
  return { ...item, eventAt: clock.now(), currency: 'USD', actorId: 'usr_test', refs: { partnerId } };
}

describe('tax profiles', () => {
  test('are stated by the partner, shown masked, and hold payments where one is asked for and none holds', async () => {
    const strict = await newProgram({ taxForm: 'required' });
    const id = await partner({ program: strict, country: 'ID' });
    expect(await findings(id, strict)).toEqual([{ cause: 'tax_form_missing', reference: id }]);
    const w8 = { ...w9, form: 'w8ben', country: 'ID', taxId: '3175.0909.0190.0001', taxIdKind: 'foreign_tin' };
    const made = await state(id, { ...w8, signedOn: '2024-05-01' });
    expect({ status: made.status, body: made.body }).toMatchObject({
      status: 201,
      body: { version: 1, ending: '0001', expiresOn: '2027-12-31', isValid: true, channel: 'partner' },
    });
    expect(made.text).not.toMatch(/Perry|317509/);
    expect(await findings(id, strict)).toEqual([]);
    clock.set('2028-01-01T00:00:00Z');
    expect(await findings(id, strict)).toEqual([{ cause: 'tax_form_missing', reference: made.body['id'] }]);
  });

  test('a wrong number is refused without being repeated', async () => {
    const refused = await state(await partner(), { ...w9, taxId: '666-12-3456' });
    expect({ status: refused.status, body: refused.body }).toMatchObject({
      status: 422,
      body: { code: 'invalid-document', errors: [{ pointer: '/taxId' }] },
    });
    expect(refused.text).not.toContain('3456');
  });
});

describe('self-billing papers', () => {
  const paid = (partnerId: string, itemId: string, changes: Partial<PaidItem> = {}): PaidItem => ({
    ...{ programId, partnerId, itemId, amountMinor: 12_345n, withheldMinor: 345n, currency: 'USD' },
    ...{ settledAt: clock.now(), actorId: 'usr_test' },
    ...changes,
  });

  test('numbers have no gap and no double, with many at once, repeats and rollbacks', async () => {
    const program = await newProgram({});
    const id = await partner({ program });
    const items = Array.from({ length: 12 }, () => newId('itm'));
    const of = (itemId: string) => paid(id, itemId, { programId: program });
    const work = items.flatMap((itemId) => [
      service(SelfBilling).issueFor(of(itemId)),
      service(SelfBilling).issueFor(of(itemId)),
      // Takes a number and falls back: there is no invoice that it could take back.
      service(SelfBilling).creditFor(of(newId('itm'))),
    ]);
    const outcomes = await Promise.allSettled(work);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(12);
    const numbers = (await service(SelfBilling).ofPartner(id)).map(({ number }) => number);
    expect(numbers).toEqual(items.map((_, index) => `2026-${String(index + 1).padStart(6, '0')}`));
    clock.set('2027-01-01T00:00:00Z');
    expect((await service(SelfBilling).issueFor(of(newId('itm')))).number).toBe('2027-000001');
  }, 60_000);

  test('an invoice tells both sides, the tax and the sums; a credit note takes it back', async () => {
    const id = await partner();
    await state(id, w9);
    const itemId = newId('itm');
    const invoice = await service(SelfBilling).issueFor(paid(id, itemId));
    const credit = await service(SelfBilling).creditFor(paid(id, itemId));
    expect(credit).toMatchObject({ kind: 'credit_note', of: invoice.number, amountMinor: 12_345n });
    const token = await api.token({ partnerId: id });
    const list = await api.call<{ items: { id: string }[] }>('GET', `/v1/partners/${id}/self-billing-papers`, {
      token,
    });
    expect(list.body.items.map((one) => one.id)).toEqual([invoice.id, credit.id]);
    const { text, tagged, language } = await readPdf(await service(SelfBilling).documentOf(id, invoice.id));
    expect({ tagged, language }).toEqual({ tagged: true, language: 'en' });
    for (const part of [invoice.number, 'Ada Perry', '1 Main Street', '123456789', 'London', 'Reverse charge']) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/Amount USD\s123\.45 Tax withheld -USD\s3\.45 Paid out USD\s120\.00/);
    const note = await readPdf(await service(SelfBilling).documentOf(id, credit.id));
    expect(note.text).toContain(`Takes back invoice ${invoice.number}`);
    const stranger = await api.token({ partnerId: await partner() });
    const address = `/v1/partners/${id}/self-billing-papers/${invoice.id}/document`;
    expect((await api.call('GET', address, { token: stranger })).status).toBe(404);
    const read = await api.call('GET', address, { token: tokens.auditor });
    expect({ status: read.status, type: read.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'application/pdf',
    });
  });
});

test('the 1099-NEC summary goes by booking date, counts persons of the US alone and takes returns off', async () => {
  const [american, small, german] = [await partner(), await partner(), await partner()];
  for (const id of [american, small]) await state(id, w9);
  await state(german, {
    ...{ form: 'vat', country: 'DE', legalName: 'Perry GmbH', address: ['Am Markt 1'] },
    ...{ taxId: 'DE123456789', taxIdKind: 'vat' },
  });
  clock.set('2025-12-31T23:59:59Z');
  await post(american, () => [settle(occasion(american, 70_000n))]);
  clock.set('2026-01-01T00:00:00Z');
  const back = occasion(american, 50_000n);
  await post(american, () => [settle(occasion(american, 210_000n)), settle(back), returnToHeld(back)]);
  await post(small, () => [settle(occasion(small, 199_999n))]);
  await post(german, () => [settle(occasion(german, 900_000n))]);
  const of = async (year: number) =>
    (await service(InformationReturns).ofYear(programId, year))
      .filter(({ partnerId }) => [american, small, german].includes(partnerId))
      .map(({ partnerId, compensationMinor, isReportable }) => [partnerId, compensationMinor, isReportable]);
  expect(await of(2025)).toEqual([[american, 70_000n, true]]);
  expect(await of(2026)).toEqual(
    [
      [american, 210_000n, true],
      [small, 199_999n, false],
    ].sort(),
  );
  const csv = await api.call('GET', `/v1/information-returns?programId=${programId}&year=2026`, {
    token: tokens.finance,
    headers: { accept: 'text/csv' },
  });
  expect(csv.text.split('\n')[0]).toContain('compensation.amountMinor');
  expect(csv.text).toContain('210000');
  expect(csv.text).not.toContain('123456789');
});

test('a hit holds payments until a person clears it; the decision stays with that version of the list', async () => {
  const id = await partner({ name: 'ABRAMOW, Iwan' });
  const [hit, ...others] = await findings(id);
  expect({ cause: hit?.cause, others }).toEqual({ cause: 'screening_hit', others: [] });
  expect(await findings(id)).toEqual([hit]);
  const decide = (hitId: string, decision: string, token: string) =>
    api.call('POST', `/v1/screening-hits/${hitId}/decision`, { token, body: { decision, reason: 'Another birthday' } });
  const hitId = hit?.reference ?? '';
  expect((await decide(hitId, 'cleared', tokens.finance)).status).toBe(403);
  expect((await decide(hitId, 'cleared', await api.token({ partnerId: id }))).status).toBe(403);
  expect((await decide(hitId, 'cleared', tokens.legal)).body).toMatchObject({ state: 'cleared', entryId: 'list-1' });
  expect((await decide(hitId, 'confirmed', tokens.legal)).body).toMatchObject({ code: 'illegal-transition' });
  expect(await findings(id)).toEqual([]);
  const [fact] = await database.query<{ reason: string; actor_id: string }>(
    `select reason, actor_id from audit_facts where subject_id = $1 and action = 'partner.screening_decided'`,
    [id],
  );
  expect(fact).toMatchObject({ reason: 'Another birthday' });
  writeFileSync(listFile, 'id,name,aliases,countries\nlist-1,Ivan Abramov,Iwan Abramow,RU\nlist-2,Nobody Else,,\n');
  const [again] = await findings(id);
  expect(again?.reference).not.toBe(hitId);
  await decide(again?.reference ?? '', 'confirmed', tokens.finance_approver);
  expect(await findings(id)).toEqual([again]);
  const read = await api.call<{ items: unknown[] }>('GET', `/v1/partners/${id}/screening-hits`, {
    token: tokens.legal,
  });
  expect(read.body.items[0]).toMatchObject({ state: 'confirmed', listed: { countries: ['RU'] } });
});

test('keys rotate: new rows take the newest, old ones are encrypted anew, and a row opens as itself alone', async () => {
  const [one, other] = [await partner(), await partner()];
  const token = tokens.finance;
  for (const id of [one, other]) {
    const body = { kind: 'handle', provider: 'paypal', handle: `${id}@example.org` };
    const made = await api.call<{ id: string }>('POST', `/v1/partners/${id}/payout-details`, { token, body });
    const address = `/v1/partners/${id}/payout-details/${made.body.id}/decision`;
    await api.call('POST', address, { token: tokens.finance_approver, body: { action: 'approve' } });
    await state(id, w9);
  }
  const keys = `new:${randomBytes(32).toString('base64')}`;
  const rotated = await startTestApi(
    { PAYEE_KEYS: `${keys},${oldKey}`, DATABASE_URL: api.env.DATABASE_URL },
    { clock },
  );
  try {
    const there = <Service>(type: abstract new (...args: never[]) => Service): Service =>
      rotated.app.get<Service>(type, { strict: false });
    expect(await there(PayoutDestinations).of(one)).toMatchObject({ handle: `${one}@example.org` });
    expect(await there(KeyRotation).rotate()).toBeGreaterThanOrEqual(4);
    expect(await there(KeyRotation).rotate()).toBe(0);
    const left = await database.query(
      `select key_id from payout_details union select key_id from tax_profiles union select key_id from self_billing_papers`,
    );
    expect(left).toEqual([{ key_id: 'new' }]);
    expect(await there(PayoutDestinations).of(other)).toMatchObject({ handle: `${other}@example.org` });
    const secrets = (await there(TaxProfiles).secretsOf(database.dataSource.manager, [one])).get(one);
    expect(secrets).toMatchObject({ taxId: '123456789' });
    await expect(service(PayoutDestinations).of(one)).rejects.toThrow('no key with id new');
  } finally {
    await rotated.close();
  }
  const owner = await Database.connect(api.database.migrationUrl, 1);
  try {
    await owner.query(`alter table payout_details disable trigger payout_details_kept`);
    await owner.query(
      `update payout_details d set sealed = s.sealed from payout_details s where d.partner_id = $1 and s.partner_id = $2`,
      [one, other],
    );
    await owner.query(`alter table payout_details enable trigger payout_details_kept`);
    await expect(owner.query(`update payout_details set ending = 'x' where partner_id = $1`, [one])).rejects.toThrow(
      'keeps',
    );
    await expect(owner.query(`delete from payout_details where partner_id = $1`, [one])).rejects.toThrow('keeps');
  } finally {
    await owner.close();
  }
  const swapped = await startTestApi({ PAYEE_KEYS: keys, DATABASE_URL: api.env.DATABASE_URL }, { clock });
  try {
    const there = swapped.app.get(PayoutDestinations, { strict: false });
    await expect(there.of(one)).rejects.toThrow(/authenticate/);
    expect(await there.of(other)).toMatchObject({ kind: 'handle' });
  } finally {
    await swapped.close();
  }
}, 60_000);

test('neither logs nor tables hold tax data in clear', async () => {
  await state(await partner(), w9);
  const tables = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  for (const { name } of tables) {
    const found = await database.query(
      `select 1 from "${name}" t where t::text like any(array['%123456789%', '%123-45-6789%', '%1 Main Street%'])
         or t::text like '%' || encode('1 Main Street', 'hex') || '%'`,
    );
    expect({ name, rows: found.length }).toEqual({ name, rows: 0 });
  }
  expect(log.text()).not.toMatch(/123456789|123-45-6789|Main Street/);
});
