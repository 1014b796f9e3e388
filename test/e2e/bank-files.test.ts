import { Database } from '../../libs/database/index.js';
import { newId } from '../../libs/kernel/ids.js';
import { Keyring } from '../../libs/kernel/keyring.js';
import { IsoCreditTransferRail } from '../../libs/payouts/index.js';
import { Clock } from '../../libs/kernel/clock.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { bankVariables, ibanDestination, MemoryDestinations } from '../support/bank-house.js';
import { statusReport } from '../support/bank-messages.js';
import { seedPartner, seedProgram } from '../support/seed-rows.js';

/** The machine's clock: files are of today. */
class RealClock extends Clock {
  now(): Date {
    return new Date();
  }
}

describe('the API of bank files', () => {
  const iban = ibanDestination.kind === 'iban' ? ibanDestination.iban : '';
  const executionDate = '2099-01-02';
  let api: TestApi;
  let database: Database;
  let finance: string;
  let batchId: string;
  let programId: string;

  beforeAll(async () => {
    api = await startTestApi({ ...bankVariables, PAYOUT_RAIL: 'iso-credit-transfer' });
    database = await Database.connect(api.database.url, 2);
    finance = await api.token('finance');
    programId = await seedProgram(database);
    const partnerId = await seedPartner(database, { programId, reference: 'paid' });
    const destinations = new MemoryDestinations();
    destinations.set(partnerId, ibanDestination);
    const keyring = Keyring.parse(api.env.ENCRYPTION_KEYS);
    const rail = new IsoCreditTransferRail({ database, clock: new RealClock(), keyring, destinations });
    batchId = newId('bat');
    await database.query(
      `insert into payout_batches (id, program_id, currency, state, cut_off, total_minor, item_count, created_at, state_since)
       values ($1, $2, 'EUR', 'released', now(), 2500, 1, now(), now())`,
      [batchId, programId],
    );
    const { accountReference } = await rail.openAccount({ partnerId, idempotencyKey: 'k', currency: 'EUR' });
    const itemId = newId('itm');
    await rail.send({
      itemId,
      attempt: 1,
      batchId,
      accountReference,
      amountMinor: 2_500n,
      currency: 'EUR',
      idempotencyKey: itemId,
    });
  });

  afterAll(async () => {
    await database.close();
    await api.close();
  });

  const files = () => `/v1/payout-batches/${batchId}/bank-files`;
  const upload = (raw: string | Buffer, token = finance) =>
    api.call<{ id: string }>('POST', `/v1/bank-reports?programId=${programId}`, {
      ...{ token, raw, headers: { 'content-type': 'application/octet-stream' } },
    });

  it('makes a file, hands it over once, gives its bytes to finance alone, and takes the bank’s report', async () => {
    const made = await api.call<{ items: { id: string; messageId: string }[] }>('POST', files(), {
      token: finance,
      body: { executionDate },
    });
    expect([made.status, made.body]).toEqual([
      200,
      expect.objectContaining({ items: [expect.objectContaining({ state: 'prepared', payments: 1, executionDate })] }),
    ]);
    const { id, messageId } = made.body.items[0]!;
    const act = (what: string, token: string, body?: unknown) =>
      api.call('POST', `/v1/bank-files/${id}/${what}`, { token, ...(body ? { body } : {}) });
    expect((await act('download', finance)).status).toBe(409);
    for (const role of ['auditor', 'partner_manager', 'finance_approver'] as const) {
      const token = await api.token(role);
      expect([role, (await act('hand-over', token)).status, (await act('download', token)).status]).toEqual([
        role,
        403,
        403,
      ]);
      expect((await upload('<a/>', token)).status).toBe(403);
    }
    expect((await act('hand-over', finance)).body).toMatchObject({ state: 'handed_over', handOver: 'download' });
    expect((await act('hand-over', finance)).status).toBe(409);
    const bytes = await act('download', finance);
    expect([bytes.status, bytes.text.includes(iban)]).toEqual([200, true]);
    expect(bytes.headers.get('content-disposition')).toBe(`attachment; filename="${messageId}.xml"`);
    const seen = await api.call<{ items: unknown[] }>('GET', `/v1/bank-files/${id}/instructions`, {
      token: await api.token('auditor'),
    });
    expect(seen.body.items).toMatchObject([
      { account: `FR…${iban.slice(-4)}`, amount: { amountMinor: 2_500, currency: 'EUR' } },
    ]);
    expect(seen.text).not.toContain(iban);

    const report = await upload(statusReport({ originalMessageId: messageId, group: 'RJCT', groupReason: 'FF01' }));
    expect([report.status, report.body]).toEqual([
      200,
      expect.objectContaining({ kind: 'pain.002', isRepeated: false }),
    ]);
    const told = await api.call('GET', `/v1/bank-reports/${report.body.id}`, { token: finance });
    expect(told.body).toMatchObject({ entries: [{ kind: 'file_status', verdict: 'applied', reasonCode: 'FF01' }] });
    expect((await api.call('GET', files(), { token: finance })).body).toMatchObject({ items: [{ state: 'rejected' }] });
  });

  it('refuses what is no report, with the place and without its text', async () => {
    const wrong = await upload(
      `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><x>${iban}</x></Document>`,
    );
    expect([wrong.status, wrong.body]).toEqual([422, expect.objectContaining({ code: 'invalid-document' })]);
    expect(wrong.text).not.toContain(iban);
    const entity = await upload('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a xmlns="x">&b;</a>');
    expect(entity.status).toBe(422);
    expect((await upload(Buffer.alloc(20 * 1_048_576 + 1, 0x20))).status).toBe(413);
  });

  it('refuses a day that is past, none, or not of the calendar', async () => {
    for (const [body, status] of [
      [{ executionDate: '2020-01-01' }, 422],
      [{}, 400],
      [{ executionDate: '2026-02-30' }, 400],
    ] as const) {
      expect([body, (await api.call('POST', files(), { token: finance, body })).status]).toEqual([body, status]);
    }
  });
});
