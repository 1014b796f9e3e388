import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { canonicalTermsText, termsHash } from '../../libs/agreements/domain/index.js';
import { signatureFields } from '../../libs/documents/index.js';
import { PageWriter } from '../../libs/documents/pdf/page-writer.js';
import {
  LocalSealKey,
  makeSelfSignedKey,
  sealFields,
  sealPdf,
  SealingError,
  verifyContract,
} from '../../libs/seals/index.js';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import { everyKindTerms } from '../support/documents.js';
import {
  findingsOf,
  sealCms,
  sealEntries,
  sealTime,
  sealTwice,
  signWith,
  testKey,
  testKeyPem,
  unsealedContract,
} from '../support/seals.js';

let d0: Uint8Array;
let d1: Buffer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pactline-strict-'));
  d0 = await unsealedContract();
  ({ d1 } = await sealTwice(d0));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { company } = sealFields;

describe('the signature of a seal', () => {
  it('may be followed by zeros and by nothing else', async () => {
    const padded = await signWith(d1, company, (content) => sealCms(content));
    expect(findingsOf(padded)).toEqual([]);
    const hidden = await signWith(d1, company, async (content) => {
      return Buffer.concat([await sealCms(content), Buffer.from([0, 0, 7])]);
    });
    expect(findingsOf(hidden)).toEqual(['padding-not-zero']);
  });

  it('stands in lower-case digits alone', async () => {
    const good = await signWith(d1, company, (content) => sealCms(content));
    const at = good.indexOf('/Contents <', d1.length);
    const capitals = Buffer.from(good);
    const letter = [...Array(2_000).keys()].find((index) => /[a-f]/.test(String.fromCharCode(good[at + 11 + index]!)))!;
    capitals[at + 11 + letter]! -= 0x20;
    expect(findingsOf(capitals)).toEqual(['seal-malformed']);
  });

  it('is refused where a length is written longer than it need be', async () => {
    const longer = await signWith(d1, company, async (content) => {
      const cms = await sealCms(content);
      // The outer length in three bytes where two do.
      return Buffer.concat([Buffer.of(0x30, 0x83, 0), cms.subarray(2)]);
    });
    expect(findingsOf(longer)).toEqual(['seal-malformed']);
  });

  it('is refused where OpenSSL writes it with a signing-time, though the time is signed too', async () => {
    expect(findingsOf(await signWith(d1, company, (content) => opensslCms(content)))).toEqual(['seal-malformed']);
  });

  it('is refused where its hash is weak', async () => {
    const weak = await signWith(d1, company, (content) => opensslCms(content, '-md', 'sha1'));
    expect(findingsOf(weak)).toEqual(['weak-algorithm']);
  });

  it('is refused where its key is short', async () => {
    const made = makeSelfSignedKey({ ...validity, commonName: 'short', modulusBits: 1024 });
    const key = Object.assign(Object.create(testKey) as typeof testKey, {
      certificates: [new X509Certificate(made.certificate).raw],
    });
    const weak = await signWith(d1, company, (content) => sealCms(content, key));
    const trusted = [testKeyPem.certificate, made.certificate];
    expect(findingsOf(weak, { trusted })).toEqual(['weak-algorithm', 'signature-invalid']);
  });

  it('is refused where another key of the same name made it', async () => {
    const other = LocalSealKey.fromPem(
      ...pemOf(makeSelfSignedKey({ ...validity, commonName: 'Crescent Records Ltd.', modulusBits: 2048 })),
    );
    const forged = await signWith(d1, company, (content) => {
      const key = Object.assign(Object.create(other) as typeof other, { certificates: testKey.certificates });
      return sealCms(content, key);
    });
    expect(findingsOf(forged)).toEqual(['signature-invalid']);
  });

  it('is refused where it is about another document', async () => {
    expect(findingsOf(await signWith(d1, company, () => sealCms(Buffer.from('other'))))).toEqual(['digest-mismatch']);
  });

  it('is refused where its certificate was not in force at the time that it tells', async () => {
    const entries = sealEntries.replace('D:20260301', 'D:20200101');
    const early = await signWith(d1, company, (content) => sealCms(content), { entries });
    expect(findingsOf(early)).toEqual(['certificate-not-in-force']);
  });

  it('tells the beginning of its certificate where the act was before, as after a key was renewed', async () => {
    const at = new Date('2020-01-01T00:00:00Z');
    const late = await sealPdf(d1, { field: company, name: 'C', reason: 'R', at }, testKey);
    const report = verifyContract(late, { trusted: [testKeyPem.certificate] });
    expect(report).toMatchObject({ valid: true, seals: [{}, { claimedAt: '2025-01-01T00:00:00.000Z' }] });
  });
});

