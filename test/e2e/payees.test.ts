import { randomBytes, randomUUID } from 'node:crypto';
import { Database } from '../../libs/database/index.js';
import { PayeeChecks, PayoutDestinations } from '../../libs/payees/index.js';
import { MemoryLog, startTestApi, type ApiAnswer, type TestApi } from '../support/api.js';
import { demoProgram } from '../support/demo-program.js';
import { seedPartner } from '../support/seed-rows.js';
import { SetClock } from '../support/set-clock.js';

const iban = 'DE89370400440532013000';
const otherIban = 'GB29NWBK60161331926819';
const clock = new SetClock();
const log = new MemoryLog();
const oldKey = `old:${randomBytes(32).toString('base64')}`;
let api: TestApi;
let database: Database;
let programId: string;
let tokens: Record<'finance' | 'finance_approver' | 'auditor' | 'partner_manager' | 'admin', string>;

interface Details {
  id: string;
  version: number;
  standing: string;
  ending: string;
  effectiveAt: string | null;
}

beforeAll(async () => {
  clock.set('2026-03-01T09:00:00Z');
  api = await startTestApi({ PAYEE_KEYS: oldKey }, { clock, logger: log });
  database = api.app.get(Database, { strict: false });
  const roles = ['finance', 'finance_approver', 'auditor', 'partner_manager', 'admin'] as const;
  tokens = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await api.token(role)] as const)),
  ) as typeof tokens;
  programId = await newProgram();
}, 60_000);

afterAll(() => api.close());

async function newProgram(payees: Record<string, unknown> = {}): Promise<string> {
  const slug = `program-${randomUUID().slice(0, 8)}`;
  const body = { ...demoProgram(), slug, payees: { payoutDetails: 'required', ...payees } };
  const made = await api.call<{ id: string }>('POST', '/v1/programs', { token: tokens.admin, body });
  expect(made.status).toBe(201);
  return made.body.id;
}

async function partnerOf(program = programId): Promise<{ id: string; token: string }> {
  const id = await seedPartner(database, { programId: program, reference: `partner-${randomUUID()}` });
  return { id, token: await api.token({ partnerId: id }) };
}

function submit(partner: { id: string }, token: string, body: unknown): Promise<ApiAnswer<Details>> {
  return api.call<Details>('POST', `/v1/partners/${partner.id}/payout-details`, { token, body });
}

function decide(partner: { id: string }, details: Details, token: string, body: unknown): Promise<ApiAnswer<Details>> {
  const address = `/v1/partners/${partner.id}/payout-details/${details.id}/decision`;
  return api.call<Details>('POST', address, { token, body });
}

/** A partner that is paid to `iban`. */
async function paidPartner(): Promise<{ id: string; token: string }> {
  const partner = await partnerOf();
  const { body } = await submit(partner, partner.token, { kind: 'iban', holder: 'Ada Perry', iban });
  expect((await decide(partner, body, tokens.finance, { action: 'approve' })).body.standing).toBe('in_use');
  return partner;
}

async function causes(partner: { id: string }, program = programId): Promise<string[]> {
  const asked = [{ partnerId: partner.id, amountMinor: 100n, currency: 'USD' }];
  const checks = api.app.get(PayeeChecks, { strict: false });
  const found = await checks.findings(database.dataSource.manager, program, asked);
  return (found.get(partner.id) ?? []).map(({ cause }) => cause);
}

const destination = (partner: { id: string }) => api.app.get(PayoutDestinations, { strict: false }).of(partner.id);

