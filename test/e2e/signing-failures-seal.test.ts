import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeSelfSignedKey, verifyContract } from '../../libs/seals/index.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { ContractingWalk } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';
import { testKeyPem } from '../support/seals.js';
import { outcome, SigningDesk } from '../support/signing.js';
import { TestAuthority } from '../support/time-stamp-authority.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pactline-failures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const goodKey = testKeyPem.privateKey + testKeyPem.certificate;
const signature = { alertEvery: 'PT1S' };

describe('without a key to seal with', () => {
  const keyFile = path.join(folder, 'seal-key.pem');
  let product: TestProduct;
  let signing: SigningDesk;
  beforeAll(async () => {
    const expired = makeSelfSignedKey({
      commonName: 'Expired',
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2021-01-01T00:00:00Z'),
      modulusBits: 2048,
    });
    writeFileSync(keyFile, expired.privateKey + expired.certificate);
    product = await TestProduct.start({ SEAL_KEY_FILE: keyFile });
    signing = new SigningDesk(await ContractingWalk.open(product, { signature }));
  });
  afterAll(() => product.close());

  it('the worker says so when it starts, and nothing is sent until there is one; legal is told, and it goes on by itself', async () => {
    expect(product.log.text).toContain(
      'the key for electronic seals is expired (valid until 2021-01-01T00:00:00.000Z)',
    );
    const partner = await signing.agreed();
    const envelopeId = await signing.envelopeOf(partner);
    const { legal } = signing.walk.document.contacts;
    await product.mail(legal!, 'cannot be sealed');
    await product.mail(legal!, 'stuck');
    const blocked = await signing.walk.envelope(envelopeId);
    expect(blocked).toMatchObject({ state: 'frozen', awaiting: null, overlays: { sealBlocked: 'key_unavailable' } });
    const address = `/v1/envelopes?programId=${signing.walk.programId}&overlay=seal_blocked`;
    const list = await product.ok<{ items: { id: string }[] }>('GET', address, { token: signing.walk.tokens.legal });
    expect(list.items.map(({ id }) => id)).toEqual([envelopeId]);
    expect((await product.mails(partner.email, 'sign')).length).toBe(0);
    writeFileSync(keyFile, goodKey);
    await signing.walk.reaches(envelopeId, 'sent');
    const link = await signing.link(partner.email);
    expect((await signing.walk.envelope(envelopeId)).overlays.sealBlocked).toBeNull();
    // However often it was tried, it was news once.
    expect(await signing.facts(envelopeId, 'seal_blocked')).toHaveLength(1);
    expect(await product.mails(legal!, 'cannot be sealed')).toHaveLength(1);
    expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
  });

  it('what was signed meanwhile waits sealed by nobody, pays nobody, and can still be taken back', async () => {
    writeFileSync(keyFile, goodKey);
    const [kept, dropped] = [await signing.agreed(), await signing.agreed()];
    const links = [await signing.link(kept.email), await signing.link(dropped.email)];
    await product.stopWorker();
    renameSync(keyFile, `${keyFile}.away`);
    await product.startWorker();
    for (const link of links) expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
    const [first = '', second = ''] = [await signing.envelopeOf(kept), await signing.envelopeOf(dropped)];
    for (const id of [first, second]) {
      await product.until('the block', async () => (await signing.walk.envelope(id)).overlays.sealBlocked !== null);
      expect(outcome(await signing.walk.countersign({ envelopeId: id }))).toEqual([409, 'illegal-transition']);
    }
    expect(outcome(await signing.change(second, 'void', { reason: 'No key' }))).toEqual([200, 'voided']);
    await signing.walk.stage(dropped.applicationId, 'lapsed');
    renameSync(`${keyFile}.away`, keyFile);
    await signing.walk.reaches(first, 'awaiting_countersign');
    expect((await signing.walk.countersign({ envelopeId: first })).status).toBe(200);
    await signing.walk.stage(kept.applicationId, 'active');
  });
});

