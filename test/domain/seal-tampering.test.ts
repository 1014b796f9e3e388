import { sealFields, sealPdf, verifyContract } from '../../libs/seals/index.js';
import { pagesOf } from '../../libs/seals/pdf/page-tree.js';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import { appendRevision } from '../../libs/seals/pdf/revision-writer.js';
import { serialize, type PdfReference, type PdfValue } from '../../libs/seals/pdf/values.js';
import { findingsOf, foreignKey, sealTime, sealTwice, shortContract, testKey, testKeyPem } from '../support/seals.js';

let d0: Uint8Array;
let d1: Buffer;
let d2: Buffer;

beforeAll(async () => {
  d0 = await shortContract();
  ({ d1, d2 } = await sealTwice(d0));
});

const contentsOf = (pdf: Buffer, from: number): { start: number; end: number } => {
  const start = pdf.indexOf('/Contents <', from) + '/Contents '.length;
  return { start, end: pdf.indexOf('>', start) + 1 };
};

/** A fixed sequence of numbers below `limit` that looks like chance (a linear congruential generator). */
function* spread(limit: number): Generator<number> {
  for (let state = 12_345; ; state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) yield state % limit;
}

const flipped = (pdf: Buffer, at: number, bit = 1): Buffer => {
  const changed = Buffer.from(pdf);
  changed[at]! ^= bit;
  return changed;
};

/** The positions, out of these, whose byte could be changed without a finding. */
const unnoticed = (positions: Iterable<number>, bit = 1): number[] =>
  [...positions].filter((at) => findingsOf(flipped(d2, at, bit)).length === 0);

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, index) => start + index);

describe('one changed byte', () => {
  it('is noticed at 500 positions spread over the whole file', () => {
    const positions = new Set<number>();
    for (const at of spread(d2.length)) {
      positions.add(at);
      if (positions.size === 500) break;
    }
    expect(unnoticed(positions)).toEqual([]);
  });

  it('is noticed in each digit of the last signature that is not inside the certificate', () => {
    const { start, end } = contentsOf(d2, d1.length);
    const all = range(start, end);
    expect(unnoticed([...all.slice(0, 120), ...all.slice(-630).filter((_, index) => index % 2 === 0)])).toEqual([]);
  });

  it('is noticed where it only makes a digit of a signature a capital', () => {
    const { start, end } = contentsOf(d2, d1.length);
    const letters = range(start, end).filter((at) => /[a-f]/.test(String.fromCharCode(d2[at]!)));
    expect(letters.length).toBeGreaterThan(500);
    expect(
      unnoticed(
        letters.filter((_, index) => index % 20 === 0),
        0x20,
      ),
    ).toEqual([]);
  });

  it('is noticed in each byte of the last cross-reference table and trailer', () => {
    expect(unnoticed(range(d2.indexOf('\nxref\n', d1.length), d2.length))).toEqual([]);
  });

  it('is told with the reason: the document, the signature, the file', () => {
    const first = contentsOf(d2, d0.length);
    // A digit that stays one; what is no digit any more is told as a malformed file.
    const digit = range(first.end - 60, first.end - 10).find((at) => /[2-7]/.test(String.fromCharCode(d2[at]!)))!;
    expect(findingsOf(flipped(d2, d2.indexOf('\nstream\n', 20_000) + 100))).toContain('digest-mismatch');
    expect(findingsOf(flipped(d2, digit))).toContain('signature-invalid');
    expect(findingsOf(flipped(d2, d2.length - 3))).toEqual(['malformed-document']);
  });
});

/** The page with everything as it is but for these entries. */
function changedPage(file: PdfFile, number: number, changes: Record<string, PdfValue>): string {
  const page = file.object(number)!.value;
  if (page.kind !== 'dictionary') throw new Error('no page');
  return serialize({ kind: 'dictionary', entries: new Map([...page.entries, ...Object.entries(changes)]) });
}