test('first details are approved by a person of finance, shown masked and paid to', async () => {
  const partner = await partnerOf();
  expect(await causes(partner)).toEqual(['no_payout_details']);
  const spaced = 'de89 3704 0044 0532 0130 00';
  const { status, body } = await submit(partner, partner.token, { kind: 'iban', holder: 'Ada Perry', iban: spaced });
  expect({ status, body }).toMatchObject({
    status: 201,
    body: {
      version: 1,
      kind: 'iban',
      ending: '3000',
      country: 'DE',
      channel: 'partner',
      standing: 'awaiting_approval',
    },
  });
  expect(await causes(partner)).toEqual(['payout_details_change']);
  await expect(destination(partner)).rejects.toMatchObject({ code: 'not-found' });
  const approved = await decide(partner, body, tokens.finance_approver, { action: 'approve' });
  expect(approved.body).toMatchObject({ standing: 'in_use', effectiveAt: '2026-03-01T09:00:00.000Z' });
  expect(await causes(partner)).toEqual([]);
  expect(await destination(partner)).toEqual({ kind: 'iban', holder: 'Ada Perry', iban, country: 'DE' });
  const read = await api.call('GET', `/v1/partners/${partner.id}/payout-details`, { token: tokens.auditor });
  expect(read.text).toContain('"ending":"3000"');
  expect(read.text).not.toContain(iban.slice(0, 12));
});

test('a change holds payments until a second person approved it and its cooling-off is over; the old address is told', async () => {
  const partner = await paidPartner();
  const { body } = await submit(partner, partner.token, { kind: 'iban', holder: 'Ada Perry', iban: otherIban });
  expect(await causes(partner)).toEqual(['payout_details_change']);
  expect(await destination(partner)).toMatchObject({ iban });
  const [mail] = await database.query<{ person: boolean; details: unknown }>(
    `select m.person_id = p.person_id as person, m.details from mails m join partners p on p.id = m.subject_id
     where m.subject_id = $1 and m.template = 'payout-details-change' order by m.id desc limit 1`,
    [partner.id],
  );
  expect(mail).toEqual({ person: true, details: { stage: 'asked' } });
  clock.set('2026-03-02T09:00:00Z');
  const approved = await decide(partner, body, tokens.finance, { action: 'approve' });
  expect(approved.body).toMatchObject({ standing: 'cooling_off', effectiveAt: '2026-03-04T09:00:00.000Z' });
  expect(await causes(partner)).toEqual(['payout_details_change']);
  clock.set('2026-03-04T08:59:59.999Z');
  expect(await causes(partner)).toEqual(['payout_details_change']);
  expect(await destination(partner)).toMatchObject({ iban });
  clock.set('2026-03-04T09:00:00Z');
  expect(await causes(partner)).toEqual([]);
  expect(await destination(partner)).toMatchObject({ iban: otherIban });
  const { body: read } = await api.call<{ items: Details[] }>('GET', `/v1/partners/${partner.id}/payout-details`, {
    token: partner.token,
  });
  expect(read.items.map(({ version, standing }) => [version, standing])).toEqual([
    [2, 'in_use'],
    [1, 'replaced'],
  ]);
  expect(
    (await api.app.get(PayoutDestinations, { strict: false }).lastEditorOf(database.dataSource.manager, [partner.id]))
      .size,
  ).toBe(1);
});

test('who entered details never approves them; a rejection has its reason and leaves what was', async () => {
  const partner = await paidPartner();
  const { body, status } = await submit(partner, tokens.finance, {
    ...{ kind: 'us_bank', holder: 'Ada Perry', routingNumber: '021000021', accountNumber: '123456789' },
    accountType: 'checking',
  });
  expect({ status, body }).toMatchObject({ status: 201, body: { ending: '6789', channel: 'company' } });
  const own = await decide(partner, body, tokens.finance, { action: 'approve' });
  expect({ status: own.status, body: own.body }).toMatchObject({ status: 403, body: { code: 'maker-is-checker' } });
  expect((await decide(partner, body, partner.token, { action: 'approve' })).status).toBe(403);
  expect((await decide(partner, body, tokens.finance_approver, { action: 'reject' })).status).toBe(400);
  const reason = 'The name does not fit';
  const rejected = await decide(partner, body, tokens.finance_approver, { action: 'reject', reason });
  expect(rejected.body).toMatchObject({ standing: 'rejected', reason });
  expect(await causes(partner)).toEqual([]);
  expect(await destination(partner)).toMatchObject({ iban });
  const again = await decide(partner, body, tokens.finance_approver, { action: 'approve' });
  expect(again.body).toMatchObject({ code: 'illegal-transition' });
});

