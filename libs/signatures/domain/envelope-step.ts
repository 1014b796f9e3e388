import type { EnvelopeState } from './envelope-state.js';

/** What an envelope needs next that no person has to do. */
export type EnvelopeStep =
  'freeze' | 'dispatch' | 'ask' | 'seal_partner' | 'seal_company' | 'timestamp' | 'certify' | 'execute';

export interface SteppedEnvelope {
  state: EnvelopeState;
  /** Whether someone's turn it is who was not asked yet. */
  hasUnasked: boolean;
  /** Whether the contract carries both seals and was verified. */
  isVerified: boolean;
  /** Whether an authority is named and its token neither there nor known to be late. */
  needsTimestamp: boolean;
  isCertified: boolean;
}

/** The next step, from what the row says: whoever takes an envelope up goes on where it was left. */
export function nextStep(envelope: SteppedEnvelope): EnvelopeStep | undefined {
  switch (envelope.state) {
    case 'draft':
      return 'freeze';
    case 'frozen':
      return 'dispatch';
    case 'sent':
    case 'viewed':
    case 'awaiting_countersign':
      return envelope.hasUnasked ? 'ask' : undefined;
    case 'partner_signed':
      return 'seal_partner';
    case 'countersigned':
      return 'seal_company';
    case 'sealing':
      if (!envelope.isVerified) return 'seal_company';
      if (envelope.needsTimestamp) return 'timestamp';
      return envelope.isCertified ? 'execute' : 'certify';
    default:
      return undefined;
  }
}
