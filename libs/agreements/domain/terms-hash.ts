import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';
import type { Terms } from './terms.js';

/** The one text of a terms document: RFC 8785 (terms.md). It is what is hashed, stored and embedded in the contract. */
export function canonicalTermsText(terms: Terms): string {
  return canonicalJson(terms);
}

/**
 * The terms hash: SHA-256 of the canonical text in lower-case hexadecimal. It stands in the contract, in the evidence
 * and on every commission line.
 */
export function termsHash(terms: Terms): string {
  return sha256(canonicalTermsText(terms));
}