function pageTree(file: PdfFile): { number: number; kids: PdfReference[] } {
  const root = file.catalog().entries.get('Pages') as PdfReference;
  const kids = file.dictionaryAt(file.catalog(), 'Pages')!.entries.get('Kids');
  return { number: root.number, kids: kids?.kind === 'array' ? (kids.items as PdfReference[]) : [] };
}

/** A content stream that paints another fee over the page. */
const painting = 'BT /F1 40 Tf 100 700 Td (Fee: 99 %) Tj ET';
const fee = { body: `<< /Length ${painting.length} >>\nstream\n${painting}\nendstream` };

/** An incremental update that paints over the first page, as an attacker would append it. */
function paintedOver(pdf: Buffer): Buffer {
  const file = PdfFile.read(pdf);
  const number = file.revisions.at(-1)!.size;
  const page = pageTree(file).kids[0]!.number;
  const body = changedPage(file, page, { Contents: { kind: 'reference', number } });
  return appendRevision(file, [
    { number, ...fee },
    { number: page, body },
  ]).bytes;
}

describe('what is added to a sealed contract', () => {
  it('is refused where it is an incremental update that paints over a page', () => {
    const changed = paintedOver(d2);
    expect(pagesOf(PdfFile.read(changed))).toHaveLength(pagesOf(PdfFile.read(d2)).length);
    expect(findingsOf(changed)).toContain('changed-after-last-seal');
    // The seals themselves still hold: that is what makes this attack pass elsewhere.
    expect(findingsOf(changed)).not.toContain('signature-invalid');
    expect(verifyContract(changed).seals.map(({ coversWholeFile }) => coversWholeFile)).toEqual([false, false]);
  });

  it('is refused where it is one object that nothing refers to', () => {
    const file = PdfFile.read(d2);
    const added = appendRevision(file, [{ number: file.revisions.at(-1)!.size, body: '(hidden)' }]).bytes;
    expect(findingsOf(added)).toEqual(['changed-after-last-seal']);
  });

  it('is refused where it stands between the seals, even though the last one covers it', async () => {
    const request = { field: sealFields.company, name: 'Crescent', reason: 'Signed', at: sealTime };
    const sealed = await sealPdf(paintedOver(d1), request, testKey);
    expect(findingsOf(sealed)).toEqual(expect.arrayContaining(['forbidden-change', 'seal-missing']));
  });

  it('is refused where it came with the last seal', async () => {
    const sealed = await sealPdf(d1, { field: sealFields.company, name: 'C', reason: 'R', at: sealTime }, testKey);
    const file = PdfFile.read(sealed);
    const objects = [...file.revisions.at(-1)!.objects.values()].map(({ number, value }) => ({
      number,
      body: serialize(value),
    }));
    const page = pageTree(file).kids[0]!.number;
    const body = changedPage(file, page, { Rotate: { kind: 'number', value: 180 } });
    const together = appendRevision(PdfFile.read(d1), [...objects, { number: page, body }]).bytes;
    expect(findingsOf(together)).toContain('forbidden-change');
  });

  it.each([
    ['bytes after the end', 'junk'],
    ['a line break after the end', '\n'],
    ['a second end', 'startxref\n0\n%%EOF\n'],
    ['a comment', '% nothing to see\n'],
  ])('is refused where it is %s', (_, text) => {
    expect(findingsOf(Buffer.concat([d2, Buffer.from(text)]))).toEqual(['malformed-document']);
  });
});

describe('the pages of a sealed contract', () => {
  it('cannot be swapped in place', () => {
    const { kids } = pageTree(PdfFile.read(d2));
    const [first, second] = kids.map(({ number }) => `${number} 0 R`);
    const text = d2.toString('latin1');
    const swapped = text.replace(`/Kids [${first} ${second}`, `/Kids [${second} ${first}`);
    expect(swapped).not.toBe(text);
    expect(findingsOf(Buffer.from(swapped, 'latin1'))).toEqual(['digest-mismatch']);
  });

  it('cannot be swapped by an update', () => {
    const file = PdfFile.read(d2);
    const { number, kids } = pageTree(file);
    const body = changedPage(file, number, { Kids: { kind: 'array', items: [...kids].reverse() } });
    expect(findingsOf(appendRevision(file, [{ number, body }]).bytes)).toEqual(['changed-after-last-seal']);
  });
});

