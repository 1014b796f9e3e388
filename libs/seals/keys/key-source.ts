import { readFile } from 'node:fs/promises';
import { LocalSealKey } from './local-key.js';
import { readPkcs12Key } from './pkcs12-key.js';
import { SealKeyUnavailable, type SealKey } from './seal-key.js';

/** Where the seal key comes from. A company with a key service or a device of its own puts another one in its place. */
export abstract class SealKeySource {
  /** @throws SealKeyUnavailable where there is no key, or it cannot be used */
  abstract load(): Promise<SealKey>;
}

/** What the environment says of the seal key. */
export interface KeyFileSettings {
  SEAL_KEY_FILE?: string | undefined;
  SEAL_KEY_PASSPHRASE?: string | undefined;
  NODE_ENV: string;
  SEAL_KEY_SELF_SIGNED_ALLOWED: boolean;
}

/** The key in the file that the environment names. */
export class KeyFileSource extends SealKeySource {
  constructor(private readonly settings: KeyFileSettings) {
    super();
  }

  async load(): Promise<SealKey> {
    const { SEAL_KEY_FILE: file, SEAL_KEY_PASSPHRASE: passphrase } = this.settings;
    if (!file) throw new SealKeyUnavailable('SEAL_KEY_FILE is missing: there is no seal key');
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new SealKeyUnavailable(`the file of SEAL_KEY_FILE cannot be read (${error.code ?? 'unknown'})`);
    });
    const text = content.toString('latin1');
    const key = text.includes('-----BEGIN')
      ? LocalSealKey.fromPem(text, passphrase)
      : await readPkcs12Key(content, passphrase ?? '');
    if (key.isSelfSigned && this.settings.NODE_ENV === 'production' && !this.settings.SEAL_KEY_SELF_SIGNED_ALLOWED) {
      throw new SealKeyUnavailable(
        'the certificate in SEAL_KEY_FILE is signed by its own key, which production allows with SEAL_KEY_SELF_SIGNED_ALLOWED alone',
      );
    }
    return key;
  }
}
