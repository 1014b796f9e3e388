import { upsertSearchAttributes } from '@temporalio/workflow';
import {
  attributePairs,
  envelopeAttributes,
  type EnvelopeStanding,
  type EnvelopeStatus,
} from '../../libs/orchestration/index.js';
import { envelopeStates } from '../../libs/signatures/domain/envelope-state.js';

/** What a run knows of its envelope: the newest of the answers that it got. */
export class EnvelopeFollower {
  /** Undefined until the envelope is made. */
  status: EnvelopeStatus | undefined;
  /** The contract may not be sent: there is no envelope, nor will there be one. */
  isUnsent = false;

  /** Takes an answer in, unless a newer one came before; it is handed on either way. */
  follow(next: EnvelopeStatus): EnvelopeStatus {
    const known = this.status;
    const isOther = known !== undefined && known.envelopeId !== next.envelopeId;
    // The answer of an envelope that was superseded must not take the place of its successor's.
    if (isOther && next.state === 'superseded') return next;
    if (known !== undefined && !isOther && (next.revision ?? 0) < (known.revision ?? 0)) return next;
    this.status = next;
    if (known?.state !== next.state || known.expiresAtMs !== next.expiresAtMs) this.tell(next);
    return next;
  }

  get isClosed(): boolean {
    return (
      this.isUnsent || (this.status !== undefined && envelopeStates.isTerminal(this.status.state) && !this.isSuperseded)
    );
  }

  get isSuperseded(): boolean {
    return this.status?.state === 'superseded';
  }

  standing(): EnvelopeStanding {
    return {
      state: this.status?.state ?? 'unsent',
      turn: this.status?.turn ?? [],
      nextTimer: this.status?.next ?? null,
    };
  }

  /** What has ended, and what waits for its seal, is due no more. */
  private tell(status: EnvelopeStatus): void {
    upsertSearchAttributes(attributePairs(envelopeAttributes(status)));
  }
}
