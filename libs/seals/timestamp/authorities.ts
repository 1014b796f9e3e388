import { randomBytes, type X509Certificate } from 'node:crypto';
import { DerError } from '../cms/der.js';
import { isInForce, isIssuedBy, isWeak } from '../verify/certificates.js';
import { readTimestampResponse, writeTimestampRequest } from './request.js';
import { readTimestampToken, type TimestampToken } from './token.js';

/** No configured authority gave a token that holds. Worth a retry; the local clock is never taken in its place. */
export class TimestampUnavailable extends Error {
  override readonly name = 'TimestampUnavailable';
}

export interface TimestampSettings {
  /** Asked in this order until one answers with a token that holds. */
  urls: readonly string[];
  /** The authorities' certificates, or those that issued them. */
  trusted: readonly X509Certificate[];
  /** The policy that tokens must be made under; any where absent. */
  policy?: string | undefined;
  /** How long one authority may take, in milliseconds. */
  timeoutMs: number;
}

/** A token with its DER bytes. */
export interface GivenToken extends TimestampToken {
  bytes: Buffer;
}

const mostAnswerBytes = 256 * 1024;

/**
 * Has a hash (SHA-256) stamped.
 *
 * @throws TimestampUnavailable that says of each authority what was wrong
 */
export async function requestTimestamp(imprint: Buffer, settings: TimestampSettings): Promise<GivenToken> {
  const failures: string[] = [];
  for (const url of settings.urls) {
    try {
      return await askAuthority(url, imprint, settings);
    } catch (error) {
      failures.push(`${new URL(url).host}: ${reasonOf(error)}`);
    }
  }
  throw new TimestampUnavailable(`no time-stamp authority gave a token (${failures.join('; ')})`);
}

async function askAuthority(url: string, imprint: Buffer, settings: TimestampSettings): Promise<GivenToken> {
  // 127 bits, never zero at the front: its DER is the same wherever it is written.
  const nonce = randomBytes(16);
  nonce[0] = (nonce[0]! & 0x7f) | 0x40;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: new Uint8Array(writeTimestampRequest({ imprint, nonce, policy: settings.policy })),
    redirect: 'error',
    signal: AbortSignal.timeout(settings.timeoutMs),
  });
  if (!response.ok) throw new DerError(`it answered ${response.status}`);
  const bytes = readTimestampResponse(await readBounded(response));
  const token = readTimestampToken(bytes);
  if (!token.imprint.equals(imprint)) throw new DerError('the token stamps something else');
  if (!token.nonce?.equals(nonce)) throw new DerError('the token was made for another request');
  if (settings.policy !== undefined && token.policy !== settings.policy) {
    throw new DerError('the token was made under another policy');
  }
  checkAuthority(token, settings.trusted);
  return { ...token, bytes };
}

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > mostAnswerBytes) throw new DerError('the answer is too large');
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

/** Texts of errors that are not ours may quote addresses with secrets in them: their kind is enough. */
function reasonOf(error: unknown): string {
  if (error instanceof DerError) return error.message;
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return 'it did not answer in time';
  return `it cannot be reached${cause?.code === undefined ? '' : ` (${cause.code})`}`;
}

const longestChain = 8;

/**
 * The token's certificate must lead to a trusted one, and each on the way be in force at the token's instant.
 *
 * @throws DerError
 */
export function checkAuthority(
  { signer, certificates, at }: TimestampToken,
  trusted: readonly X509Certificate[],
): void {
  const isTrusted = ({ fingerprint256 }: X509Certificate): boolean =>
    trusted.some((one) => one.fingerprint256 === fingerprint256);
  // The token's signature does not cover the certificates of issuers: each must hold by the one of its own issuer.
  const known = [...trusted, ...certificates];
  if (!certificates.every((one) => isTrusted(one) || known.some((issuer) => isIssuedBy(one, issuer)))) {
    throw new UnknownAuthority('not every certificate of the token leads to one that is trusted here');
  }
  let last = signer;
  for (let length = 1; length <= longestChain; length += 1) {
    if (!isInForce(last, at)) throw new DerError('a certificate of the authority is not in force');
    if (isWeak(last)) throw new DerError('a certificate of the authority is too weak');
    if (isTrusted(last)) return;
    const issuer = known.find((one) => isIssuedBy(last, one));
    if (!issuer || issuer === last) break;
    last = issuer;
  }
  throw new UnknownAuthority('the authority is not one that is trusted here');
}

/** A token that holds by itself, of an authority that nobody vouched for. */
export class UnknownAuthority extends DerError {}
