import { randomBytes } from 'node:crypto';
import type { DocumentStorage } from '../../libs/documents/storage/document-storage.js';
import { sha256 } from '../../libs/kernel/sha256.js';

/** One kind of storage, and what a test must be able to do behind its back. */
export interface StorageUnderTest {
  storage: DocumentStorage;
  /** A second process on the same documents. */
  neighbour: DocumentStorage;
  /** Puts other bytes where the document lies. */
  damage(hash: string, bytes: Uint8Array): Promise<void>;
  lose(hash: string): Promise<void>;
  /** Runs the work while the storage is full. */
  whileFull(work: () => Promise<void>): Promise<void>;
  /** Runs the work while reading the document never ends. */
  whileSilent(hash: string, work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** How long a silent storage is waited for in these tests, in milliseconds. */
export const storageTimeoutMs = 400;

const documentOf = (size: number) => {
  const bytes = randomBytes(size);
  return { bytes, hash: sha256(bytes) };
};

/** What every storage of documents owes its callers. */
export function describeDocumentStorage(name: string, open: () => Promise<StorageUnderTest>): void {
  describe(`${name}, as a storage of documents`, () => {
    let under: StorageUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    it.each([1, 30_000, 3_000_000])('gives back %i bytes as they were, to other processes too', async (size) => {
      const { bytes, hash } = documentOf(size);
      await under.storage.put(hash, bytes);
      for (const each of [under.storage, under.neighbour]) {
        expect(Buffer.from((await each.get(hash))!).equals(bytes)).toBe(true);
      }
    });

    it('has nothing under a hash that nobody put', async () => {
      expect(await under.storage.get(sha256('nothing'))).toBeUndefined();
    });

    it('keeps the same document once, however many put it at the same time', async () => {
      const { bytes, hash } = documentOf(10_000);
      const puts = Array.from({ length: 12 }, (_, index) => (index % 2 ? under.storage : under.neighbour));
      await Promise.all(puts.map((each) => each.put(hash, bytes)));
      expect(Buffer.from((await under.storage.get(hash))!).equals(bytes)).toBe(true);
    });

    it('leaves what is kept as it is, unless told to replace it', async () => {
      const { bytes, hash } = documentOf(100);
      await under.storage.put(hash, bytes);
      await under.damage(hash, Buffer.from('damaged'));
      await under.storage.put(hash, bytes);
      expect(Buffer.from((await under.storage.get(hash))!).toString()).toBe('damaged');
      await under.storage.put(hash, bytes, { replace: true });
      expect(Buffer.from((await under.storage.get(hash))!).equals(bytes)).toBe(true);
    });

    it('takes a lost document again', async () => {
      const { bytes, hash } = documentOf(100);
      await under.storage.put(hash, bytes);
      await under.lose(hash);
      expect(await under.storage.get(hash)).toBeUndefined();
      await under.storage.put(hash, bytes);
      expect(Buffer.from((await under.storage.get(hash))!).equals(bytes)).toBe(true);
    });

    it('forgets a document, once or twice', async () => {
      const { bytes, hash } = documentOf(100);
      await under.storage.put(hash, bytes);
      await under.storage.delete(hash);
      expect(await under.neighbour.get(hash)).toBeUndefined();
      await under.storage.delete(hash);
      await under.storage.delete(sha256('never put'));
    });

    it('says `unavailable` while it is full, keeps nothing by halves, and goes on once there is room', async () => {
      const { bytes, hash } = documentOf(50_000);
      await under.whileFull(async () => {
        await expect(under.storage.put(hash, bytes)).rejects.toMatchObject({ code: 'unavailable' });
      });
      expect(await under.storage.get(hash)).toBeUndefined();
      await under.storage.put(hash, bytes);
      expect(Buffer.from((await under.storage.get(hash))!).equals(bytes)).toBe(true);
    });

    it('says `unavailable` where it does not answer in time', async () => {
      const { bytes, hash } = documentOf(1_000);
      await under.storage.put(hash, bytes);
      await under.whileSilent(hash, async () => {
        await expect(under.storage.get(hash)).rejects.toMatchObject({ code: 'unavailable' });
      });
    });

    it.each(['', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}/x`])('refuses the name %j', async (name) => {
      await expect(under.storage.get(name)).rejects.toThrow(RangeError);
      await expect(under.storage.put(name, Buffer.from('x'))).rejects.toThrow(RangeError);
      await expect(under.storage.delete(name)).rejects.toThrow(RangeError);
    });
  });
}
