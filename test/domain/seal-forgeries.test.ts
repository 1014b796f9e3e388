import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canonicalTermsText, termsHash } from '../../libs/agreements/domain/index.js';
import { PageWriter } from '../../libs/documents/index.js';
import { sealFields, timestampPdf } from '../../libs/seals/index.js';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import type { WrittenObject } from '../../libs/seals/pdf/revision-writer.js';
import { coveredParts, fillSignature, layOutSignature } from '../../libs/seals/pdf/signature-writer.js';
import { requestTimestamp } from '../../libs/seals/timestamp/authorities.js';
import { everyKindTerms } from '../support/documents.js';
import { findingsOf, sealCms, sealTwice, signWith, testKeyPem, unsealedContract } from '../support/seals.js';
import { TestAuthority } from '../support/time-stamp-authority.js';

/** What the trusted key itself could be brought to seal, were the check only of signatures. */

let authority: TestAuthority;
let d1: Buffer;
let d2: Buffer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-forgeries-'));
  authority = new TestAuthority();
  ({ d1, d2 } = await sealTwice(await unsealedContract()));
});
afterAll(() => {
  authority.close();
  rmSync(folder, { recursive: true, force: true });
});

const { company } = sealFields;
const sealed = (objects: WrittenObject[], changes: Record<string, string> = {}): Promise<Buffer> =>
  signWith(d1, company, (content) => sealCms(content), { objects, changes });

describe('a seal by the trusted key', () => {
  it('holds where it fills its field and does nothing else', async () => {
    expect(findingsOf(await sealed([]))).toEqual([]);
  });

  it('is refused where its revision brings another object', async () => {
    const number = PdfFile.read(d1).revisions.at(-1)!.size + 1;
    expect(findingsOf(await sealed([{ number, body: '(hidden)' }]))).toContain('forbidden-change');
  });

  it('is refused where its revision changes another object, in front of the field or behind it', async () => {
    const file = PdfFile.read(d1);
    const numbers = [...file.revisions[0]!.objects.values()]
      .filter(({ stream }) => !stream)
      .map(({ number }) => number);
    for (const number of [Math.min(...numbers), Math.max(...numbers)]) {
      expect(findingsOf(await sealed([{ number, body: '<< >>' }]))).toContain('forbidden-change');
    }
  });

  it('is refused where it moves its field or gives it another look', async () => {
    const looks = { Rect: '[0 0 500 500]', F: '4', A: '<< /S /JavaScript >>' };
    for (const [key, value] of Object.entries(looks)) {
      expect(findingsOf(await sealed([], { [key]: value }))).toContain('forbidden-change');
    }
  });

  it.each([
    ['a signing-time', ['-cades']],
    ['no reference to its certificate', []],
  ])('is refused with %s in its CMS, as OpenSSL writes it', async (_, more) => {
    expect(findingsOf(await signWith(d1, company, (content) => opensslCms(content, ...more)))).toEqual([
      'seal-malformed',
    ]);
  });
});

/** A CMS by the trusted key that `openssl cms -sign` makes: with a signing-time, and with -cades a signing-certificate-v2. */
function opensslCms(content: Buffer, ...more: string[]): Buffer {
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const out = path.join(folder, 'out.der');
  const args = [
    ...['cms', '-sign', '-binary', '-md', 'sha256', '-in', file('content', content), '-outform', 'DER', '-out', out],
    ...['-signer', file('certificate.pem', testKeyPem.certificate), '-inkey', file('key.pem', testKeyPem.privateKey)],
  ];
  execFileSync('openssl', [...args, ...more], { stdio: 'pipe' });
  return readFileSync(out);
}

/** A contract whose writer was given to something else before it was finished, with both seals. */
async function sealedWith(
  change: (catalog: Entries) => void,
  edit: (text: string) => string = (text) => text,
): Promise<Buffer> {
  const createdAt = new Date('2026-03-01T09:30:00Z');
  const writer = new PageWriter({ title: 'An agreement', author: 'Crescent', language: 'en', createdAt });
  for (const [index, name] of [...Object.values(sealFields), 'Third'].entries()) {
    const box = { x: 64, y: 100 + 60 * index, width: 200, height: 40 };
    writer.signatureField(writer.root, { name, description: name }, box);
  }
  writer.footers(`Terms hash ${termsHash(everyKindTerms)}`);
  writer.document.file(Buffer.from(canonicalTermsText(everyKindTerms)), {
    name: 'terms.json',
    creationDate: createdAt,
    modifiedDate: createdAt,
  });
  change((writer.document as unknown as { _root: { data: Entries } })._root.data);
  const text = Buffer.from(await writer.finish()).toString('latin1');
  return (await sealTwice(Buffer.from(edit(text), 'latin1'))).d2;
}

