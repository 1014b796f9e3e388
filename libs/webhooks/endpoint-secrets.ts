import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Keyring } from '../kernel/keyring.js';
import type { EndpointRow } from './rows.js';

const prefix = 'whsec_';
const secretBytes = 32;

export interface SealedSecret {
  sealed: Buffer;
  keyId: string;
}

type Secrets = Pick<
  EndpointRow,
  'id' | 'secret' | 'secret_key_id' | 'previous_secret' | 'previous_secret_key_id' | 'previous_secret_until'
>;

/** The secrets that deliveries are signed with: shown once, kept encrypted, opened to sign. */
@Injectable()
export class EndpointSecrets {
  constructor(private readonly keyring: Keyring) {}

  /** A new secret as a receiver's library wants it: `whsec_` and base64. */
  make(): string {
    return `${prefix}${randomBytes(secretBytes).toString('base64')}`;
  }

  seal(endpointId: string, secret: string): SealedSecret {
    const sealed = Buffer.from(this.keyring.encrypt(Buffer.from(secret), contextOf(endpointId)));
    return { sealed, keyId: this.keyring.activeKeyId };
  }

  /**
   * The headers of one attempt. While a rotated secret is still good, there is a signature by each: a receiver accepts
   * the delivery by either.
   */
  sign(endpoint: Secrets, eventId: string, body: string, at: Date): Record<string, string> {
    const secrets = [this.open(endpoint.id, endpoint.secret, endpoint.secret_key_id)];
    const until = endpoint.previous_secret_until;
    if (until !== null && at.getTime() < until.getTime()) {
      secrets.push(this.open(endpoint.id, endpoint.previous_secret, endpoint.previous_secret_key_id));
    }
    const signatures = secrets.map((secret) => new Webhook(secret).sign(eventId, at, body));
    return {
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    };
  }

  private open(endpointId: string, sealed: Buffer | null, keyId: string | null): string {
    if (sealed === null || keyId === null) throw new Error('the webhook has no secret');
    return Buffer.from(this.keyring.decrypt(sealed, keyId, contextOf(endpointId))).toString();
  }
}

function contextOf(endpointId: string): string {
  return `webhook-secret:${endpointId}`;
}
