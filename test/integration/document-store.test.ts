import { DocumentStore, type StoredDocument } from '../../libs/documents/index.js';
import { DocumentStorage } from '../../libs/documents/storage/document-storage.js';
import { Database } from '../../libs/database/index.js';
import { DomainError } from '../../libs/kernel/domain-error.js';
import { newId } from '../../libs/kernel/ids.js';
import { sha256 } from '../../libs/kernel/sha256.js';
import { asActivityFailure } from '../../activities/activity-failure.js';
import { StandingClock } from '../support/payout-house.js';
import { seedProgram } from '../support/seed-rows.js';
import { createTestDatabase, type TestDatabase } from '../support/servers.js';

/** Bytes in memory, which the tests damage, lose and take away. */
class MemoryStorage extends DocumentStorage {
  readonly kept = new Map<string, Uint8Array>();
  isDown = false;
  /** Whether it changes what it is given. */
  isTreacherous = false;
  puts = 0;

  override put(hash: string, bytes: Uint8Array, { replace } = { replace: false }): Promise<void> {
    if (this.isDown) return Promise.reject(new DomainError('unavailable', 'down'));
    this.puts += 1;
    if (replace || !this.kept.has(hash)) this.kept.set(hash, this.isTreacherous ? Buffer.from('other') : bytes);
    return Promise.resolve();
  }

  override get(hash: string): Promise<Uint8Array | undefined> {
    if (this.isDown) return Promise.reject(new DomainError('unavailable', 'down'));
    return Promise.resolve(this.kept.get(hash));
  }

  override delete(hash: string): Promise<void> {
    if (this.isDown) return Promise.reject(new DomainError('unavailable', 'down'));
    this.kept.delete(hash);
    return Promise.resolve();
  }
}

