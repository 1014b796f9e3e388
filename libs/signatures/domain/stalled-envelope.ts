import { envelopeStates, type EnvelopeState } from './envelope-state.js';
import type { DeliveryState, RecipientState } from './recipient.js';

/** Why an envelope gets no further by itself (signing.md, What legal teams track). */
export type StallCause = 'no_progress' | 'delivery_failed' | 'signer_locked' | 'seal_blocked';

export const stallCauses = [
  'no_progress',
  'delivery_failed',
  'signer_locked',
  'seal_blocked',
] as const satisfies readonly StallCause[];

/** One cause, with whom or what it is about. */
export interface Stall {
  cause: StallCause;
  /** Since when it holds; null for mails that fail, whose first failure is in the log of mails. */
  since: Date | null;
  /** Whose mails fail, or who is locked out. */
  recipientId?: string;
  /** What blocks the seal. */
  detail?: 'key_unavailable' | 'verification_failed';
}

export interface TrackedRecipient {
  id: string;
  state: RecipientState;
  delivery: DeliveryState;
  askedAt: Date | null;
  viewedAt: Date | null;
  actedAt: Date | null;
  /** When it last proved who it is. */
  authenticatedAt: Date | null;
  lockedAt: Date | null;
}

export interface TrackedEnvelope {
  state: EnvelopeState;
  stateSince: Date;
  sealBlocked: 'key_unavailable' | 'verification_failed' | null;
  sealBlockedAt: Date | null;
  recipients: readonly TrackedRecipient[];
}

/** States that something still follows, by a person or by itself. */
export const openEnvelopeStates: readonly EnvelopeState[] = (
  Object.keys(envelopeStates.table) as EnvelopeState[]
).filter((state) => !envelopeStates.isTerminal(state));

/**
 * When somebody last got further: the envelope came to its state, or a recipient was asked, proved who it is, looked or
 * acted. Reminders, repeated requests and a later expiry bring nobody further.
 */
export function progressAt({ stateSince, recipients }: Pick<TrackedEnvelope, 'stateSince' | 'recipients'>): Date {
  const steps = recipients.flatMap(({ askedAt, viewedAt, actedAt, authenticatedAt }) => [
    askedAt,
    viewedAt,
    actedAt,
    authenticatedAt,
  ]);
  const times = [stateSince, ...steps].flatMap((at) => (at === null ? [] : [at.getTime()]));
  return new Date(Math.max(...times));
}

/**
 * Every cause for which an envelope is stalled at an instant; none once it has ended. `stalledAfterMs` is how long it may
 * stand without progress, in milliseconds.
 */
export function stallsOf(envelope: TrackedEnvelope, stalledAfterMs: number, now: Date): Stall[] {
  if (envelopeStates.isTerminal(envelope.state)) return [];
  const { sealBlocked, sealBlockedAt, recipients } = envelope;
  const quietSince = progressAt(envelope);
  const asked = recipients.filter(({ state }) => state === 'asked' || state === 'viewed');
  return [
    ...(now.getTime() - quietSince.getTime() > stalledAfterMs
      ? [{ cause: 'no_progress' as const, since: quietSince }]
      : []),
    ...asked
      .filter(({ delivery }) => delivery === 'failed')
      .map(({ id }) => ({ cause: 'delivery_failed' as const, since: null, recipientId: id })),
    ...asked.flatMap(({ id, lockedAt }) =>
      lockedAt === null ? [] : [{ cause: 'signer_locked' as const, since: lockedAt, recipientId: id }],
    ),
    ...(sealBlocked === null ? [] : [{ cause: 'seal_blocked' as const, since: sealBlockedAt, detail: sealBlocked }]),
  ];
}
