import { createHash } from 'node:crypto';
import type { Clock } from '../../libs/kernel/clock.js';
import type { FormParams } from './form-params.js';
import type { SandboxState, StoredAnswer } from './state.js';
import { invalidRequest, StripeApiError } from './stripe-error.js';

/** Stripe keeps keys for at least 24 h; the sandbox keeps them twice as long. */
const keptMs = 48 * 3_600_000;

const longestKey = 255;

/** Stripe's idempotency keys: who came first, who is under way, and what was answered. */
export class IdempotencyKeys {
  private readonly inFlight = new Map<string, string>();

  constructor(
    private readonly state: SandboxState,
    private readonly clock: Clock,
  ) {}

  /** What a key is bound to: the method, the path and the parameters of its first request. */
  static fingerprint(method: string, path: string, params: FormParams): string {
    return createHash('sha256')
      .update(JSON.stringify([method, path, params.fingerprint()]))
      .digest('hex');
  }

  /**
   * Takes the key for a request. Returns the stored answer where the request was executed before; otherwise the key is
   * in flight until {@link end}.
   *
   * @throws StripeApiError 400 `idempotency_error` for other parameters, 409 while the first request is under way
   */
  begin(key: string, fingerprint: string): StoredAnswer | undefined {
    if (key.length > longestKey) throw invalidRequest('An idempotency key has at most 255 characters.');
    this.forgetExpired();
    const answer = this.state.answers.get(key);
    const first = answer?.fingerprint ?? this.inFlight.get(key);
    if (first !== undefined && first !== fingerprint) {
      throw new StripeApiError(400, 'idempotency_error', 'This idempotency key was used with other parameters.');
    }
    if (answer) return answer;
    if (first !== undefined) {
      throw new StripeApiError(409, 'invalid_request_error', 'A request with this idempotency key is under way.', {
        code: 'idempotency_key_in_use',
      });
    }
    this.inFlight.set(key, fingerprint);
    return undefined;
  }

  /** Frees the key: a request that failed validation leaves nothing behind. */
  end(key: string): void {
    this.inFlight.delete(key);
  }

  /** Answers are kept in the order in which they were made, so the expired ones come first. */
  forgetExpired(): void {
    const oldest = this.clock.now().getTime() - keptMs;
    for (const { key, createdAtMs } of this.state.answers.values()) {
      if (createdAtMs > oldest) return;
      this.state.answers.delete(key);
    }
  }
}