const validity = { notBefore: new Date('2025-01-01T00:00:00Z'), notAfter: new Date('2060-01-01T00:00:00Z') };

const pemOf = ({ privateKey, certificate }: { privateKey: string; certificate: string }): [string] => [
  privateKey + certificate,
];

/** A CMS as `openssl cms -sign` makes it, with a signing-time. */
function opensslCms(content: Buffer, ...more: string[]): Buffer {
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const out = path.join(folder, 'out.der');
  const args = [
    ...['cms', '-sign', '-binary', '-in', file('content', content), '-outform', 'DER', '-out', out, ...more],
    ...['-signer', file('certificate.pem', testKeyPem.certificate), '-inkey', file('key.pem', testKeyPem.privateKey)],
  ];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return readFileSync(out);
}

describe('the signature dictionary', () => {
  it.each([
    ['another format', sealEntries.replace('ETSI.CAdES.detached', 'adbe.pkcs7.detached')],
    ['a key that no seal has', `${sealEntries} /Reference [<< /TransformMethod /FieldMDP >>]`],
    ['a time that is none', sealEntries.replace('D:20260301100000Z', 'D:20260231100000Z')],
    ['a time-stamp’s type', sealEntries.replace('/Type /Sig', '/Type /DocTimeStamp')],
  ])('is refused with %s', async (_, entries) => {
    expect(findingsOf(await signWith(d1, company, (content) => sealCms(content), { entries }))).toEqual([
      'seal-malformed',
    ]);
  });

  it('is refused where its range leaves out a part of the file', async () => {
    const good = await signWith(d1, company, (content) => sealCms(content));
    const text = good.toString('latin1');
    const [whole, rest = ''] = /\/ByteRange \[0 +\d+ +\d+ +(\d+)\](?![^]*ByteRange)/.exec(text)!;
    const less = whole.replace(rest, String(Number(rest) - 1).padStart(rest.length));
    const changed = Buffer.from(text.replace(whole, less), 'latin1');
    expect(findingsOf(changed)).toContain('coverage-incomplete');
  });
});

