const maxRetryAfterMs = 24 * 3_600_000;
/** The part of a wait by which it varies, so that what failed together doesn't come back together. */
const jitter = 0.2;

/**
 * The wait after failed try `tries` (from 1), in milliseconds; undefined where no further one is made. `chance` in [0, 1)
 * spreads it by a fifth either way; a `Retry-After` of the receiver lengthens it, to a day at most.
 */
export function waitAfter(
  delaysSeconds: readonly number[],
  tries: number,
  chance: number,
  retryAfterMs = 0,
): number | undefined {
  const delaySeconds = delaysSeconds[tries - 1];
  if (delaySeconds === undefined) return undefined;
  const spread = delaySeconds * 1_000 * (1 - jitter + 2 * jitter * chance);
  return Math.round(Math.max(spread, Math.min(retryAfterMs, maxRetryAfterMs)));
}

/** What a `Retry-After` header asks for (RFC 9110, seconds or a date), in milliseconds from `now`; 0 for none or nonsense. */
export function retryAfterMs(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now.getTime());
}
