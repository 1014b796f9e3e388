import { der, derChild, derChildren, DerError, readDer } from '../cms/der.js';
import { oids } from '../cms/oids.js';

/** What is asked of a time-stamp authority (RFC 3161, 2.4.1). */
export interface TimestampRequest {
  /** SHA-256 of what is stamped. */
  imprint: Buffer;
  /** Random; a token that repeats it was made for this request. */
  nonce: Buffer;
  /** The policy under which the token must be made, as an object identifier. */
  policy?: string | undefined;
}

/** The request in DER; the authority is asked to put its certificate into the token. */
export function writeTimestampRequest({ imprint, nonce, policy }: TimestampRequest): Buffer {
  return der.sequence(
    der.small(1),
    der.sequence(der.sequence(der.oid(oids.sha256)), der.octetString(imprint)),
    ...(policy === undefined ? [] : [der.oid(policy)]),
    der.unsigned(nonce),
    der.boolean(true),
  );
}

/**
 * The token in an authority's answer (RFC 3161, 2.4.2).
 *
 * @throws DerError where the answer holds none, or cannot be read
 */
export function readTimestampResponse(bytes: Buffer): Buffer {
  const response = derChildren(derChild([readDer(bytes)], 0, 0x30).content);
  const status = derChild(derChildren(derChild(response, 0, 0x30).content), 0, 0x02).content;
  // 0 is granted, 1 granted with changes that the token tells of.
  if (status.length !== 1 || status[0]! > 1) throw new DerError('the authority refused the request');
  return derChild(response, 1, 0x30).bytes;
}