describe('the reader of files', () => {
  const text = (): string => Buffer.from(d0).toString('latin1');
  /** A file like D0 with something inserted before the table, whose offset follows. */
  const inserted = (addition: string): Buffer => {
    const [table = ''] = /xref\n0 [^]*/.exec(text())!;
    const body = text().slice(0, -table.length) + addition;
    return Buffer.from(body + table.replace(/startxref\n\d+/, `startxref\n${body.length}`), 'latin1');
  };
  const reads = (bytes: Buffer) => () => PdfFile.read(bytes);
  /** A file like D0 whose table has one more entry. */
  const listed = (entry: string): Buffer => {
    const count = Number(/xref\n0 (\d+)/.exec(text())![1]);
    const more = text()
      .replace(`xref\n0 ${count}`, `xref\n0 ${count + 1}`)
      .replace('trailer', `${entry}trailer`);
    return Buffer.from(more, 'latin1');
  };
  /** The same entry with a smaller number of as many digits. */
  const shorter = (entry: string): string => entry.replace(/\d+/, (digits) => '1'.padStart(digits.length, '0'));
  const replaced = (from: string | RegExp, to: string | ((found: string) => string)): Buffer => {
    const changed = text().replace(from, to as string);
    expect(changed).not.toBe(text());
    return Buffer.from(changed, 'latin1');
  };

  it('takes a contract as it is rendered', () => {
    expect(reads(Buffer.from(d0))).not.toThrow();
    expect(reads(inserted(''))).not.toThrow();
  });

  it.each([
    [
      'an object that the table does not list',
      () => inserted('9999 0 obj\nnull\nendobj\n'),
      'not where the table says',
    ],
    ['an object that is not there', () => listed('0000000017 00000 n \n'), 'is missing'],
    ['junk between objects', () => inserted('junk\n'), 'expected a number'],
    ['a comment between objects', () => inserted('% a comment\n'), 'expected a number'],
    ['a second table', () => inserted('xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\n'), 'expected a number'],
    ['a key that stands twice', () => replaced('/Tabs /S', '/Type /S'), 'the key /Type is there twice'],
    [
      'an entry that is freed',
      () => replaced(/(\d{10}) 00000 n \ntrailer/, '$1 00000 f \ntrailer'),
      'an object in use',
    ],
    [
      'an entry that is elsewhere',
      () => replaced(/\d{10}( 00000 n \ntrailer)/, '0000000017$1'),
      'not where the table says',
    ],
    ['a hybrid cross reference', () => replaced('trailer\n<<\n', 'trailer\n<<\n/XRefStm 17\n'), '/XRefStm'],
    ['encryption', () => replaced('trailer\n<<\n', 'trailer\n<<\n/Encrypt 1 0 R\n'), '/Encrypt'],
    ['a revision that is not there', () => replaced('trailer\n<<\n', 'trailer\n<<\n/Prev 17\n'), 'expected "xref'],
    ['a wrong size', () => replaced(/\/Size \d+(?=\n\/Root)/, '/Size 5'), '/Size is wrong'],
    ['an object stream', () => replaced('/Type /Metadata', '/Type /ObjStm  '), 'object streams'],
    ['a stream that is longer than it says', () => replaced(/\/Length \d+(?=\n\/Filter)/, shorter), 'endstream'],
    ['another start', () => replaced('%PDF-1.7', ' %PDF-1.7'), 'does not begin as a PDF'],
    ['another generation', () => replaced(/\n7 0 obj/, '\n7 1 obj'), 'expected " 0 obj'],
    ['values nested without end', () => inserted(`9999 0 obj\n${'['.repeat(5_000)}`), 'nested too deeply'],
  ])('refuses %s', (_, make, reason) => {
    expect(reads(make())).toThrow(reason);
  });

  it('refuses an earlier revision whose end names another table', () => {
    const earlier = d1
      .toString('latin1', 0, d0.length)
      .replace(/startxref\n(\d+)(\d)/, (_, digits: string, last: string) => {
        return `startxref\n${digits}${(Number(last) + 1) % 10}`;
      });
    const changed = Buffer.concat([Buffer.from(earlier, 'latin1'), d1.subarray(d0.length)]);
    expect(reads(changed)).toThrow('startxref does not name the table before it');
  });

  it('does not follow a chain of tables in a circle', async () => {
    const { d2 } = await sealTwice(d0);
    const last = /\/Prev (\d+)(?![^]*\/Prev)/.exec(d2.toString('latin1'))!;
    const [, previous = ''] = last;
    const offset = /startxref\n(\d+)\n%%EOF\n$/.exec(d2.toString('latin1'))![1]!;
    const circle = d2.toString('latin1', 0, last.index) + d2.toString('latin1', last.index).replace(previous, offset);
    expect(reads(Buffer.from(circle, 'latin1'))).toThrow('names a later one as its predecessor');
  });
});

