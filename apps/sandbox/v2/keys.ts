import { createHash } from 'node:crypto';
import type { Clock } from '../../../libs/kernel/clock.js';
import { canonicalJson } from '../../../libs/kernel/canonical-json.js';
import { StripeV2Error } from './errors.js';
import type { V2Key } from './objects.js';
import type { V2State } from './state.js';

/** How long v2 knows a key. */
const keptMs = 30 * 24 * 3_600_000;

const longestKey = 255;

/**
 * The keys of Stripe's v2: a request that succeeded is not done again, and its repeat reads what it made as it is now;
 * one that failed IS executed again under the same key.
 */
export class V2Keys {
  private readonly inFlight = new Set<string>();

  constructor(
    private readonly state: V2State,
    private readonly clock: Clock,
  ) {}

  static fingerprint(path: string, context: string, body: unknown): string {
    return createHash('sha256')
      .update(canonicalJson([path, context, body]))
      .digest('hex');
  }

  /**
   * Takes the key for a request; what an earlier one under it left, or undefined. In flight until {@link end}.
   *
   * @throws StripeV2Error for other parameters (`idempotency_error`), and 409 while another request is under way
   */
  begin(key: string, fingerprint: string): V2Key | undefined {
    if (key.length > longestKey) throw new StripeV2Error(400, 'invalid_fields', 'The idempotency key is too long.');
    this.forgetExpired();
    if (this.inFlight.has(key)) {
      throw new StripeV2Error(409, 'idempotency_key_in_use', 'A request with this key is under way.');
    }
    const known = this.state.keys.get(key);
    if (known && known.fingerprint !== fingerprint) {
      const message = 'This idempotency key was used with other parameters.';
      throw new StripeV2Error(400, 'idempotency_error', message, 'idempotency_error');
    }
    this.inFlight.add(key);
    return known;
  }

  end(key: string): void {
    this.inFlight.delete(key);
  }

  forgetExpired(): void {
    const oldest = this.clock.now().getTime() - keptMs;
    for (const { key, createdAtMs } of this.state.keys.values()) {
      if (createdAtMs > oldest) return;
      this.state.keys.delete(key);
    }
  }
}
