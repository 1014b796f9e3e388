const maxLength = 200;

/** Runs of characters that could be a token, a key or a signature. */
const tokenLike = /[A-Za-z0-9+/_=.-]{20,}/g;
const address = /[^\s@<>"']{1,64}@[^\s@<>"']{1,255}/g;

/**
 * The beginning of what a receiver answered, for whoever looks for the reason of a failure: one line, short, and
 * without anything that looks like a secret or a mail address, since receivers echo what they were sent.
 */
export function excerptOf(body: string): string | undefined {
  const line = body
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ')
    .replace(address, '…')
    .replace(tokenLike, '…')
    .trim();
  if (line === '') return undefined;
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}
