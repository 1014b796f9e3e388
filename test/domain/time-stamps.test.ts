import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { timestampPdf, verifyContract } from '../../libs/seals/index.js';
import { PdfFile } from '../../libs/seals/pdf/pdf-file.js';
import { sealTwice, shortContract, testKeyPem } from '../support/seals.js';
import { TestAuthority, testPolicy, type QueryChange } from '../support/time-stamp-authority.js';

let authority: TestAuthority;
let d2: Buffer;

beforeAll(async () => {
  authority = new TestAuthority();
  ({ d2 } = await sealTwice(await shortContract()));
});
afterAll(() => authority.close());

const stamp = (urls: string[], changes: { policy?: string; timeoutMs?: number; trusted?: X509Certificate[] } = {}) =>
  timestampPdf(d2, { urls, trusted: [new X509Certificate(authority.root)], timeoutMs: 10_000, ...changes });

const check = (pdf: Uint8Array, timestampAuthorities = [authority.root]) =>
  verifyContract(pdf, { trusted: [testKeyPem.certificate], timestampAuthorities });

/** Changes one byte at this distance from the query's end, where the nonce (and `certReq`) stand. */
const flipAt =
  (fromEnd: number): QueryChange =>
  (query) => {
    const changed = Buffer.from(query);
    changed[changed.length - fromEnd]! ^= 1;
    return changed;
  };
const nonceByte = flipAt(6);
/** `certReq` takes 3 bytes, the nonce 18; the last byte of the hash stands before them. */
const imprintByte = flipAt(22);