describe('a foreign certificate', () => {
  it('is refused on both seals, also where it bears the same name', async () => {
    const forged = await sealTwice(d0, foreignKey());
    const { findings } = verifyContract(forged.d2, { trusted: [testKeyPem.certificate] });
    expect(findings.map(({ code, message }) => [code, message.split(':')[0]])).toEqual([
      ['unknown-certificate', 'PartnerSeal'],
      ['unknown-certificate', 'CompanySeal'],
    ]);
  });

  it('is refused on the last seal alone', async () => {
    const request = { field: sealFields.company, name: 'Crescent', reason: 'Signed', at: sealTime };
    expect(findingsOf(await sealPdf(d1, request, foreignKey()))).toEqual(['unknown-certificate']);
  });

  it('is refused where nothing is trusted', () => {
    expect(findingsOf(d2, { trusted: [] })).toEqual(['unknown-certificate']);
  });

  it('is refused where the trusted one is put beside it', async () => {
    const key = foreignKey();
    const both = Object.assign(Object.create(key) as typeof key, {
      certificates: [...key.certificates, ...testKey.certificates],
    });
    expect(findingsOf((await sealTwice(d0, both)).d2)).toEqual(['unknown-certificate']);
  });
});

describe('a contract that is not sealed to its end', () => {
  it('is refused with what is missing', async () => {
    expect(findingsOf(Buffer.from(d0))).toEqual(['seal-missing']);
    expect(findingsOf(d1)).toEqual(['seal-missing']);
    const company = { field: sealFields.company, name: 'C', reason: 'R', at: sealTime };
    expect(findingsOf(await sealPdf(d0, company, testKey))).toEqual(['seal-missing', 'seal-order']);
  });

  it('is refused where the seals came in the wrong order', async () => {
    const first = await sealPdf(d0, { field: sealFields.company, name: 'C', reason: 'R', at: sealTime }, testKey);
    const second = await sealPdf(first, { field: sealFields.partner, name: 'C', reason: 'R', at: sealTime }, testKey);
    expect(findingsOf(second)).toEqual(['seal-order']);
  });

  it('holds before the last act where only the first seal is asked for', () => {
    expect(findingsOf(d1, { fields: [sealFields.partner] })).toEqual([]);
    expect(findingsOf(d2, { fields: [sealFields.partner] })).toEqual(['changed-after-last-seal']);
  });
});

describe('any bytes', () => {
  it('get a report and never an exception', () => {
    const numbers = spread(256);
    const noise = Buffer.from(Array.from({ length: 5_000 }, () => numbers.next().value as number));
    const inputs: Buffer[] = [
      Buffer.alloc(0),
      noise,
      Buffer.concat([d2.subarray(0, 2_000), noise]),
      Buffer.from('%PDF-1.7\n'),
    ];
    for (let length = 0; length < d2.length; length += 997) inputs.push(d2.subarray(0, length));
    for (const input of inputs) expect(findingsOf(input)).not.toEqual([]);
  });

  it('get a report where they are made to look like a signature', () => {
    const digits = spread(16);
    const places = spread(d2.length);
    const { start, end } = contentsOf(d2, d1.length);
    for (let round = 0; round < 150; round += 1) {
      const changed = Buffer.from(d2);
      const at = start + 1 + ((places.next().value as number) % (end - start - 60));
      for (let index = 0; index < 40; index += 1)
        changed.write((digits.next().value as number).toString(16), at + index);
      if (!changed.equals(d2)) expect(findingsOf(changed)).not.toEqual([]);
    }
  });

  it('are refused unread where there are too many', () => {
    expect(findingsOf(Buffer.alloc(20 * 1024 * 1024 + 1))).toEqual(['too-large']);
  });
});
