import { DomainError } from '../../kernel/domain-error.js';

/** What envelopes are counted by, beside their program: nothing, the template of clauses and of terms, the month of sending. */
export type StatisticsBy = 'program' | 'template' | 'month';

/** The way of an envelope, step by step; the last one reached tells where signers drop off. */
export type SigningStep = 'sent' | 'viewed' | 'signed';
export type LostOutcome = 'declined' | 'expired' | 'voided';

export const signingSteps = ['sent', 'viewed', 'signed'] as const satisfies readonly SigningStep[];
export const lostOutcomes = ['declined', 'expired', 'voided'] as const satisfies readonly LostOutcome[];

/** How long something took, in milliseconds: of how many, the middle one, and what nine of ten did not exceed. */
export interface Durations {
  count: number;
  /** Null where there were none. */
  medianMs: number | null;
  p90Ms: number | null;
}

/** A reason that people gave, and how often. */
export interface LostReason {
  after: SigningStep;
  outcome: LostOutcome;
  /** Null where none was given, as when a contract expires. */
  reason: string | null;
  count: number;
}

/** Figures of the envelopes that were sent in a period. */
export interface EnvelopeStatistics {
  /** Null in the sum of all. */
  programId: string | null;
  /** Of the clause library; null unless counted by template. */
  templateVersion: string | null;
  /** The template of terms; null where the negotiation began with the program's own, or unless counted by template. */
  termsTemplateId: string | null;
  termsTemplateVersion: number | null;
  /** `YYYY-MM` in the program's time zone; null unless counted by month. */
  month: string | null;
  /** Without those that another one took the place of: those are `superseded`. */
  sent: number;
  superseded: number;
  executed: number;
  declined: number;
  expired: number;
  voided: number;
  /** Those that are still on their way. */
  open: number;
  /** Executed ones among those that have ended, as a decimal of four digits; null where none has. */
  completionRate: string | null;
  /** From the sending to the execution. */
  timeToSign: Durations;
  steps: {
    sentToViewed: Durations;
    viewedToSigned: Durations;
    signedToCountersigned: Durations;
    countersignedToExecuted: Durations;
  };
  /** How many ended without a contract after each step. */
  dropOffs: Record<SigningStep, Record<LostOutcome, number>>;
  /** The most frequent reasons for each step and outcome, the most frequent first. */
  reasons: LostReason[];
}

/** The part of those that ended which were executed: four decimals, rounded half up; null where none ended. */
export function completionRate({
  executed,
  declined,
  expired,
  voided,
}: Record<'executed' | LostOutcome, number>): string | null {
  const ended = executed + declined + expired + voided;
  if (ended === 0) return null;
  const parts = Math.floor((executed * 20_000 + ended) / (2 * ended));
  return `${Math.floor(parts / 10_000)}.${String(parts % 10_000).padStart(4, '0')}`;
}

/** @throws DomainError `malformed-request` unless it begins before it ends */
export function requirePeriod(from: Date, until: Date, longestMs: number): void {
  const fault =
    from.getTime() >= until.getTime()
      ? 'must lie behind `from`'
      : until.getTime() - from.getTime() > longestMs
        ? `must not lie more than ${Math.round(longestMs / 86_400_000)} days behind \`from\``
        : undefined;
  if (fault === undefined) return;
  throw new DomainError('malformed-request', 'the period is not valid', [{ pointer: '/until', message: fault }]);
}