describe('a sealed contract that does not verify', () => {
  let product: TestProduct;
  let signing: SigningDesk;
  beforeAll(async () => {
    product = await TestProduct.start();
    signing = new SigningDesk(await ContractingWalk.open(product, { signature }));
  });
  afterAll(() => product.close());

  /** The row is made to say other terms than the contract has: as if the wrong document had been sealed. */
  async function tamper(envelopeId: string): Promise<() => Promise<unknown>> {
    const [row] = await product.rows<{ terms_hash: string }>(
      `select terms_hash from envelopes where id = $1`,
      envelopeId,
    );
    const other = `insert into terms_documents (program_id, hash, canonical, created_at) select program_id, $2, '{}', now() from envelopes where id = $1`;
    await product.rows(other, envelopeId, sha256(envelopeId));
    const set = `update envelopes set terms_hash = $2 where id = $1`;
    await product.rows(set, envelopeId, sha256(envelopeId));
    return () => product.rows(set, envelopeId, row!.terms_hash);
  }

  it('is quarantined until a person has it tried again; nothing is in force and nothing can be paid before', async () => {
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    await signing.sign(link);
    await signing.walk.reaches(envelopeId, 'awaiting_countersign');
    const repair = await tamper(envelopeId);
    expect(outcome(await signing.walk.countersign({ envelopeId }))).toEqual([200, 'countersigned']);
    const isBlocked = async () =>
      (await signing.walk.envelope(envelopeId)).overlays.sealBlocked === 'verification_failed';
    await product.until('the quarantine', isBlocked);
    expect((await signing.walk.envelope(envelopeId)).state).toBe('sealing');
    await product.mail(signing.walk.document.contacts.legal!, 'cannot be sealed');
    expect(await signing.facts(envelopeId, 'seal_blocked')).toMatchObject([{ findings: ['other-contract'] }]);
    // It is concluded, so nobody takes it back; it is not executed, so nobody is paid by it.
    expect(outcome(await signing.change(envelopeId, 'void', { reason: 'No' }))).toEqual([409, 'illegal-transition']);
    expect(await product.rows(`select 1 from agreement_versions where partner_id = $1`, partner.partnerId)).toEqual([]);
    const paid = await payable(signing, partner.partnerId);
    expect(paid).toEqual({ status: 'unpriced', items: 0 });

    const { manager } = signing.walk.tokens;
    expect((await signing.change(envelopeId, 'seal-retry', { reason: 'Again' }, manager)).status).toBe(403);
    expect(outcome(await signing.change(envelopeId, 'seal-retry', { reason: 'Perhaps' }))).toEqual([200, 'sealing']);
    await product.until('the second block', async () => (await signing.facts(envelopeId, 'seal_blocked')).length === 2);
    await repair();
    expect(outcome(await signing.change(envelopeId, 'seal-retry', { reason: 'The row is repaired' }))).toEqual([
      200,
      'sealing',
    ]);
    await signing.walk.stage(partner.applicationId, 'active');
    expect(outcome(await signing.change(envelopeId, 'seal-retry', { reason: 'Again' }))).toEqual([
      409,
      'illegal-transition',
    ]);
    const { overlays, documents } = await signing.walk.envelope(envelopeId);
    expect(overlays.sealBlocked).toBeNull();
    const sql = `select count(*)::int as count from documents where kind = 'contract_sealed' and sha256 = any($1)`;
    expect(await product.rows(sql, [documents.d1, documents.d2])).toEqual([{ count: 2 }]);
  });

  it('is certified by no evidence that does not hold, as where somebody has changed the record of the signing', async () => {
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    await signing.sign(link);
    await signing.walk.reaches(envelopeId, 'awaiting_countersign');
    const isSigned = `where envelope_id = $1 and type = 'partner_signed'`;
    const [fact] = await product.rows<{ data: object }>(`select data from envelope_events ${isSigned}`, envelopeId);
    const record = async (data: object): Promise<void> => {
      await product.owner.query('alter table envelope_events disable trigger user');
      await product.owner.query(`update envelope_events set data = $2 ${isSigned}`, [envelopeId, data]);
      await product.owner.query('alter table envelope_events enable trigger user');
    };
    await record({ ...fact!.data, typedName: 'Somebody Else' });
    expect(outcome(await signing.walk.countersign({ envelopeId }))).toEqual([200, 'countersigned']);
    await product.until('the quarantine', async () => {
      return (await signing.walk.envelope(envelopeId)).overlays.sealBlocked === 'verification_failed';
    });
    const { state, documents } = await signing.walk.envelope(envelopeId);
    expect([state, documents.certificate]).toEqual(['sealing', null]);
    const unnamed = `select 1 from documents d where kind = 'evidence_certificate'
      and not exists (select 1 from envelopes e where e.certificate_sha256 = d.sha256)`;
    expect(await product.rows(unnamed)).toEqual([]);
    expect(await product.rows(`select 1 from agreement_versions where partner_id = $1`, partner.partnerId)).toEqual([]);
    await record(fact!.data);
    expect(await signing.facts(envelopeId, 'seal_blocked')).toMatchObject([{ step: 'certify' }]);
    const retry = { reason: 'The record is as it was' };
    expect(outcome(await signing.change(envelopeId, 'seal-retry', retry))).toEqual([200, 'sealing']);
    await signing.walk.stage(partner.applicationId, 'active');
    const whole = await signing.walk.envelope(envelopeId);
    const of = `select 1 from documents where kind = 'evidence_certificate' and sha256 = $1`;
    expect(await product.rows(of, whole.documents.certificate)).toHaveLength(1);
  });

  it('can be taken back by the company while the partner alone has signed', async () => {
    const partner = await signing.agreed();
    const link = await signing.link(partner.email);
    const { envelopeId } = await signing.page(link);
    await tamper(envelopeId);
    expect(outcome(await signing.sign(link))).toEqual([200, 'partner_signed']);
    await product.until('the quarantine', async () => {
      return (await signing.walk.envelope(envelopeId)).overlays.sealBlocked === 'verification_failed';
    });
    expect(outcome(await signing.change(envelopeId, 'void', { reason: 'The wrong terms' }))).toEqual([200, 'voided']);
    await signing.walk.stage(partner.applicationId, 'lapsed');
    expect(await product.ended(`signature/${partner.negotiationId}`)).toBe('COMPLETED');
  });
});