describe('sealing', () => {
  it('uses the fields that contracts reserve', () => {
    expect(sealFields).toEqual(signatureFields);
  });

  it('refuses a field that is missing or filled', async () => {
    const request = { field: sealFields.partner, name: 'C', reason: 'R', at: sealTime };
    await expect(sealPdf(d1, request, testKey)).rejects.toBeInstanceOf(SealingError);
    await expect(sealPdf(d0, { ...request, field: 'Elsewhere' }, testKey)).rejects.toBeInstanceOf(SealingError);
  });

  it('writes names and reasons in any script', async () => {
    const request = {
      field: sealFields.partner,
      name: 'شركة الهلال (Ltd.) \\',
      reason: 'Ditandatangani – ü',
      at: sealTime,
    };
    const sealed = await sealPdf(d0, request, testKey);
    expect(findingsOf(sealed, { fields: [sealFields.partner] })).toEqual([]);
    writeFileSync(path.join(folder, 'named.pdf'), sealed);
    expect(execFileSync('pdfsig', [path.join(folder, 'named.pdf')], { encoding: 'utf8' })).toContain(
      'Signature is Valid',
    );
  });
});

/** A sealed document of two pages with these footers and attachments. */
async function sealedWith(footers: string | undefined, attachments: Record<string, string>): Promise<Buffer> {
  const createdAt = new Date('2026-03-01T09:30:00Z');
  const writer = new PageWriter({ title: 'An agreement', author: 'Crescent', language: 'en', createdAt });
  const style = { font: 'regular', size: 10, lineHeight: 14, color: '#000000' } as const;
  writer.paragraph(writer.root, 'P', `A hash in the text is no footer: ${termsHash(everyKindTerms)}`, style);
  writer.nextPage();
  for (const [index, name] of Object.values(sealFields).entries()) {
    const box = { x: 64 + 220 * index, y: 200, width: 200, height: 40 };
    writer.signatureField(writer.root, { name, description: name }, box);
  }
  if (footers !== undefined) writer.footers(footers);
  for (const [name, text] of Object.entries(attachments)) {
    writer.document.file(Buffer.from(text), { name, creationDate: createdAt, modifiedDate: createdAt });
  }
  return (await sealTwice(await writer.finish())).d2;
}

describe('the terms of a sealed contract', () => {
  const canonical = canonicalTermsText(everyKindTerms);
  const hash = termsHash(everyKindTerms);

  it('hold where the attached ones are those whose hash stands on each page', async () => {
    expect(findingsOf(await sealedWith(`Terms hash ${hash}`, { 'terms.json': canonical }))).toEqual([]);
  });

  it.each([
    ['others are attached', `Terms hash ${hash}`, canonical.replace('12.5', '99.5'), 'terms-hash-mismatch'],
    ['they are written otherwise', `Terms hash ${hash}`, ` ${canonical}`, 'terms-not-canonical'],
    ['a key stands twice', `Terms hash ${hash}`, canonical.replace('{', '{"currency":"EUR",'), 'terms-not-canonical'],
    ['they are no JSON', `Terms hash ${hash}`, 'terms', 'terms-not-canonical'],
    ['the hash stands in the text alone', undefined, canonical, 'terms-hash-not-printed'],
    ['another hash is printed', `Terms hash ${'0'.repeat(64)}`, canonical, 'terms-hash-mismatch'],
    ['two hashes are printed', `${hash} ${'0'.repeat(64)}`, canonical, 'terms-hash-not-printed'],
  ])('are refused where %s', async (_, footer, attached, code) => {
    expect(findingsOf(await sealedWith(footer, { 'terms.json': attached }))).toEqual([code]);
  });

  it('are refused where they are missing', async () => {
    expect(findingsOf(await sealedWith(`Terms hash ${hash}`, {}))).toEqual(['terms-missing']);
    expect(findingsOf(await sealedWith(`Terms hash ${hash}`, { 'other.json': canonical }))).toEqual(['terms-missing']);
  });
});
