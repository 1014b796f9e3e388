import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../libs/kernel/sha256.js';
import { signature } from '../../libs/orchestration/index.js';
import { ContractingWalk, type Sent } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const patience = 120_000;

describe('the storage of contracts, over HTTP', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let folder: string;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product);
    folder = product.env.DOCUMENTS_FOLDER ?? '';
  });
  afterAll(() => product.close());

  const fileOf = ({ documentHash: hash }: Sent) => path.join(folder, hash.slice(0, 2), hash.slice(2, 4), hash);
  const ask = (sent: Sent) =>
    product.call('GET', `/v1/envelopes/${sent.envelopeId}/document`, { token: walk.tokens.legal });

  it('keeps a contract as a file by its hash, and no bytes in the database', async () => {
    const sent = await walk.sent();
    expect(sha256(readFileSync(fileOf(sent)))).toBe(sent.documentHash);
    const sql = `select kind, bytes, size_bytes from documents where sha256 = $1`;
    const size = readFileSync(fileOf(sent)).length;
    expect(await product.rows(sql, sent.documentHash)).toEqual([{ kind: 'contract', bytes: null, size_bytes: size }]);
  });

  it('never serves a contract whose file was changed or lost, and serves it again once it is restored', async () => {
    const sent = await walk.sent();
    const bytes = readFileSync(fileOf(sent));
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    writeFileSync(fileOf(sent), changed);
    expect((await ask(sent)).status).toBe(500);
    rmSync(fileOf(sent));
    expect((await ask(sent)).status).toBe(500);
    writeFileSync(fileOf(sent), bytes);
    const address = `/v1/envelopes/${sent.envelopeId}/document`;
    expect(sha256(await product.bytes(address, walk.tokens.legal))).toBe(sent.documentHash);
  });

  it(
    'waits while the storage is away, and sends the contract once it is back',
    async () => {
      const before = await walk.sent();
      renameSync(folder, `${folder}.away`);
      // A file in the folder's place: nothing can be written below it, nor read.
      writeFileSync(folder, '');
      const answer = await ask(before);
      expect([answer.status, answer.body['code']]).toEqual([503, 'unavailable']);
      const approved = await walk.approved();
      expect((await walk.accept(approved.negotiationId, approved.termsHash, approved.token)).status).toBe(200);
      const { applicationId } = approved;
      const handle = product.temporal.workflow.getHandle(signature.workflowId(approved.negotiationId));
      await product.until('a failed try', async () => {
        // The workflow begins a moment after the acceptance.
        const seen = await handle.describe().catch(() => undefined);
        return seen?.raw.pendingActivities?.some(({ attempt }) => (attempt ?? 0) > 1);
      });
      const { envelopeId } = await walk.application(applicationId);
      expect(await walk.envelope(envelopeId!)).toMatchObject({ state: 'draft', documentHash: null });
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
      await walk.reaches(envelopeId!, 'sent');
      expect((await ask(before)).status).toBe(200);
    },
    patience,
  );

  it(
    'lets a signature wait for its seal while the storage is away, and seals it once when it is back',
    async () => {
      const partner = await walk.sent();
      renameSync(folder, `${folder}.away`);
      writeFileSync(folder, '');
      const { documentHash, consentVersion, name, link, envelopeId } = partner;
      const body = { documentHash, consentVersion, consent: true, typedName: name };
      const answer = await product.call('POST', `/v1/signing/${link}/signature`, { body });
      expect([answer.status, answer.body['state']]).toEqual([200, 'partner_signed']);
      const handle = product.temporal.workflow.getHandle(signature.workflowId(partner.negotiationId));
      await product.until('a failed try', async () => {
        const { raw } = await handle.describe();
        return raw.pendingActivities?.some(({ attempt }) => (attempt ?? 0) > 1);
      });
      expect((await walk.envelope(envelopeId)).state).toBe('partner_signed');
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
      await walk.reaches(envelopeId, 'awaiting_countersign');
      expect((await walk.countersign(partner)).status).toBe(200);
      await walk.stage(partner.applicationId, 'active');
      const { facts } = await walk.evidence(envelopeId);
      for (const type of ['signed', 'awaiting_countersign', 'executed'])
        expect(facts.filter((fact) => fact.type === type).length).toBe(type === 'signed' ? 2 : 1);
    },
    patience,
  );
});