/** Whether a sale of a partner whose contract is not executed is priced, and what a payout would take. */
async function payable({ walk }: SigningDesk, partner: string): Promise<{ status: string | undefined; items: number }> {
  const { product, programId, tokens } = walk;
  const sale = { type: 'sale', partner, customer: 'c1', amountMinor: 50_000, currency: 'USD' };
  const events = [{ ...sale, id: `sale-of-${partner}`, occurredAt: new Date(Date.now() - 1_000).toISOString() }];
  const told = await product.ok<{ results: { status: string }[] }>('POST', `/v1/events?programId=${programId}`, {
    token: tokens.service,
    body: { events },
  });
  const token = await product.token('finance');
  const body = { programId, cutOff: new Date(Date.now() - 1).toISOString() };
  await product.ok('POST', '/v1/vesting-runs', { token, body });
  const { items } = await product.ok<{ items: number }>('POST', '/v1/payout-collections', { token, body });
  return { status: told.results[0]?.status, items };
}

describe('a time-stamp authority', () => {
  const keyFile = path.join(folder, 'stamped-key.pem');
  const authority = new TestAuthority();
  let gate: Server;
  let isOpen = false;
  let product: TestProduct;
  let signing: SigningDesk;
  beforeAll(async () => {
    const behind = await authority.serve();
    // The second authority of the list: away until the test lets it answer.
    gate = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (!isOpen) return void response.writeHead(503).end();
        void fetch(behind, { method: 'POST', body: new Uint8Array(Buffer.concat(chunks)) })
          .then((answer) => answer.arrayBuffer())
          .then((bytes) => response.setHeader('content-type', 'application/timestamp-reply').end(Buffer.from(bytes)));
      });
    });
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
    const second = `http://127.0.0.1:${(gate.address() as AddressInfo).port}/`;
    const certificates = path.join(folder, 'tsa.pem');
    writeFileSync(certificates, authority.root);
    const urls = `${await authority.nobody()},${second}`;
    writeFileSync(keyFile, goodKey);
    const stamps = { TSA_URLS: urls, TSA_CERTIFICATES: certificates, TSA_TIMEOUT_MS: '2000' };
    product = await TestProduct.start({ ...stamps, SEAL_KEY_FILE: keyFile });
    signing = new SigningDesk(await ContractingWalk.open(product, { signature }));
  });
  afterAll(async () => {
    await product.close();
    gate.close();
    authority.close();
  });

  const trust = () => ({ trusted: [testKeyPem.certificate], timestampAuthorities: [authority.root] });

  it('that is away holds up no contract: it is executed, marked, and stamped once there is an answer', async () => {
    isOpen = false;
    const partner = await signing.walk.activePartner();
    const before = await signing.walk.envelope(partner.envelopeId);
    expect(before).toMatchObject({ state: 'executed', overlays: { timestampPending: true }, documents: { d3: null } });
    expect(await signing.facts(partner.envelopeId, 'timestamp_pending')).toHaveLength(1);
    isOpen = true;
    await product.until('the time-stamp', async () => {
      return !(await signing.walk.envelope(partner.envelopeId)).overlays.timestampPending;
    });
    const after = await signing.walk.envelope(partner.envelopeId);
    expect(after.newestDocumentHash).toBe(after.documents.d3);
    expect(after.documents.certificate).not.toBe(before.documents.certificate);
    await product.mail(partner.email, 'time-stamp');
    expect(await product.ended(`signature/${partner.negotiationId}/time-stamp`)).toBe('COMPLETED');
    const token = signing.walk.tokens.legal;
    const contract = await product.bytes(`/v1/envelopes/${partner.envelopeId}/document`, token);
    const evidence = await product.bytes(`/v1/envelopes/${partner.envelopeId}/evidence-certificate`, token);
    expect(verifyContract(contract, { ...trust(), evidence }).findings).toEqual([]);
  });

  it('that is away is stood in for by the second one', async () => {
    isOpen = true;
    const partner = await signing.walk.activePartner();
    const { documents, overlays } = await signing.walk.envelope(partner.envelopeId);
    expect(overlays.timestampPending).toBe(false);
    const address = `/v1/envelopes/${partner.envelopeId}/document?revision=3`;
    const contract = await product.bytes(address, signing.walk.tokens.legal);
    expect(sha256(contract)).toBe(documents.d3);
    const report = verifyContract(contract, trust());
    expect([report.findings, report.timestamps.length]).toEqual([[], 1]);
  });

  it('whose answer comes late is not put on a contract that no longer verifies, until a person has it tried again', async () => {
    isOpen = false;
    const partner = await signing.walk.activePartner();
    const { envelopeId } = partner;
    const late = async () => (await signing.walk.envelope(envelopeId)).overlays;
    expect(await late()).toMatchObject({ timestampPending: true, sealBlocked: null });
    // The worker comes back without the key, then with another one, and the earlier certificate is not among those that are trusted.
    await product.stopWorker();
    renameSync(keyFile, `${keyFile}.away`);
    isOpen = true;
    await product.startWorker();
    await product.until('the block', async () => (await late()).sealBlocked === 'key_unavailable');
    await product.stopWorker();
    const [notBefore, notAfter] = [new Date('2025-01-01T00:00:00Z'), new Date('2060-01-01T00:00:00Z')];
    const other = makeSelfSignedKey({ commonName: 'Another', notBefore, notAfter, modulusBits: 2048 });
    writeFileSync(keyFile, other.privateKey + other.certificate);
    await product.startWorker();
    await product.until('the quarantine', async () => (await late()).sealBlocked === 'verification_failed');
    expect((await signing.walk.envelope(envelopeId)).documents.d3).toBeNull();
    await product.stopWorker();
    renameSync(`${keyFile}.away`, keyFile);
    await product.startWorker();
    expect(outcome(await signing.change(envelopeId, 'seal-retry', { reason: 'The key is back' }))).toEqual([
      200,
      'executed',
    ]);
    await product.until('the time-stamp', async () => !(await late()).timestampPending);
    expect(await late()).toMatchObject({ sealBlocked: null });
    expect(await product.ended(`signature/${partner.negotiationId}/time-stamp`)).toBe('COMPLETED');
    const again = await signing.change(envelopeId, 'seal-retry', { reason: 'Again' });
    expect(outcome(again)).toEqual([409, 'illegal-transition']);
  }, 90_000);
});
