import { envelopeStates } from '../../signatures/domain/index.js';

/** From which record an entry comes: the audit, an envelope's evidence, or the log of mails. */
export type TimelineSource = 'audit' | 'evidence' | 'mail';

/** One thing that happened, in the words of its record. */
export interface TimelineEntry {
  at: Date;
  source: TimelineSource;
  /** Unique in its source, and rising there. */
  id: string;
  /** What it happened to. */
  subjectId: string;
  /** Dotted: `application.approve`, `envelope.viewed`, `mail.signature-requested`. */
  what: string;
  /** Who did it: an opaque id; `system` where nobody did. */
  who: string;
  why: string | null;
  from: string | null;
  to: string | null;
  /** Small facts: ids, hashes, counts. */
  details: Record<string, unknown>;
}

const ranks: Readonly<Record<TimelineSource, number>> = { audit: 0, evidence: 1, mail: 2 };

/** In the order of time; what shares an instant by source and id, so that two readings never differ. */
export function chronologically(a: TimelineEntry, b: TimelineEntry): number {
  return (
    a.at.getTime() - b.at.getTime() || ranks[a.source] - ranks[b.source] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** Acts on envelopes that leave a fact of the audit beside their evidence. */
const audited: ReadonlySet<string> = new Set([
  ...Object.keys(envelopeStates.table).filter((state) => state !== 'viewed'),
  ...['signed', 'sealed', 'certified', 'timestamped', 'timestamp_pending', 'step_stuck', 'escalated', 'expiry_warned'],
  ...['seal_blocked', 'seal_retried', 'access_code_set', 'signer_unlocked', 'signer_locked', 'delegated', 'corrected'],
  ...['extended', 'resent'],
]);

/** Whether a fact of an envelope's evidence tells what the audit does not: that somebody was asked, looked, proved who it is. */
export function isOnlyInEvidence(type: string): boolean {
  // An intent is what came with a request, whose outcome is a fact of its own.
  return !audited.has(type) && !type.endsWith('_intent');
}
