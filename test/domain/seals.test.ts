import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import { verifyContract } from '../../libs/seals/index.js';
import { BareSigner } from '../../tools/bench/bare-signature.js';
import { unsealedContract, sealTwice, testKeyPem } from '../support/seals.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-seals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: Uint8Array | string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

describe('the seals of a contract', () => {
  it('are accepted by pdfsig: the first covers its revision, the last the whole document', async () => {
    const { d2 } = await sealTwice(await unsealedContract());
    const told = execFileSync('pdfsig', [written('d2.pdf', d2)], { encoding: 'utf8' });
    const [, first = '', second = ''] = told.split(/^Signature #/m);
    expect(first).toContain('Signature Field Name: PartnerSeal');
    expect(first).toContain('Signature Validation: Signature is Valid.');
    expect(first).toContain('Not total document signed');
    expect(second).toContain('Signature Field Name: CompanySeal');
    expect(second).toContain('Signature Validation: Signature is Valid.');
    expect(second).toContain('Total document signed');
  });

  it('are accepted by openssl cms -verify', async () => {
    const { d2 } = await sealTwice(await unsealedContract());
    const file = PdfFile.read(d2);
    file.revisions.slice(1).forEach((revision, index) => {
      const text = d2.subarray(revision.start, revision.end).toString('latin1');
      const [, from = 0, to = 0, rest = 0] = /ByteRange \[0 +(\d+) +(\d+) +(\d+)\]/.exec(text)!.map(Number);
      const content = Buffer.concat([d2.subarray(0, from), d2.subarray(to, to + rest)]);
      const cms = Buffer.from(d2.subarray(from + 1, to - 1).toString('latin1'), 'hex');
      const args = [
        ...['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in', written(`seal-${index}.der`, cms)],
        ...['-content', written(`sealed-${index}`, content), '-CAfile', written('ca.pem', testKeyPem.certificate)],
        ...['-purpose', 'any', '-out', '/dev/null'],
      ];
      expect(execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })).toBe('');
    });
  });

  it('have the same bytes when they are made again', async () => {
    const document = await unsealedContract();
    const [first, second] = [await sealTwice(document), await sealTwice(document)];
    expect(first.d2.equals(second.d2)).toBe(true);
  });
});

describe('verifyContract', () => {
  it('finds nothing wrong with a contract that both seals stand on', async () => {
    const { d2 } = await sealTwice(await unsealedContract());
    const report = verifyContract(d2, { trusted: [testKeyPem.certificate] });
    expect(report).toMatchObject({ valid: true, findings: [] });
  });
});

describe('the bare signature that seals are measured by', () => {
  it('is a whole CMS signature, accepted by openssl', async () => {
    const document = await unsealedContract();
    const signer = await BareSigner.create(testKeyPem.privateKey, testKeyPem.certificate);
    const args = [
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', written('bare.der', await signer.sign(document))],
      ...['-content', written('bare', document), '-CAfile', written('ca.pem', testKeyPem.certificate)],
      ...['-purpose', 'any', '-out', '/dev/null'],
    ];
    expect(execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});
