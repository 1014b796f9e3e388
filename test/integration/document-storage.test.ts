import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, rm, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FileStorage } from '../../libs/documents/storage/file-storage.js';
import { S3Storage } from '../../libs/documents/storage/s3-storage.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import {
  describeDocumentStorage,
  impatienceMs,
  patienceMs,
  type StorageUnderTest,
} from '../support/document-storage-contract.js';
import { S3Server, s3Bucket, s3Credentials } from '../support/s3-server.js';

const keyOf = (hash: string) => `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;

/** A new file on the kernel's own full disk: whatever is written to it fails as on a disk without room. */
async function createWithoutRoom(file: string): Promise<FileHandle> {
  await (await open(file, 'wx', 0o600)).close();
  return open('/dev/full', 'w');
}

function openFolder(): Promise<StorageUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-documents-'));
  let isFull = false;
  const create = (file: string): Promise<FileHandle> => (isFull ? createWithoutRoom(file) : open(file, 'wx', 0o600));
  const fileOf = (hash: string) => path.join(folder, keyOf(hash));
  return Promise.resolve({
    storage: new FileStorage({ folder, timeoutMs: patienceMs, create }),
    impatient: new FileStorage({ folder, timeoutMs: impatienceMs }),
    neighbour: new FileStorage({ folder, timeoutMs: patienceMs }),
    damage: (hash, bytes) => writeFile(fileOf(hash), bytes),
    lose: (hash) => rm(fileOf(hash)),
    whileFull: async (work) => {
      isFull = true;
      await work();
      isFull = false;
    },
    whileSilent: async (hash, work) => {
      await rm(fileOf(hash));
      // A pipe that nobody writes to hangs whoever reads it, as a network folder does whose server is gone.
      execFileSync('mkfifo', [fileOf(hash)]);
      await work();
      await (await open(fileOf(hash), 'r+')).close();
    },
    close: () => Promise.resolve(rmSync(folder, { recursive: true })),
  });
}

describeDocumentStorage('a folder', openFolder);

describe('a folder of documents', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pactline-documents-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('can be read by the product’s user alone, and holds whole documents only', async () => {
    const home = path.join(folder, 'home', 'documents');
    const bytes = Buffer.from('a contract');
    const hash = sha256(bytes);
    await new FileStorage({ folder: home, timeoutMs: patienceMs }).put(hash, bytes);
    const file = path.join(home, keyOf(hash));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    const full = new FileStorage({ folder: home, timeoutMs: patienceMs, create: createWithoutRoom });
    const failure = await full.put(hash, Buffer.from('another'), { replace: true }).catch((error: unknown) => error);
    expect(String(failure)).toContain('ENOSPC');
    expect(readdirSync(path.dirname(file))).toEqual([hash]);
    expect(readdirSync(path.join(home, 'incoming'))).toEqual([]);
  });

  it('is rid of what a killed process left half-written, and of nothing that is still being written', async () => {
    const home = path.join(folder, 'other', 'documents');
    const storage = new FileStorage({ folder: home, timeoutMs: 5_000 });
    await storage.put(sha256('one'), Buffer.from('one'));
    const incoming = path.join(home, 'incoming');
    for (const name of ['abandoned', 'under-way']) await writeFile(path.join(incoming, name), 'half');
    const before = new Date(Date.now() - 11_000);
    await utimes(path.join(incoming, 'abandoned'), before, before);
    await storage.put(sha256('two'), Buffer.from('two'));
    expect(readdirSync(incoming)).toEqual(['under-way']);
  });
});

describe('a bucket', () => {
  let server: S3Server;
  let raw: S3Client;
  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = s3Credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = s3Credentials.secretAccessKey;
    server = await S3Server.start();
    raw = new S3Client({ endpoint: server.url, region: 'us-east-1', forcePathStyle: true });
  });
  afterEach(() => {
    server.fault = undefined;
  });
  afterAll(() => server.close());

  function storage(prefix = 'pactline/', timeoutMs = patienceMs): S3Storage {
    const place = { bucket: s3Bucket, prefix, region: 'us-east-1', endpoint: server.url, isPathStyle: true };
    return new S3Storage({ ...place, timeoutMs });
  }

  async function during(fault: S3Server['fault'], work: () => Promise<void>): Promise<void> {
    server.fault = fault;
    await work();
    server.fault = undefined;
  }

  describeDocumentStorage('a bucket', () =>
    Promise.resolve({
      storage: storage(),
      impatient: storage('pactline/', impatienceMs),
      neighbour: storage(),
      damage: async (hash, Body) => {
        await raw.send(new PutObjectCommand({ Bucket: s3Bucket, Key: `pactline/${keyOf(hash)}`, Body }));
      },
      lose: async (hash) => {
        await raw.send(new DeleteObjectCommand({ Bucket: s3Bucket, Key: `pactline/${keyOf(hash)}` }));
      },
      whileFull: (work) => during('full', work),
      whileSilent: (_, work) => during('silence', work),
      close: () => Promise.resolve(),
    }),
  );

  it('writes again, without the condition, to a server that does not know it', async () => {
    const bytes = Buffer.from('a contract in a simple bucket');
    const hash = sha256(bytes);
    await during('unknown-condition', () => storage().put(hash, bytes));
    expect(Buffer.from((await storage().get(hash))!).equals(bytes)).toBe(true);
  });

  it('says `unavailable` where an answer stops in the middle', async () => {
    const bytes = Buffer.alloc(100_000, 7);
    const hash = sha256(bytes);
    await storage().put(hash, bytes);
    await during('stall', async () => {
      await expect(storage('pactline/', impatienceMs).get(hash)).rejects.toMatchObject({ code: 'unavailable' });
    });
  });

  it('puts its documents under the prefix', async () => {
    const bytes = Buffer.from('a contract of another house');
    await storage('house-b/').put(sha256(bytes), bytes);
    expect(server.calls).toContain(`PUT /${s3Bucket}/house-b/${keyOf(sha256(bytes))}`);
    expect(await storage('house-c/').get(sha256(bytes))).toBeUndefined();
  });

  it('says `unavailable`, without an address or a key, where the bucket refuses', async () => {
    const place = { bucket: 'someone-elses', prefix: '', region: 'us-east-1', endpoint: server.url, isPathStyle: true };
    const failure = await new S3Storage({ ...place, timeoutMs: patienceMs })
      .put(sha256('x'), Buffer.from('x'))
      .catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect(String(failure)).not.toMatch(/127\.0\.0\.1|S3RVER|someone-elses/);
  });
});
