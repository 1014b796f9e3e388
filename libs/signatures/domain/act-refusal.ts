import type { ErrorCode } from '../../kernel/domain-error.js';
import { envelopeStates, type EnvelopeAction, type EnvelopeState } from './envelope-state.js';

/** What a run knows of an envelope when somebody wants to act on it. */
export interface KnownEnvelope {
  envelopeId: string;
  state: EnvelopeState;
  shownHash?: string | null;
  expiresAtMs?: number | null;
  partnerSide?: readonly string[];
  /** A step under way: the row may be further already than the run has heard. */
  step?: string;
}

export interface WantedAct {
  envelopeId: string;
  actorId: string;
  /** Absent: the act moves no state. */
  action?: EnvelopeAction;
  documentHash?: string;
  /** Only before the deadline. */
  isTimely?: boolean;
}

/**
 * Why an act is refused before it reaches the row: the state, the deadline, the document, the partner countersigning its own contract. The
 * turn is the row's alone: it knows who has signed already and who has yet to be asked. Undefined where nothing known speaks against it: the row decides for good.
 */
export function actRefusal(
  known: KnownEnvelope,
  act: WantedAct,
  nowMs: number,
): { code: ErrorCode; message: string } | undefined {
  if (act.envelopeId !== known.envelopeId) {
    return { code: 'illegal-transition', message: 'envelope: another one has taken its place' };
  }
  // Somebody who acts on what the row says must not be told what the run has not heard yet: then the row alone decides.
  if (known.step !== undefined) return undefined;
  if (act.action !== undefined && !envelopeStates.allows(known.state, act.action)) {
    return { code: 'illegal-transition', message: `envelope: cannot ${act.action} while ${known.state}` };
  }
  if (act.action === 'countersign' && known.partnerSide?.includes(act.actorId)) {
    return { code: 'forbidden', message: 'the partner cannot countersign its own contract' };
  }
  if (act.isTimely && known.expiresAtMs != null && nowMs >= known.expiresAtMs) {
    const deadline = new Date(known.expiresAtMs).toISOString();
    return { code: 'illegal-transition', message: `envelope: cannot ${act.action ?? 'act'} after ${deadline}` };
  }
  if (act.documentHash !== undefined && known.shownHash != null && act.documentHash !== known.shownHash) {
    return { code: 'hash-mismatch', message: 'what was seen is not what is to be signed' };
  }
  return undefined;
}
