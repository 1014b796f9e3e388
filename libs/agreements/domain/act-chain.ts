import { canonicalJson } from '../../kernel/canonical-json.js';
import { sha256 } from '../../kernel/sha256.js';
import type { Side } from './negotiation-state.js';

/** What one side did to an agreement in force. */
export type AgreementActType =
  | 'termination_given'
  | 'termination_taken_back'
  | 'renewal_offered'
  | 'renewal_consented'
  | 'renewal_declined'
  | 'amendment_proposed'
  | 'amendment_adopted'
  | 'change_notified'
  | 'change_objected'
  | 'change_withdrawn';

/** What one side did to an agreement in force: a notice, its withdrawal, an answer to an offer of renewal, a change of it. */
export interface AgreementAct {
  agreementId: string;
  /** From 1, without gaps. */
  number: number;
  type: AgreementActType;
  /** RFC 3339, UTC. */
  at: string;
  side: Side;
  actorId: string;
  /** The terms that the act is about. */
  termsHash: string;
  data: Record<string, unknown>;
}

/** An act whose hash covers the one before it, so that none can be taken out or put between. */
export interface ChainedAct extends AgreementAct {
  previousHash: string;
  hash: string;
}

/** What the first act on an agreement follows. */
export const firstActFollows = '0'.repeat(64);

/** SHA-256 over the canonical text (RFC 8785) of the act and the hash before it. */
export function actHash(act: AgreementAct, previousHash: string): string {
  const { agreementId, number, type, at, side, actorId, termsHash, data } = act;
  return sha256(canonicalJson({ agreementId, number, type, at, side, actorId, termsHash, data, previousHash }));
}

/** The number of the first act that does not follow from the one before it; undefined where the whole chain holds. */
export function brokenActAt(acts: readonly ChainedAct[]): number | undefined {
  let previousHash = firstActFollows;
  for (const [index, act] of acts.entries()) {
    const follows = act.number === index + 1 && act.previousHash === previousHash;
    if (!follows || act.hash !== actHash(act, previousHash)) return index + 1;
    previousHash = act.hash;
  }
  return undefined;
}
