import { elapsedMs } from '../../kernel/elapsed.js';

/** The deadline of a round that begins at `since`. `answerWithin` is a duration of elapsed time. */
export function dueAtOf(since: Date, answerWithin: string): Date {
  return new Date(since.getTime() + elapsedMs(answerWithin));
}

/**
 * The instants after `after` at which the side whose turn it is gets a reminder, the first one first. `remindBefore` are
 * durations of elapsed time before the deadline.
 */
export function remindersAfter(after: Date, dueAt: Date, remindBefore: readonly string[]): Date[] {
  const instants = remindBefore.map((before) => dueAt.getTime() - elapsedMs(before));
  const due = [...new Set(instants)].filter((at) => at > after.getTime() && at < dueAt.getTime());
  return due.sort((a, b) => a - b).map((at) => new Date(at));
}
