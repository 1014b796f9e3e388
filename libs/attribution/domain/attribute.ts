import { addCalendarDuration } from '../../kernel/calendar.js';
import { weigh, type AttributionModel } from './models.js';

export const touchKinds = ['click', 'coupon', 'referral'] as const;
/** How a partner reached a customer. */
export type TouchKind = (typeof touchKinds)[number];

/** One time that a partner reached the customer of an event. */
export interface Touch {
  readonly id: string;
  readonly kind: TouchKind;
  readonly partnerId: string;
  /** Epoch milliseconds. */
  readonly occurredAtMs: number;
  /** The part that the partner played, where the report of the touch says so. */
  readonly role?: string | undefined;
}

/** What a partner's terms say about attribution at the instant of an event. */
export interface AttributionTerms {
  readonly model: AttributionModel;
  /** ISO 8601 calendar duration. */
  readonly window: string;
  readonly timeZone: string;
  /** Percent by role; with the model `roles` alone. */
  readonly shares?: Readonly<Record<string, string>> | undefined;
}

/** Why nothing that a partner did counts for an event. */
export type NoTerms = 'no_agreement' | 'no_attribution_terms';

/** What became of a touch: `credited`, or why not. */
export type TouchVerdict =
  | 'credited'
  | NoTerms
  | 'after_event' // the customer had bought already
  | 'outside_window'
  | 'not_last_touch'
  | 'not_first_touch'
  | 'role_without_share'; // the terms give its role nothing

export interface JudgedTouch {
  readonly touch: Touch;
  readonly verdict: TouchVerdict;
}

/** How an event is divided among partners, and why. */
export interface Attribution {
  /** The terms that decide: those of the partner whose touch came last of all that count. Absent where none counts. */
  readonly decidedBy: { readonly partnerId: string; readonly terms: AttributionTerms } | undefined;
  /** In the order of the partners' ids, which decides between equal remainders; no weight is 0, and they have no common divisor. */
  readonly shares: readonly PartnerWeight[];
  /** Every touch, in the order of time. */
  readonly touches: readonly JudgedTouch[];
}

export interface PartnerWeight {
  readonly partnerId: string;
  readonly weight: bigint;
}

/**
 * Divides an event at an instant (epoch milliseconds) among the partners who reached its customer. It is a function of the
 * touches as a set: their order and repeats of one id change nothing. A touch counts where it came no later than the
 * event, and the event before its window closed, by its own partner's terms; one at the event itself counts always.
 */
export function attribute(
  occurredAtMs: number,
  touches: Iterable<Touch>,
  termsOf: (partnerId: string) => AttributionTerms | NoTerms,
): Attribution {
  const inOrder = [...new Map([...touches].map((touch) => [touch.id, touch])).values()].sort(byTime);
  const refused = new Map<Touch, TouchVerdict>();
  for (const touch of inOrder) {
    const reason = reasonNotToCount(touch, occurredAtMs, termsOf(touch.partnerId));
    if (reason) refused.set(touch, reason);
  }
  const counted = inOrder.filter((touch) => !refused.has(touch));
  const last = counted.at(-1);
  const terms = last && termsOf(last.partnerId);
  if (!last || !terms || typeof terms === 'string') {
    return { decidedBy: undefined, shares: [], touches: inOrder.map((touch) => judged(touch, refused.get(touch)!)) };
  }
  const weights = weigh(terms, counted);
  const lost = reasonWithoutShare(terms.model);
  return {
    decidedBy: { partnerId: last.partnerId, terms },
    shares: [...weights].map(([partnerId, weight]) => ({ partnerId, weight })).sort(byPartner),
    touches: inOrder.map((touch) => {
      return judged(touch, refused.get(touch) ?? (weights.has(touch.partnerId) ? 'credited' : lost));
    }),
  };
}

function reasonNotToCount(
  { occurredAtMs: touchedAtMs }: Touch,
  occurredAtMs: number,
  terms: AttributionTerms | NoTerms,
): TouchVerdict | undefined {
  if (typeof terms === 'string') return terms;
  if (touchedAtMs > occurredAtMs) return 'after_event';
  if (touchedAtMs === occurredAtMs) return undefined;
  const closes = addCalendarDuration(new Date(touchedAtMs), terms.window, terms.timeZone);
  return occurredAtMs < closes.getTime() ? undefined : 'outside_window';
}

function reasonWithoutShare(model: AttributionModel): TouchVerdict {
  if (model === 'last_touch') return 'not_last_touch';
  return model === 'first_touch' ? 'not_first_touch' : 'role_without_share';
}

function judged(touch: Touch, verdict: TouchVerdict): JudgedTouch {
  return { touch, verdict };
}

function byTime(a: Touch, b: Touch): number {
  return a.occurredAtMs - b.occurredAtMs || compare(a.id, b.id);
}

function byPartner(a: PartnerWeight, b: PartnerWeight): number {
  return compare(a.partnerId, b.partnerId);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
