import { v5 as uuidV5 } from 'uuid';
import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';
import type { SendRequest } from './payout-rail.js';

/** The namespace of our keys at rails. It never changes: another one would pay what is under way a second time. */
const railKeyNamespace = 'd3ab7c3e-0f0b-4f55-9f0e-6f2f8d1c7b5a';

/**
 * The idempotency key of one attempt to pay one item over one rail (money.md, Exactly once). It depends on nothing that
 * a retry, a restart or a reset changes.
 *
 * @param environment keeps installations apart that share an account at the rail
 * @param attempt counts from 1
 */
export function railIdempotencyKey(environment: string, itemId: string, attempt: number, rail: string): string {
  if (!Number.isSafeInteger(attempt) || attempt < 1) throw new RangeError('attempts count from 1');
  return uuidV5(canonicalJson([environment, itemId, attempt, rail]), railKeyNamespace);
}

/**
 * The SHA-256 over what a send says, in hexadecimal; stored beside the key, so that a resend which would say anything
 * else is caught here and not by the rail.
 */
export function parameterHash(request: Omit<SendRequest, 'idempotencyKey'>): string {
  const { itemId, attempt, batchId, accountReference, amountMinor, currency } = request;
  const amount = amountMinor.toString();
  return sha256(canonicalJson({ itemId, attempt, batchId, accountReference, amountMinor: amount, currency }));
}
