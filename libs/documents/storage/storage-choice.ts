import type { Environment } from '../../config/index.js';
import type { DocumentStorage } from './document-storage.js';
import { FileStorage } from './file-storage.js';

/** The storage that the environment names: a bucket where one is given, else a folder. */
export async function documentStorage(env: Environment): Promise<DocumentStorage> {
  const timeoutMs = env.DOCUMENTS_TIMEOUT_MS;
  if (env.DOCUMENTS_S3_BUCKET === undefined) {
    if (env.DOCUMENTS_FOLDER === undefined) throw new Error('the environment names no document storage');
    return new FileStorage({ folder: env.DOCUMENTS_FOLDER, timeoutMs });
  }
  // Loaded only where it is used: the client is larger than the rest of the product's start.
  const { S3Storage } = await import('./s3-storage.js');
  return new S3Storage({
    bucket: env.DOCUMENTS_S3_BUCKET,
    prefix: env.DOCUMENTS_S3_PREFIX,
    region: env.DOCUMENTS_S3_REGION,
    ...(env.DOCUMENTS_S3_ENDPOINT !== undefined && { endpoint: env.DOCUMENTS_S3_ENDPOINT }),
    isPathStyle: env.DOCUMENTS_S3_PATH_STYLE,
    timeoutMs,
  });
}