test('one change is open at a time, also of two at once; the partner stops it while it cools off', async () => {
  const partner = await paidPartner();
  const changes = [otherIban, 'FR1420041010050500013M02606'].map((next) =>
    submit(partner, partner.token, { kind: 'iban', holder: 'Mallory', iban: next }),
  );
  const answers = await Promise.all(changes);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  const open = answers.find(({ status }) => status === 201)?.body as Details;
  expect((await decide(partner, open, tokens.finance, { action: 'approve' })).body.standing).toBe('cooling_off');
  const address = `/v1/partners/${partner.id}/payout-details/${open.id}/withdrawal`;
  const stopped = await api.call<Details>('POST', address, { token: partner.token, body: { reason: 'Not mine' } });
  expect(stopped.body.standing).toBe('withdrawn');
  clock.set(new Date(clock.now().getTime() + 30 * 86_400_000).toISOString());
  expect(await destination(partner)).toMatchObject({ iban });
  expect(await causes(partner)).toEqual([]);
});

test('wrong accounts are refused with where and without what; others see nothing', async () => {
  const partner = await partnerOf();
  const wrong = await submit(partner, partner.token, { kind: 'iban', holder: 'A', iban: 'DE89370400440532013001' });
  expect({ status: wrong.status, body: wrong.body }).toMatchObject({
    status: 422,
    body: { code: 'invalid-document', errors: [{ pointer: '/iban' }] },
  });
  expect(wrong.text).not.toContain('370400440532013001');
  const us = { kind: 'us_bank', holder: 'A', accountNumber: '1234567', accountType: 'savings' };
  const routing = await submit(partner, partner.token, { ...us, routingNumber: '021000022' });
  expect(routing.body).toMatchObject({ errors: [{ pointer: '/routingNumber' }] });
  const stranger = await partnerOf();
  const address = `/v1/partners/${partner.id}/payout-details`;
  expect((await api.call('GET', address, { token: stranger.token })).status).toBe(404);
  expect((await api.call('GET', address, { token: tokens.partner_manager })).status).toBe(403);
  expect((await submit(partner, tokens.auditor, { ...us, routingNumber: '021000021' })).status).toBe(403);
});

test('accounts stand nowhere in clear: not in a table, not in a log', async () => {
  const partner = await paidPartner();
  await submit(partner, partner.token, { kind: 'handle', provider: 'paypal', handle: 'secret-handle@example.org' });
  const tables = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables) {
    const found = await database.query(
      `select 1 from "${name}" t where t::text ilike any(array['%370400440532013%', '%secret-handle%'])
         or t::text ilike any(array['%' || encode('370400440532013', 'hex') || '%', '%' || encode('secret-handle', 'hex') || '%'])`,
    );
    expect({ name, rows: found.length }).toEqual({ name, rows: 0 });
  }
  expect(log.text()).not.toMatch(/370400440532013|secret-handle/);
});

test('who has no contract yet leaves no bank data: it could not be erased with the application', async () => {
  const partner = await partnerOf();
  await database.query(`update partners set stage = 'contracting' where id = $1`, [partner.id]);
  const refused = await submit(partner, partner.token, { kind: 'iban', holder: 'Ada Perry', iban });
  expect({ status: refused.status, body: refused.body }).toMatchObject({
    status: 409,
    body: { code: 'illegal-transition' },
  });
  expect(await database.query(`select 1 from payout_details where partner_id = $1`, [partner.id])).toEqual([]);
});
