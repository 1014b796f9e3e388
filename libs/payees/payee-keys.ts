import { Injectable } from '@nestjs/common';
import { Keyring } from '../kernel/keyring.js';
import { Settings } from '../platform/index.js';

export interface SealedData {
  sealed: Buffer;
  keyId: string;
}

/**
 * The keys of bank and tax data. A row's identity is bound to what is encrypted in it: the bytes of another row, partner or
 * table do not open.
 */
@Injectable()
export class PayeeKeys {
  private readonly keyring: Keyring;

  constructor({ env }: Settings) {
    this.keyring = Keyring.parse(env.PAYEE_KEYS ?? env.ENCRYPTION_KEYS);
  }

  /** The key that new data is encrypted with. */
  get activeKeyId(): string {
    return this.keyring.activeKeyId;
  }

  /** `context` names table, row and partner. */
  seal(context: string, data: unknown): SealedData {
    const sealed = Buffer.from(this.keyring.encrypt(Buffer.from(JSON.stringify(data)), context));
    return { sealed, keyId: this.keyring.activeKeyId };
  }

  /** Throws where a key is gone or the bytes are not those of this row; the error tells nothing of what is in them. */
  open<Data>(context: string, { sealed, keyId }: SealedData): Data {
    return JSON.parse(Buffer.from(this.keyring.decrypt(sealed, keyId, context)).toString()) as Data;
  }
}