describe('the document store', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let owner: Database;
  let storage: MemoryStorage;
  let store: DocumentStore;
  let clock: StandingClock;
  let programId: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await Database.connect(testDatabase.url, 5);
    owner = await Database.connect(testDatabase.migrationUrl, 2);
    programId = await seedProgram(owner);
  });
  beforeEach(() => {
    storage = new MemoryStorage();
    clock = new StandingClock();
    store = new DocumentStore(database, clock, storage);
  });
  afterAll(async () => {
    await database.close();
    await owner.close();
    await testDatabase.drop();
  });

  let lastText = 0;
  const contract = (): StoredDocument => ({
    kind: 'contract_sealed',
    mediaType: 'application/pdf',
    bytes: Buffer.from(`contract ${++lastText}`),
  });
  const rowsOf = (hash: string) => database.query(`select kind, size_bytes from documents where sha256 = $1`, [hash]);

  it('gives back what was put, by the hash of the bytes', async () => {
    const document = contract();
    const hash = await store.put(programId, document);
    expect(hash).toBe(sha256(document.bytes));
    expect(await store.get(programId, hash)).toEqual(document);
    expect(await rowsOf(hash)).toEqual([{ kind: 'contract_sealed', size_bytes: document.bytes.length }]);
  });

  it('hands a document to no program but its own', async () => {
    const hash = await store.put(programId, contract());
    await expect(store.get(newId('prg'), hash)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('writes no row while the storage is down, and its error lets an activity be tried again', async () => {
    const document = contract();
    storage.isDown = true;
    const failure = await asActivityFailure(() => store.put(programId, document)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect(failure).not.toHaveProperty('nonRetryable', true);
    expect(await rowsOf(sha256(document.bytes))).toEqual([]);
    storage.isDown = false;
    await store.put(programId, document);
    expect(await rowsOf(sha256(document.bytes))).toHaveLength(1);
  });

  it('loses the row and not the bytes where the transaction fails', async () => {
    const document = contract();
    const kept = await store.keep(document);
    const work = database.inTransaction(async (tx) => {
      await store.record(tx, programId, kept);
      throw new Error('refused');
    });
    await expect(work).rejects.toThrow('refused');
    await expect(store.get(programId, kept.hash)).rejects.toMatchObject({ code: 'not-found' });
    expect(storage.kept.has(kept.hash)).toBe(true);
  });

  it('replaces a copy that was damaged before it was put again', async () => {
    const document = contract();
    storage.kept.set(sha256(document.bytes), Buffer.from('damaged'));
    const hash = await store.put(programId, document);
    expect(await store.get(programId, hash)).toEqual(document);
  });

  it('does not trust a storage that changes what it is given', async () => {
    const document = contract();
    storage.isTreacherous = true;
    await expect(store.put(programId, document)).rejects.toThrow('does not give back');
    expect(await rowsOf(sha256(document.bytes))).toEqual([]);
  });

  it.each([
    ['damaged', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from(' ')]), 'do not match their hash'],
    ['lost', () => undefined, 'are lost'],
  ])('never serves a document whose bytes are %s', async (_, become, message) => {
    const document = contract();
    const hash = await store.put(programId, document);
    const bytes = become(document.bytes);
    if (bytes) storage.kept.set(hash, bytes);
    else storage.kept.delete(hash);
    const failure = await store.get(programId, hash).catch((error: unknown) => error as Error);
    expect(failure).not.toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ message: expect.stringContaining(message) as string });
  });

  it('reads rows from before there was a storage, which hold their bytes', async () => {
    const bytes = Buffer.from('an old contract');
    await owner.query(
      `insert into documents (program_id, sha256, kind, media_type, bytes, created_at)
       values ($1, $2, 'contract', 'application/pdf', $3, now())`,
      [programId, sha256(bytes), bytes],
    );
    expect(await store.get(programId, sha256(bytes))).toMatchObject({ kind: 'contract', bytes });
    expect(await store.put(programId, { kind: 'contract', mediaType: 'application/pdf', bytes })).toBe(sha256(bytes));
  });

  /** Erases the row as the owner of the schema alone can. */
  async function eraseRow(ofProgram: string, hash: string): Promise<void> {
    await owner.inTransaction(async (tx) => {
      await tx.query(`alter table documents disable trigger documents_append_only`);
      await tx.query(`delete from documents where program_id = $1 and sha256 = $2`, [ofProgram, hash]);
      await tx.query(`alter table documents enable trigger documents_append_only`);
    });
  }

  it('takes the bytes of erased rows from the storage, as late as it is asked again', async () => {
    const hash = await store.put(programId, contract());
    expect(await store.removeErased()).toBe(0);
    await eraseRow(programId, hash);
    storage.isDown = true;
    await expect(store.removeErased()).rejects.toMatchObject({ code: 'unavailable' });
    storage.isDown = false;
    expect(storage.kept.has(hash)).toBe(true);
    expect(await store.removeErased()).toBe(1);
    expect(storage.kept.has(hash)).toBe(false);
    expect(await store.removeErased()).toBe(0);
  });

  it('leaves the bytes where another program’s row names them', async () => {
    const document = contract();
    const hash = await store.put(programId, document);
    const other = await seedProgram(owner);
    await store.put(other, document);
    await eraseRow(programId, hash);
    await store.removeErased();
    expect(await store.get(other, hash)).toEqual(document);
    await eraseRow(other, hash);
    await store.removeErased();
    expect(storage.kept.has(hash)).toBe(false);
  });

  it('writes no row for bytes that were erased between keeping and recording them', async () => {
    const document = contract();
    const hash = await store.put(programId, document);
    await eraseRow(programId, hash);
    const kept = await store.keep(document);
    await store.removeErased();
    const record = () => database.inTransaction((tx) => store.record(tx, programId, kept));
    await expect(record()).rejects.toMatchObject({ code: 'unavailable' });
    clock.advance(61_000);
    await store.put(programId, document);
    expect(await store.get(programId, hash)).toEqual(document);
  });

  it('refuses a row that names neither bytes nor their size', async () => {
    const insert = owner.query(
      `insert into documents (program_id, sha256, kind, media_type, created_at) values ($1, 'x', 'contract', 'a/b', now())`,
      [programId],
    );
    await expect(insert).rejects.toThrow('documents_size_check');
  });
});