describe('a document time-stamp', () => {
  it('covers the whole sealed document and is accepted by our check and by pdfsig', async () => {
    const d3 = await stamp([await authority.serve()], { policy: testPolicy });
    expect(d3.subarray(0, d2.length).equals(d2)).toBe(true);
    const report = check(d3);
    expect(report).toMatchObject({
      valid: true,
      findings: [],
      documents: { d3: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(report.seals.map(({ coversRevision, coversWholeFile }) => [coversRevision, coversWholeFile])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(report.timestamps).toMatchObject([
      { field: 'TimeStamp1', policy: testPolicy, authority: { subject: 'CN=stamping' } },
    ]);
    expect(Math.abs(Date.parse(report.timestamps[0]!.at) - Date.now())).toBeLessThan(120_000);
    writeFileSync(authority.file('d3.pdf'), d3);
    const told = execFileSync('pdfsig', [authority.file('d3.pdf')], { encoding: 'utf8' });
    const [, , , third = ''] = told.split(/^Signature #/m);
    expect(told.match(/Signature Validation: Signature is Valid[.]/g)).toHaveLength(2);
    // Poppler reads the time-stamp's field and range; of its type it knows nothing, so openssl judges that below.
    expect(third).toContain('Signature Field Name: TimeStamp1');
    expect(third).toContain('Total document signed');
  });

  it('is accepted by openssl ts -verify', async () => {
    const d3 = await stamp([await authority.serve()]);
    const { start } = PdfFile.read(d3).revisions.at(-1)!;
    const text = d3.toString('latin1', start);
    const [, from = 0, to = 0, rest = 0] = /ByteRange \[0 +(\d+) +(\d+) +(\d+)\]/.exec(text)!.map(Number);
    writeFileSync(authority.file('stamped'), Buffer.concat([d3.subarray(0, from), d3.subarray(to, to + rest)]));
    const hex = d3.toString('latin1', from + 1, to - 1);
    writeFileSync(authority.file('token.der'), Buffer.from(hex, 'hex'));
    const args = ['-token_in', '-data', authority.file('stamped'), '-CAfile', authority.file('root.pem')];
    const told = execFileSync('openssl', ['ts', '-verify', '-in', authority.file('token.der'), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(told).toContain('Verification: OK');
  });

  it('carries the certificates of the seals, and a later one those of the first too', async () => {
    const url = await authority.serve();
    const twice = await timestampPdf(await stamp([url]), {
      urls: [url],
      trusted: [new X509Certificate(authority.root)],
      timeoutMs: 10_000,
    });
    expect(check(twice)).toMatchObject({ valid: true, timestamps: [{ field: 'TimeStamp1' }, { field: 'TimeStamp2' }] });
    const file = PdfFile.read(twice);
    const store = file.dictionaryAt(file.catalog(), 'DSS')!.entries.get('Certs');
    const stored = (store?.kind === 'array' ? store.items : []).map((item) => {
      const object = file.object(item.kind === 'reference' ? item.number : 0)!;
      return new X509Certificate(file.streamData(object)).subject;
    });
    expect(stored).toEqual(['CN=Crescent Records Ltd.', 'CN=stamping']);
  });

  it('comes from the second authority where the first is down, silent, broken or lies', async () => {
    const good = await authority.serve();
    const bad = [
      await authority.nobody(),
      await authority.serveInstead(),
      await authority.serveInstead({ status: 500, body: Buffer.from('no') }),
      await authority.serveInstead({ status: 200, body: Buffer.from('nonsense') }),
      await authority.serveInstead({ status: 200, body: Buffer.alloc(400_000) }),
      await authority.serve('stamping', nonceByte),
    ];
    expect(check(await stamp([...bad, good], { timeoutMs: 1_000 }))).toMatchObject({ valid: true });
  });
});

describe('a token is refused', () => {
  const refusal = async (urls: string[], changes = {}): Promise<Error> => {
    try {
      await stamp(urls, changes);
    } catch (error) {
      return error as Error;
    }
    throw new Error('the token was taken');
  };

  it('where no authority answers: nothing local takes its place', async () => {
    const error = await refusal([await authority.nobody(), await authority.serveInstead()], { timeoutMs: 300 });
    expect(error.name).toBe('TimestampUnavailable');
    expect(error.message).toContain('it cannot be reached (ECONNREFUSED)');
    expect(error.message).toContain('it did not answer in time');
  });

  it.each([
    ['that stamps another hash', imprintByte, /the token stamps something else/],
    ['that was made for another request', nonceByte, /the token was made for another request/],
  ])('%s', async (_, change, reason) => {
    const error = await refusal([await authority.serve('stamping', change)]);
    expect(error.name).toBe('TimestampUnavailable');
    expect(error.message).toMatch(reason);
  });

  it('by a certificate that has expired', async () => {
    authority.issue('expired', 'stamping', '20200101000000Z', '20210101000000Z');
    expect((await refusal([await authority.serve('expired')])).message).toMatch(/is not in force/);
  });

  it('by a certificate of an authority that nobody vouched for', async () => {
    const others = [new X509Certificate(testKeyPem.certificate)];
    expect((await refusal([await authority.serve()], { trusted: others })).message).toMatch(
      /leads to one that is trusted/,
    );
  });

  it('that was made under another policy', async () => {
    // OpenSSL refuses a policy that it does not know, and answers so.
    const error = await refusal([await authority.serve()], { policy: '1.2.3.4' });
    expect(error.message).toMatch(/the authority refused the request/);
  });
});

describe('the check of a time-stamped document', () => {
  it('refuses an authority that is not trusted', async () => {
    const d3 = await stamp([await authority.serve()]);
    expect(check(d3, []).findings.map(({ code }) => code)).toEqual(['unknown-time-stamp-authority']);
  });

  it('refuses every changed byte of the token and its padding', async () => {
    const d3 = await stamp([await authority.serve()]);
    const from = d3.indexOf('/Contents <', d2.length) + '/Contents <'.length;
    const to = d3.indexOf('>', from);
    const accepted: number[] = [];
    for (let at = from; at < to; at += 61) {
      const changed = Buffer.from(d3);
      changed[at] = changed[at] === 0x30 ? 0x31 : 0x30;
      if (!changed.equals(d3) && check(changed).valid) accepted.push(at - from);
    }
    expect(accepted).toEqual([]);
  });
});
