import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM keys known by id. The first one encrypts; all of them decrypt, so a key is rotated by putting a new one
 * in front and keeping the old ones until nothing is left that they wrote.
 */
export class Keyring {
  private constructor(
    readonly activeKeyId: string,
    private readonly keys: ReadonlyMap<string, Buffer>,
  ) {}

  /** Reads `id:base64[,id:base64…]`; throws where an id repeats or a key is not 32 bytes long. The text is never echoed. */
  static parse(text: string): Keyring {
    const keys = new Map<string, Buffer>();
    for (const part of text.split(',')) {
      const [id, encoded] = part.trim().split(':');
      const key = Buffer.from(encoded ?? '', 'base64');
      if (!id || !/^[A-Za-z0-9_-]{1,32}$/.test(id))
        throw new RangeError('a key needs an id of letters, digits, - or _');
      if (key.length !== 32) throw new RangeError(`key ${id} is not 32 bytes in base64`);
      if (keys.has(id)) throw new RangeError(`key id ${id} is there twice`);
      keys.set(id, key);
    }
    return new Keyring([...keys.keys()][0]!, keys);
  }

  /** Nonce, ciphertext and tag in one. `context` is bound as additional data: it must be the same when decrypting. */
  encrypt(plain: Uint8Array, context = ''): Uint8Array {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.keys.get(this.activeKeyId)!, nonce);
    cipher.setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws for an unknown key id and for bytes that were changed. */
  decrypt(sealed: Uint8Array, keyId: string, context = ''): Uint8Array {
    const key = this.keys.get(keyId);
    if (!key) throw new Error(`no key with id ${keyId} is configured`);
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()]);
  }
}
