import type { Clock } from '../kernel/clock.js';
import { keepNewest } from '../kernel/keep-newest.js';
import { sha256 } from '../kernel/sha256.js';
import type { Principal } from './domain/principal.js';

interface Entry {
  principal: Principal;
  untilMs: number;
}

/** A key that the provider withdraws is still trusted for so long: far less than the minutes for which its keys are kept. */
const longestMs = 30_000;
const mostTokens = 1_000;

/**
 * Whom tokens name that were found valid a moment ago, so that a sender of many requests does not pay for a signature's
 * verification with each. A token is known by all of its bytes, as their digest.
 */
export class KnownTokens {
  /** In the order in which they were verified. */
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  /** Whom a token names, where it was verified less than 30 seconds ago and has not expired since. */
  principalOf(token: string): Principal | undefined {
    const digest = sha256(token);
    const entry = this.entries.get(digest);
    if (!entry) return undefined;
    if (this.clock.now().getTime() < entry.untilMs) return entry.principal;
    this.entries.delete(digest);
    return undefined;
  }

  /** Keeps a verified token until it expires (epoch milliseconds), for 30 seconds at most; beyond 1,000 the oldest give way. */
  remember(token: string, principal: Principal, expiresMs: number): void {
    const untilMs = Math.min(expiresMs, this.clock.now().getTime() + longestMs);
    keepNewest(this.entries, sha256(token), { principal, untilMs }, mostTokens);
  }
}
