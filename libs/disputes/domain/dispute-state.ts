import { TransitionTable } from '../../kernel/transition-table.js';

/**
 * `open` until the company answers; `awaiting_approval` while a second person looks at an adjustment above the limit, who
 * may send it back. What was decided stays decided: a partner who disagrees opens another one.
 */
export type DisputeState = 'open' | 'awaiting_approval' | 'upheld' | 'rejected' | 'withdrawn';
export type DisputeAction = 'uphold' | 'propose' | 'reject' | 'approve' | 'send_back' | 'withdraw';

export const disputeStates = new TransitionTable<DisputeState, DisputeAction>('dispute', {
  open: { uphold: 'upheld', propose: 'awaiting_approval', reject: 'rejected', withdraw: 'withdrawn' },
  awaiting_approval: { approve: 'upheld', send_back: 'open', withdraw: 'withdrawn' },
  upheld: {},
  rejected: {},
  withdrawn: {},
});

/** What a partner questions: all that an event has earned, one line of it, or something that isn't there. */
export type DisputeSubject =
  | { kind: 'event'; eventId: string }
  | { kind: 'line'; eventId: string; rule: string }
  | { kind: 'missing'; facts: MissingFacts };

/** What a partner says about an event that it misses. */
export interface MissingFacts {
  /** The shop's own number of the order, as far as the partner knows it. */
  reference: string;
  occurredAt?: string | undefined;
  amountMinor?: number | undefined;
  currency?: string | undefined;
}

/** The same for two disputes about the same thing: one of them may be open at a time. */
export function subjectKey(subject: DisputeSubject): string {
  if (subject.kind === 'missing') return JSON.stringify(['missing', subject.facts.reference]);
  // A line and its whole event are two questions about the same money: only one at a time.
  return JSON.stringify(['event', subject.eventId]);
}
