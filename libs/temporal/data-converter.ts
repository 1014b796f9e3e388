import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { Keyring } from '../kernel/keyring.js';
import { EncryptingCodec } from './payload-codec.js';

/** Also given to the workflow bundle: failures are converted inside the workflow's sandbox. */
export const failureConverterPath = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** The converter of every client and worker: payloads encrypted, and messages and stacks of failures with them. */
export function encryptingDataConverter(keyring: Keyring): DataConverter {
  return { failureConverterPath, payloadCodecs: [new EncryptingCodec(keyring)] };
}
