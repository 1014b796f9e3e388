/** When a change that both sides sign begins: on the day that it names, or with the last signature where that is later. */
export function signedStart(wantedFrom: Date | null, countersignedAt: Date): Date {
  return wantedFrom !== null && wantedFrom > countersignedAt ? wantedFrom : countersignedAt;
}

/** What a notice of change says: until when the other side has its word, and from when the change applies. */
export interface NoticePeriod {
  /** Not included. */
  endsAt: Date;
  effectiveFrom: Date;
}

/**
 * The period of a notice of change that is given at an instant. A change never applies before its period is over, however
 * late the notice was given.
 */
export function noticePeriod(givenAt: Date, wantedFrom: Date | null, periodMs: number): NoticePeriod {
  const endsAt = new Date(givenAt.getTime() + periodMs);
  return { endsAt, effectiveFrom: wantedFrom !== null && wantedFrom > endsAt ? wantedFrom : endsAt };
}

/**
 * Whether terms that last or renew otherwise than those before them would begin behind the running term: the time between
 * would be nobody's. An agreement that ends has no term behind the running one.
 */
export function isBehindTerm(
  { endsAt, termEndsAt }: { endsAt: Date | null; termEndsAt: Date },
  wantedFrom: Date | null,
): boolean {
  return endsAt === null && wantedFrom !== null && wantedFrom > termEndsAt;
}
