import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';

/** One fact in an envelope's log. Its hash covers the one before it, so no fact can be taken out or put between. */
export interface EnvelopeFact {
  envelopeId: string;
  /** From 1, without gaps. */
  number: number;
  type: string;
  /** RFC 3339, UTC. */
  at: string;
  actorId: string;
  data: Record<string, unknown>;
}

export interface ChainedFact extends EnvelopeFact {
  previousHash: string;
  hash: string;
}

/** What the first fact of an envelope follows. */
export const chainStart = '0'.repeat(64);

/** SHA-256 over the canonical text (RFC 8785) of the fact and the hash before it. */
export function factHash(fact: EnvelopeFact, previousHash: string): string {
  const { envelopeId, number, type, at, actorId, data } = fact;
  return sha256(canonicalJson({ envelopeId, number, type, at, actorId, data, previousHash }));
}

/** The number of the first fact that does not follow from the one before it; undefined where the whole chain holds. */
export function brokenAt(facts: readonly ChainedFact[]): number | undefined {
  let previousHash = chainStart;
  let number = 1;
  for (const fact of facts) {
    if (fact.number !== number || fact.previousHash !== previousHash || fact.hash !== factHash(fact, previousHash))
      return number;
    previousHash = fact.hash;
    number += 1;
  }
  return undefined;
}