type Entries = Record<string, unknown>;

describe('an original document', () => {
  it('may reserve a field that nobody fills', async () => {
    expect(findingsOf(await sealedWith(() => undefined))).toEqual([]);
  });

  it('is refused where it acts by itself', async () => {
    const codes = await sealedWith((catalog) => (catalog['OpenAction'] = { S: 'JavaScript' })).then(findingsOf);
    expect(codes).toEqual(['unexpected-content']);
  });

  it('is refused where it has a field of another kind', async () => {
    const edit = (text: string): string => text.replace('/FT /Sig\n/T (Third)', '/FT /Btn\n/T (Third)');
    expect(findingsOf(await sealedWith(() => undefined, edit))).toEqual(['unexpected-content']);
  });

  it('is refused where its form may be filled in otherwise', async () => {
    const codes = await sealedWith((catalog) => {
      (catalog['AcroForm'] as { data: Entries }).data['NeedAppearances'] = true;
    }).then(findingsOf);
    expect(codes).toEqual(['unexpected-content']);
  });
});

describe('what stands behind the last seal', () => {
  const trusted = () => [new X509Certificate(authority.root)];
  const check = (pdf: Buffer) => findingsOf(pdf, { timestampAuthorities: [authority.root] });
  const stamped = async (): Promise<Buffer> =>
    timestampPdf(d2, { urls: [await authority.serve()], trusted: trusted(), timeoutMs: 10_000 });

  /** The last revision made again, stamped anew, with these objects in it too. */
  async function remade(objects: (file: PdfFile) => WrittenObject[], other?: Buffer): Promise<Buffer> {
    const file = PdfFile.read(await stamped());
    const revision = file.revisions.at(-1)!;
    const bodyOf = ({ start, end }: { start: number; end: number }): Buffer =>
      file.bytes.subarray(file.bytes.indexOf('obj\n', start) + 4, end - '\nendobj'.length);
    const own = [...revision.objects.values()].map((object) => ({ number: object.number, body: bodyOf(object) }));
    const signature = own.find(({ body }) => body.includes('/DocTimeStamp'))!;
    const laidOut = layOutSignature(PdfFile.read(d2), {
      number: signature.number,
      entries: '/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161',
      contentsBytes: 16 * 1024,
      objects: [...own.filter((object) => object !== signature), ...objects(file)],
    });
    const imprint = createHash('sha256')
      .update(other ?? Buffer.concat(coveredParts(laidOut)))
      .digest();
    const settings = { urls: [await authority.serve()], trusted: trusted(), timeoutMs: 10_000 };
    return fillSignature(laidOut, (await requestTimestamp(imprint, settings)).bytes);
  }

  it('may be a time-stamp', async () => {
    expect(check(await remade(() => []))).toEqual([]);
  });

  it('is refused where the time-stamp is another document’s', async () => {
    expect(check(await remade(() => [], Buffer.from('another document')))).toEqual(['digest-mismatch']);
  });

  it('is refused where an object comes with the time-stamp', async () => {
    const added = await remade((file) => [{ number: file.revisions.at(-1)!.size, body: '(hidden)' }]);
    expect(check(added)).toEqual(['changed-after-last-seal']);
  });

  it('is refused where the time-stamp’s revision changes a page', async () => {
    const page = (file: PdfFile): WrittenObject[] => {
      const found = [...file.revisions[0]!.objects.values()].find(({ value }) => {
        const type = value.kind === 'dictionary' ? value.entries.get('Type') : undefined;
        return type?.kind === 'name' && type.value === 'Page';
      })!;
      return [{ number: found.number, body: '<< /Type /Page >>' }];
    };
    expect(check(await remade(page))).toContain('changed-after-last-seal');
  });
});

describe('a token', () => {
  const refusal = async (url: string): Promise<string> => {
    const settings = { urls: [url], trusted: [new X509Certificate(authority.root)], timeoutMs: 10_000 };
    return timestampPdf(d2, settings).then(
      () => 'taken',
      (error: unknown) => (error as Error).message,
    );
  };

  it('is refused where its certificate is not one for time-stamps', async () => {
    authority.issue('mail', 'signing_only', '20200101000000Z', '20400101000000Z');
    expect(await refusal(await authority.serveSigned('mail', '-cades'))).toMatch(/not one for time-stamps/);
  });

  it('is refused where it does not say which certificate is its own', async () => {
    expect(await refusal(await authority.serveSigned('stamping'))).toMatch(/does not say whose it is/);
  });

  it('is taken where the same time-stamp is signed as it must be', async () => {
    expect(await refusal(await authority.serveSigned('stamping', '-cades'))).toBe('taken');
  });
});
