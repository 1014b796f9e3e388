import { isAwaiting, type EnvelopeState } from './envelope-state.js';
import type { DeliveryState } from './recipient.js';

/** What happens by itself, in the order in which it happens where several things fall due at one instant. */
export type TimerKind = 'expire' | 'warn' | 'escalate' | 'remind';

/** The next thing that happens by itself: when, and for a reminder to whom and which one. */
export interface EnvelopeTimer {
  kind: TimerKind;
  /** Epoch milliseconds. */
  atMs: number;
  recipientId?: string;
  /** From 1. */
  number?: number;
}

export interface TimedEnvelope {
  state: EnvelopeState;
  sentAt: Date | null;
  expiresAt: Date | null;
  expiryWarnedAt: Date | null;
  countersignDueAt: Date | null;
  escalatedAt: Date | null;
}

/** One whose turn it is. */
export interface TimedRecipient {
  id: string;
  delivery: DeliveryState;
  askedAt: Date | null;
  remindersSent: number;
  lastRemindedAt: Date | null;
}

/** In milliseconds. */
export interface TimerSettings {
  remindEveryMs: number;
  maxReminders: number;
  warnBeforeMs: number;
}

const precedence: readonly TimerKind[] = ['expire', 'warn', 'escalate', 'remind'];

/**
 * The next timer of an envelope; undefined where it waits for nobody. All deadlines are absolute and follow from the rows, so that
 * neither a late worker nor a new run of the workflow moves them. Nobody is reminded whose mails bounce, nor at or after
 * the expiry; a warning that would fall before the sending is left out.
 */
export function nextTimer(
  envelope: TimedEnvelope,
  turn: readonly TimedRecipient[],
  { remindEveryMs, maxReminders, warnBeforeMs }: TimerSettings,
): EnvelopeTimer | undefined {
  const { state, sentAt, expiresAt, expiryWarnedAt, countersignDueAt, escalatedAt } = envelope;
  if (!isAwaiting(state) || expiresAt === null) return undefined;
  const expiryMs = expiresAt.getTime();
  const timers: EnvelopeTimer[] = [{ kind: 'expire', atMs: expiryMs }];
  const warnMs = expiryMs - warnBeforeMs;
  if (expiryWarnedAt === null && warnMs > (sentAt?.getTime() ?? 0)) timers.push({ kind: 'warn', atMs: warnMs });
  if (state === 'awaiting_countersign' && countersignDueAt !== null && escalatedAt === null) {
    timers.push({ kind: 'escalate', atMs: countersignDueAt.getTime() });
  }
  for (const { id, delivery, askedAt, remindersSent, lastRemindedAt } of turn) {
    if (delivery === 'failed' || askedAt === null || remindersSent >= maxReminders) continue;
    const atMs = (lastRemindedAt ?? askedAt).getTime() + remindEveryMs;
    timers.push({ kind: 'remind', atMs, recipientId: id, number: remindersSent + 1 });
  }
  return timers.filter(({ kind, atMs }) => kind === 'expire' || atMs < expiryMs).sort(byTime)[0];
}

function byTime(a: EnvelopeTimer, b: EnvelopeTimer): number {
  return a.atMs - b.atMs || precedence.indexOf(a.kind) - precedence.indexOf(b.kind);
}

/** Whether two name the same event to come. */
export function isSameTimer(a: EnvelopeTimer | undefined, b: EnvelopeTimer): boolean {
  return (
    a !== undefined &&
    a.kind === b.kind &&
    a.atMs === b.atMs &&
    a.recipientId === b.recipientId &&
    a.number === b.number
  );
}
