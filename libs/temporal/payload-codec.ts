import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Keyring } from '../kernel/keyring.js';

const encoding = 'binary/pactline-encrypted';
const utf8 = new TextEncoder();
const text = new TextDecoder();

/**
 * Encrypts every payload with AES-256-GCM before it leaves the process; the key's id travels in the metadata, so keys
 * rotate while histories live. A payload in clear is let through on reading: it can only come from an operator's tool.
 */
export class EncryptingCodec implements PayloadCodec {
  constructor(private readonly keyring: Keyring) {}

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map((payload) => ({
        metadata: { encoding: utf8.encode(encoding), 'key-id': utf8.encode(this.keyring.activeKeyId) },
        data: this.keyring.encrypt(proto.temporal.api.common.v1.Payload.encode(payload).finish(), encoding),
      })),
    );
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(
      payloads.map((payload) => {
        const { metadata, data } = payload;
        if (!metadata?.['encoding'] || text.decode(metadata['encoding']) !== encoding || !data) return payload;
        const plain = this.keyring.decrypt(data, text.decode(metadata['key-id']), encoding);
        return proto.temporal.api.common.v1.Payload.decode(plain);
      }),
    );
  }
}
