import { DomainError } from '../../kernel/domain-error.js';

/**
 * Where the bytes of documents lie, by the SHA-256 of the bytes. What fails for a while (a full disk, a server that is
 * slow, down or refuses) is thrown as DomainError `unavailable`: the same call may be made again.
 */
export abstract class DocumentStorage {
  /**
   * Keeps the bytes durably: once this resolves they outlive a loss of power. What is kept under that hash already
   * stays as it is, unless it is to be replaced because it was found damaged.
   */
  abstract put(hash: string, bytes: Uint8Array, options?: { replace: boolean }): Promise<void>;

  /** The bytes as they are kept, damaged ones too; undefined where there are none. */
  abstract get(hash: string): Promise<Uint8Array | undefined>;

  /** Forgets the bytes; nothing happens where there are none. */
  abstract delete(hash: string): Promise<void>;
}

/** Guards names of files and objects: nothing but a SHA-256 in lower-case hexadecimal gets into one. */
export function assertHash(hash: string): void {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new RangeError('a document is named by a SHA-256 in hexadecimal');
}

/** An outage as callers may see it: the cause's name tells full from slow, its message might tell addresses or keys. */
export function storageFailure(doing: 'store' | 'read' | 'erase', error: unknown): DomainError {
  const { code, name = 'unknown' } = error as { code?: string; name?: string };
  const failure = new DomainError(
    'unavailable',
    `the document storage could not ${doing} a document (${code ?? name})`,
  );
  failure.cause = error;
  return failure;
}
