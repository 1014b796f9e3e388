import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { assertHash, DocumentStorage, storageFailure } from './document-storage.js';

export interface S3StorageOptions {
  bucket: string;
  /** Stands before each key, such as `pactline/`; may be empty. */
  prefix: string;
  region: string;
  /** The address of a server other than Amazon's. */
  endpoint?: string;
  /** Whether the bucket stands in the path of the address, as many servers need it, and not in its host name. */
  isPathStyle: boolean;
  /** How long one call may take, in milliseconds, its repeats included. */
  timeoutMs: number;
}

/**
 * Documents as objects `<prefix>ab/cd/<hash>` of a bucket that speaks S3. Credentials are found as every tool of that
 * house finds them: variables, a profile, the role of the machine.
 */
export class S3Storage extends DocumentStorage {
  private readonly client: S3Client;

  constructor(private readonly options: S3StorageOptions) {
    super();
    const { endpoint, region, isPathStyle } = options;
    this.client = new S3Client({ region, forcePathStyle: isPathStyle, ...(endpoint !== undefined && { endpoint }) });
  }

  async put(hash: string, bytes: Uint8Array, { replace } = { replace: false }): Promise<void> {
    assertHash(hash);
    const abortSignal = AbortSignal.timeout(this.options.timeoutMs);
    const send = (onlyNew: boolean) => this.client.send(this.putCommand(hash, bytes, onlyNew), { abortSignal });
    try {
      await send(!replace);
    } catch (error) {
      if (isAnswer(error, 412)) return; // kept already
      if (replace || !isAnswer(error, 501)) throw storageFailure('store', error);
      // Some servers don't know the condition. Without it the object is written again, with the same bytes.
      await send(false).catch((again: unknown) => {
        throw storageFailure('store', again);
      });
    }
  }

  async get(hash: string): Promise<Uint8Array | undefined> {
    assertHash(hash);
    const abortSignal = AbortSignal.timeout(this.options.timeoutMs);
    const command = new GetObjectCommand({ Bucket: this.options.bucket, Key: this.keyOf(hash) });
    try {
      const { Body } = await this.client.send(command, { abortSignal });
      return await withinSignal(abortSignal, Body?.transformToByteArray());
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw storageFailure('read', error);
    }
  }

  async delete(hash: string): Promise<void> {
    assertHash(hash);
    const abortSignal = AbortSignal.timeout(this.options.timeoutMs);
    const command = new DeleteObjectCommand({ Bucket: this.options.bucket, Key: this.keyOf(hash) });
    try {
      await this.client.send(command, { abortSignal });
    } catch (error) {
      throw storageFailure('erase', error);
    }
  }

  /** Closes idle connections when the process shuts down in order. */
  onApplicationShutdown(): void {
    this.client.destroy();
  }

  private putCommand(hash: string, bytes: Uint8Array, onlyNew: boolean): PutObjectCommand {
    return new PutObjectCommand({
      Bucket: this.options.bucket,
      Key: this.keyOf(hash),
      Body: bytes,
      ContentType: 'application/octet-stream',
      // The server refuses bytes that changed on the way.
      ChecksumSHA256: Buffer.from(hash, 'hex').toString('base64'),
      ...(onlyNew && { IfNoneMatch: '*' }),
    });
  }

  private keyOf(hash: string): string {
    return `${this.options.prefix}${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
  }
}

function isAnswer(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
}

/** The client's own signal ends with the head of an answer; a body that stalls would be waited for without end. */
function withinSignal<T>(signal: AbortSignal, work: Promise<T> | undefined): Promise<T | undefined> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work ?? Promise.resolve(undefined), late]);
}
