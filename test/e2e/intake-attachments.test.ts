import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { ContractingWalk, type Applicant } from '../support/contracting.js';
import { TestProduct } from '../support/product.js';

const maxBytes = 10 * 1_048_576;
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from('a portfolio of Ada'), Buffer.from('\n%%EOF\n')]);
/** A picture of one dot. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const jpeg = Buffer.from([
  0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9,
]);

describe('a file of an applicant', () => {
  let product: TestProduct;
  let walk: ContractingWalk;
  let applicant: Applicant;
  beforeAll(async () => {
    product = await TestProduct.start();
    walk = await ContractingWalk.open(product, { application: { attachments: { max: 3 } } });
  });
  beforeEach(async () => {
    applicant = await walk.apply();
  });
  afterAll(() => product.close());

  const add = (raw: Buffer, type = 'application/pdf', { token = applicant.token, query = '', headers = {} } = {}) =>
    product.call<{ id: string; code?: string; mediaType?: string }>(
      'POST',
      `/v1/applications/${applicant.applicationId}/attachments${query}`,
      { token, raw, headers: { 'content-type': type, ...headers } },
    );
  const list = async (token: string) =>
    (
      await product.ok<{ items: { id: string; mediaType: string; sizeBytes: number; fileName: string | null }[] }>(
        'GET',
        `/v1/applications/${applicant.applicationId}/attachments`,
        { token },
      )
    ).items;

  it('is kept as it came and read by its reviewers, under its own name', async () => {
    const added = await add(pdf, 'application/pdf', { query: `?fileName=${encodeURIComponent('Ada’s work.pdf')}` });
    expect([added.status, added.body]).toEqual([
      201,
      expect.objectContaining({ mediaType: 'application/pdf', sizeBytes: pdf.length, fileName: 'Ada’s work.pdf' }),
    ]);
    for (const token of [applicant.token, walk.tokens.manager, walk.tokens.legal, walk.tokens.auditor]) {
      expect(await list(token)).toHaveLength(1);
      const address = `/v1/applications/${applicant.applicationId}/attachments/${added.body.id}`;
      expect(Buffer.from(await product.bytes(address, token)).equals(pdf)).toBe(true);
      const { headers } = await product.call('GET', address, { token });
      expect(headers.get('content-type')).toBe('application/pdf');
      // Saved, not shown: whatever it holds does not run under our address.
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename\*=UTF-8''Ada%E2%80%99s%20work\.pdf$/);
    }
    expect(await walk.audit(applicant.applicationId)).toContain('application.attach >');
  });

  it('is what its bytes say, whatever it is called', async () => {
    const asPdf = await add(png, 'application/pdf', { query: '?fileName=portfolio.pdf' });
    const asBytes = await add(jpeg, 'application/octet-stream');
    expect([asPdf.body.mediaType, asBytes.body.mediaType]).toEqual(['image/png', 'image/jpeg']);
    for (const [bytes, type] of [
      [Buffer.from('<html><script>alert(1)</script></html>'), 'application/pdf'],
      [Buffer.from('MZ this is a program'), 'image/png'],
      [Buffer.from('GIF89a\u0001\u0000\u0001\u0000'), 'image/jpeg'],
      [randomBytes(64), 'application/octet-stream'],
    ] as const) {
      const refused = await add(bytes, type, { query: '?fileName=fine.pdf' });
      expect([refused.status, refused.body.code]).toEqual([415, 'unsupported-media-type']);
    }
    expect(await list(applicant.token)).toHaveLength(2);
  });

  it.each(['text/html', 'text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded', 'application/json'])(
    'is refused with 415 as %s',
    async (type) => {
      const { status, body } = await add(Buffer.from('{}'), type);
      expect([status, body.code]).toEqual([415, 'unsupported-media-type']);
    },
  );

  it('has up to 10 MiB, to the byte', async () => {
    const whole = Buffer.concat([pdf, Buffer.alloc(maxBytes - pdf.length, 0x20)]);
    const added = await add(whole);
    expect(added.status).toBe(201);
    const address = `/v1/applications/${applicant.applicationId}/attachments/${added.body.id}`;
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await product.bytes(address, walk.tokens.manager))).toBe(hash(whole));
    const more = await add(Buffer.concat([whole, Buffer.from(' ')]));
    expect([more.status, more.body.code]).toEqual([413, 'payload-too-large']);
    expect((await add(Buffer.alloc(0))).body.code).toBe('invalid-document');
  });

  it('is cut off at 10 MiB also where nobody says how long it is', async () => {
    const { status, sent } = await stream(`/v1/applications/${applicant.applicationId}/attachments`, applicant.token);
    expect(status).toBe(413);
    expect(sent).toBeGreaterThan(maxBytes);
    expect(await list(applicant.token)).toEqual([]);
  });

  it('is not read before its sender has a right to send it', async () => {
    expect((await add(pdf, 'application/pdf', { token: 'nonsense' })).status).toBe(401);
    expect((await add(pdf, 'application/pdf', { token: walk.tokens.manager })).status).toBe(403);
    expect((await add(pdf, 'application/pdf', { token: (await walk.apply()).token })).status).toBe(404);
    expect(await list(applicant.token)).toEqual([]);
  });

  it('is one of as many as the program takes, also when all come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => add(pdf)));
    const added = answers.filter(({ status }) => status === 201);
    expect(added).toHaveLength(3);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect([status, body.code]).toEqual([409, 'illegal-transition']);
    }
    expect(await list(applicant.token)).toHaveLength(3);
    const rows = await product.rows<{ count: number }>(
      `select count(*)::int as count from documents d where d.kind = 'attachment'
         and not exists (select 1 from application_attachments a where a.document_sha256 = d.sha256)`,
    );
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('is added once, however often the same request comes', async () => {
    const headers = { 'idempotency-key': product.newKey() };
    const first = await add(pdf, 'application/pdf', { headers });
    const again = await add(pdf, 'application/pdf', { headers });
    expect([again.status, again.text]).toEqual([201, first.text]);
    const other = await add(png, 'application/pdf', { headers });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    expect(await list(applicant.token)).toHaveLength(1);
  });

  it('is neither added to nor taken from somebody else, and comes before the decision', async () => {
    const { body: mine } = await add(pdf);
    const other = await walk.apply();
    const steal = `/v1/applications/${other.applicationId}/attachments/${mine.id}`;
    expect((await product.call('GET', steal, { token: other.token })).status).toBe(404);
    const read = `/v1/applications/${applicant.applicationId}/attachments/${mine.id}`;
    expect((await product.call('GET', read, { token: other.token })).status).toBe(404);
    expect((await product.call('GET', read, { token: await product.token('finance') })).status).toBe(403);
    await walk.decide(applicant.applicationId, { action: 'reject', reason: 'No' });
    const late = await add(png, 'image/png');
    expect([late.status, late.body.code]).toEqual([409, 'illegal-transition']);
  });

  it.each(['?fileName=..%2Fetc', '?fileName=a%0Ab', '?fileName=', '?other=1'])(
    'is not taken with %s',
    async (query) => {
      expect((await add(pdf, 'application/pdf', { query })).status).toBe(400);
    },
  );

  it('lies encrypted where documents are kept', async () => {
    await add(pdf);
    const rows = await product.rows<{ sha256: string; bytes: Buffer | null }>(
      `select sha256, bytes from documents where kind = 'attachment'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const folder = product.env.DOCUMENTS_FOLDER!;
    for (const { sha256: hash, bytes } of rows) {
      expect(bytes).toBeNull();
      const kept = readFileSync(path.join(folder, hash.slice(0, 2), hash.slice(2, 4), hash));
      expect([kept.length > 0, kept.includes('portfolio')]).toEqual([true, false]);
    }
  });

  /** Sends a file in pieces, without saying how long it will be, until somebody answers. */
  function stream(path: string, token: string): Promise<{ status: number; sent: number }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/pdf' };
      let sent = 0;
      const call = httpRequest(`${product.url}${path}`, { method: 'POST', headers }, (response) => {
        response.resume();
        isOver = true;
        resolve({ status: response.statusCode ?? 0, sent });
        call.destroy();
      });
      let isOver = false;
      call.on('error', (error) => (isOver ? undefined : reject(error)));
      const piece = Buffer.concat([pdf, Buffer.alloc(262_144, 0x20)]);
      const more = (): void => {
        if (isOver || sent > 4 * maxBytes) return;
        sent += piece.length;
        if (call.write(piece)) setImmediate(more);
        else call.once('drain', more);
      };
      more();
    });
  }
});
