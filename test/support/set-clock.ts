import { Clock } from '../../libs/kernel/clock.js';

/** A clock that stands until a test sets it. */
export class SetClock extends Clock {
  private at = new Date('2026-01-31T10:00:00.000Z');

  now(): Date {
    return new Date(this.at);
  }

  set(text: string): Date {
    this.at = new Date(text);
    return this.now();
  }
}
