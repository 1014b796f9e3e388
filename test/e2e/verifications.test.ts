import { renderEvidence, SealService, sealFields, type VerificationReport } from '../../libs/seals/index.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { evidenceOf } from '../support/evidence.js';
import { foreignKey, sealTime, sealTwice, unsealedContract } from '../support/seals.js';

let api: TestApi;
let d0: Uint8Array;
let contract: Buffer;
let evidence: Uint8Array;

beforeAll(async () => {
  api = await startTestApi();
  d0 = await unsealedContract();
  const { d1, d2 } = await sealTwice(d0);
  contract = d2;
  // Sealed by the service that the API itself has, with the key that its environment names.
  const certificate = await renderEvidence(evidenceOf({ d0, d1, d2 }));
  const request = { field: sealFields.company, name: 'Crescent', reason: 'Evidence', at: sealTime };
  evidence = await api.app.get(SealService, { strict: false }).seal(certificate, request);
});
afterAll(() => api.close());

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const check = (body: unknown) => api.call<VerificationReport>('POST', '/v1/verifications', { body });

describe('POST /v1/verifications', () => {
  it('tells anybody that a contract and its evidence hold', async () => {
    const { status, body } = await check({ contract: base64(contract), evidence: base64(evidence) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ valid: true, findings: [], evidence: { head: { number: 7 } } });
    expect(body.seals.map(({ field }) => field)).toEqual(['PartnerSeal', 'CompanySeal']);
  });

  it('tells with the reason what does not hold', async () => {
    const forged = await sealTwice(d0, foreignKey());
    const { status, body } = await check({ contract: base64(forged.d2), evidence: base64(evidence) });
    expect(status).toBe(200);
    expect(body.valid).toBe(false);
    expect(body.findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['unknown-certificate', 'evidence-document-mismatch', 'evidence-seal-mismatch']),
    );
  });

  it.each([
    ['nonsense', Buffer.from('nonsense')],
    ['a file cut off', () => contract.subarray(0, 5_000)],
    ['the evidence in place of the contract', () => evidence],
  ])('reports on %s as on anything else', async (_, bytes) => {
    const content = typeof bytes === 'function' ? bytes() : bytes;
    const { status, body } = await check({ contract: base64(content), evidence: base64(content) });
    expect([status, body.valid]).toEqual([200, false]);
  });

  it('takes a contract as it is, without its evidence', async () => {
    const send = (raw: Buffer, type: string) =>
      api.call<VerificationReport>('POST', '/v1/verifications', { raw, headers: { 'content-type': type } });
    for (const type of ['application/pdf', 'application/octet-stream']) {
      const { status, body } = await send(contract, type);
      expect([status, body.valid, body.seals.length]).toEqual([200, true, 2]);
      expect(body.evidence).toBeUndefined();
    }
    const changed = Buffer.from(contract);
    changed[changed.length >> 1]! ^= 1;
    expect((await send(changed, 'application/pdf')).body).toMatchObject({ valid: false });
    const refusals = [
      [Buffer.alloc(5 * 1_048_576 + 1), 'application/pdf', 413],
      [Buffer.alloc(0), 'application/pdf', 400],
      [contract, 'text/html', 415],
    ] as const;
    for (const [raw, type, status] of refusals) expect((await send(raw, type)).status).toBe(status);
  });

  it('refuses what is not base64, not there, or not asked for', async () => {
    for (const body of [{ contract: 'äöü' }, {}, { contract: base64(contract), more: 1 }, { contract: '' }]) {
      expect((await check(body)).status).toBe(400);
    }
  });
});
